// SPDX-License-Identifier: MIT
#include "graders/extract.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "graders/math/math_equal.h"
#include "graders/statement.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr size_t kNearby = 400; // bytes
constexpr std::string_view kBeginBox = "<|begin_of_box|>";
constexpr std::string_view kEndBox = "<|end_of_box|>";

struct Box {
  size_t begin = 0; // of its command
  size_t end = 0;   // after its closing brace
  size_t content_begin = 0;
  size_t content_end = 0;
};

// Walks backwards over the complete boxes of a text. Every byte is looked at a bounded number of times: the braces
// right of the current box are matched once, on a stack of those that wait for their opening partner.
class BoxScanner {
 public:
  explicit BoxScanner(std::string_view text) : text_(text), scanned_(text.size()), next_(text.size()) {}

  // The next box to the left whose command lies at or after `floor`.
  std::optional<Box> previous(size_t floor = 0) {
    while (next_ > floor) {
      const void* hit = memrchr(text_.data() + floor, 'x', next_ - floor);
      if (hit == nullptr) break;
      next_ = static_cast<size_t>(static_cast<const char*>(hit) - text_.data());
      if (auto box = box_at(next_)) return box;
    }
    next_ = 0;
    return std::nullopt;
  }

 private:
  std::optional<Box> box_at(size_t x) {
    // A JSON reader may have turned the \b of \boxed into a backspace.
    bool backspaced = x >= 2 && text_[x - 1] == 'o' && text_[x - 2] == '\b';
    if (x < 2 || text_[x - 1] != 'o' || (text_[x - 2] != 'b' && !backspaced)) return std::nullopt;
    size_t word = x - 2;
    if (word >= 9 && text_.substr(word - 9, kEndBox.size() - 2) == kEndBox.substr(0, kEndBox.size() - 2))
      end_box_ = word - 9;
    if (auto box = special_box(word)) return box;
    size_t begin = command_begin(word);
    size_t after = x + 1;
    if (text_.substr(after).starts_with("ed"))
      after += 2;
    else if (begin == word)
      return std::nullopt; // plain "box" is a word
    return braced(begin, after);
  }

  std::optional<Box> special_box(size_t word) const {
    constexpr size_t kLead = 11; // "<|begin_of_"
    if (word < kLead || !text_.substr(word - kLead).starts_with(kBeginBox)) return std::nullopt;
    size_t content = word - kLead + kBeginBox.size();
    if (end_box_ == text_.npos || end_box_ < content) return std::nullopt;
    return Box{word - kLead, end_box_ + kEndBox.size(), content, end_box_};
  }

  // Where \boxed, \fbox, \framebox begins; `word` itself for a bare "boxed".
  size_t command_begin(size_t word) const {
    for (std::string_view lead : {"\\frame", "\\f", "\\"})
      if (word >= lead.size() && text_.substr(word - lead.size(), lead.size()) == lead) return word - lead.size();
    return word;
  }

  std::optional<Box> braced(size_t begin, size_t after) {
    size_t open = after;
    while (open < text_.size() && (text_[open] == ' ' || text_[open] == '\t' || text_[open] == '\n')) ++open;
    if (open < text_.size() && text_[open] == '{') {
      auto close = closing_brace(open);
      if (!close) return std::nullopt;
      return Box{begin, *close + 1, open + 1, *close};
    }
    bool command = text_[begin] == '\\';
    if (!command || open == after || open >= text_.size() || text_[open] == '\\') return std::nullopt;
    return bare(begin, open);
  }

  // "\boxed 7": a run that holds a digit, up to a blank or the end of the formula.
  std::optional<Box> bare(size_t begin, size_t from) const {
    size_t end = from;
    while (end < text_.size() && end < from + 64 && !is_blank(text_[end]) && text_[end] != '$' && text_[end] != '\\')
      ++end;
    size_t last = end;
    while (last > from && (text_[last - 1] == '.' || text_[last - 1] == ',')) --last;
    bool digit = std::any_of(text_.begin() + static_cast<ptrdiff_t>(from),
                             text_.begin() + static_cast<ptrdiff_t>(last), is_digit);
    if (!digit) return std::nullopt;
    return Box{begin, end, from, last};
  }

  // Matches all braces in [open, scanned_) and returns the partner of the one at `open`.
  std::optional<size_t> closing_brace(size_t open) {
    if (open >= scanned_) return std::nullopt;
    std::optional<size_t> partner;
    for (size_t i = scanned_; i-- > open;) {
      if ((text_[i] != '{' && text_[i] != '}') || is_escaped(i)) continue;
      if (text_[i] == '}')
        waiting_.push_back(i);
      else if (waiting_.empty())
        partner = std::nullopt;
      else
        partner = waiting_.back(), waiting_.pop_back();
    }
    scanned_ = open;
    return partner;
  }

  bool is_escaped(size_t at) const {
    size_t slashes = 0;
    while (slashes < at && text_[at - 1 - slashes] == '\\') ++slashes;
    return slashes % 2 == 1;
  }

