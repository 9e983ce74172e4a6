// SPDX-License-Identifier: MIT
#pragma once

// The safetensors container (huggingface/safetensors README, "Format"): a JSON header that names tensors, and their
// bytes. Pure and bounds-checked; what it returns are views into the bytes it was given.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "backends/engine/format/dtype.h"
#include "harness/result.h"

namespace proctor {

struct SafeTensor {
  std::string dtype; // as written: "BF16"
  std::vector<uint64_t> shape;
  std::span<const uint8_t> data;
};

struct SafeTensors {
  std::map<std::string, SafeTensor> tensors;

  // A matrix or a vector of F32, F16 or BF16. On failure: a usage error that names the tensor.
  Result<TensorView> tensor(const std::string& name) const;
};

// bytes: must outlive the result. On failure: a usage error that names the tensor or the part (without the file
// name).
Result<SafeTensors> parse_safetensors(std::span<const uint8_t> bytes);

} // namespace proctor
