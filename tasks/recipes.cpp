// SPDX-License-Identifier: MIT
#include "tasks/recipes.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <numeric>
#include <unordered_map>

#include "graders/answer_grader.h"
#include "graders/extract.h"
#include "graders/math/math_extract.h"
#include "harness/hash.h"
#include "harness/random.h"
#include "harness/text/ascii.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

using FourNames = std::array<std::string_view, 4>;

constexpr FourNames kProblem = {"problem", "question", "prompt", "input"};
constexpr FourNames kAnswer = {"answer", "expected_answer", "target", "gold"};
constexpr std::array<std::string_view, 5> kId = {"id", "unique_id", "doc_id", "task_id", "problem_idx"};

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

// A reference that is a list: any of its texts is right.
Status put_answers(const DataRow& row, const Json& answers, Draft& draft) {
  for (const Json& answer : answers) {
    auto text = scalar_text(answer);
    if (!text || trim(*text).empty()) return row_error(row, "its list of answers should hold texts");
    if (draft.target.empty())
      draft.target = trim(*text);
    else
      draft.metadata[std::string(kOtherTargets)].push_back(trim(*text));
  }
  return draft.target.empty() ? Status(row_error(row, "its list of answers is empty")) : Status();
}

// With the answer's text.
Result<Draft> read_common(const DataRow& row) {
  auto draft = read_problem(row);
  if (!draft) return draft;
  for (std::string_view name : kAnswer)
    if (const Json* list = find_member(row.fields, name); list != nullptr && list->is_array()) {
      if (Status put = put_answers(row, *list, *draft); !put) return put.error();
      return draft;
    }
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

// "080 or 081 (both were accepted)" -> "080", "081"
std::vector<std::string_view> accepted_answers(std::string_view text) {
  constexpr std::string_view kOr = " or ";
  if (size_t remark = text.find(" ("); remark != text.npos) text = text.substr(0, remark);
  std::vector<std::string_view> answers;
  for (size_t at; (at = text.find(kOr)) != text.npos; text.remove_prefix(at + kOr.size())) answers.push_back(trim(text.substr(0, at)));
  answers.push_back(trim(text));
  return answers;
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

std::string option_lines(const std::vector<std::string>& options) {
  std::string lines;
  for (size_t i = 0; i < options.size(); ++i) lines += fmt::format("\n{}) {}", letter_of(i), options[i]);
  return lines;
}

// Puts the options below the question, in an order that is a function of the seed and the question alone.
void put_options(Draft& draft, const std::string& doc_id, uint64_t seed) {
  if (draft.options.empty()) return;
  std::vector<size_t> order(draft.options.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (draft.shuffle) SplitMix64(sample_seed(seed, "options", doc_id, 0)).shuffle(order);
  std::vector<std::string> options;
  for (size_t place = 0; place < order.size(); ++place) {
    options.push_back(draft.options[order[place]]);
    if (order[place] == draft.right) draft.target = letter_of(place);
  }
  draft.ask.text += "\n" + option_lines(options);
  draft.metadata["options"] = options;
}

Result<Question> question_of(const DataRow& row, size_t index, const Reading& reading, const TaskOptions& options) {
  auto draft = reading.read(row);
  if (!draft) return draft.error();
  Question question;
  question.doc_id = draft->own_id.empty() ? std::to_string(index) : draft->own_id;
  put_options(*draft, question.doc_id, options.gen_seed);
  question.target = std::move(draft->target);
  question.metadata = std::move(draft->metadata);
  question.level = std::move(draft->level);
  put_prompt(draft->ask, reading.shots, options, question);
  return question;
}

// The year in "2021-I-1", ".../2024_AIME_I_Problems", "aime24" or 2023; 0: none.
int year_of(const DataRow& row) {
  if (const Json* year = find_member(row.fields, "year"))
    if (auto number = parse_number<int>(scalar_text(*year).value_or(""))) return *number;
  for (std::string_view name : {"subset_for_metrics", "source"})
    if (auto subset = get_string(row.fields, name); subset && subset->size() == 6 && subset->starts_with("aime"))
      return 2000 + parse_number<int>(subset->substr(4)).value_or(0);
  for (std::string_view name : {"id", "unique_id", "url"}) {
    std::string text = get_string(row.fields, name).value_or("");
    if (size_t slash = text.rfind('/'); name == "url" && slash != text.npos) {
      size_t before = text.rfind('/', slash - 1);
      text.erase(0, text.find("_Problems") < slash && before != text.npos ? before + 1 : slash + 1);
    }
    bool begins = text.size() > 4 && std::all_of(text.begin(), text.begin() + 4, is_digit) && !is_digit(text[4]);
    if (begins) return parse_number<int>(text.substr(0, 4)).value_or(0);
  }
  return 0;
}

} // namespace

Result<Draft> read_aime_row(const DataRow& row) {
  auto draft = read_common(row);
  if (!draft) return draft;
  std::vector<std::string> integers;
  for (std::string_view given : accepted_answers(draft->target))
    if (auto integer = aime_integer(given)) integers.push_back(std::move(*integer));
  if (integers.size() != accepted_answers(draft->target).size())
    return row_error(row, fmt::format("the answer \"{}\" is not an integer from 0 to 999", draft->target));
  draft->target = integers.front();
  for (size_t i = 1; i < integers.size(); ++i) draft->metadata[std::string(kOtherTargets)].push_back(integers[i]);
  return draft;
}

Result<Draft> read_maths_row(const DataRow& row) {
  auto draft = read_common(row);
  if (!draft) return draft;
  if (const Json* level = find_member(row.fields, "level")) draft->level = scalar_text(*level).value_or("");
  keep_scalar(row, "subject", draft->metadata);
  return draft;
}

// "... Compute it.answers: $3$" with an empty answer -> "... Compute it." and "$3$"; "Answer: A" likewise.
Result<Draft> read_gaokao_row(const DataRow& row) {
  const std::string question = get_string(row.fields, "question").value_or("");
  const std::string folded = lower(question);
  const size_t word = folded.rfind("answer"), colon = word == folded.npos ? word : folded.find_first_not_of("answers", word);
  const bool left_there = colon != folded.npos && folded[colon] == ':' && trim(get_string(row.fields, "answer").value_or("?")).empty();
  if (!left_there) return read_maths_row(row);
  DataRow parted = row;
  parted.fields["question"] = trim_right(std::string_view(question).substr(0, word));
  parted.fields["answer"] = trim(std::string_view(question).substr(colon + 1));
  return read_maths_row(parted);
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

RowFilter rows_of_years(int from, int to) {
  return [from, to](const DataRow& row) {
    if (auto subset = get_string(row.fields, "subset_for_metrics"); subset && !subset->starts_with("a")) return false;
    int year = year_of(row);
    return year == 0 || (year >= from && year <= to);
  };
}

RowFilter rows_of_subset(std::string_view prefix) {
  return [prefix = std::string(prefix)](const DataRow& row) {
    auto subset = get_string(row.fields, "subset_for_metrics");
    return !subset || subset->starts_with(prefix);
  };
}

Result<Draft> read_hendrycks_row(const DataRow& row) {
  return find_member(row.fields, "solution") == nullptr ? read_maths_row(row) : read_solution_row(row);
}

Result<std::vector<Question>> load_questions(const Reading& reading, const TaskOptions& options) {
  std::vector<Question> questions;
  std::unordered_map<std::string, std::string> seen; // doc id -> where
  size_t index = 0, of_others = 0;
  for (const std::string& path : reading.paths) {
    auto rows = read_rows(path, reading.form);
    if (!rows) return rows.error();
    for (const DataRow& row : *rows) {
      if (reading.belongs && !reading.belongs(row)) {
        ++of_others;
        continue;
      }
      auto question = question_of(row, index++, reading, options);
      if (!question) return question.error();
      auto [first, added] = seen.try_emplace(question->doc_id, row.where);
      if (!added)
        return row_error(row, fmt::format("the id {} is already that of {}", question->doc_id, first->second));
      if (reading.level.empty() || question->level == reading.level) questions.push_back(std::move(*question));
    }
  }
  if (!questions.empty()) return questions;
  if (of_others > 0) return usage_error(fmt::format("{}:1: none of its {} rows is of {}: another split or file?", reading.paths.front(), of_others, reading.part));
  return usage_error(fmt::format("{}:1: none of its {} rows is of the part \"{}\": another split or file?", reading.paths.front(), index, reading.level));
}

} // namespace proctor
