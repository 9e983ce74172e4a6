// SPDX-License-Identifier: MIT
#pragma once

// The frame of all graders that run programs: what the program is, how one run ended, and that a run which was short
// of time is repeated once alone.
//
// What a question carries in metadata.code, by kind of grader:
//   all       language ("python", "cpp"), entry_point, prompt (of a continuation), timeout (CPU seconds)
//   check     setup (a reference the tests may use), tests, under_test (names), imports (true: with_imports)
//   calls     task_id, reference, base and plus (lists of argument lists), atol; or calls: [{input, output}]
//   stdin     tests: [{input, output}], rule ("lines", "tokens")
//   predict   program, expression ("f({})" or "{}"), expected (an expression)

#include <memory>

#include "graders/answer_grader.h"
#include "graders/code/code_sandbox.h"
#include "graders/code/code_text.h"

namespace proctor {

// How one run of a program against its tests went.
struct CodeRun {
  Verdict verdict = Verdict::not_graded;
  std::string reason, explanation;
  Json stats = Json::object(); // tests_passed, tests, first_failed, cpu_s, wall_s, memory_bytes, missing_module, stderr
};

class CodeGrader : public AnswerGrader {
 public:
  CodeGrader(std::string slot, std::string fingerprint, std::shared_ptr<CodeSandbox> sandbox)
      : slot_(std::move(slot)), fingerprint_(std::move(fingerprint)), sandbox_(std::move(sandbox)) {}

  std::string_view slot() const override { return slot_; }
  std::string_view fingerprint() const override { return fingerprint_; }

 protected:
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override;
  std::optional<Extracted> extract_from(const Question& question, const Completion& completion) const override;
  Judgement judge(const Question& question, const Extracted& extracted) const final;

  // What samples with the same answer share; empty: a program is no answer that two could agree on.
  virtual std::string vote_key(const Extracted&) const { return ""; }

  // May be called from many threads. code: metadata.code.
  virtual CodeRun run(Sandbox& sandbox, const Question& question, const Json& code, const std::string& program) const = 0;

  CodeSandbox& shared() const { return *sandbox_; }

 private:
  std::string slot_, fingerprint_;
  std::shared_ptr<CodeSandbox> sandbox_;
};

// The whole Python program of an answer to a prompt that is to be continued: with the imports and helpers that stand
// before its function, or, for a bare body, the prompt itself. Without a prompt the code alone.
std::string whole_program(std::string_view prompt, std::string_view entry_point, const std::string& code);

// With what LeetCode's and LiveCodeBench's programs may use without importing it.
std::string with_imports(const std::string& program);

// CPU seconds of one test.
double time_limit(const Json& code, double otherwise);

CodeRun graded_run(Verdict verdict, std::string reason, std::string explanation);
CodeRun unreadable_tests(std::string_view what); // not_graded, grader_error

// A program that could not be loaded or ended in a call; `outcome` is what its box saw.
CodeRun load_failure(const CallResult& loaded, Candidate& candidate);
CodeRun ended_run(const Candidate::Reply& reply, Candidate& candidate);
CodeRun ended_run(const BoxOutcome& outcome);

// What a box saw, into the stats.
void add_usage(CodeRun& run, const BoxOutcome& outcome);

// Ends the program of a run that has its verdict, and adds what its box saw: a right one may have taken too much time.
void conclude(CodeRun& run, Candidate& candidate);

} // namespace proctor
