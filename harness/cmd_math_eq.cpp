// SPDX-License-Identifier: MIT
// proctor math-eq: whether two answers are mathematically equal, and why.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <iostream>
#include <memory>

#include "graders/math/math_equal.h"
#include "graders/math/math_extract.h"
#include "harness/cmd.h"
#include "harness/cmd_math_policies.h"
#include "harness/json.h"

namespace proctor {
namespace {

struct MathEqArgs {
  std::optional<std::string> gold, answer;
  MathPolicyArgs policies;
  bool jsonl = false, extract = false, json = false;
};

struct Judged {
  math::MathVerdict verdict;
  std::optional<Extracted> extracted;
  double microseconds = 0;
};

Judged judge(const std::string& gold, const std::string& pred, bool plain, const math::Policies& policies) {
  auto start = std::chrono::steady_clock::now();
  Judged result;
  if (plain) {
    result.verdict = math::math_equal(gold, pred, policies);
    result.extracted = Extracted{pred, "pair", false};
  } else {
    auto part = math::answer_part(pred, policies);
    if (part) result.extracted = math::extract_math(*part, gold, AnswerForm::any, policies);
    if (result.extracted)
      result.verdict = math::judge_answer(gold, result.extracted->text, policies);
    else
      result.verdict = {math::Equality::different, "no answer", {}, {}};
  }
  result.microseconds = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  return result;
}

Json to_json(const Judged& judged) {
  Json line = {{"verdict", math::to_string(judged.verdict.equality)}, {"certificate", judged.verdict.certificate}};
  if (!judged.verdict.witness.empty()) line["witness"] = judged.verdict.witness;
  line["policies"] = judged.verdict.policies;
  line["extracted"] = judged.extracted ? Json(judged.extracted->text) : Json(nullptr);
  if (judged.extracted) line["method"] = judged.extracted->method;
  line["us"] = std::round(judged.microseconds * 10) / 10;
  return line;
}

Json judge_line(const std::string& text, const math::Policies& policies) {
  auto row = parse_json(text, "line");
  if (!row) return {{"id", nullptr}, {"error", row.error().message}};
  auto gold = get_string(*row, "gold"), pred = get_string(*row, "pred");
  if (!gold || !pred) return {{"id", nullptr}, {"error", "not an object with the strings \"gold\" and \"pred\""}};
  std::string kind = get_string(*row, "kind").value_or("extract");
  if (kind != "pair" && kind != "extract" && kind != "parse")
    return {{"id", nullptr}, {"error", "kind is \"pair\", \"extract\" or \"parse\""}};
  const Json* id = find_member(*row, "id");
  Json line = {{"id", id != nullptr ? *id : Json(nullptr)}};
  line.update(to_json(judge(*gold, *pred, kind == "parse", policies)));
  return line;
}

ExitCode judge_lines(const math::Policies& policies) {
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    std::string out = dump_json(judge_line(line, policies));
    out += '\n';
    std::fwrite(out.data(), 1, out.size(), stdout);
  }
  return ExitCode::ok;
}

ExitCode exit_code(math::Equality equality) {
  switch (equality) {
  case math::Equality::equal: return ExitCode::ok;
  case math::Equality::different: return ExitCode::failed;
  default: return ExitCode::inconclusive;
  }
}

std::string reason(const Judged& judged) {
  std::string text = fmt::format("{}: {}", math::to_string(judged.verdict.equality), judged.verdict.certificate);
  if (!judged.verdict.witness.empty()) text += fmt::format(", differs at {}", judged.verdict.witness);
  if (!judged.verdict.policies.empty()) text += fmt::format(" (policy {})", fmt::join(judged.verdict.policies, ", "));
  if (judged.extracted && judged.extracted->method != "pair")
    text += fmt::format("\nanswer {} (from {})", judged.extracted->text, judged.extracted->method);
  return text;
}

Result<ExitCode> math_eq_command(const MathEqArgs& args) {
  auto policies = args.policies.read();
  if (!policies) return policies.error();
  if (args.jsonl && (args.gold || args.answer))
    return usage_error("math-eq: --jsonl reads pairs from stdin; give no GOLD");
  if (args.jsonl) return judge_lines(*policies);
  if (!args.gold || !args.answer) return usage_error("math-eq: GOLD and ANSWER are needed, or --jsonl");
  Judged judged = judge(*args.gold, *args.answer, !args.extract, *policies);
  std::puts(args.json ? dump_json(to_json(judged)).c_str() : reason(judged).c_str());
  return exit_code(judged.verdict.equality);
}

} // namespace

CommandBody add_math_eq_command(CommandLine& command) {
  auto args = std::make_shared<MathEqArgs>();
  args->policies.lenient = true;
  command.option("gold", args->gold, "The reference answer").value_name("GOLD");
  command.option("answer", args->answer, "The answer to compare with it").value_name("ANSWER");
  command.flag("--jsonl", args->jsonl,
               "Read {\"id\",\"gold\",\"pred\",\"kind\"} lines from stdin, write one verdict a line");
  command.flag("--extract", args->extract, "ANSWER is a whole response");
  command.flag("--json", args->json, "One JSON object");
  args->policies.add_to(command);
  command.examples("Examples:\n"
                   "  proctor math-eq '\\sqrt{8}' '2\\sqrt 2'\n"
                   "  proctor math-eq '(1,2]' '1 < x \\le 2'\n"
                   "  proctor math-eq --jsonl < pairs.jsonl\n"
                   "Exit codes: 0 equal, 1 different, 4 unknown.");
  return [args] { return math_eq_command(*args); };
}

} // namespace proctor
