// SPDX-License-Identifier: MIT
#include "graders/code/code_grader.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

// What its programs may use without importing it: evaluation/testing_util.py.
constexpr const char* kImports =
    "from string import *\nfrom re import *\nfrom datetime import *\nfrom collections import *\nfrom heapq import *\n"
    "from bisect import *\nfrom copy import *\nfrom math import *\nfrom random import *\nfrom statistics import *\n"
    "from itertools import *\nfrom functools import *\nfrom operator import *\nfrom io import *\nfrom sys import *\n"
    "from json import *\nfrom builtins import *\nfrom typing import *\nimport string\nimport re\nimport datetime\n"
    "import collections\nimport heapq\nimport bisect\nimport copy\nimport math\nimport random\nimport statistics\n"
    "import itertools\nimport functools\nimport operator\nimport io\nimport sys\nimport json\nsys.setrecursionlimit(50000)\n";

const Json& code_of(const Question& question) {
  static const Json kNone = Json::object();
  const Json* code = find_member(question.metadata, "code");
  return code == nullptr ? kNone : *code;
}

CodeLanguage language_of(const Json& code) {
  return get_string(code, "language").value_or("python") == "cpp" ? CodeLanguage::cpp : CodeLanguage::python;
}

bool is_indented(std::string_view code) {
  for (std::string_view line : split(code, '\n'))
    if (!trim(line).empty()) return is_blank(line[0]);
  return false;
}

constexpr std::string_view kFuture = "from __future__ import";

// Nothing from __future__ may stand below such a line.
bool is_code(std::string_view line) {
  constexpr std::array<std::string_view, 6> kFirst = {"import ", "from ", "def ", "class ", "async ", "@"};
  return !line.starts_with(kFuture) && std::ranges::any_of(kFirst, [&](std::string_view first) { return line.starts_with(first); });
}

// Where a program may go on after what has to stand first: a byte order mark, imports from __future__.
size_t end_of_future(std::string_view code) {
  constexpr std::string_view kMark = "\ufeff";
  size_t end = code.starts_with(kMark) ? kMark.size() : 0;
  for (size_t line = end; line < code.size() && !is_code(code.substr(line));) {
    const bool future = code.substr(line).starts_with(kFuture);
    size_t next = code.find('\n', line);
    if (future && code.substr(line, next - line).find('(') != code.npos) next = code.find('\n', code.find(')', line));
    line = next == code.npos ? code.size() : next + 1;
    if (future) end = line;
  }
  return end;
}

// `text` as the first that the program does.
std::string put_first(std::string_view code, std::string_view text) {
  const size_t at = end_of_future(code);
  std::string program(code.substr(0, at));
  if (at > 0 && program.back() != '\n' && at == code.size()) program += '\n';
  return program.append(text).append(code.substr(at));
}

// What stands before the function that a prompt begins.
std::string_view preamble(std::string_view prompt, std::string_view entry_point) {
  for (std::string_view keyword : {"\ndef ", "\nclass ", "\nasync def "}) {
    size_t at = prompt.find(std::string(keyword) + std::string(entry_point));
    if (at != prompt.npos) return prompt.substr(0, at + 1);
  }
  return "";
}

// The lines of a C++ prompt that a whole function needs before it.
// Up to the brace at the left margin that ends the function.
std::string_view cut_cpp_body(std::string_view text, bool& cut) {
  size_t end = text.find("\n}");
  cut = end != text.npos;
  return text.substr(0, end);
}

std::string last_lines(std::string_view text, size_t limit) {
  text = trim(text);
  if (text.size() > limit) text.remove_prefix(text.size() - limit);
  return std::string(text);
}

CodeRun timed_out(std::string reason, std::string_view what) {
  return graded_run(Verdict::timed_out, std::move(reason), fmt::format("out of {}", what));
}

// "No module named 'numpy'" -> numpy
std::string module_in(std::string_view message) {
  size_t begin = message.find('\'');
  size_t end = begin == message.npos ? begin : message.find('\'', begin + 1);
  return end == message.npos ? "" : std::string(message.substr(begin + 1, end - begin - 1));
}

CodeRun raised(const CallResult& result) {
  constexpr std::array<std::string_view, 3> kSyntax = {"SyntaxError", "IndentationError", "TabError"};
  std::string text = one_line(fmt::format("{}: {}", result.error_type, result.error_text), 200);
  if (result.error_type == "MemoryError") return graded_run(Verdict::incorrect, "memory_limit", "out of memory");
  if (std::ranges::count(kSyntax, result.error_type) > 0) return graded_run(Verdict::incorrect, "compile_error", std::move(text));
  if (result.error_type != "ModuleNotFoundError") return graded_run(Verdict::incorrect, "runtime_error", std::move(text));
  CodeRun run = graded_run(Verdict::incorrect, "missing_module", std::move(text));
  run.stats["missing_module"] = module_in(result.error_text);
  return run;
}

} // namespace

std::optional<Extracted> CodeGrader::extract(const Question& question, std::string_view answer_text) const {
  const Json& code = code_of(question);
  std::string entry_point = get_string(code, "entry_point").value_or("");
  auto found = extract_code(answer_text, language_of(code), entry_point);
  if (found && language_of(code) == CodeLanguage::cpp) found->text = includes_of(get_string(code, "prompt").value_or("")) + found->text;
  if (found && language_of(code) == CodeLanguage::python)
    found->text = whole_program(get_string(code, "prompt").value_or(""), entry_point, found->text);
  return found;
}

