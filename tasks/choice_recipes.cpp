// SPDX-License-Identifier: MIT
#include "tasks/choice_recipes.h"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "graders/planning.h"
#include "harness/text/ascii.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

constexpr std::array<std::string_view, 6> kContext = {"context", "passage", "text", "article", "premises", "theory"};
constexpr std::array<std::string_view, 5> kQuestion = {"question", "query", "problem", "prompt", "Question"};
constexpr std::array<std::string_view, 5> kOptions = {"options", "choices", "candidates", "endings", "Options"};
constexpr std::array<std::string_view, 9> kAnswer = {
    "answer", "label", "correct", "correct_option", "answerKey", "answer_index", "gold", "target", "Answer"};
constexpr size_t kMostOptions = 26;

template <size_t N> const Json* first_of(const DataRow& row, const std::array<std::string_view, N>& names) {
  for (std::string_view name : names)
    if (const Json* value = find_member(row.fields, name); value != nullptr && !value->is_null()) return value;
  return nullptr;
}

// Texts of a list, or one text; lists of premises become lines.
std::string text_or_lines(const Json& value) {
  if (!value.is_array()) return scalar_text(value).value_or("");
  std::string text;
  for (const Json& line : value) text += (text.empty() ? "" : "\n") + scalar_text(line).value_or("");
  return text;
}

// "A) x", "(A) x", "A. x", "A: x" -> "x" for option number i; the text itself when it has no such label.
std::string_view without_label(std::string_view text, size_t i) {
  std::string_view rest = trim(text);
  const char letter = static_cast<char>('A' + i);
  bool opened = rest.starts_with('(');
  if (opened) rest.remove_prefix(1);
  if (rest.size() < 2 || rest[0] != letter) return trim(text);
  bool closed = rest[1] == ')' || (!opened && (rest[1] == '.' || rest[1] == ':'));
  return closed ? trim(rest.substr(2)) : trim(text);
}

// Labels are cut off only where every option has its own.
std::vector<std::string> unlabelled(std::vector<std::string> options) {
  std::vector<std::string> bare;
  for (size_t i = 0; i < options.size(); ++i) bare.emplace_back(without_label(options[i], i));
  for (size_t i = 0; i < options.size(); ++i)
    if (bare[i].size() == trim(options[i]).size()) return options;
  return bare;
}

Result<std::vector<std::string>> options_of(const DataRow& row) {
  const Json* given = first_of(row, kOptions);
  if (given != nullptr && given->is_object())
    if (const Json* texts = find_member(*given, "text"); texts != nullptr) given = texts; // ARC's form
  if (given == nullptr || !(given->is_array() || given->is_object()))
    return row_error(
        row, fmt::format("no \"{}\", a list of texts", fmt::join(kOptions.begin(), kOptions.end() - 1, "\" or \"")));
  std::vector<std::string> options;
  for (const Json& option : *given) { // of {"A": ...}: the values
    auto text = scalar_text(option);
    if (!text) return row_error(row, "its options should be texts");
    options.push_back(std::move(*text));
  }
  if (options.size() < 2 || options.size() > kMostOptions)
    return row_error(row, fmt::format("{} options; 2 to {} are wanted", options.size(), kMostOptions));
  return unlabelled(std::move(options));
}

// "B", "(B)", "b)", 1 (from 0), the option's words, or "1".
std::optional<size_t> option_index(const Json& answer, const std::vector<std::string>& options) {
  std::string text = scalar_text(answer).value_or("");
  std::string_view bare = trim(text);
  if (answer.is_number_integer() && answer >= 0 && answer < options.size()) return answer.get<size_t>();
  for (size_t i = 0; i < options.size(); ++i)
    if (bare == options[i]) return i;
  auto number = parse_number<size_t>(bare);
  if (!number && bare.size() <= 3) {
    while (!bare.empty() && !is_letter(bare.front())) bare.remove_prefix(1);
    while (!bare.empty() && !is_letter(bare.back())) bare.remove_suffix(1);
    if (bare.size() == 1) number = static_cast<size_t>(to_lower(bare[0]) - 'a');
  }
  return number && *number < options.size() ? number : std::nullopt;
}

Result<std::string> question_text(const DataRow& row) {
  const Json* context = first_of(row, kContext);
  const Json* question = first_of(row, kQuestion);
  std::string text = context == nullptr ? "" : std::string(trim(text_or_lines(*context)));
  std::string asked = question == nullptr ? "" : std::string(trim(scalar_text(*question).value_or("")));
  if (asked.empty())
    return row_error(row, fmt::format("no \"{}\"", fmt::join(kQuestion.begin(), kQuestion.end() - 1, "\" or \"")));
  return text.empty() ? asked : text + "\n\n" + asked;
}

std::string id_text(const DataRow& row, std::string_view name) {
  const Json* id = find_member(row.fields, name);
  return id == nullptr ? "" : scalar_text(*id).value_or("");
}

} // namespace

