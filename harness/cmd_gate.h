// SPDX-License-Identifier: MIT
#pragma once

// What `gate`, `baseline update` and `run --gate` share: which rules, against what, and how it is told.

#include <optional>
#include <string>
#include <vector>

#include "harness/cmd_line.h"
#include "reports/gate.h"

namespace proctor {

struct GateArgs {
  std::string file;     // --gate
  std::string baseline; // --baseline
  std::optional<double> margin, alpha;
  std::vector<std::string> min, max;
  std::string scope;
  std::vector<std::string> allow_mismatch;
  std::optional<int> fail_exit_code;
  bool soft = false;
  std::string junit, markdown; // files to write
  std::string name = "gate";   // of the marker in the Markdown
  bool github = false;

  bool asked() const { return !file.empty() || !baseline.empty() || !min.empty() || !max.empty(); }
  void add_rules_to(CommandLine& command);
  void add_outputs_to(CommandLine& command);
};

// The gates that the arguments ask for, with the baseline's path where there is one.
struct GateRules {
  std::vector<Gate> gates;
  std::string baseline;
  double min_coverage = 0.98;
};
Result<GateRules> gate_rules(const GateArgs& args);

struct Judged {
  Summary run;
  std::optional<Summary> baseline;
  GateReport report;
  GateDecision decision;
  std::string text;
  ExitCode code = ExitCode::ok;
};

// Folds the run and applies the rules. looks: of a sequential test that watched the run. On failure: a usage error.
Result<Judged> judge_run(const std::string& run, const GateArgs& args, const std::vector<SequentialLook>& looks = {});

// Writes JUnit, Markdown, annotations as asked; annotations to stderr.
Status tell(const Judged& judged, const GateArgs& args);

} // namespace proctor
