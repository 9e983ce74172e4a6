// SPDX-License-Identifier: MIT
#include "graders/choice.h"

#include <algorithm>

#include "graders/extract.h"
#include "graders/latex_text.h"
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

// "C", "C.", "C)", "C:", "C is ..." at the very beginning.
bool is_leading(std::string_view text, size_t at) {
  if (at != 0) return false;
  if (text.size() == 1) return true;
  char next = text[1];
  if (next == '.' || next == ')' || next == ':' || next == '-' || next == ',') return true;
  return is_upper(text[0]) && (begins_word(text.substr(1), " is") || begins_word(text.substr(1), " -"));
}

bool follows_option_word(std::string_view text, size_t at) {
  std::string_view before = text.substr(0, at);
  while (!before.empty() && (before.back() == '(' || is_blank(before.back()))) before.remove_suffix(1);
  for (std::string_view word : {"option", "choice", "letter", "answer"})
    if (before.size() >= word.size() && equal_ignoring_case(before.substr(before.size() - word.size()), word))
      return at > before.size() && (is_upper(text[at]) || text[at - 1] == '(');
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

Letters spelled_letters(std::string_view text, const std::vector<std::string>& options) {
  Letters letters(options.size());
  bool list = is_bare_list(text);
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_lone_letter(text, i)) continue;
    if (is_bracketed(text, i) || is_leading(text, i) || follows_option_word(text, i) || (list && is_upper(text[i])))
      letters.add(text[i]);
  }
  return letters;
}

// "C the red book" where the third option is "the red book".
Letters letter_and_words(std::string_view text, const std::vector<std::string>& options) {
  Letters letters(options.size());
  if (text.size() < 3 || !is_upper(text[0]) || !is_blank(text[1])) return letters;
  auto index = static_cast<size_t>(text[0] - 'A');
  if (index < options.size() && words_key(option_words(options[index])) == words_key(text.substr(2)))
    letters.add(text[0]);
  return letters;
}

std::string plain_span(std::string_view span) {
  std::string text = strip_emphasis(normalise_latex(span));
  std::string_view rest = before_reason(text);
  while (rest.size() > 1 && (rest.back() == '.' || rest.back() == ',' || rest.back() == '!')) rest.remove_suffix(1);
  return std::string(trim(rest));
}

bool begins_with_choice(std::string_view line) {
  std::string text = plain_span(line);
  if (text.empty()) return false;
  bool letter_first = is_lone_letter(text, 0);
  if (letter_first) return is_leading(text, 0) && !begins_word(std::string_view(text).substr(1), " is");
  return text.size() >= 3 && is_lone_letter(text, 1) && is_bracketed(text, 1);
}

// "Therefore option C is correct."
std::optional<Extracted> option_line(std::string_view text) {
  std::string_view line = last_line(text);
  if (line.size() > kLongestSpan) return std::nullopt;
  std::string plain = plain_span(line);
  std::string small = lower(plain);
  bool decides = false;
  for (std::string_view word : {"correct", "answer", "best", "choose", "select", "right"})
    decides = decides || small.find(word) != small.npos;
  size_t at = std::max(small.rfind("option ") + 1, small.rfind("choice ") + 1);
  if (!decides || at == 0) return std::nullopt;
  std::string_view rest = std::string_view(plain).substr(std::min(plain.size(), at + 5));
  for (std::string_view filler : {" ", "is ", ":", " ", "("})
    if (rest.starts_with(filler)) rest.remove_prefix(filler.size());
  size_t letter = plain.size() - rest.size();
  if (letter >= plain.size() || !is_lone_letter(plain, letter) || !is_upper(plain[letter])) return std::nullopt;
  return Extracted{std::string(1, plain[letter]), "option_line", false};
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
  Letters letters = spelled_letters(text, options);
  if (letters.empty()) letters = letter_and_words(text, options);
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
