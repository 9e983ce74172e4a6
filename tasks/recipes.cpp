// SPDX-License-Identifier: MIT
#include "tasks/recipes.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <unordered_map>

#include "graders/extract.h"
#include "graders/math/math_extract.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

using Names = std::array<std::string_view, 4>;

constexpr Names kProblem = {"problem", "question", "prompt", "input"};
constexpr Names kAnswer = {"answer", "expected_answer", "target", "gold"};
constexpr std::array<std::string_view, 5> kId = {"id", "unique_id", "doc_id", "task_id", "problem_idx"};

Error row_error(const DataRow& row, std::string_view what) {
  return usage_error(fmt::format("{}: {}", row.where, what));
}

Result<std::string> id_of(const DataRow& row, std::span<const std::string_view> names) {
  for (std::string_view name : names) {
    const Json* id = find_member(row.fields, name);
    if (id == nullptr || id->is_null()) continue;
    if (!id->is_string() && !id->is_number_integer())
      return row_error(row, fmt::format("\"{}\" should be text or an integer, is {}", name, id->type_name()));
    return scalar_text(*id).value_or("");
  }
  return std::string();
}

// Id and question, as every benchmark has them.
Result<Draft> read_problem(const DataRow& row) {
  Draft draft;
  auto id = id_of(row, kId);
  if (!id) return id.error();
  auto problem = required_text(row, kProblem);
  if (!problem) return problem.error();
  draft.own_id = std::move(*id);
  draft.ask.text = without_instruction(*problem);
  if (draft.ask.text.empty()) return row_error(row, "the question is nothing but an instruction");
  return draft;
}

// With the answer's text.
Result<Draft> read_common(const DataRow& row) {
  auto draft = read_problem(row);
  if (!draft) return draft;
  auto answer = required_text(row, kAnswer);
  if (!answer) return answer.error();
  draft->target = trim(*answer);
  return draft;
}

// "073" -> "73"; nullopt for anything but an integer from 0 to 999.
std::optional<std::string> aime_integer(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  if (text.size() > 3) return std::nullopt;
  return std::string(text);
}

std::string without(std::string_view text, std::string_view unwanted) {
  std::string kept;
  for (char c : text)
    if (unwanted.find(c) == unwanted.npos) kept += c;
  return kept;
}

void keep_scalar(const DataRow& row, std::string_view name, Json& metadata) {
  const Json* value = find_member(row.fields, name);
  if (value != nullptr && (value->is_string() || value->is_number())) metadata[std::string(name)] = *value;
}

// --- knights and knaves ---

Result<std::vector<std::string>> people_of(const DataRow& row) {
  const Json* names = find_member(row.fields, "names");
  if (names == nullptr || !names->is_array() || names->empty())
    return row_error(row, "no \"names\", a list of who is on the island");
  std::vector<std::string> people;
  for (const Json& name : *names) {
    if (!name.is_string()) return row_error(row, "\"names\" should hold texts only");
    people.push_back(scalar_text(name).value_or(""));
  }
  return people;
}

Status check_solution(const DataRow& row, size_t n_people) {
  const Json* solution = find_member(row.fields, "solution");
  if (solution == nullptr || !solution->is_array())
    return row_error(row, "no \"solution\", a list of true and false");
  bool all_bool =
      std::all_of(solution->begin(), solution->end(), [](const Json& value) { return value.is_boolean(); });
  if (!all_bool) return row_error(row, "\"solution\" should hold true and false only");
  if (solution->size() != n_people)
    return row_error(row, fmt::format("\"solution\" has {} entries for {} names", solution->size(), n_people));
  return {};
}

// "(1) NAME is a knight", one a line, in the row's own words for knight and knave.
std::string assignment_text(const std::vector<std::string>& people, const Json& solution, const Json& words) {
  const std::string knight = get_string(words, "knight").value_or("knight");
  const std::string knave = get_string(words, "knave").value_or("knave");
  std::string text;
  for (size_t i = 0; i < people.size(); ++i)
    text += fmt::format("{}({}) {} is a {}", i == 0 ? "" : "\n", i + 1, people[i],
                        solution[i] == Json(true) ? knight : knave);
  return text;
}

// --- BBH ---

// The texts of the lines "(A) text", "(B) text", ..., as the choice grader wants them: the first is A's.
std::vector<std::string> options_of(std::string_view input) {
  std::vector<std::string> options;
  for (std::string_view line : split(input, '\n')) {
    line = trim(line);
    const bool next = line.size() >= 3 && line[0] == '(' && line[1] == static_cast<char>('A' + options.size());
    if (next && line[2] == ')') options.emplace_back(trim(line.substr(3)));
  }
  return options;
}

std::string letter_of(size_t option) { return std::string(1, static_cast<char>('A' + option)); }

// "(B)" or "B" -> "B". In three rows of the published files an option that holds commas was cut up into several
// options; then the letter of its first piece.
std::optional<std::string> option_letter(std::string_view target, const std::vector<std::string>& options) {
  const std::string letter = without(target, "()");
  for (size_t first = 0; first < options.size(); ++first) {
    if (letter == letter_of(first)) return letter;
    std::string joined;
    for (size_t piece = first; piece < options.size() && joined.size() < target.size(); ++piece)
      joined += (joined.empty() ? "" : ", ") + options[piece];
    if (joined == target) return letter_of(first);
  }
  return std::nullopt;
}

Result<Draft> read_bbh_row(const DataRow& row, AnswerForm form) {
  auto draft = read_common(row);
  if (draft) draft->ask.form = form;
  return draft;
}

// --- questions ---

