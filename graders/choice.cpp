// SPDX-License-Identifier: MIT
#include "graders/choice.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "graders/extract.h"
#include "graders/latex_text.h"
#include "graders/stance.h"
#include "graders/statement.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr size_t kLongestSpan = 600;

bool is_alnum(char c) { return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80; }

char upper(char c) { return is_lower(c) ? static_cast<char>(c - 32) : c; }

bool begins_word(std::string_view text, std::string_view word) {
  return equal_ignoring_case(text.substr(0, word.size()), word) &&
         (text.size() == word.size() || !is_alnum(text[word.size()]));
}

// Letters found so far, bit 0 is 'A'.
class Letters {
 public:
  explicit Letters(size_t options) : known_(options == 0 ? 26 : std::min<size_t>(options, 26)) {}

  void add(char letter) {
    auto index = static_cast<unsigned>(upper(letter) - 'A');
    if (index < known_) mask_ |= 1u << index;
  }
  bool empty() const { return mask_ == 0; }
  OptionChoice choice() const {
    if (mask_ == 0) return {};
    if ((mask_ & (mask_ - 1)) != 0) return {std::nullopt, true};
    char letter = 'A';
    for (uint32_t mask = mask_; mask > 1; mask >>= 1) ++letter;
    return {letter, false};
  }

 private:
  size_t known_;
  uint32_t mask_ = 0;
};

// A letter that stands alone at `at`.
bool is_lone_letter(std::string_view text, size_t at) {
  if (!is_letter(text[at])) return false;
  bool left = at == 0 || !is_alnum(text[at - 1]);
  bool right = at + 1 == text.size() || (!is_alnum(text[at + 1]) && text[at + 1] != '\'');
  return left && right;
}

bool is_bracketed(std::string_view text, size_t at) {
  if (at == 0 || at + 1 >= text.size()) return false;
  bool pair = (text[at - 1] == '(' && text[at + 1] == ')') || (text[at - 1] == '[' && text[at + 1] == ']');
  return pair && (at < 2 || !is_alnum(text[at - 2])); // not f(x)
}

// "C", "C.", "C)", "C:", "C;", "C is ..." at the very beginning.
bool is_leading(std::string_view text, size_t at) {
  if (at != 0) return false;
  if (text.size() == 1) return true;
  char next = text[1];
  if (std::string_view(".):;-,").find(next) != std::string_view::npos) return true;
  std::string_view rest = text.substr(1);
  constexpr std::string_view kFollowing[] = {" is", " -", " rather than", " instead of"};
  return is_upper(text[0]) && std::any_of(std::begin(kFollowing), std::end(kFollowing),
                                          [&](std::string_view words) { return begins_word(rest, words); });
}

bool follows_option_word(std::string_view text, size_t at) {
  std::string_view before = text.substr(0, at);
  while (!before.empty() && (before.back() == '(' || before.back() == ':' || is_blank(before.back())))
    before.remove_suffix(1);
  for (std::string_view word : {"option", "choice", "letter", "answer"})
    if (before.size() >= word.size() && equal_ignoring_case(before.substr(before.size() - word.size()), word))
      return at > before.size() && (is_upper(text[at]) || text[at - 1] == '(' || at + 1 == text.size());
  return false;
}

// Nothing but letters, "or", "and" and punctuation: "A or C", "A, C".
bool is_bare_list(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t length = 0;
    while (i + length < text.size() && is_alnum(text[i + length])) ++length;
    std::string word = lower(text.substr(i, length));
    bool allowed = length <= 1 || word == "or" || word == "and" || word == "either" || word == "both";
    if (!allowed || (length == 1 && !is_letter(text[i]))) return false;
    i += std::max<size_t>(length, 1);
  }
  return true;
}

std::string_view before_reason(std::string_view text) {
  for (std::string_view word : {" because ", ", since ", " since "})
    text = text.substr(0, std::min(text.find(word), text.size()));
  return trim(text);
}

