// SPDX-License-Identifier: MIT
#include "graders/math/math_extract.h"

#include <algorithm>
#include <vector>

#include "graders/choice.h"
#include "graders/extract.h"
#include "graders/math/math_equal.h"
#include "graders/math/remark.h"
#include "graders/statement.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

constexpr size_t kLongestFormula = 4096; // of a response that is nothing but its answer
constexpr size_t kLastLine = 2000;       // bytes looked at for several boxes
constexpr size_t kLongGold = 120;        // bytes; a longer gold that is no formula is a worked solution

struct Span {
  size_t begin = 0, end = 0; // with delimiters
  std::string_view content;
};

// ---- several boxes

std::vector<Span> boxes_in(std::string_view line) {
  std::vector<Span> boxes;
  for (size_t at = 0; (at = line.find("boxed", at)) != line.npos;) {
    size_t open = line.find('{', at);
    if (open == line.npos || trim(line.substr(at + 5, open - at - 5)).size() > 0) {
      at += 5;
      continue;
    }
    int depth = 0;
    size_t close = open;
    for (; close < line.size(); ++close) {
      if (line[close] == '{') ++depth;
      if (line[close] == '}' && --depth == 0) break;
    }
    if (close >= line.size()) break;
    boxes.push_back(
        {at > 0 && line[at - 1] == '\\' ? at - 1 : at, close + 1, line.substr(open + 1, close - open - 1)});
    at = close + 1;
  }
  return boxes;
}

// What may stand between boxes of one list: separators, spacing, "name =", a remark "for part (a)".
bool joins(std::string_view between) {
  std::string rest(between);
  for (std::string_view drop :
       {"\\text", "\\quad", "\\qquad", "\\textrm", "\\mathrm", "\\[", "\\]", "\\(", "\\)", "\\,", "\\;", "\\ "})
    for (size_t at; (at = rest.find(drop)) != rest.npos;) rest.replace(at, drop.size(), " ");
  if (size_t remark = rest.find("for part"); remark != rest.npos && remark < 12) {
    size_t end = rest.find(')', remark);
    if (end != rest.npos) rest.erase(remark, end + 1 - remark);
  }
  bool separated = false;
  std::string word;
  auto word_ok = [&] {
    bool conj = word == "and" || word == "or";
    bool name = word.size() <= 1;
    separated = separated || conj;
    word.clear();
    return conj || name;
  };
  for (char c : rest) {
    if (is_letter(c)) {
      word += c;
      continue;
    }
    if (!word_ok()) return false;
    separated = separated || c == ',' || c == ';' || c == '&';
    if (std::string_view(",;&${}=_. \t0123456789").find(c) == std::string_view::npos) return false;
  }
  return word_ok() && separated;
}

std::optional<Extracted> joined_boxes(std::string_view text, std::string_view gold) {
  size_t last = text.rfind("boxed");
  if (last == text.npos) return std::nullopt;
  size_t floor = last > kLastLine ? last - kLastLine : 0;
  size_t newline = text.rfind('\n', last);
  size_t begin = newline == text.npos ? floor : std::max(floor, newline);
  std::vector<Span> boxes = boxes_in(text.substr(begin));
  if (boxes.size() < 2 || !is_list_answer(gold)) return std::nullopt;
  std::string_view line = text.substr(begin);
  size_t first = boxes.size() - 1;
  while (first > 0 && joins(line.substr(boxes[first - 1].end, boxes[first].begin - boxes[first - 1].end))) --first;
  if (first + 1 == boxes.size()) return std::nullopt;
  std::string all;
  for (size_t i = first; i < boxes.size(); ++i) {
    if (i > first) all += " , ";
    all += boxes[i].content;
  }
  return Extracted{std::move(all), "boxes", true};
}

// ---- the last formula

struct Delimiter {
  std::string_view open, close;
};

constexpr Delimiter kDelimiters[] = {{"$$", "$$"}, {"\\[", "\\]"}, {"\\(", "\\)"}, {"$", "$"}};