Result<Question> question_of(const DataRow& row, RowReader read, size_t index, const TaskOptions& options) {
  auto draft = read(row);
  if (!draft) return draft.error();
  Question question;
  question.doc_id = draft->own_id.empty() ? std::to_string(index) : draft->own_id;
  question.target = std::move(draft->target);
  question.metadata = std::move(draft->metadata);
  question.level = std::move(draft->level);
  put_prompt(draft->ask, options, question);
  return question;
}

} // namespace

Result<Draft> read_aime_row(const DataRow& row) {
  auto draft = read_common(row);
  if (!draft) return draft;
  auto integer = aime_integer(draft->target);
  if (!integer)
    return row_error(row, fmt::format("the answer \"{}\" is not an integer from 0 to 999", draft->target));
  draft->target = *integer;
  return draft;
}

Result<Draft> read_maths_row(const DataRow& row) {
  auto draft = read_common(row);
  if (!draft) return draft;
  if (const Json* level = find_member(row.fields, "level")) draft->level = scalar_text(*level).value_or("");
  keep_scalar(row, "subject", draft->metadata);
  return draft;
}

Result<Draft> read_solution_row(const DataRow& row) {
  auto draft = read_problem(row);
  if (!draft) return draft;
  auto solution = required_text(row, std::array<std::string_view, 1>{"solution"});
  if (!solution) return solution.error();
  if (!last_box(*solution)) return row_error(row, "the solution has no \\boxed{} answer");
  draft->target = math::answer_in_gold(*solution, {});
  if (const Json* level = find_member(row.fields, "level")) draft->level = scalar_text(*level).value_or("");
  keep_scalar(row, "type", draft->metadata);
  return draft;
}

Result<Draft> read_olympiad_row(const DataRow& row) {
  auto draft = read_problem(row);
  if (!draft) return draft;
  const Json* answers = find_member(row.fields, "final_answer");
  if (answers == nullptr || !answers->is_array() || answers->empty())
    return row_error(row, "no \"final_answer\", a list of at least one text");
  for (const Json& answer : *answers) {
    if (!answer.is_string()) return row_error(row, "\"final_answer\" should hold texts only");
    draft->target += (draft->target.empty() ? "" : ", ") + answer.get<std::string>();
  }
  keep_scalar(row, "subfield", draft->metadata);
  return draft;
}

Result<Draft> read_gsm8k_row(const DataRow& row) {
  auto draft = read_common(row);
  if (!draft) return draft;
  size_t mark = draft->target.rfind("####");
  if (mark == std::string::npos) return row_error(row, "the answer has no \"####\" before its number");
  std::string number(trim(without(std::string_view(draft->target).substr(mark + 4), ",$")));
  if (number.empty()) return row_error(row, "nothing follows \"####\" in the answer");
  draft->target = std::move(number);
  return draft;
}

Result<Draft> read_knights_knaves_row(const DataRow& row) {
  auto quiz = required_text(row, std::array<std::string_view, 1>{"quiz"});
  if (!quiz) return quiz.error();
  auto people = people_of(row);
  if (!people) return people.error();
  if (auto checked = check_solution(row, people->size()); !checked) return checked.error();
  auto id = id_of(row, std::array<std::string_view, 2>{"index", "id"});
  if (!id) return id.error();
  Draft draft;
  draft.level = std::to_string(people->size());
  if (!id->empty()) draft.own_id = fmt::format("{}/{}", draft.level, *id);
  draft.ask = {*quiz, AnswerForm::answer_tag,
               "Give the answer as a numbered list in the order of the names, one inhabitant a line, such as: "
               "(1) NAME is a knight"};
  const Json& solution = *find_member(row.fields, "solution");
  const Json* words = find_member(row.fields, "knight_knave");
  draft.target = assignment_text(*people, solution, words == nullptr ? Json() : *words);
  draft.metadata["names"] = *people;
  if (words != nullptr) draft.metadata["knight_knave"] = *words;
  draft.metadata["solution"] = solution;
  return draft;
}

Result<Draft> read_bbh_choice_row(const DataRow& row) {
  auto draft = read_bbh_row(row, AnswerForm::letter);
  if (!draft) return draft;
  std::vector<std::string> options = options_of(draft->ask.text);
  auto letter = option_letter(draft->target, options);
  if (!letter) return row_error(row, fmt::format("the target \"{}\" is none of the options", draft->target));
  draft->target = *letter;
  draft->metadata["options"] = options;
  return draft;
}

Result<Draft> read_bbh_box_row(const DataRow& row) { return read_bbh_row(row, AnswerForm::box); }

Result<Draft> read_bbh_tag_row(const DataRow& row) { return read_bbh_row(row, AnswerForm::answer_tag); }

Result<std::vector<Question>> load_questions(const std::vector<std::string>& paths, RowReader read,
                                             std::string_view level, const TaskOptions& options,
                                             NumberForm numbers) {
  std::vector<Question> questions;
  std::unordered_map<std::string, std::string> seen; // doc id -> where
  size_t index = 0;
  for (const std::string& path : paths) {
    auto rows = read_rows(path, numbers);
    if (!rows) return rows.error();
    for (const DataRow& row : *rows) {
      auto question = question_of(row, read, index++, options);
      if (!question) return question.error();
      auto [first, added] = seen.try_emplace(question->doc_id, row.where);
      if (!added)
        return row_error(row, fmt::format("the id {} is already that of {}", question->doc_id, first->second));
      if (level.empty() || question->level == level) questions.push_back(std::move(*question));
    }
  }
  if (questions.empty()) return usage_error(fmt::format("{}: no question of level {}", paths.front(), level));
  return questions;
}

} // namespace proctor
