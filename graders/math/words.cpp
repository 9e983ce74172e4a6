// SPDX-License-Identifier: MIT
#include "graders/math/words.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "graders/latex_text.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

constexpr std::pair<std::string_view, std::string_view> kConstants[] = {
    {"pi", "\\pi"},       {"Pi", "\\pi"},           {"PI", "\\pi"},       {"infinity", "\\infty"},
    {"infty", "\\infty"}, {"inf", "\\infty"},       {"oo", "\\infty"},    {"alpha", "\\alpha"},
    {"beta", "\\beta"},   {"gamma", "\\gamma"},     {"theta", "\\theta"}, {"lambda", "\\lambda"},
    {"mu", "\\mu"},       {"sigma", "\\sigma"},     {"phi", "\\phi"},     {"omega", "\\omega"},
    {"delta", "\\delta"}, {"epsilon", "\\epsilon"}, {"rho", "\\rho"},     {"tau", "\\tau"}};

// Short words without which a run of two or three letters would be a product.
constexpr std::string_view kShortWords[] = {
    "no",  "yes",  "am",  "pm",  "cm",  "mm",  "km",    "kg",   "mg",   "ml",   "mL",  "ft",  "lb",
    "lbs", "oz",   "hr",  "hrs", "min", "sec", "mph",   "kph",  "in",   "dm",   "if",  "is",  "of",
    "to",  "for",  "the", "per", "pct", "sq",  "cu",    "mi",   "yd",   "Hz",   "kHz", "rad", "deg",
    "odd", "even", "all", "not", "are", "DNE", "cents", "cent", "none", "only", "or",  "and", "at",
    "on",  "by",   "be",  "as",  "it",  "we",  "so",    "that", "where"};

constexpr std::string_view kOnes[] = {
    "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
    "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::string_view kTens[] = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};

template <size_t N> int index_in(const std::string_view (&list)[N], std::string_view word) {
  auto hit = std::find(std::begin(list), std::end(list), word);
  return hit == std::end(list) ? -1 : static_cast<int>(hit - std::begin(list));
}

bool is_vowel(char c) { return std::string_view("aeiouAEIOU").find(c) != std::string_view::npos; }

// One word of a number: its addend, or its factor (hundred, thousand, ...).
struct NumberWord {
  int64_t add = -1;
  int64_t times = 0;
};

NumberWord number_word(std::string_view word) {
  if (int unit = index_in(kOnes, word); unit >= 0) return {unit, 0};
  if (int ten = index_in(kTens, word); ten >= 0) return {(ten + 2) * 10, 0};
  if (word == "a" || word == "an") return {1, 0};
  if (word == "dozen") return {-1, 12};
  if (int power = power_of_ten_word(word); power > 0) {
    int64_t times = 1;
    for (int i = 0; i < power; ++i) times *= 10;
    return {-1, times};
  }
  return {};
}

constexpr std::string_view kNone[] = {"nosolution",  "nosolutions",         "none",
                                      "dne",         "doesnotexist",        "emptyset",
                                      "theemptyset", "norealsolution",      "norealsolutions",
                                      "nosuch",      "varnothing",          "nosolutionexists",
                                      "undefined",   "doesntexist", "therearenosolutions", "nosolutionemptyset"};

} // namespace

bool is_conjunction(std::string_view word) {
  return word.size() <= 3 && (conjunction(word) == "and" || conjunction(word) == "or");
}

std::string_view conjunction(std::string_view word) {
  if (word == "and" || word == "And" || word == "AND") return "and";
  if (word == "or" || word == "Or" || word == "OR") return "or";
  return {};
}

bool is_preposition(std::string_view run) {
  constexpr std::string_view kWords[] = {"at", "as", "be", "by", "it", "of", "is", "on", "to", "we"};
  return index_in(kWords, run) >= 0;
}

std::string_view plain_constant(std::string_view word) {
  for (auto [name, symbol] : kConstants)
    if (name == word) return symbol;
  return {};
}

