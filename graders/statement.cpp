// SPDX-License-Identifier: MIT
#include "graders/statement.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

using Words = std::span<const std::string_view>;

constexpr size_t kLongestTail = 400;   // bytes; keeps many announcements on one long line linear
constexpr size_t kLongestDetour = 100; // between "answer to ..." and its "is"

constexpr std::string_view kEnglish[] = {"is", "are", "was", "be", "equals", "becomes"};
constexpr std::string_view kChinese[] = {"选择", "选", "選擇", "選", "是", "为", "應為", "应为", "等于", "就是"};
constexpr std::string_view kChoosing[] = {"选择", "选", "選擇", "選"};
constexpr std::string_view kFrench[] = {"est"};
constexpr std::string_view kGerman[] = {"ist", "lautet"};
constexpr std::string_view kSpanish[] = {"es"};
constexpr std::string_view kJapanese[] = {"は"};
constexpr std::string_view kKorean[] = {"은", "는"};
constexpr std::string_view kArabic[] = {"هو", "هي"};
constexpr std::string_view kHindi[] = {"है"};

// Words that may stand between the anchor and its link.
constexpr std::string_view kFillers[] = {"final", "finale", "correct", "correcta", "correcte", "should",
                                         "would", "must",   "will",    "then",     "thus",     "therefore",
                                         "here",  "here,",  "النهائي", "النهائية", "الصحيحة", "选项"};

// Words after the link that are no part of the answer.
constexpr std::string_view kAdverbs[] = {"therefore", "thus", "then", "hence", "simply", "just", "indeed", "clearly"};

// An announcement that goes on so is a comment on an answer given elsewhere.
constexpr std::string_view kComments[] = {"correct",    "incorrect", "right",    "wrong",   "reasonable",
                                          "consistent", "confirmed", "verified", "unclear", "clear"};

// Endings that belong to the sentence, not to the answer.
constexpr std::string_view kEndings[] = {"です", "である", "입니다", "이다", "है", "。", "।"};

struct Anchor {
  std::string_view word; // ASCII letters in lower case
  size_t trigger;        // index of its rarest byte
  Words links;
};

constexpr Anchor kAnchors[] = {
    {"answer", 3, kEnglish},    {"答案", 1, kChinese},   {"réponse", 4, kFrench}, {"antwort", 3, kGerman},
    {"respuesta", 3, kSpanish}, {"答え", 1, kJapanese},  {"解答", 1, kJapanese},  {"답", 1, kKorean},
    {"الجواب", 3, kArabic},     {"الإجابة", 5, kArabic}, {"उत्तर", 1, kHindi},    {"故", 1, kChoosing},
    {"因此", 1, kChoosing},     {"所以", 1, kChoosing},
};

bool starts_with_word(std::string_view text, std::string_view word) {
  if (!equal_ignoring_case(text.substr(0, word.size()), word)) return false;
  return !is_letter(word.back()) || text.size() == word.size() || !is_letter(text[word.size()]);
}

bool starts_with_any(std::string_view text, Words words, size_t& length) {
  for (std::string_view word : words)
    if (starts_with_word(text, word)) return length = word.size(), true;
  return false;
}

bool is_markup(char c) { return c == ' ' || c == '\t' || c == '*' || c == '_' || c == '#'; }

std::string_view skip_markup(std::string_view text) {
  while (!text.empty() && is_markup(text.front())) text.remove_prefix(1);
  return text;
}

bool skip_colon(std::string_view& text) {
  for (std::string_view colon : {":", "：", "=", "\xC2\xA0:"}) {
    if (!text.starts_with(colon)) continue;
    text.remove_prefix(colon.size());
    return true;
  }
  return false;
}

std::string_view first_line(std::string_view text) { return text.substr(0, std::min(text.find('\n'), text.size())); }

// "to the question is", "for part (b):": moves past the link when it comes soon on the same line.
bool skip_detour(std::string_view& rest) {
  std::string_view window = first_line(rest.substr(0, kLongestDetour));
  size_t is = window.find(" is ");
  size_t colon = window.find(':');
  size_t at = std::min(is == window.npos ? colon : is + 3, colon);
  if (at == window.npos) return false;
  rest.remove_prefix(at + (at == colon ? 1 : 0));
  return true;
}

// Moves `rest`, which begins after the anchor, past the link. False: this is no announcement.
bool skip_link(std::string_view& rest, Words links) {
  for (int words = 0; words < 4; ++words) {
    rest = skip_markup(rest);
    size_t length = 0;
    if (skip_colon(rest)) return true;
    if (starts_with_any(rest, kFillers, length)) {
      rest.remove_prefix(length);
      continue;
    }
    if (starts_with_any(rest, links, length)) {
      rest = skip_markup(rest.substr(length));
      if (starts_with_any(rest, kAdverbs, length)) rest = skip_markup(rest.substr(length));
      skip_colon(rest);
      return true;
    }
    if (starts_with_word(rest, "to") || starts_with_word(rest, "for") || starts_with_word(rest, "of"))
      return skip_detour(rest);
    return false;
  }
  return false;
}

