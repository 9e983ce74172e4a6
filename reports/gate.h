// SPDX-License-Identifier: MIT
#pragma once

// The gate: a run, perhaps a baseline, and rules -> one verdict. Three outcomes that are about the model (pass,
// regression, cannot tell) and two that are not (invalid: the run is no measurement; incomparable: the baseline is of
// something else). docs/gates.md is normative.

#include <optional>
#include <string>
#include <vector>

#include "harness/exit_code.h"
#include "reports/baseline.h"
#include "reports/paired.h"
#include "reports/summary.h"

namespace proctor {

enum class GateVerdict { pass, regression, inconclusive, invalid, incomparable };
std::string_view to_string(GateVerdict verdict);

enum class GateKind {
  non_inferior, // against the baseline: not worse by `margin` or more
  min,          // the value is at least `value`
  max,          // the value is at most `value`
  max_ratio,    // value / baseline's is at most `value` (tokens: geometric mean over questions)
};
std::string_view to_string(GateKind kind);
enum class GateBound { point, interval };
enum class GateScope { fixed, generalise };

// The quantiles of smaller ones are beyond what doubles tell from 1.
inline constexpr double kLeastAlpha = 1e-9;

struct Gate {
  std::string task = "*"; // a name, or a pattern with * for any text
  std::string grader;     // empty: every grader of the task
  std::string metric = "pass@1";
  GateKind kind = GateKind::non_inferior;
  double value = 0;
  double margin = 0.02;
  double alpha = 0.05;          // one-sided
  double warn_margin = 0;       // a regression is a drop that is significantly larger than this ...
  std::optional<double> min_drop; // ... and at least this large by the point estimate; default: margin
  GateBound bound = GateBound::point; // of min and max
  GateScope scope = GateScope::fixed;
};

struct GateFile {
  std::string baseline; // path, as written; empty: none
  double min_coverage = 0.98; // a smaller share of the planned samples in the denominators: invalid
  std::vector<Gate> gates;
};

// where: for messages. On failure: a usage error.
Result<GateFile> parse_gate_file(std::string_view text, const std::string& where);

// "pass@1>=0.7", "aime24:pass@1>=0.7" (kind min), "truncated<=0.02" (kind max). On failure: a usage error.
Result<Gate> parse_threshold(const std::string& text, GateKind kind);

struct GateResult {
  Gate gate;
  std::string task, slot; // that it was applied to
  std::optional<double> value, baseline, difference;
  std::optional<Interval> interval; // of the difference, the ratio, or the value
  GateScope scope = GateScope::fixed; // of the interval: tokens and money have one for questions like these alone
  std::optional<double> p;          // one-sided, for a regression; after Holm
  std::string test;                 // that gave p
  GateVerdict verdict = GateVerdict::invalid;
  std::string why; // a sentence with the numbers
};

struct GateReport {
  GateVerdict verdict = GateVerdict::pass;
  std::vector<GateResult> gates;
  std::vector<std::string> notes; // mismatches that were allowed, changes of the suite
};

// What a sequential test has seen of one gate on one task under one grader (reports/sequential.h).
struct SequentialLook {
  size_t gate = 0; // in GateInput::gates
  std::string task, slot;
  Gsprt::State state = Gsprt::State::running;
  int n = 0, n_planned = 0; // questions
  double base = 0, cand = 0; // means over the n
  double llr = 0, lower = 0, upper = 0;
};

struct GateInput {
  const Summary& run;
  const Summary* baseline = nullptr; // required by non_inferior and max_ratio
  std::vector<Gate> gates;
  double min_coverage = 0.98;
  std::vector<std::string> allowed_mismatches; // of kFingerprintFields
  uint64_t seed = 0;
  std::vector<SequentialLook> looks = {}; // of a run that was watched; they judge instead of the fixed tests
};

GateReport evaluate_gates(const GateInput& input);

// The exit code of a verdict. fail_code: what stands for 1. soft: regression and inconclusive become 0.
int gate_exit_code(GateVerdict verdict, int fail_code = 1, bool soft = false);

// All that is said of one verdict, and its code: the only place where either is made.
struct GateDecision {
  GateReport report;
  int exit_code = 0;
  std::string text; // verdict line first, one line per gate
};
GateDecision decide(GateReport report, int fail_code = 1, bool soft = false);

// Whether `text` matches a pattern in which * stands for any text.
bool matches(std::string_view pattern, std::string_view text);

} // namespace proctor
