// SPDX-License-Identifier: MIT
#include "graders/math/math_extract.h"

#include <algorithm>
#include <vector>

#include "graders/choice.h"
#include "graders/extract.h"
#include "graders/math/math_equal.h"
#include "graders/statement.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

constexpr size_t kLongestFormula = 4096; // of a response that is nothing but its answer
constexpr size_t kLastLine = 2000;       // bytes looked at for several boxes

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

// The last number that stands alone: not part of a word.
std::optional<Extracted> last_number(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    while (end > 0 && !is_digit(text[end - 1])) --end;
    if (end == 0) break;
    size_t begin = end;
    while (begin > 0 && is_number_char(text[begin - 1])) --begin;
    while (begin < end && (text[begin] == ',' || text[begin] == '/')) ++begin;
    bool in_word = (begin > 0 && (is_letter(text[begin - 1]) || text[begin - 1] == '_')) ||
                   (end < text.size() && is_letter(text[end]) && begin > 0 && is_letter(text[begin - 1]));
    if (!in_word) {
      bool minus = begin > 0 && text[begin - 1] == '-' &&
                   (begin == 1 || is_blank(text[begin - 2]) || text[begin - 2] == '=' || text[begin - 2] == '$');
      bool percent = end < text.size() && (text[end] == '%' || text.substr(end).starts_with("\\%"));
      std::string number(text.substr(minus ? begin - 1 : begin, end - (minus ? begin - 1 : begin)));
      if (percent) number += '%';
      return Extracted{std::move(number), "last_number", false};
    }
    end = begin;
  }
  return std::nullopt;
}

bool holds_digit(std::string_view text) { return std::any_of(text.begin(), text.end(), is_digit); }

// A formula that was written and cannot be read is the answer; a number from its inside is not.
bool has_formula(std::string_view text) { return text.find("\\frac") != text.npos || text.find("__") != text.npos; }

std::optional<Extracted> lenient(std::string_view text) {
  if (auto formula = last_formula(text); formula && parses(formula->text)) return formula;
  if (has_formula(text)) return std::nullopt;
  if (!holds_digit(text)) return std::nullopt;
  return last_number(text);
}

// The whole text where it is a formula.
std::optional<Extracted> formula(std::string_view text) {
  text = trim(text);
  if (text.empty() || text.size() > kLongestFormula || !parses(text)) return std::nullopt;
  return Extracted{std::string(text), "formula", false};
}

bool wants_letter(std::string_view gold) {
  gold = trim(gold);
  return gold.size() == 1 && is_upper(gold[0]);
}

} // namespace

std::optional<std::string_view> answer_part(std::string_view response, const Policies& policies) {
  constexpr std::string_view kOpen = "<think>", kClose = "</think>";
  size_t close = response.rfind(kClose);
  if (close != response.npos) return response.substr(close + kClose.size());
  if (response.find(kOpen) != response.npos && !policies.think_unclosed_ok) return std::nullopt;
  return response;
}

std::optional<Extracted> extract_math(std::string_view text, std::string_view gold, AnswerForm form,
                                      const Policies& policies) {
  if (auto boxes = joined_boxes(text, gold)) return boxes;
  bool marked = text.find("boxed") != text.npos || text.find("box") != text.npos || text.find("</") != text.npos;
  if (!marked)
    if (auto whole = formula(text)) return whole;
  auto found = extract_answer(text, form);
  if (found && (found->marked || !policies.lenient_extraction)) return found;
  if (wants_letter(gold)) {
    Question question;
    if (auto choice = extract_choice(text, question)) return choice;
  }
  if (found && (parses(found->text) || !holds_digit(found->text))) return found;
  if (!policies.lenient_extraction) return std::nullopt;
  std::string inner = found ? found->text : std::string();
  if (found)
    if (auto part = lenient(inner)) return part;
  if (found) return found;
  if (auto part = lenient(text)) return part;
  std::string plain = fold_blanks(strip_emphasis(text));
  if (plain.empty() || plain.size() > 400) return std::nullopt;
  return Extracted{std::move(plain), "whole", false};
}

} // namespace proctor::math