Result<Draft> read_choice_row(const DataRow& row) {
  auto text = question_text(row);
  if (!text) return text.error();
  auto options = options_of(row);
  if (!options) return options.error();
  const Json* answer = first_of(row, kAnswer);
  if (answer == nullptr)
    return row_error(row, fmt::format("no \"{}\"", fmt::join(kAnswer.begin(), kAnswer.end() - 1, "\" or \"")));
  auto right = option_index(*answer, *options);
  if (!right)
    return row_error(row,
                     fmt::format("the answer {} is none of its {} options", dump_json(*answer), options->size()));
  Draft draft;
  for (std::string_view name : {"id", "question_id", "unique_id", "id_string"})
    if (draft.own_id.empty()) draft.own_id = id_text(row, name);
  draft.ask = {std::move(*text), AnswerForm::letter, ""};
  draft.options = std::move(*options);
  draft.right = *right;
  return draft;
}

Result<Draft> read_logiqa_row(const DataRow& row) {
  auto draft = read_choice_row(row);
  if (draft) draft->own_id.clear();
  return draft;
}

Result<Draft> read_mmlu_pro_row(const DataRow& row) {
  auto draft = read_choice_row(row);
  if (draft) draft->level = id_text(row, "category");
  return draft;
}

Result<Draft> read_folio_row(const DataRow& row) {
  if (first_of(row, kOptions) != nullptr) return read_choice_row(row);
  const Json* premises = find_member(row.fields, "premises");
  if (premises == nullptr || text_or_lines(*premises).empty())
    return row_error(row, "no \"premises\", a list of texts");
  auto conclusion = required_text(row, std::array<std::string_view, 1>{"conclusion"});
  if (!conclusion) return conclusion.error();
  auto label = required_text(row, std::array<std::string_view, 1>{"label"});
  if (!label) return label.error();
  Draft draft;
  draft.own_id = id_text(row, "example_id");
  draft.options = {"True", "False", "Uncertain"};
  std::string given = lower(trim(*label));
  draft.right = given == "true" ? 0 : given == "false" ? 1 : 2;
  if (draft.right == 2 && given != "uncertain" && given != "unknown")
    return row_error(row, fmt::format("the label \"{}\" is none of True, False and Uncertain", *label));
  draft.ask = {text_or_lines(*premises) + "\n\nGiven these premises, is this conclusion true, false or uncertain? " +
                   *conclusion,
               AnswerForm::letter, ""};
  return draft;
}

Result<Draft> read_gpqa_row(const DataRow& row) {
  if (first_of(row, kOptions) != nullptr) return read_choice_row(row);
  auto question = required_text(row, std::array<std::string_view, 1>{"Question"});
  if (!question) return question.error();
  Draft draft;
  draft.own_id = id_text(row, "Record ID");
  draft.level = id_text(row, "High-level domain");
  for (std::string_view name : {"Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"}) {
    auto option = required_text(row, std::array<std::string_view, 1>{name});
    if (!option) return option.error();
    draft.options.emplace_back(trim(*option));
  }
  draft.shuffle = true;
  draft.ask = {std::string(trim(*question)), AnswerForm::letter, ""};
  return draft;
}

Result<Draft> read_quiz_row(const DataRow& row) {
  auto quiz = required_text(row, std::array<std::string_view, 3>{"quiz", "question", "prompt"});
  if (!quiz) return quiz.error();
  auto gold = required_text(row, std::array<std::string_view, 4>{"gold", "correct_answer", "answer", "target"});
  if (!gold) return gold.error();
  Draft draft;
  std::string size = id_text(row, "size").empty() ? id_text(row, "problem_size") : id_text(row, "size");
  for (std::string_view name : {"item", "id", "index", "quiz_id"})
    if (draft.own_id.empty()) draft.own_id = id_text(row, name);
  if (!draft.own_id.empty() && !size.empty()) draft.own_id = fmt::format("{}/{}", size, draft.own_id);
  draft.level = size.empty() ? id_text(row, "relation") : size;
  draft.ask = {std::move(*quiz), AnswerForm::answer_tag, ""};
  draft.ask.asked_by_text = true;
  draft.target = trim(*gold);
  return draft;
}

Result<Draft> read_plan_row(const DataRow& row) {
  auto query = required_text(row, std::array<std::string_view, 2>{"query", "prompt"});
  if (!query) return query.error();
  auto problem = read_plan_problem(*query);
  if (!problem)
    return row_error(
        row, "its query holds no statement of a planning problem that is known (blocks, mystery blocks, logistics)");
  auto gold = required_text(row, std::array<std::string_view, 2>{"gold_plan", "ground_truth_plan"});
  if (!gold) return gold.error();
  Draft draft;
  draft.own_id = id_text(row, "instance_id");
  draft.target = plan_text(read_plan(*gold, *problem));
  if (draft.target.empty()) return row_error(row, "its plan holds no action");
  draft.metadata["statement"] = *query;
  draft.ask = {std::move(*query), AnswerForm::any, ""};
  return draft;
}

} // namespace proctor
