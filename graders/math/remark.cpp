// SPDX-License-Identifier: MIT
#include "graders/math/remark.h"

#include <algorithm>
#include <string>
#include <vector>

#include "graders/math/commands.h"
#include "graders/math/units.h"
#include "graders/math/words.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

// Words that turn an answer down or doubt it.
constexpr std::string_view kTurndowns[] = {"not",       "cannot",  "never",      "neither", "nor",      "no",
                                           "wrong",     "false",   "incorrect",  "invalid", "doubt",    "unlikely",
                                           "impossible", "fails",  "rejected",   "excluded", "contradicts", "too",
                                           "pas"};

// Words of a formula that is spelled out.
constexpr std::string_view kFormulaWords[] = {
    "choose", "over",  "times", "plus",    "minus",   "equals", "per",  "square", "squared", "cubic",    "cubed",
    "cents",  "cent",  "pct",   "percent", "degrees", "degree", "half", "third",  "thirds",  "quarter",  "quarters",
    "only",   "even",  "odd",   "is",      "are",     "of",     "in",   "to",     "for",     "all",      "root",
    "none",   "the",   "power", "am",      "pm",      "deg",    "rad",  "radians", "dozen",  "a"};

// Runs of letters, apostrophes included, without the names of commands.
std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && (is_letter(text[end]) || (end > begin && text[end] == '\''))) ++end;
    bool command = begin > 0 && text[begin - 1] == '\\';
    if (end > begin && !command) words.push_back(text.substr(begin, end - begin));
    begin = std::max(end, begin + 1);
  }
  return words;
}

bool is_denial(std::string_view word) {
  std::string small = lower(word);
  return is_one_of(small, kTurndowns) || small.ends_with("n't");
}

bool belongs_to_formula(std::string_view word) {
  bool product = !is_word(word) || std::all_of(word.begin(), word.end(), is_upper); // "ab", "III"
  std::string small = lower(word);
  const std::string_view one[] = {word};
  return product || is_one_of(small, kFormulaWords) || is_conjunction(word) || !plain_constant(word).empty() ||
         find_command(small) || read_unit(small) || number_words(one);
}

// Nothing but words: no digit, no sign, no command.
bool is_words_only(std::string_view text) {
  constexpr std::string_view kMarks = ".,'!";
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || is_blank(c) || kMarks.find(c) != kMarks.npos; });
}

// "I do", "I'm": the pronoun and its verb; "I and II", "I only" are items.
bool is_first_person(const std::vector<std::string_view>& words) {
  if (words.empty()) return false;
  if (words[0].starts_with("I'")) return true;
  return words.size() > 1 && words[0] == "I" && words[1].size() > 1 && is_lower(words[1][0]) &&
         !is_conjunction(words[1]) && words[1] != "only";
}

} // namespace

bool is_refusal(std::string_view text) {
  text = trim(text);
  std::vector<std::string_view> words = words_in(text);
  return text == "N/A" || text == "n/a" || is_first_person(words) || (!words.empty() && lower(words[0]) == "sorry");
}

bool is_remark(std::string_view text) {
  std::vector<std::string_view> words = words_in(text);
  if (is_refusal(text) || std::any_of(words.begin(), words.end(), is_denial)) return true;
  return is_words_only(text) && words.size() > 1 && !std::all_of(words.begin(), words.end(), belongs_to_formula);
}

} // namespace proctor::math