// An option's words without the "(A) " that data sets print before them.
std::string_view option_words(std::string_view option) {
  if (option.size() > 3 && option[0] == '(' && is_letter(option[1]) && option[2] == ')')
    option.remove_prefix(3);
  else if (option.size() > 2 && is_upper(option[0]) && (option[1] == ')' || option[1] == '.') && is_blank(option[2]))
    option.remove_prefix(2);
  return trim(option);
}

std::string words_key(std::string_view text) { return lower(latex_text_key(text)); }

Letters matching_options(std::string_view text, const std::vector<std::string>& options) {
  Letters letters(options.size());
  std::string key = words_key(text);
  for (size_t i = 0; i < options.size() && i < 26; ++i)
    if (!key.empty() && words_key(option_words(options[i])) == key) letters.add(static_cast<char>('A' + i));
  return letters;
}

// "B is ..." behind a comma, a semicolon or a period.
bool opens_clause(std::string_view text, size_t at) {
  std::string_view before = trim_right(text.substr(0, at));
  bool apart = !before.empty() && (before.back() == ',' || before.back() == ';' || before.back() == '.');
  return apart && is_upper(text[at]) && begins_word(text.substr(at + 1), " is");
}

// A letter that stands where an answer would. One that only opens a clause counts where it is settled on.
bool is_named(std::string_view text, size_t at, Stance stance, bool list) {
  return is_bracketed(text, at) || is_leading(text, at) || follows_option_word(text, at) ||
         (list && is_upper(text[at])) || (stance == Stance::settled_on && opens_clause(text, at));
}

// The letters that a text names and does not turn down.
Letters spelled_letters(std::string_view text, const std::vector<std::string>& options) {
  std::vector<size_t> places;
  for (size_t i = 0; i < text.size(); ++i)
    if (is_lone_letter(text, i) && ((is_upper(text[i]) && text[i] != 'I') || is_named(text, i, Stance::named, false)))
      places.push_back(i);
  bool list = is_bare_list(text);
  Stances stances = read_stances(text, places);
  Letters letters(options.size());
  for (size_t n = 0; n < places.size(); ++n)
    if (stances.letters[n] != Stance::rejected && is_named(text, places[n], stances.letters[n], list))
      letters.add(text[places[n]]);
  return letters;
}

// "C the red book", "(C) is not red" where the third option is "the red book", "is not red".
Letters letter_and_words(std::string_view text, const std::vector<std::string>& options) {
  Letters letters(options.size());
  bool bracketed = text.size() > 3 && text[0] == '(' && text[2] == ')';
  if (bracketed) text.remove_prefix(1);
  if (text.size() < 3 || !is_upper(text[0]) || !(bracketed || is_blank(text[1]))) return letters;
  auto index = static_cast<size_t>(text[0] - 'A');
  if (index < options.size() && words_key(option_words(options[index])) == words_key(text.substr(2)))
    letters.add(text[0]);
  return letters;
}

// Letters in circles and thick brackets as ASCII writes them.
std::string without_ornaments(std::string text) {
  for (auto [from, to] : {std::pair("\u3010", "("), std::pair("\u3011", ")")})
    for (size_t at; (at = text.find(from)) != text.npos;) text.replace(at, 3, to);
  for (size_t at = 0; (at = text.find('\xE2', at)) != text.npos; ++at) {
    if (at + 2 >= text.size() || (text[at + 1] != '\x92' && text[at + 1] != '\x93')) continue;
    int high = static_cast<unsigned char>(text[at + 1]) & 0x3F, low = static_cast<unsigned char>(text[at + 2]) & 0x3F;
    int index = high * 64 + low - (0x24B6 - 0x2000); // of 52: capitals, then small letters
    if (index >= 0 && index < 52) text.replace(at, 3, 1, static_cast<char>('A' + index % 26));
  }
  return text;
}

std::string plain_span(std::string_view span) {
  std::string text = strip_emphasis(without_ornaments(normalise_latex(span)));
  std::string_view rest = before_reason(text);
  while (rest.size() > 1 && (rest.back() == '.' || rest.back() == ',' || rest.back() == '!')) rest.remove_suffix(1);
  return std::string(trim(rest));
}