bool is_word(std::string_view run) {
  if (index_in(kShortWords, run) >= 0) return true;
  std::string small = lower(run);
  if (run.size() <= 4 && index_in(kShortWords, std::string_view(small)) >= 0 && small != "at" && small != "as" &&
      small != "be" && small != "am" && small != "by")
    return true;
  return run.size() >= 3 && std::any_of(run.begin(), run.end(), is_vowel);
}

int power_of_ten_word(std::string_view word) {
  if (word == "hundred") return 2;
  if (word == "thousand") return 3;
  if (word == "million") return 6;
  if (word == "billion") return 9;
  return word == "trillion" ? 12 : 0;
}

int fraction_word(std::string_view word, int64_t count) {
  constexpr std::string_view kParts[] = {"half",   "third", "quarter", "fifth",    "sixth",  "seventh",
                                         "eighth", "ninth", "tenth",   "eleventh", "twelfth"};
  std::string small = lower(word);
  if (small == "halves") small = "halfs";
  bool plural = small.ends_with("s");
  if (plural != (count != 1)) return 0; // "twenty-fifth" is an ordinal
  if (plural) small.pop_back();
  if (small == "fourth") return 4;
  if (small == "hundredth") return 100;
  if (small == "thousandth") return 1000;
  int part = index_in(kParts, std::string_view(small));
  return part < 0 ? 0 : part + 2;
}

std::optional<int64_t> number_words(std::span<const std::string_view> words) {
  int64_t total = 0, group = 0;
  bool any = false;
  for (std::string_view raw : words) {
    std::string word = lower(raw);
    if (word == "and" && any) continue;
    NumberWord part = number_word(word);
    if (part.add < 0 && part.times == 0) return std::nullopt;
    if (part.add >= 0) {
      bool fits = group == 0 || (group % 100 == 0 && part.add < 100) ||
                  (group % 10 == 0 && group % 100 >= 20 && part.add < 10);
      if (!fits) return std::nullopt;
      group += part.add;
    } else {
      group = std::max<int64_t>(group, 1) * part.times;
      if (part.times > 100) total += group, group = 0;
    }
    if (total > 1'000'000'000'000'000 || group > 1'000'000'000'000'000) return std::nullopt;
    any = any || word.size() > 2;
  }
  if (!any) return std::nullopt;
  return total + group;
}

namespace {

// The words of a text run together, articles left out; signs stay, and what separates two numbers does.
class TextKey {
 public:
  void letter(char c) { word_ += to_lower(c); }

  void gap(char c) {
    flush();
    gap_ = gap_ == ' ' || gap_ == '\0' ? c : gap_;
  }

  void sign(char c) {
    flush();
    gap_ = '\0';
    words_ += c;
  }

  bool after_letter() const { return word_.empty() ? false : !is_digit(word_.back()); }

  std::string take() {
    flush();
    return std::move(words_);
  }

 private:
  void flush() {
    bool article = word_ == "the" || word_ == "a" || word_ == "an";
    if (!word_.empty() && !article) {
      bool numbers = gap_ != '\0' && !words_.empty() && is_digit(words_.back()) && is_digit(word_.front());
      if (numbers) words_ += gap_;
      words_ += word_;
      gap_ = '\0';
    }
    word_.clear();
  }

  std::string word_, words_;
  char gap_ = '\0'; // since the last word
};

} // namespace

std::string text_key(std::string_view text) {
  std::string folded = normalise_latex(text);
  TextKey key;
  for (size_t i = 0; i < folded.size(); ++i) {
    char c = folded[i], next = i + 1 < folded.size() ? folded[i + 1] : ' ';
    if (is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80) {
      key.letter(c);
    } else if (c == '-' && !(key.after_letter() && is_letter(next))) { // no hyphen
      key.sign(c);
    } else if (is_blank(c) || c == '\\' || c == '-' || c == '.' || c == ',' || c == ';') {
      key.gap(c == '\\' || is_blank(c) ? ' ' : c);
    } else if (std::string_view("+*/=<>^()[]:!|").find(c) != std::string_view::npos) {
      key.sign(c);
    }
  }
  std::string words = key.take();
  if (index_in(kNone, std::string_view(words)) >= 0) return "nosolution";
  if (words == "true") return "yes";
  if (words == "false") return "no";
  return words;
}

