// SPDX-License-Identifier: MIT
#include "tasks/shots.h"

#include <array>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/file_bytes.h"
#include "tasks/choice_recipes.h"
#include "tasks/code_recipes.h"

namespace proctor {
namespace {

using TwoNames = std::array<std::string_view, 2>;

Result<std::vector<Shot>> read_pairs(const std::string& path, TwoNames question, TwoNames answer) {
  auto rows = read_rows(path);
  if (!rows) return rows.error();
  std::vector<Shot> shots;
  for (const DataRow& row : *rows) {
    auto asked = required_text(row, question);
    if (!asked) return asked.error();
    auto answered = required_text(row, answer);
    if (!answered) return answered.error();
    shots.push_back({std::move(*asked), std::move(*answered)});
  }
  return shots;
}

} // namespace

Result<std::vector<Shot>> read_gsm8k_shots(const std::string& path) {
  return read_pairs(path, {"question", "problem"}, {"answer", "solution"});
}

Result<std::vector<Shot>> read_maths_shots(const std::string& path) {
  return read_pairs(path, {"problem", "question"}, {"solution", "answer"});
}

Result<std::vector<Shot>> read_mmlu_pro_shots(const std::string& path) {
  auto rows = read_rows(path);
  if (!rows) return rows.error();
  std::vector<Shot> shots;
  for (const DataRow& row : *rows) {
    auto draft = read_mmlu_pro_row(row);
    if (!draft) return draft.error();
    std::string text = draft->ask.text + "\n";
    for (size_t i = 0; i < draft->options.size(); ++i)
      text += fmt::format("\n{}) {}", static_cast<char>('A' + i), draft->options[i]);
    std::string worked = get_string(row.fields, "cot_content").value_or("");
    shots.push_back({std::move(text), fmt::format("{}{}ANSWER: {}", trim(worked), trim(worked).empty() ? "" : "\n",
                                                  static_cast<char>('A' + draft->right))});
  }
  return shots;
}

// The convention's three examples are rows 2, 3 and 4.
Result<std::vector<Shot>> read_mbpp_shots(const std::string& path) {
  auto rows = read_rows(path);
  if (!rows) return rows.error();
  std::vector<Shot> shots;
  for (const DataRow& row : *rows) {
    auto draft = read_mbpp_row(row);
    if (!draft) return draft.error();
    if (draft->level != "prompt" || draft->own_id == "1") continue;
    std::string program = get_string(row.fields, "code").value_or("");
    std::erase(program, '\r');
    shots.push_back({draft->ask.text, fmt::format("```python\n{}\n```", trim(program))});
  }
  return shots;
}

// A canary line, a line of dashes, what the task is, then "Q: ... A: ..." with blank lines between.
Result<std::vector<Shot>> read_bbh_shots(const std::string& path) {
  auto text = read_text_file(path);
  if (!text) return text.error();
  std::vector<Shot> shots;
  for (size_t at = text->find("\nQ:"); at != text->npos;) {
    size_t next = text->find("\nQ:", at + 3);
    std::string_view block = std::string_view(*text).substr(at + 3, next == text->npos ? next : next - at - 3);
    size_t answer = block.find("\nA:");
    if (answer != block.npos)
      shots.push_back({std::string(trim(block.substr(0, answer))), std::string(trim(block.substr(answer + 3)))});
    at = next;
  }
  if (shots.empty()) return usage_error(path + ":1: no \"Q:\" with an \"A:\" below it");
  return shots;
}

} // namespace proctor