std::optional<Extracted> CodeGrader::extract_from(const Question& question, const Completion& completion) const {
  if (completion.text_kind == TextKind::answer) return extract(question, completion.answer_text);
  if (trim(completion.text).empty()) return std::nullopt;
  if (completion.text_kind == TextKind::program) return Extracted{completion.text, "program", true};
  const Json& code = code_of(question);
  bool cut = false, python = language_of(code) == CodeLanguage::python;
  std::string text(python ? cut_continuation(completion.text, cut) : cut_cpp_body(completion.text, cut));
  return Extracted{get_string(code, "prompt").value_or("") + text + (python ? "" : "\n}\n"), "continuation", cut};
}

Judgement CodeGrader::judge(const Question& question, const Extracted& extracted) const {
  const Json& code = code_of(question);
  auto sandbox = sandbox_->start();
  CodeRun done = graded_run(Verdict::not_graded, "sandbox_error", sandbox ? "" : sandbox.error().message);
  auto run_it = [&](bool alone) {
    CodeSandbox::Turn turn(*sandbox_, alone);
    return run(**sandbox, question, code, extracted.text);
  };
  if (sandbox) done = run_it(false);
  if (sandbox && done.reason == "sandbox_error") done = run_it(false); // a zygote that died under it
  if (done.verdict == Verdict::timed_out) {
    done = run_it(true);
    done.stats["repeated_alone"] = true;
    if (done.verdict != Verdict::timed_out) done.stats["flaky_timing"] = true;
  }
  return {done.verdict, std::move(done.reason), vote_key(extracted), std::move(done.explanation),
          std::move(done.stats)};
}

std::string whole_program(std::string_view prompt, std::string_view entry_point, const std::string& code) {
  if (prompt.empty() || entry_point.empty()) return code;
  if (!defines(code, entry_point) && is_indented(code)) return std::string(prompt) + code;
  const std::string framed = std::string("\n").append(prompt);
  const std::string_view before = preamble(framed, entry_point);
  return before.empty() ? code : put_first(code, before.substr(1));
}

std::string with_imports(const std::string& program) { return put_first(program, kImports); }

double time_limit(const Json& code, double otherwise) {
  double seconds = get_number(code, "timeout").value_or(otherwise);
  return seconds > 0 ? std::min(seconds, 600.0) : otherwise;
}

CodeRun graded_run(Verdict verdict, std::string reason, std::string explanation) {
  return {verdict, std::move(reason), std::move(explanation)};
}

CodeRun unreadable_tests(std::string_view what) {
  return graded_run(Verdict::not_graded, "grader_error", fmt::format("the question's tests cannot be used: {}", what));
}

void add_usage(CodeRun& run, const BoxOutcome& outcome) {
  run.stats["cpu_s"] = outcome.cpu_s;
  run.stats["wall_s"] = outcome.wall_s;
  run.stats["memory_bytes"] = outcome.memory_bytes;
  if (run.verdict != Verdict::correct && !trim(outcome.err).empty()) run.stats["stderr"] = last_lines(outcome.err, 500);
}

CodeRun ended_run(const BoxOutcome& outcome) {
  switch (outcome.verdict) {
  case RunVerdict::setup_error: return graded_run(Verdict::not_graded, "sandbox_error", outcome.failure);
  case RunVerdict::timed_out:
    return timed_out(outcome.timeout == TimeLimit::cpu ? "cpu" : "wall", outcome.timeout == TimeLimit::cpu ? "CPU time" : "wall time");
  case RunVerdict::memory_limit: return graded_run(Verdict::incorrect, "memory_limit", "out of memory");
  case RunVerdict::output_limit: return graded_run(Verdict::incorrect, "output_limit", "too much output");
  case RunVerdict::forbidden: return graded_run(Verdict::forbidden, "forbidden", "tried what the sandbox forbids");
  default: break;
  }
  if (outcome.signal) return graded_run(Verdict::incorrect, "runtime_error", fmt::format("killed by signal {}", *outcome.signal));
  if (outcome.exit_code.value_or(0) == 0)
    return graded_run(Verdict::incorrect, "runtime_error", "the program ended before it had answered");
  return graded_run(Verdict::incorrect, "runtime_error", fmt::format("exit code {}", *outcome.exit_code));
}

void conclude(CodeRun& run, Candidate& candidate) {
  const BoxOutcome outcome = candidate.finish();
  if (run.verdict == Verdict::correct && outcome.verdict == RunVerdict::timed_out) {
    CodeRun late = ended_run(outcome);
    late.stats = std::move(run.stats);
    run = std::move(late);
  }
  add_usage(run, outcome);
}

CodeRun ended_run(const Candidate::Reply& reply, Candidate& candidate) {
  const CallResult& result = reply.result;
  BoxOutcome outcome = candidate.finish();
  CodeRun run;
  if (reply.out_of_time) run = timed_out("cpu", "CPU time");
  else if (!reply.digest.empty()) run = graded_run(Verdict::incorrect, "value_too_large", fmt::format("returned a {}, too large to hand over", one_line(result.error_text)));
  else if (result.status == CallStatus::timed_out) run = timed_out("wall", "wall time");
  else if (result.status == CallStatus::protocol) run = graded_run(Verdict::incorrect, "runtime_error", "the program wrote on the grader's channel");
  else if (result.status == CallStatus::exception) run = raised(result);
  else if (result.status == CallStatus::not_plain)
    run = graded_run(Verdict::incorrect, "wrong_answer", fmt::format("returned a {}, which is no plain value", one_line(result.error_text)));
  else run = ended_run(outcome);
  add_usage(run, outcome);
  return run;
}

CodeRun load_failure(const CallResult& loaded, Candidate& candidate) {
  Candidate::Reply reply{loaded};
  reply.out_of_time = is_out_of_time(loaded);
  return ended_run(reply, candidate);
}

} // namespace proctor