// Math spans of the last part of a text, in order.
std::vector<Span> spans_in(std::string_view text) {
  std::vector<Span> spans;
  for (size_t at = 0; at < text.size();) {
    const Delimiter* hit = nullptr;
    for (const Delimiter& d : kDelimiters)
      if (hit == nullptr && text.substr(at).starts_with(d.open)) hit = &d;
    bool escaped = at > 0 && text[at - 1] == '\\' && text[at] == '$';
    if (hit == nullptr || escaped) {
      ++at;
      continue;
    }
    size_t from = at + hit->open.size();
    size_t close = text.find(hit->close, from);
    if (close == text.npos) {
      ++at;
      continue;
    }
    if (!trim(text.substr(from, close - from)).empty())
      spans.push_back({at, close + hit->close.size(), text.substr(from, close - from)});
    at = close + hit->close.size();
  }
  return spans;
}

bool joins_formulas(std::string_view between) {
  std::string small = lower(trim(between));
  return small == "," || small == "and" || small == "or" || small == ", and" || small == ", or" || small == ";";
}

std::optional<Extracted> last_formula(std::string_view text) {
  constexpr size_t kWindow = 4000;
  std::string_view tail = text.substr(text.size() > kWindow ? text.size() - kWindow : 0);
  std::vector<Span> spans = spans_in(tail);
  if (spans.empty()) return std::nullopt;
  size_t first = spans.size() - 1;
  while (first > 0 && joins_formulas(tail.substr(spans[first - 1].end, spans[first].begin - spans[first - 1].end)))
    --first;
  std::string all;
  for (size_t i = first; i < spans.size(); ++i) {
    if (i > first) all += " , ";
    all += trim(spans[i].content);
  }
  while (!all.empty() && (all.back() == '.' || all.back() == ',')) all.pop_back();
  return Extracted{std::move(all), "last_formula", false};
}

// ---- the last number

bool is_number_char(char c) { return is_digit(c) || c == '.' || c == ',' || c == '/'; }

// The last number that stands alone: not part of a word, not "#12".
std::optional<Extracted> last_number(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    while (end > 0 && !is_digit(text[end - 1])) --end;
    if (end == 0) break;
    size_t begin = end;
    auto time_or_ratio = [&] { // 10:30
      return text[begin - 1] == ':' && begin < end && is_digit(text[begin]) && begin > 1 && is_digit(text[begin - 2]);
    };
    while (begin > 0 && (is_number_char(text[begin - 1]) || time_or_ratio())) --begin;
    while (begin < end && (text[begin] == ',' || text[begin] == '/')) ++begin;
    char before = begin > 0 ? text[begin - 1] : ' ';
    if (!is_letter(before) && before != '_' && before != '#') {
      bool minus = before == '-' &&
                   (begin == 1 || is_blank(text[begin - 2]) || text[begin - 2] == '=' || text[begin - 2] == '$');
      size_t from = minus ? begin - 1 : begin;
      bool percent = end < text.size() && (text[end] == '%' || text.substr(end).starts_with("\\%"));
      return Extracted{std::string(text.substr(from, end - from)) + (percent ? "%" : ""), "last_number", false};
    }
    end = begin;
  }
  return std::nullopt;
}

bool holds_digit(std::string_view text) { return std::any_of(text.begin(), text.end(), is_digit); }

// Prose has words; a formula that cannot be read has none, and a number from its inside is no answer.
bool is_prose(std::string_view text) {
  size_t words = 0, letters = 0;
  bool command = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    for (std::string_view environment : {"\\begin{", "\\end{"}) // their names are no words
      if (text.substr(i).starts_with(environment)) i = std::min(text.find('}', i), text.size() - 1), c = text[i];
    bool wide = static_cast<unsigned char>(c) >= 0x80;
    if (c == '\\') command = true;
    if (is_letter(c)) {
      ++letters;
      continue;
    }
    words += wide || (letters >= 2 && !command) ? 1 : 0;
    letters = 0;
    if (c != '\\') command = false;
  }
  return words + (letters >= 2 && !command ? 1 : 0) > 0;
}

// ---- formulas in prose without delimiters

std::string_view without_closing(std::string_view text) {
  text = trim(text);
  while (!text.empty() && (text.back() == '.' || text.back() == ',' || text.back() == ';'))
    text = trim(text.substr(0, text.size() - 1));
  return text;
}

