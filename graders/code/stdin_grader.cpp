// SPDX-License-Identifier: MIT
// Programs that read a text and print another: LiveCodeBench, CodeContests, Codeforces, APPS, TACO. Each test is a box
// of its own; what was expected is compared outside.
#include <fmt/format.h>

#include "graders/code/code_grader.h"
#include "graders/code/code_graders.h"
#include "graders/code/compare_output.h"
#include "graders/code/python_values.h"
#include "graders/sandbox/ordered_runs.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

struct IoTest {
  std::string input, output;
};

std::vector<IoTest> io_tests(const Json& code) {
  std::vector<IoTest> tests;
  const Json* listed = find_member(code, "tests");
  if (listed == nullptr || !listed->is_array()) return tests;
  for (const Json& test : *listed) {
    auto input = get_string(test, "input"), output = get_string(test, "output");
    if (!input || !output) return {};
    tests.push_back({std::move(*input), std::move(*output)});
  }
  return tests;
}

struct Usage {
  double cpu_s = 0, wall_s = 0;
  uint64_t memory_bytes = 0;

  void add(const BoxOutcome& outcome) {
    cpu_s = std::max(cpu_s, outcome.cpu_s);
    wall_s = std::max(wall_s, outcome.wall_s);
    memory_bytes = std::max(memory_bytes, outcome.memory_bytes);
  }
};

// The worst of all tests.
void add_worst(CodeRun& run, const Usage& worst) {
  run.stats["cpu_s"] = worst.cpu_s;
  run.stats["wall_s"] = worst.wall_s;
  run.stats["memory_bytes"] = worst.memory_bytes;
}

// "ModuleNotFoundError: No module named 'numpy'" as the last line: the box's interpreter lacks it.
void note_missing_module(CodeRun& run, std::string_view err) {
  constexpr std::string_view kSays = "ModuleNotFoundError: No module named '";
  size_t at = err.rfind(kSays);
  if (at == err.npos || err.find('\n', at) + 1 < err.size()) return;
  std::string_view name = err.substr(at + kSays.size());
  run.reason = "missing_module";
  run.stats["missing_module"] = std::string(name.substr(0, name.find('\'')));
}

void note_syntax_error(CodeRun& run, std::string_view err) {
  size_t line = err.rfind('\n', err.size() < 2 ? 0 : err.size() - 2);
  std::string_view last = line == err.npos ? err : err.substr(line + 1);
  for (std::string_view name : {"SyntaxError:", "IndentationError:", "TabError:"})
    if (last.starts_with(name)) run.reason = "compile_error";
}

CodeRun of_test(const BoxOutcome& outcome, OutputRule rule, const IoTest& test) {
  if (outcome.verdict != RunVerdict::ok) {
    CodeRun run = ended_run(outcome);
    if (outcome.verdict == RunVerdict::runtime_error) {
      note_missing_module(run, outcome.err);
      note_syntax_error(run, outcome.err);
    }
    return run;
  }
  OutputMatch match = match_output(rule, outcome.out, test.output);
  if (!match.equal) return graded_run(Verdict::incorrect, "wrong_answer", match.difference);
  return graded_run(Verdict::correct, "", "");
}

// `runs`: of these tests.
CodeRun run_io_tests(OrderedRuns& runs, const std::vector<IoTest>& tests, OutputRule rule) {
  Usage worst;
  for (size_t i = 0; i < tests.size(); ++i) {
    BoxOutcome outcome = runs.next();
    worst.add(outcome);
    CodeRun run = of_test(outcome, rule, tests[i]);
    if (run.verdict == Verdict::correct) continue;
    run.explanation = fmt::format("test {} of {}: {}", i + 1, tests.size(), run.explanation);
    add_usage(run, outcome);
    add_worst(run, worst);
    run.stats["tests_passed"] = i;
    run.stats["tests"] = tests.size();
    run.stats["first_failed"] = {{"test", i}, {"input", one_line(tests[i].input, 400)}, {"expected", one_line(tests[i].output, 400)},
                                 {"got", one_line(outcome.out, 400)}};
    return run;
  }
  CodeRun run = graded_run(Verdict::correct, "", fmt::format("passes {} tests", tests.size()));
  add_worst(run, worst);
  run.stats["tests"] = run.stats["tests_passed"] = tests.size();
  return run;
}