  std::string_view text_;
  size_t scanned_;                          // braces at and after this are matched
  size_t next_;                             // boxes are looked for before this
  size_t end_box_ = std::string_view::npos; // the leftmost <|end_of_box|> seen
  std::vector<size_t> waiting_;             // closing braces without a partner yet
};

std::string_view content_of(std::string_view text, const Box& box) {
  return trim(text.substr(box.content_begin, box.content_end - box.content_begin));
}

// The content without the commands and braces of boxes inside it.
std::string unwrapped(std::string_view content) {
  std::vector<Box> inner;
  BoxScanner scanner(content);
  while (auto box = scanner.previous()) inner.push_back(*box);
  std::vector<std::pair<size_t, size_t>> cuts;
  for (const Box& box : inner) {
    cuts.emplace_back(box.begin, box.content_begin);
    cuts.emplace_back(box.content_end, box.end);
  }
  std::sort(cuts.begin(), cuts.end());
  std::string result;
  size_t from = 0;
  for (auto [begin, end] : cuts) {
    if (begin < from) continue; // boxes of different kinds may overlap
    result += content.substr(from, begin - from);
    from = end;
  }
  result += content.substr(from);
  return std::string(trim(result));
}

bool holds_decimal(std::string_view text) {
  for (size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '.' && is_digit(text[i + 1])) return true;
  return false;
}

bool begins_approximation(std::string_view text) {
  text = trim_left(text);
  return text.starts_with("\\approx") || text.starts_with("\xE2\x89\x88") || text.starts_with("\\simeq");
}

bool ends_in_approximation(std::string_view text) {
  text = trim_right(text);
  return text.ends_with("\\approx") || text.ends_with("\xE2\x89\x88") || text.ends_with("\\simeq");
}

bool one_sentence(std::string_view between) {
  return between.size() <= 120 && between.find(". ") == between.npos && between.find(".\n") == between.npos &&
         between.find("\n\n") == between.npos;
}

std::string_view without_approximation(std::string_view text) {
  text = trim_left(text);
  for (std::string_view sign : {"\\approx", "\xE2\x89\x88", "\\simeq"})
    if (text.starts_with(sign)) return trim(text.substr(sign.size()));
  return text;
}

// Whether a decimal is a value rounded or cut off at the decimal's last place.
math::Equality agrees(std::string_view value, std::string_view decimal) {
  size_t point = decimal.find('.');
  size_t places = point == decimal.npos ? 0 : decimal.find_last_of("0123456789") - point;
  if (places > 15) places = 15;
  math::Policies policies;
  policies.relative_tolerance = 1e-15;
  policies.absolute_tolerance = 0.999 * std::pow(10.0, -static_cast<double>(places));
  return math::math_equal(value, decimal, policies).equality;
}

// A decimal beside the exact value that it rounds, or what follows an approximation sign: another quantity of the
// same sentence is no approximation.
bool approximates(std::string_view before, std::string_view between, std::string_view last) {
  if (before.empty() || !one_sentence(between)) return false;
  std::string_view decimal = without_approximation(last);
  bool number = !decimal.empty() && decimal.find_first_not_of("0123456789.,-+ ") == decimal.npos;
  if (begins_approximation(last) || ends_in_approximation(between))
    return !number || agrees(before, decimal) != math::Equality::different;
  return number && holds_decimal(decimal) && !holds_decimal(before) && agrees(before, decimal) == math::Equality::equal;
}

// "\boxed{7}, not \boxed{5}", "rather than \boxed{5}": the later box is turned down.
bool sets_aside(std::string_view between) {
  if (!one_sentence(between)) return false;
  while (!between.empty() && !is_letter(between.back())) between.remove_suffix(1); // "$", "\\[", emphasis
  std::string small = lower(between);
  for (std::string_view words : {"not", "rather than", "instead of"})
    if (small.ends_with(words) && (small.size() == words.size() || !is_letter(small[small.size() - words.size() - 1])))
      return true;
  return false;
}

// Nothing but "or" between two boxes: the model did not decide.
bool joined_by_or(std::string_view between) {
  if (between.size() > 40) return false;
  std::string letters;
  for (char c : between)
    if (is_letter(c))
      letters += to_lower(c);
    else if (is_digit(c))
      return false;
  return letters == "or" || letters == "textor" || letters == "quadtextorquad";
}

Marked marked(std::string_view text, const Box& box) {
  return {box.begin, box.end, unwrapped(content_of(text, box))};
}

std::string_view strip_outer_delimiters(std::string_view text) {
  for (auto [open, close] :
       {std::pair("$$", "$$"), std::pair("$", "$"), std::pair("\\(", "\\)"), std::pair("\\[", "\\]")}) {
    std::string_view opening = open;
    bool whole = text.size() > 2 * opening.size() && text.starts_with(opening) && text.ends_with(close) &&
                 text.find(close, opening.size()) == text.size() - opening.size();
    if (whole) return trim(text.substr(opening.size(), text.size() - 2 * opening.size()));
  }
  return text;
}

