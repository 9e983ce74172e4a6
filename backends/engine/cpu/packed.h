// SPDX-License-Identifier: MIT
#pragma once

// Puts the weights of a file into the order in which the CPU kernels read them (kernels.h), once, when a model is
// loaded. Quantised weights keep their codes and scales; nothing is rounded, but for subnormal BF16, which become zero.

#include <memory>
#include <vector>

#include "backends/engine/cpu/kernels.h"
#include "backends/engine/cpu/thread_pool.h"
#include "backends/engine/cpu/weight_memory.h"
#include "backends/engine/model/weights.h"

namespace proctor {

class PackedMatrix {
 public:
  // bias: of its rows, or empty. Uses all threads of the pool.
  PackedMatrix(const MatrixPart& part, std::vector<float> bias, WeightMemory& memory, ThreadPool& pool);

  PackedView view() const;
  int64_t n_groups() const { return n_groups_; }
  size_t bytes() const { return static_cast<size_t>(n_groups_) * group_bytes_; }

 private:
  void pack_group(const MatrixPart& part, int64_t group);
  void pack_floats(const MatrixPart& part, int64_t group, uint8_t* out) const;
  void pack_quantised(const MatrixPart& part, int64_t group, uint8_t* out) const;

  DType type_;
  Codes codes_;
  bool half_scales_ = false;
  int64_t rows_, cols_, n_groups_;
  size_t group_bytes_ = 0;
  std::shared_ptr<uint8_t[]> data_;
  std::vector<float> bias_; // padded to whole groups
};

} // namespace proctor
