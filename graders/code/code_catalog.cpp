// SPDX-License-Identifier: MIT
#include "graders/code/code_graders.h"
#include "graders/code/code_sandbox.h"

namespace proctor {
namespace {

struct Entry {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Grader> (*make)(std::shared_ptr<CodeSandbox>);
};

constexpr Entry kEntries[] = {
    {"check", "Python that asserts test: HumanEval, MBPP, LeetCode; tests and program in boxes of their own", make_check_grader},
    {"evalplus_base", "HumanEval+ and MBPP+ by EvalPlus' rules, base inputs", make_evalplus_base_grader},
    {"evalplus_plus", "HumanEval+ and MBPP+ by EvalPlus' rules, base and plus inputs", make_evalplus_plus_grader},
    {"stdin", "Python that reads a text and prints one, compared word by word", make_stdin_grader},
    {"livecodebench", "LiveCodeBench: stdin by lines, or calls by value", make_livecodebench_grader},
    {"predict", "CRUXEval: a predicted output or input, evaluated", make_predict_grader},
    {"cpp_check", "C++ that asserts test: MultiPL-E; compiled in the sandbox", make_cpp_check_grader},
};

} // namespace

std::shared_ptr<CodeSandbox> make_code_sandbox() { return std::make_shared<CodeSandbox>(); }

std::vector<GraderInfo> code_grader_catalog() {
  std::vector<GraderInfo> catalog;
  for (const Entry& entry : kEntries) catalog.push_back({std::string(entry.name), std::string(entry.summary)});
  return catalog;
}

std::unique_ptr<Grader> make_code_grader(std::string_view name, std::shared_ptr<CodeSandbox> sandbox) {
  for (const Entry& entry : kEntries)
    if (entry.name == name) return entry.make(std::move(sandbox));
  return nullptr;
}

} // namespace proctor