bool begins_with_choice(std::string_view line) {
  std::string text = plain_span(line);
  if (text.empty()) return false;
  bool letter_first = is_lone_letter(text, 0);
  if (letter_first) return is_leading(text, 0) && !begins_word(std::string_view(text).substr(1), " is");
  if (text.size() < 3 || !is_lone_letter(text, 1) || !is_bracketed(text, 1)) return false;
  constexpr size_t kPlace[] = {1};
  return read_stances(text, kPlace).letters[0] != Stance::rejected;
}

// Where letters stand behind "option" or "choice": "option C", "the choice is (C)".
std::vector<size_t> optional_letters(const std::string& plain) {
  std::string small = lower(plain);
  std::vector<size_t> places;
  for (size_t at = 0; at < small.size(); ++at) {
    std::string_view here = std::string_view(small).substr(at);
    if (!here.starts_with("option ") && !here.starts_with("choice ")) continue;
    size_t letter = at + 7;
    for (std::string_view filler : {"is ", ":", " ", "("})
      if (std::string_view(small).substr(letter).starts_with(filler)) letter += filler.size();
    if (letter < plain.size() && is_lone_letter(plain, letter) && is_upper(plain[letter])) places.push_back(letter);
  }
  return places;
}

// "Therefore option C is correct." What the line settles on goes before what it only names; several are a hedge.
std::optional<Extracted> option_line(std::string_view text) {
  std::string_view line = last_line(text);
  if (line.size() > kLongestSpan) return std::nullopt;
  std::string plain = plain_span(line);
  std::vector<size_t> places = optional_letters(plain);
  Stances stances = read_stances(plain, places);
  if (!stances.decides) return std::nullopt;
  std::string settled, named;
  for (size_t n = 0; n < places.size(); ++n) {
    char letter = plain[places[n]];
    if (stances.letters[n] == Stance::settled_on && settled.find(letter) == settled.npos) settled += letter;
    if (stances.letters[n] == Stance::named && named.find(letter) == named.npos) named += letter;
  }
  const std::string& chosen = settled.empty() ? named : settled;
  if (chosen.empty()) return std::nullopt;
  return Extracted{fmt::format("{}", fmt::join(chosen, " or ")), "option_line", false};
}

} // namespace

std::vector<std::string> options_of(const Question& question) {
  std::vector<std::string> options;
  const Json* list = find_member(question.metadata, "options");
  if (list == nullptr || !list->is_array()) return options;
  for (const Json& option : *list) options.push_back(scalar_text(option).value_or(""));
  return options;
}

OptionChoice read_choice(std::string_view span, const std::vector<std::string>& options) {
  if (span.size() > kLongestSpan) return {};
  std::string text = plain_span(span);
  Letters letters = letter_and_words(text, options);
  if (letters.empty()) letters = spelled_letters(text, options);
  if (letters.empty()) letters = matching_options(text, options);
  return letters.choice();
}

std::optional<Extracted> extract_choice(std::string_view answer_text, const Question& question) {
  constexpr size_t kLongestWhole = 200;
  auto options = options_of(question);
  auto chooses = [&](const Extracted& found) {
    OptionChoice choice = read_choice(found.text, options);
    return choice.letter || choice.hedged;
  };
  auto extracted = extract_answer(answer_text, question.form);
  if (extracted && (extracted->marked || chooses(*extracted))) return extracted;
  bool marked_empty = last_box(answer_text) || last_answer_tag(answer_text);
  if (marked_empty) return std::nullopt;
  if (auto line = option_line(answer_text)) return line;
  std::string_view line = last_line(answer_text);
  bool short_line = line.size() <= kLongestSpan;
  if (short_line && begins_with_choice(line)) return Extracted{std::string(line), "letter_line", false};
  if (extracted) return extracted;
  auto whole = extract_answer(answer_text, question.form, kLongestWhole);
  return whole && chooses(*whole) ? whole : std::nullopt;
}

} // namespace proctor