CodeRun run_stdin(Sandbox& sandbox, const CodeSandbox& shared, const Json& code, const std::string& program, double otherwise) {
  std::vector<IoTest> tests = io_tests(code);
  if (tests.empty()) return unreadable_tests("there are none, or one without input or output");
  Limits limits = code_limits(time_limit(code, otherwise));
  OutputRule rule = get_string(code, "rule").value_or("tokens") == "lines" ? OutputRule::lines : OutputRule::tokens;
  auto make_job = [&](size_t i) {
    BoxJob job = python_job(program, tests[i].input);
    job.limits = limits;
    return job;
  };
  OrderedRuns runs(sandbox, tests.size(), make_job, [&] { return shared.at_once(); });
  return run_io_tests(runs, tests, rule);
}

class StdinGrader final : public CodeGrader {
 public:
  using CodeGrader::CodeGrader;

 protected:
  CodeRun run(Sandbox& sandbox, const Question&, const Json& code, const std::string& program) const override {
    return run_stdin(sandbox, shared(), code, program, 10);
  }
};

// --- LiveCodeBench

// One JSON value a line; nullopt when a line is none.
std::optional<std::vector<TypedValue>> values_of(std::string_view lines) {
  std::vector<TypedValue> values;
  for (std::string_view line : split(lines, '\n')) {
    if (trim(line).empty()) continue;
    Json value = parse_json_quietly(line);
    if (value.is_discarded()) return std::nullopt;
    values.push_back(typed_of(value));
  }
  return values;
}

bool functional_equal(TypedValue got, const TypedValue& expected) {
  if (got.kind == TypedKind::tuple) got.kind = TypedKind::list;
  return python_equal(got, expected);
}

CodeRun run_functional(Sandbox& sandbox, const Json& code, const std::string& program) {
  std::vector<IoTest> tests = io_tests(code);
  std::string entry_point = get_string(code, "entry_point").value_or("");
  if (tests.empty() || entry_point.empty()) return unreadable_tests("there are none, or no function to call");
  double cpu_s = time_limit(code, 6);
  Candidate candidate(sandbox, code_limits(cpu_s * static_cast<double>(tests.size()) + 5));
  CallResult loaded = candidate.load(with_imports(program), cpu_s);
  if (loaded.status != CallStatus::value) return load_failure(loaded, candidate);
  std::string target = defines(program, "Solution") ? "Solution." + entry_point : entry_point;
  for (size_t i = 0; i < tests.size(); ++i) {
    auto arguments = values_of(tests[i].input), expected = values_of(tests[i].output);
    if (!arguments || !expected || expected->size() != 1) return unreadable_tests(fmt::format("test {} is no JSON", i + 1));
    auto reply = candidate.call(target, TypedValue::sequence(TypedKind::list, std::move(*arguments)), TypedValue::sequence(TypedKind::dict, {}), cpu_s);
    bool answered = reply.result.status == CallStatus::value;
    if (answered && functional_equal(reply.result.value, expected->front())) continue;
    std::string got = one_line(typed_repr(reply.result.value), 400);
    CodeRun run = answered ? graded_run(Verdict::incorrect, "wrong_answer", fmt::format("returned {}, expected {}", got, one_line(tests[i].output)))
                           : ended_run(reply, candidate);
    run.explanation = fmt::format("test {} of {}: {}", i + 1, tests.size(), run.explanation);
    run.stats["tests_passed"] = i;
    run.stats["tests"] = tests.size();
    run.stats["first_failed"] = {{"test", i}, {"input", one_line(tests[i].input, 400)}, {"expected", one_line(tests[i].output, 400)}};
    if (answered) run.stats["first_failed"]["got"] = got;
    return run;
  }
  CodeRun run = graded_run(Verdict::correct, "", fmt::format("passes {} tests", tests.size()));
  run.stats["tests"] = run.stats["tests_passed"] = tests.size();
  conclude(run, candidate);
  return run;
}

class LiveCodeBenchGrader final : public CodeGrader {
 public:
  using CodeGrader::CodeGrader;

 protected:
  CodeRun run(Sandbox& sandbox, const Question&, const Json& code, const std::string& program) const override {
    if (!get_string(code, "entry_point").value_or("").empty()) return run_functional(sandbox, code, program);
    return run_stdin(sandbox, shared(), code, with_imports(program), 6);
  }
};

} // namespace

std::unique_ptr<Grader> make_stdin_grader(std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<StdinGrader>("none", "stdin@2", std::move(sandbox));
}

std::unique_ptr<Grader> make_livecodebench_grader(std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<LiveCodeBenchGrader>("none", "livecodebench@2", std::move(sandbox));
}

} // namespace proctor
