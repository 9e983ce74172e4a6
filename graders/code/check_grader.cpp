// SPDX-License-Identifier: MIT
// Programs that are tested by asserts: HumanEval's check(), MBPP's and LeetCode's lines. The tests run in a box of
// their own (code_sandbox.h).
#include <fmt/format.h>

#include "graders/code/code_grader.h"
#include "graders/code/code_graders.h"
#include "graders/text_tools.h"

namespace proctor {
namespace {

std::vector<std::string> names_in(const Json& code) {
  std::vector<std::string> names;
  if (const Json* listed = find_member(code, "under_test"); listed != nullptr && listed->is_array())
    for (const Json& name : *listed) names.push_back(name.is_string() ? name.get<std::string>() : "");
  return names;
}

CodeRun run_of(const TestsOutcome& outcome, Candidate& candidate) {
  using End = TestsOutcome::End;
  std::string where = fmt::format("line {} of the tests, {}", outcome.line, one_line(outcome.text, 120));
  switch (outcome.end) {
  case End::passed:
    if (outcome.n_asserts == 0) return unreadable_tests("they assert nothing");
    if (outcome.n_held == 0) return graded_run(Verdict::incorrect, "wrong_answer", "what it returned led past every assert of its tests");
    return graded_run(Verdict::correct, "", fmt::format("passes its tests ({} asserts)", outcome.n_held));
  case End::failed: {
    std::string sides = outcome.expected.empty() ? "" : fmt::format(": got {}, expected {}", one_line(outcome.got, 120), one_line(outcome.expected, 120));
    return graded_run(Verdict::incorrect, "wrong_answer", "fails at " + where + sides);
  }
  case End::error: {
    std::string what = one_line(fmt::format("{}: {}", outcome.error_type, outcome.error_text), 200);
    const char* reason = outcome.error_type == "NotPlain" ? "wrong_answer" : outcome.error_type == "MemoryError" ? "memory_limit" : "runtime_error";
    return graded_run(Verdict::incorrect, reason, what + " at " + where);
  }
  case End::broken: return unreadable_tests(one_line(fmt::format("{}: {}", outcome.error_type, outcome.error_text), 200));
  case End::candidate_gone: return ended_run(outcome.last, candidate);
  case End::tester_gone: break;
  }
  if (outcome.tester.verdict == RunVerdict::setup_error) return ended_run(outcome.tester);
  return graded_run(Verdict::incorrect, "runtime_error", "its tests did not come to an end on what it returned");
}

// How far the tests came, and the call at which they failed.
void note_asserts(CodeRun& run, const TestsOutcome& outcome) {
  bool failed = outcome.line > 0, done = outcome.end == TestsOutcome::End::passed;
  if (!failed && !done) return;
  run.stats["tests_passed"] = outcome.n_held;
  run.stats["tests"] = done ? outcome.n_held : std::max(outcome.n_asserts, outcome.n_held + 1);
  if (!failed) return;
  Json first = {{"line", outcome.line}, {"text", one_line(outcome.text, 400)}, {"input", one_line(outcome.input, 400)}};
  if (!outcome.expected.empty()) first["expected"] = one_line(outcome.expected, 400);
  first["got"] = one_line(outcome.got, 400);
  run.stats["first_failed"] = std::move(first);
}

class CheckGrader final : public CodeGrader {
 public:
  using CodeGrader::CodeGrader;

 protected:
  CodeRun run(Sandbox& sandbox, const Question&, const Json& code, const std::string& program) const override {
    auto tests = get_string(code, "tests");
    if (!tests) return unreadable_tests("there are none");
    const TesterSpec spec{get_string(code, "setup").value_or(""), *tests, names_in(code), time_limit(code, 3)};
    bool imports = find_member(code, "imports") != nullptr;
    return run_with(sandbox, spec, imports ? with_imports(program) : program, false);
  }

 private:
  CodeRun run_with(Sandbox& sandbox, const TesterSpec& spec, const std::string& program, bool fresh_tester) const {
    Candidate candidate(sandbox, code_limits(2 * spec.cpu_s));
    CallResult loaded = candidate.load(program, spec.cpu_s);
    if (loaded.status != CallStatus::value) return load_failure(loaded, candidate);
    std::unique_ptr<Tester> tester = shared().take_tester(spec, fresh_tester);
    TestsOutcome outcome = tester->run(spec, candidate);
    if (outcome.end == TestsOutcome::End::tester_gone && tester->n_runs() > 1) return run_with(sandbox, spec, program, true); // it may have been old
    CodeRun run = run_of(outcome, candidate);
    note_asserts(run, outcome);
    shared().keep_tester(std::move(tester));
    if (outcome.end != TestsOutcome::End::candidate_gone) conclude(run, candidate);
    return run;
  }
};

} // namespace

std::unique_ptr<Grader> make_check_grader(std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<CheckGrader>("none", "check@3", std::move(sandbox));
}

} // namespace proctor
