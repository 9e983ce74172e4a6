// SPDX-License-Identifier: MIT
#pragma once

// The transformer in float64, written straight from the definitions: slow, and independent of everything in
// backends/engine but the test's own weights.

#include "tests/backends/engine/test_model.h"

namespace proctor {

// Logits after each token, from an empty context: (tokens, vocab).
std::vector<std::vector<double>> oracle_logits(const TestModel& model, const std::vector<int32_t>& tokens);

} // namespace proctor
