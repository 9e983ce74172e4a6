// SPDX-License-Identifier: MIT
#pragma once

// Grades programs against tests written here.

#include <doctest/doctest.h>
#include <memory>
#include <string>

#include "graders/code/code_graders.h"
#include "graders/code/code_sandbox.h"

namespace proctor {

// One sandbox for all tests; nullptr, with the reason printed, where there can be none.
inline std::shared_ptr<CodeSandbox> test_sandbox() {
  static const auto sandbox = [] {
    SandboxOptions options;
    options.boxd = PROCTOR_BOXD;
    return std::make_shared<CodeSandbox>(options);
  }();
  auto started = sandbox->start();
  if (started) return sandbox;
  MESSAGE("skipped: " << started.error().message);
  return nullptr;
}

inline Grade grade_with(const Grader& grader, const Json& code, const std::string& program, TextKind kind = TextKind::program) {
  Question question;
  question.doc_id = "q";
  question.metadata["code"] = code;
  Completion completion;
  completion.text = completion.answer_text = program;
  completion.text_kind = kind;
  return grader.grade(question, completion);
}

inline Json check_code(const std::string& tests, const std::string& entry_point = "f") {
  return {{"entry_point", entry_point}, {"tests", tests}, {"under_test", Json::array({entry_point})}};
}

// Two stdin tests: doubles a number.
inline Json stdin_code() {
  return {{"rule", "lines"}, {"tests", Json::array({{{"input", "2\n"}, {"output", "4\n"}}, {{"input", "5\n"}, {"output", "10\n"}}})}};
}

} // namespace proctor