std::string_view without_last_word(std::string_view text) {
  while (!text.empty() && !is_blank(text.back())) text.remove_suffix(1);
  return trim_right(text);
}

// "I doubt the", "to see whether the", "a common wrong" before "answer is 7": nothing is announced.
bool casts_doubt(std::string_view before) {
  constexpr size_t kWindow = 80;
  before = trim_right(before.substr(before.size() > kWindow ? before.size() - kWindow : 0));
  std::string small = lower(before.substr(before.rfind('\n') + 1));
  std::string_view rest = small;
  auto ends_with = [&](std::string_view words) {
    return rest.ends_with(words) && (rest.size() == words.size() || !is_letter(rest[rest.size() - words.size() - 1]));
  };
  constexpr std::string_view kDeterminers[] = {"the", "that", "a", "an", "my", "our", "final", "correct", "right"};
  while (std::any_of(std::begin(kDeterminers), std::end(kDeterminers), ends_with)) rest = without_last_word(rest);
  if (ends_with("doubt")) return !ends_with("no doubt") && !ends_with("without doubt") && !ends_with("a doubt");
  constexpr std::string_view kDoubts[] = {"if", "whether", "unsure", "unclear", "wrong", "incorrect", "false"};
  if (std::any_of(std::begin(kDoubts), std::end(kDoubts), ends_with)) return true;
  constexpr std::string_view kOpinions[] = {"sure", "certain", "think", "believe", "say", "clear", "mean"};
  if (std::none_of(std::begin(kOpinions), std::end(kOpinions), ends_with)) return false;
  rest = without_last_word(rest);
  return ends_with("not") || ends_with("cannot") || rest.ends_with("n't") || rest.ends_with("n\u2019t");
}

// "### Final answer" and nothing else on its line.
bool is_heading(std::string_view text, size_t begin, std::string_view after) {
  constexpr size_t kLongestLead = 40;
  size_t window = begin > kLongestLead ? begin - kLongestLead : 0;
  size_t newline = text.substr(window, begin - window).rfind('\n');
  if (newline == text.npos && window > 0) return false;
  size_t line_begin = newline == text.npos ? 0 : window + newline + 1;
  std::string before = lower(skip_markup(text.substr(line_begin, begin - line_begin)));
  bool plain = before.empty() || before == "final " || before == "the final " || before == "the ";
  return plain && skip_markup(first_line(after)).empty() && skip_markup(after).size() > 1;
}

// Where the first sentence ends: a period before a blank and an upper-case letter, or an ideographic one. Initials
// ("J. K.") go on.
size_t sentence_end(std::string_view line) {
  size_t full_stop = line.find("。", 1);
  if (full_stop != line.npos) line = line.substr(0, full_stop);
  size_t hope = line.find(". I hope"); // Minerva's prompt
  for (size_t i = 0; i + 2 < line.size(); ++i) {
    bool stop = line[i] == '.' && is_blank(line[i + 1]) && (is_upper(line[i + 2]) || line[i + 2] == '$');
    bool initial = i >= 1 && is_upper(line[i - 1]) && (i < 2 || is_blank(line[i - 2]));
    if (i == hope || (stop && !initial)) return i;
  }
  return line.size();
}

std::string clean(std::string_view line) {
  std::string text = strip_emphasis(line.substr(0, sentence_end(line)));
  std::string_view rest = trim(text);
  for (bool again = true; again;) {
    again = false;
    for (std::string_view ending : kEndings)
      if (rest.size() > ending.size() && rest.ends_with(ending))
        rest.remove_suffix(ending.size()), rest = trim(rest), again = true;
    if (rest.size() > 1 && rest.ends_with('.')) rest.remove_suffix(1), rest = trim(rest), again = true;
  }
  return std::string(rest);
}

// The line that `rest` begins with or, where that is blank, the next one that is not; a display's first line is its
// delimiter, so its content comes along.
std::string announced_line(std::string_view rest) {
  rest = rest.substr(0, kLongestTail);
  std::string_view line = skip_markup(first_line(rest));
  if (trim(line).empty()) {
    rest = trim_left(rest.substr(std::min(first_line(rest).size(), rest.size())));
    while (!rest.empty() && (is_markup(rest.front()) || is_blank(rest.front()))) rest.remove_prefix(1);
    line = first_line(rest);
  }
  for (auto [open, close] : {std::pair("\\[", "\\]"), std::pair("$$", "$$")})
    if (size_t end = rest.find(close, 2); trim(line) == open && end != rest.npos)
      return std::string(trim(rest.substr(2, end - 2)));
  return std::string(line);
}

// "not 7", "not (A)", "not option A": a value is turned down, none is named. "not possible" is an answer.
bool denies_value(std::string_view line) {
  if (!starts_with_word(line, "not")) return false;
  std::string_view rest = skip_markup(line.substr(3));
  size_t length = 0;
  constexpr std::string_view kNouns[] = {"option", "choice"};
  if (starts_with_any(rest, kNouns, length)) rest = skip_markup(rest.substr(length));
  if (rest.empty()) return false;
  bool value = is_digit(rest[0]) || std::string_view("$\\(-").find(rest[0]) != std::string_view::npos;
  return value || (is_letter(rest[0]) && (rest.size() == 1 || !is_letter(rest[1])));
}

