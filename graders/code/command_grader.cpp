// SPDX-License-Identifier: MIT
#include "graders/code/command_grader.h"

#include <fmt/format.h>

#include "graders/answer_grader.h"
#include "graders/code/code_sandbox.h"
#include "graders/format.h"
#include "graders/text_tools.h"
#include "harness/hash.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

std::string fingerprint_of(const CommandSpec& spec) {
  Hasher hasher;
  for (const std::string& word : spec.command) hasher.field(word);
  for (const BoxFile& file : spec.files) hasher.field(file.name).field(file.content);
  hasher.field(fmt::format("{} {}", spec.cpu_s, spec.memory_bytes));
  return "command@" + hasher.hex().substr(0, 12);
}

Json request_of(const Question& question, const Completion& completion) {
  Json messages = Json::array();
  for (const Message& message : question.messages)
    messages.push_back({{"role", message.role}, {"content", message.content}});
  const Json* row = find_member(question.metadata, "row");
  return {{"doc_id", question.doc_id},           {"target", question.target}, {"answer_text", completion.answer_text},
          {"reasoning", completion.reasoning}, {"messages", messages},        {"row", row == nullptr ? Json() : *row}};
}

std::string_view last_line(std::string_view text) {
  text = trim(text);
  size_t end = text.rfind('\n');
  return end == text.npos ? text : trim(text.substr(end + 1));
}

Grade failed(std::string reason, std::string explanation) {
  Grade grade;
  grade.reason = std::move(reason);
  grade.explanation = one_line(explanation, 200);
  return grade;
}

std::optional<Verdict> verdict_in(const Json& reply) {
  if (auto correct = get_bool(reply, "correct")) return *correct ? Verdict::correct : Verdict::incorrect;
  auto verdict = parse_verdict(get_string(reply, "verdict").value_or(""));
  const bool usable = verdict == Verdict::correct || verdict == Verdict::incorrect || verdict == Verdict::no_answer;
  return usable ? verdict : std::nullopt;
}

std::string text_in(const Json& reply, std::string_view key) {
  const Json* value = find_member(reply, key);
  return value == nullptr ? "" : scalar_text(*value).value_or("");
}

Grade grade_in(std::string_view line) {
  auto reply = parse_json(line, "the grader's last line");
  if (!reply) return failed("grader_error", reply.error().message);
  auto verdict = verdict_in(*reply);
  if (!verdict)
    return failed("grader_error", fmt::format("the grader's last line has neither \"correct\" nor a \"verdict\": {}", line));
  Grade grade;
  grade.verdict = *verdict;
  grade.reason = text_in(*reply, "reason");
  if (grade.reason.empty() && *verdict == Verdict::incorrect) grade.reason = "wrong_answer";
  grade.explanation = one_line(text_in(*reply, "explanation"), 200);
  if (*verdict == Verdict::no_answer) return grade;
  if (std::string answer = text_in(*reply, "answer"); !answer.empty()) grade.answer = grade.vote_key = std::move(answer);
  if (std::string key = text_in(*reply, "vote_key"); !key.empty()) grade.vote_key = std::move(key);
  return grade;
}

class CommandGrader final : public Grader {
 public:
  CommandGrader(CommandSpec spec, std::shared_ptr<CodeSandbox> sandbox)
      : spec_(std::move(spec)), fingerprint_(fingerprint_of(spec_)), sandbox_(std::move(sandbox)) {}

  std::string_view slot() const override { return "none"; }
  std::string_view fingerprint() const override { return fingerprint_; }

  Grade grade(const Question& question, const Completion& completion) const override {
    if (auto unfinished = grade_of_unfinished(question, completion)) return *unfinished;
    Grade grade = ask(question, completion);
    grade.format_ok = format_ok(question, completion, grade.answer.has_value());
    return grade;
  }

 private:
  Grade ask(const Question& question, const Completion& completion) const {
    CodeSandbox::Turn turn(*sandbox_, false);
    auto sandbox = sandbox_->start();
    if (!sandbox) return failed("sandbox_error", sandbox.error().message);
    BoxJob job = command_job(spec_.command, dump_json(request_of(question, completion)) + "\n");
    job.files = spec_.files;
    job.limits.cpu_s = spec_.cpu_s;
    job.limits.memory_bytes = spec_.memory_bytes;
    BoxOutcome outcome = (*sandbox)->run(job);
    if (outcome.verdict == RunVerdict::setup_error) return failed("sandbox_error", outcome.failure);
    if (outcome.verdict != RunVerdict::ok)
      return failed("grader_error", fmt::format("the grader ended with {}: {}", verdict_name(outcome.verdict), last_line(outcome.err)));
    return grade_in(last_line(outcome.out));
  }

  const CommandSpec spec_;
  const std::string fingerprint_;
  const std::shared_ptr<CodeSandbox> sandbox_;
};

} // namespace

std::unique_ptr<Grader> make_command_grader(CommandSpec spec, std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<CommandGrader>(std::move(spec), std::move(sandbox));
}

} // namespace proctor
