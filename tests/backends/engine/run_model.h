// SPDX-License-Identifier: MIT
#pragma once

// Runs a loaded model by hand, one sequence at a time, and compares what comes out.

#include <cmath>
#include <numeric>

#include "backends/engine/cpu/cpu_ops.h"
#include "backends/engine/model/load.h"
#include "harness/check.h"

namespace proctor {

class ModelRunner {
 public:
  explicit ModelRunner(const ModelWeights& weights, CpuOptions options = {})
      : ModelRunner(weights, make_cpu_ops(weights.config, weights.rope, options)) {}
  ModelRunner(const ModelWeights& weights, std::unique_ptr<Ops> ops) : ops_(std::move(ops)) {
    model_ = upload_model(*ops_, weights);
    PROCTOR_CHECK(ops_->reserve_pages(kPages).has_value());
    pages_.resize(kPages);
    std::iota(pages_.rbegin(), pages_.rend(), 0); // not in memory order
  }

  // Feeds tokens at the next positions; the logits after each of them.
  std::vector<std::vector<float>> feed(const std::vector<int32_t>& tokens) {
    Step step;
    step.tables = {pages_};
    step.keep_logits = true;
    for (int32_t token : tokens) {
      step.samples.push_back({static_cast<int32_t>(step.tokens.size()), 1, position_ + 1, &greedy_});
      step.tokens.push_back(token);
      step.positions.push_back(position_++);
      step.sequences.push_back(0);
    }
    forward(*ops_, model_, step);
    ops_->end_step();
    last_ = ops_->result();
    return last_.logits;
  }

  const StepResult& last() const { return last_; }
  void rewind() { position_ = 0; }

 private:
  static constexpr int32_t kPages = 16;
  std::unique_ptr<Ops> ops_;
  DeviceModel model_;
  std::vector<int32_t> pages_;
  int32_t position_ = 0;
  Sampling greedy_{.temperature = 0, .stop = {}};
  StepResult last_;
};

// Of the vocabulary of tiny_config (test_model.h).
inline std::vector<int32_t> some_tokens(int n) {
  std::vector<int32_t> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back((i * 37 + 11) % 96);
  return tokens;
}

// Root mean square of a - b over that of b.
inline double relative_error(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  double difference = 0, size = 0;
  PROCTOR_CHECK(a.size() == b.size());
  for (size_t r = 0; r < a.size(); ++r)
    for (size_t i = 0; i < a[r].size(); ++i) {
      const auto x = static_cast<double>(a[r][i]), y = static_cast<double>(b[r][i]);
      difference += (x - y) * (x - y);
      size += y * y;
    }
  return std::sqrt(difference / size); // NaN where there is one
}

} // namespace proctor