namespace {

// The words of a text in lower case; what is no letter separates them.
std::vector<std::string> spelled_words(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : lower(text)) {
    if (is_letter(c) || c == '\'' || static_cast<unsigned char>(c) >= 0x80)
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

template <size_t N> bool all_in(const std::string_view (&list)[N], const std::vector<std::string>& words) {
  auto known = [&](const std::string& word) { return index_in(list, std::string_view(word)) >= 0; };
  return !words.empty() && std::all_of(words.begin(), words.end(), known);
}

// "It", "this", "the result": what a short sentence may speak of without saying anything.
bool is_plain_subject(std::string_view text) {
  constexpr std::string_view kPronouns[] = {"it", "this", "that", "he", "she", "they", "these"};
  constexpr std::string_view kDenials[] = {"not", "no", "none", "neither", "never", "nobody", "nothing", "wrong"};
  std::vector<std::string> words = spelled_words(text);
  if (words.size() == 1) return index_in(kPronouns, std::string_view(words[0])) >= 0;
  bool denied = std::any_of(words.begin(), words.end(),
                            [&](const std::string& word) { return index_in(kDenials, std::string_view(word)) >= 0; });
  return words.size() >= 2 && words.size() <= 3 && (words[0] == "the" || words[0] == "this") && !denied;
}

// What a short sentence says: "Monday" of "It is Monday", "yes" of "Yes, it is"; else the text.
std::string_view predicate(std::string_view text) {
  constexpr std::string_view kEcho[] = {"it",  "they", "he",   "she",  "this", "there", "is",    "are",    "was",
                                        "can", "does", "do",   "did",  "has",  "have",  "will",  "not",    "cannot",
                                        "it's", "isn't", "doesn't", "can't", "aren't", "don't", "didn't", "won't"};
  size_t comma = text.find(',');
  std::string head = comma == text.npos ? std::string() : text_key(text.substr(0, comma));
  bool answers = head == "yes" || head == "no";
  if (answers && all_in(kEcho, spelled_words(text.substr(comma + 1)))) return text.substr(0, comma);
  for (std::string_view verb : {" is ", " are ", " was "}) {
    size_t at = text.find(verb);
    if (at != text.npos && is_plain_subject(text.substr(0, at))) return text.substr(at + verb.size());
  }
  return text;
}

// "even function" for "even", "neither" for "neither even nor odd".
bool leaves_out_the_kind(std::string_view brief, std::string_view full) {
  constexpr std::string_view kKinds[] = {"function", "number", "triangle", "quadrilateral", "integer", "sequence",
                                         "series",   "matrix", "angle"};
  if (brief.empty() || brief == "no" || !full.starts_with(brief)) return false;
  if (brief == "neither") return full.find("nor") != full.npos;
  return is_letter(brief.back()) && index_in(kKinds, full.substr(brief.size())) >= 0;
}

} // namespace

bool same_text(std::string_view a, std::string_view b) {
  std::string whole_a = text_key(a), whole_b = text_key(b);
  if (!whole_a.empty() && whole_a == whole_b) return true;
  std::string plain_a = normalise_latex(a), plain_b = normalise_latex(b);
  std::string said_a = text_key(predicate(plain_a)), said_b = text_key(predicate(plain_b));
  if (!said_a.empty() && said_a == said_b) return true;
  return leaves_out_the_kind(said_a, said_b) || leaves_out_the_kind(said_b, said_a);
}

} // namespace proctor::math