// What follows the last "=" of the last line that has one.
std::optional<Extracted> last_equation(std::string_view text) {
  size_t sign = text.rfind('=');
  if (sign == text.npos) return std::nullopt;
  std::string_view line = text.substr(sign + 1);
  std::string_view value = without_closing(line.substr(0, std::min(line.find('\n'), line.size())));
  if (value.empty() || !holds_digit(value) || !parses(value)) return std::nullopt;
  return Extracted{std::string(value), "last_equation", false};
}

// The last piece between words that holds a LaTeX command and reads as mathematics: "is \frac{2}{5} tons".
std::optional<Extracted> last_fragment(std::string_view text) {
  constexpr size_t kWindow = 600;
  std::string_view tail = text.substr(text.size() > kWindow ? text.size() - kWindow : 0);
  size_t end = tail.size();
  for (size_t i = tail.size(); i-- > 0;) {
    bool wide = static_cast<unsigned char>(tail[i]) >= 0x80;
    bool letter = is_letter(tail[i]);
    if (!wide && !letter && i > 0) continue;
    size_t begin = i;
    while (letter && begin > 0 && is_letter(tail[begin - 1])) --begin;
    bool word = wide || (letter && i + 1 - begin >= 2 && (begin == 0 || tail[begin - 1] != '\\'));
    if (word || begin == 0) {
      std::string_view piece = without_closing(tail.substr(word ? i + 1 : 0, end - (word ? i + 1 : 0)));
      bool command = piece.find('\\') != piece.npos && piece.find_first_of("{0123456789") != piece.npos;
      if (command && parses(piece)) return Extracted{std::string(piece), "last_fragment", false};
      end = begin;
    }
    i = begin;
  }
  return std::nullopt;
}

std::optional<Extracted> lenient(std::string_view text) {
  if (auto formula = last_formula(text); formula && parses(formula->text)) return formula;
  if (!holds_digit(text) || !is_prose(text)) return std::nullopt;
  if (auto fragment = last_fragment(text)) return fragment;
  if (auto value = last_equation(text)) return value;
  return last_number(text);
}

// The whole text where it is a formula.
std::optional<Extracted> formula(std::string_view text) {
  text = trim(text);
  if (text.empty() || text.size() > kLongestFormula || is_remark(text) || !parses(text)) return std::nullopt;
  return Extracted{std::string(text), "formula", false};
}

// ---- sentences

bool wants_letter(std::string_view gold) {
  gold = trim(gold);
  return gold.size() == 1 && is_upper(gold[0]);
}

// "The largest n is 34": what follows the last verb.
std::optional<std::string> predicate(std::string_view sentence) {
  std::string spaced(sentence);
  for (size_t at; (at = spaced.find("\\ ")) != spaced.npos;) spaced.erase(at, 1); // TeX's control space
  sentence = spaced;
  for (std::string_view verb : {" is ", " are ", " equals "}) {
    size_t at = sentence.rfind(verb);
    if (at == sentence.npos) continue;
    std::string_view value = without_closing(sentence.substr(at + verb.size()));
    if (holds_digit(value) && parses(value)) return std::string(value);
  }
  return std::nullopt;
}

// Minerva's closing phrase ends the sentence that states the answer.
std::optional<std::string_view> before_hope(std::string_view text) {
  size_t hope = text.rfind("I hope it is correct");
  if (hope == text.npos) return std::nullopt;
  std::string_view before = without_closing(text.substr(0, hope));
  size_t stop = before.rfind(". ");
  return before.substr(stop == before.npos ? 0 : stop + 2);
}

// "Answer - B"
std::optional<Extracted> dashed_letter(std::string_view text) {
  std::string small = lower(text);
  size_t at = small.rfind("answer");
  if (at == small.npos) return std::nullopt;
  std::string_view rest = trim(text.substr(at + 6));
  for (std::string_view dash : {"\u2013", "\u2014", "-"})
    if (rest.starts_with(dash)) rest = trim(rest.substr(dash.size()));
  bool letter = !rest.empty() && is_upper(rest[0]) && (rest.size() == 1 || !is_letter(rest[1]));
  if (!letter || rest.data() == trim(text.substr(at + 6)).data()) return std::nullopt;
  return Extracted{std::string(rest.substr(0, 1)), "letter_line", false};
}

