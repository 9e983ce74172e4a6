// SPDX-License-Identifier: MIT
#include "graders/math/option_text.h"

#include <algorithm>
#include <string>

#include "graders/choice.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

constexpr size_t kLongestOption = 80; // bytes of an answer that may be an option with its words
constexpr char kLastOption = 'J';
constexpr std::string_view kDresses[] = {"\\textbf{", "\\text{", "\\mathrm{", "\\mathbf{"};

bool drop_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool drop_dress(std::string_view& text) {
  return std::any_of(std::begin(kDresses), std::end(kDresses),
                     [&](std::string_view dress) { return drop_prefix(text, dress); });
}

// One option letter, in any of its dresses; 0 for anything else.
char option_letter(std::string_view text) {
  std::string bare;
  for (char c : fold_blanks(text))
    if (is_letter(c) || is_digit(c) || c == '\\') bare += c;
  for (std::string_view dress : kDresses)
    if (bare.starts_with(dress.substr(0, dress.size() - 1))) bare.erase(0, dress.size() - 1);
  return bare.size() == 1 && is_upper(bare[0]) ? bare[0] : '\0';
}

bool chooses(std::string_view pred, char letter) {
  if (pred.size() > kLongestOption || pred.find_first_of("=+*^_<>") != pred.npos) return false;
  OptionChoice choice = read_choice(pred, {});
  return choice.letter == letter && !choice.hedged;
}

// "D" for "(D) Alina", "C Cecile", "(D) 12": the letter is followed by what the option says.
char leading_letter(std::string_view text) {
  text = trim(text);
  bool dressed = drop_dress(text), bracket = drop_prefix(text, "(");
  if (text.empty() || !is_upper(text[0])) return '\0';
  char letter = text[0];
  text.remove_prefix(1);
  bool marked = bracket ? drop_prefix(text, ")")
                        : text.starts_with(' ') || drop_prefix(text, ")") || drop_prefix(text, ".");
  if (!marked || (dressed && !drop_prefix(text = trim(text), "}"))) return '\0';
  text = trim(text);
  if (text.empty()) return '\0';
  bool value = bracket && (is_digit(text[0]) || text[0] == '\\' || text[0] == '$');
  return is_letter(text[0]) || value ? letter : '\0';
}

bool is_option(char c) { return c >= 'A' && c <= kLastOption; }

// Several option letters and nothing else: "BCD", "B, C and D", "(B)(C)(D)"; sorted, empty for anything else. "B or C"
// is a hedge.
std::string option_letters(std::string_view text) {
  if (text.size() > kLongestOption) return {};
  std::string letters;
  for (text = trim(text); !text.empty();) {
    if (drop_dress(text) || drop_prefix(text, "and") || drop_prefix(text, "\u3001") || drop_prefix(text, "\uFF0C"))
      continue;
    char c = text.front();
    text.remove_prefix(1);
    bool bracketed = c == '(' && text.size() > 1 && is_option(text[0]) && text[1] == ')';
    if (is_option(c))
      letters += c;
    else if (!bracketed && std::string_view(" ,;&{}\\$)").find(c) == std::string_view::npos)
      return {};
  }
  std::sort(letters.begin(), letters.end());
  bool distinct = std::adjacent_find(letters.begin(), letters.end()) == letters.end();
  return letters.size() > 1 && distinct ? letters : std::string();
}

// 5 of "Answer: 5" and "\text{Final answer: }5"
std::optional<std::string_view> behind_announcement(std::string_view text) {
  bool dressed = drop_dress(text);
  std::string start = lower(text.substr(0, text.find(':')));
  if (start.size() == text.size() || (start != "answer" && start != "final answer" && start != "the answer"))
    return std::nullopt;
  text = trim(text.substr(start.size() + 1));
  if (dressed && !drop_prefix(text, "}")) return std::nullopt;
  text = trim(text);
  return text.empty() ? std::nullopt : std::optional(text);
}

} // namespace

bool same_choice(std::string_view gold, std::string_view pred) {
  if (char letter = option_letter(gold); letter != '\0' && chooses(pred, letter)) return true;
  if (char letter = leading_letter(gold); letter != '\0' && option_letter(pred) == letter) return true;
  std::string letters = option_letters(gold);
  return !letters.empty() && letters == option_letters(pred);
}

std::optional<std::string_view> behind_label(std::string_view text) {
  text = trim(text);
  if (auto value = behind_announcement(text)) return value;
  bool dressed = drop_dress(text), bracket = drop_prefix(text, "(");
  if (text.empty() || !is_letter(text[0])) return std::nullopt;
  bool upper = is_upper(text[0]);
  text.remove_prefix(1);
  bool marked = bracket ? drop_prefix(text, ")") : upper && (drop_prefix(text, ")") || drop_prefix(text, "."));
  bool colon = (!bracket || marked) && drop_prefix(text, ":");
  if (dressed && !drop_prefix(text = trim(text), "}")) return std::nullopt;
  colon = colon || (marked && drop_prefix(text, ":"));
  if (!colon && !(marked && upper)) return std::nullopt;
  bool apart = bracket || dressed || text.starts_with(' ') || text.starts_with('\\') || text.starts_with('$');
  text = trim(text);
  return apart && !text.empty() ? std::optional(text) : std::nullopt;
}

} // namespace proctor::math