std::optional<Statement> read_statement(std::string_view rest) {
  std::string line = announced_line(rest);
  size_t length = 0;
  bool comments = starts_with_any(line, kComments, length) || denies_value(line);
  if (comments || line.find("boxed{") != line.npos) return std::nullopt;
  std::string_view method = line.find(". I hope") != line.npos ? "minerva" : "answer_line";
  std::string text = clean(line);
  if (text.empty()) return std::nullopt;
  return Statement{std::move(text), method};
}

std::optional<Statement> statement_at(std::string_view text, const Anchor& anchor, size_t at) {
  if (is_letter(anchor.word.front()) && at > 0 && is_letter(text[at - 1])) return std::nullopt;
  if (casts_doubt(text.substr(0, at))) return std::nullopt;
  std::string_view after = text.substr(at + anchor.word.size());
  if (anchor.word == "answer" && after.starts_with('s')) after.remove_prefix(1);
  std::string_view rest = after;
  if (!skip_link(rest, anchor.links)) {
    if (!is_heading(text, at, after)) return std::nullopt;
    rest = after;
  }
  return read_statement(rest);
}

size_t find_anchor(std::string_view text, const Anchor& anchor, size_t end) {
  return rfind_ignoring_case(text, anchor.word, anchor.trigger, end);
}

bool looks_like_number(std::string_view word) {
  return word.find_first_of("0123456789") != word.npos && word.find(' ') == word.npos && !word.ends_with(':') &&
         !word.ends_with('.');
}

size_t span_close(std::string_view rest, std::string_view close) {
  size_t at = rest.find(close);
  // Pandoc's rule: what closes follows no blank and precedes no digit, else it is the money sign.
  if (close == "$" && at != rest.npos) {
    bool money = at == 0 || is_blank(rest[at - 1]) || (at + 1 < rest.size() && is_digit(rest[at + 1]));
    if (money) return rest.npos;
  }
  return at;
}

} // namespace

std::optional<Statement> last_answer_statement(std::string_view text) {
  std::array<size_t, std::size(kAnchors)> last{};
  for (size_t i = 0; i < last.size(); ++i) last[i] = find_anchor(text, kAnchors[i], text.size());
  for (;;) {
    size_t best = last.size();
    for (size_t i = 0; i < last.size(); ++i)
      if (last[i] != text.npos && (best == last.size() || last[i] > last[best])) best = i;
    if (best == last.size()) return std::nullopt;
    if (auto found = statement_at(text, kAnchors[best], last[best])) return found;
    last[best] = last[best] == 0 ? text.npos : find_anchor(text, kAnchors[best], last[best]);
  }
}

std::optional<Statement> hash_line(std::string_view text) {
  text = trim_right(text);
  for (size_t at = text.size(); at > 0 && (at = rfind_ignoring_case(text, "####", 0, at)) != text.npos;) {
    if (at > 0 && text[at - 1] != '\n') continue;
    std::string_view whole_line = first_line(text.substr(at));
    std::string_view line = trim(whole_line.substr(4));
    bool last = at + whole_line.size() == text.size();
    bool heading = line.empty() || line.front() == '#';
    if (!heading && (last || looks_like_number(line))) return Statement{clean(line), "hashes"};
  }
  return std::nullopt;
}

std::optional<Statement> a_line(std::string_view text) {
  std::string_view line = last_line(text);
  if (!line.starts_with("A:") || trim(line.substr(2)).empty()) return std::nullopt;
  return Statement{clean(trim(line.substr(2))), "a_line"};
}

std::optional<std::string_view> leading_math_span(std::string_view line) {
  size_t at = std::min({line.find('$'), line.find("\\("), line.find("\\[")});
  if (at == line.npos) return std::nullopt;
  if (line.substr(0, at).find_first_of("0123456789\\") != line.npos) return std::nullopt;
  bool dollar = line[at] == '$';
  size_t width = dollar && !line.substr(at).starts_with("$$") ? 1 : 2;
  std::string_view close = !dollar ? (line[at + 1] == '(' ? "\\)" : "\\]") : line.substr(at, width);
  std::string_view rest = line.substr(at + width);
  size_t end = span_close(rest, close);
  if (end == rest.npos || trim(rest.substr(0, end)).empty()) return std::nullopt;
  std::string_view after = trim_left(rest.substr(end + width));
  bool joined = starts_with_word(after, "or") || starts_with_word(after, "and") || after.starts_with('$');
  if (joined) return std::nullopt;
  return trim(rest.substr(0, end));
}

std::string_view last_line(std::string_view text) {
  text = trim(text);
  return trim(text.substr(text.rfind('\n') + 1));
}

} // namespace proctor