// An announcement in Minerva's words that comes after the last box.
std::optional<Extracted> later_statement(std::string_view text) {
  auto box = last_box(text);
  if (!box) return std::nullopt;
  auto statement = last_answer_statement(text.substr(box->end));
  if (!statement || statement->method != "minerva") return std::nullopt;
  auto found = extract_answer(text.substr(box->end), AnswerForm::any);
  return found && parses(found->text) ? found : std::nullopt;
}

std::optional<Extracted> from_sentences(std::string_view text, const std::optional<Extracted>& found) {
  if (auto statement = last_answer_statement(text); statement && found && !found->marked)
    if (auto value = predicate(statement->text)) return Extracted{std::move(*value), found->method, false};
  if (found && (parses(found->text) || !holds_digit(found->text))) return found;
  auto sentence = before_hope(text);
  if (!found && sentence) return lenient(*sentence);
  return std::nullopt;
}

} // namespace

std::optional<std::string_view> answer_part(std::string_view response, const Policies& policies) {
  constexpr std::string_view kOpen = "<think>", kClose = "</think>";
  size_t close = response.rfind(kClose);
  if (close != response.npos) return response.substr(close + kClose.size());
  if (response.find(kOpen) != response.npos && !policies.think_unclosed_ok) return std::nullopt;
  return response;
}

namespace {

bool says_the_same(std::string_view text, std::string_view gold) { return fold_blanks(text) == fold_blanks(gold); }

std::optional<Extracted> find_answer(std::string_view text, std::string_view gold, AnswerForm form,
                                     const Policies& policies) {
  std::string joined;
  if (text.find("{matrix}") != text.npos && text.size() <= kLongestFormula) text = joined = join_token_rows(text);
  if (auto later = later_statement(text)) return later;
  if (auto boxes = joined_boxes(text, gold)) return boxes;
  bool marked = text.find("box") != text.npos || text.find("</") != text.npos;
  if (!marked)
    if (auto whole = formula(text)) return whole;
  auto found = extract_answer(text, form);
  if (found && found->text.starts_with(':'))
    found->text = trim(std::string_view(found->text).substr(1)); // "####: 55"
  if (found && found->marked) return found;
  if (!policies.lenient_extraction) return found;
  if (wants_letter(gold)) {
    if (auto choice = extract_choice(text, Question())) return choice;
    if (auto choice = dashed_letter(text)) return choice;
  }
  if (auto sentence = from_sentences(text, found)) return sentence;
  if (auto part = lenient(found ? std::string_view(found->text) : text)) return part;
  if (found) return found;
  std::string plain = fold_blanks(strip_emphasis(text));
  if (plain.empty() || plain.size() > 400) return std::nullopt;
  return Extracted{std::move(plain), "whole", false};
}

} // namespace

std::optional<Extracted> extract_math(std::string_view text, std::string_view gold, AnswerForm form,
                                      const Policies& policies) {
  if (text.size() < 2 * gold.size() + 64 && says_the_same(text, gold))
    return Extracted{std::string(gold), "formula", false};
  auto found = find_answer(text, answer_in_gold(gold, policies), form, policies);
  if (found && trim(found->text).empty()) return std::nullopt; // "A::" announces nothing
  if (found && !found->marked && is_refusal(found->text)) return std::nullopt; // "The answer is: I give up"
  return found;
}

std::string answer_in_gold(std::string_view gold, const Policies& policies) {
  gold = trim(gold);
  bool marked = gold.find("box") != gold.npos || gold.find("answer") != gold.npos;
  if (!marked && (gold.size() < kLongGold || parses(gold))) {
    auto value = parses(gold) ? std::nullopt : predicate(gold);
    return value ? *value : std::string(gold);
  }
  Policies lenient = policies;
  lenient.lenient_extraction = true;
  auto found = find_answer(gold, "1,2", AnswerForm::any, lenient); // boxes join whatever they hold
  return found ? found->text : std::string(gold);
}

MathVerdict judge_answer(std::string_view gold, std::string_view answer, const Policies& policies) {
  if (says_the_same(answer, gold)) return {Equality::equal, "structural", {}, {}};
  return math_equal(answer_in_gold(gold, policies), answer, policies);
}

} // namespace proctor::math