// What a statement announces: its first math span, else its text.
std::string announced(const Statement& statement) {
  if (auto span = leading_math_span(statement.text)) return std::string(*span);
  return std::string(strip_outer_delimiters(statement.text));
}

// An answer inside a tag may itself be a box or a sentence.
std::string inside_tag(const std::string& content) {
  if (auto box = last_box(content)) return box->content;
  if (auto statement = last_answer_statement(content)) return announced(*statement);
  return std::string(strip_outer_delimiters(content));
}

size_t find_tag(std::string_view text, std::string_view tag, size_t end) {
  return rfind_ignoring_case(text, tag, 0, end);
}

// Only the two spellings that prompts use: all lower case, all upper case.
size_t find_exact_tag(std::string_view text, std::string_view tag, size_t end) {
  for (size_t at = find_tag(text, tag, end); at != text.npos; at = at == 0 ? text.npos : find_tag(text, tag, at)) {
    std::string_view found = text.substr(at, tag.size());
    bool upper = std::any_of(found.begin(), found.end(), is_upper);
    if (!upper || std::none_of(found.begin(), found.end(), is_lower)) return at;
  }
  return text.npos;
}

// The rest of the text after an <answer> whose closing tag was the stop string.
std::optional<std::string_view> open_tag(std::string_view text) {
  constexpr std::string_view kOpen = "<answer>";
  size_t at = find_exact_tag(text, kOpen, text.size());
  if (at == text.npos) return std::nullopt;
  return trim(text.substr(at + kOpen.size()));
}

bool prefer_tag(const Marked& tag, const std::optional<Marked>& box, AnswerForm form) {
  if (!box || form == AnswerForm::answer_tag || form == AnswerForm::r1_zero) return true;
  bool inside = tag.begin < box->begin && box->end <= tag.end;
  return inside || (form != AnswerForm::box && box->begin < tag.end);
}

std::optional<Extracted> found(std::string text, std::string_view method, bool is_marked) {
  if (trim(text).empty()) return std::nullopt;
  return Extracted{std::move(text), std::string(method), is_marked};
}

std::optional<Extracted> from_prose(std::string_view text) {
  if (auto content = open_tag(text)) return found(inside_tag(std::string(*content)), "open_answer_tag", false);
  auto statement = hash_line(text);
  if (!statement) statement = a_line(text);
  if (!statement) statement = last_answer_statement(text);
  if (!statement) return std::nullopt;
  return found(announced(*statement), statement->method, false);
}

std::optional<Extracted> whole(std::string_view text, size_t limit) {
  text = trim(text);
  bool open_box = text.size() <= limit && text.find("boxed{") != text.npos;
  if (text.size() > limit || open_box || text.find("\n\n") != text.npos) return std::nullopt;
  std::string plain = strip_emphasis(text);
  return found(std::string(strip_outer_delimiters(plain)), "whole", false);
}

} // namespace

std::optional<Marked> last_box(std::string_view text) {
  BoxScanner scanner(text);
  auto last = scanner.previous();
  if (!last) return std::nullopt;
  // Boxes around this one, or beside it, begin near it.
  size_t floor = last->begin > kNearby ? last->begin - kNearby : 0;
  std::optional<Box> before;
  while (auto box = scanner.previous(floor)) {
    if (box->end >= last->end)
      last = box, before.reset();
    else if (!before)
      before = box;
  }
  Marked answer = marked(text, *last);
  if (!before || before->end > last->begin) return answer;
  std::string_view between = text.substr(before->end, last->begin - before->end);
  if (sets_aside(between) || approximates(content_of(text, *before), between, answer.content))
    return marked(text, *before);
  if (joined_by_or(between)) {
    Marked other = marked(text, *before);
    if (other.content != answer.content) answer.content = other.content + " or " + answer.content;
  }
  return answer;
}

std::optional<Marked> last_answer_tag(std::string_view text) {
  constexpr std::string_view kOpen = "<answer>";
  constexpr std::string_view kClose = "</answer>";
  size_t close = find_exact_tag(text, kClose, text.size());
  if (close == text.npos) return std::nullopt;
  size_t open = find_exact_tag(text.substr(0, close), kOpen, close);
  if (open == text.npos) return std::nullopt;
  size_t content = open + kOpen.size();
  return Marked{open, close + kClose.size(), std::string(trim(text.substr(content, close - content)))};
}

bool holds_code_block(std::string_view text) {
  size_t open = text.find("```");
  return open != text.npos && text.find("```", open + 3) != text.npos;
}

std::optional<Extracted> extract_answer(std::string_view text, AnswerForm form, size_t whole_limit) {
  auto tag = last_answer_tag(text);
  auto box = last_box(text);
  if (tag && prefer_tag(*tag, box, form)) return found(inside_tag(tag->content), "answer_tag", true);
  if (box) return found(box->content, "box", true);
  if (auto prose = from_prose(text)) return prose;
  return whole(text, whole_limit);
}

} // namespace proctor
