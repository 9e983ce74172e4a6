// SPDX-License-Identifier: MIT
// Each function below is one alternative of a pattern: it returns how many bytes it matches at the beginning of
// `rest`, 0 for none. A stage tries its alternatives in order, as the regular expression does.
#include "harness/text/pre_tokenizer.h"

#include <string>
#include <utility>

#include "harness/text/ascii.h"
#include "harness/text/unicode.h"

namespace proctor {
namespace {

struct Char {
  uint8_t classes = 0; // 0 also at the end of the text
  uint32_t length = 0; // bytes; 0: the end of the text
  char32_t value = 0;
  bool is(int any_of) const { return (classes & any_of) != 0; }
};

Char char_at(std::string_view rest, size_t at) {
  if (at >= rest.size()) return {};
  CodePoint point = code_point_at(rest, at);
  return {char_class(point.value), point.length, point.value};
}

// End of the run of characters of these classes that begins at `at`, of at most `most` characters.
size_t run_of(std::string_view rest, size_t at, int any_of, size_t most = SIZE_MAX) {
  for (Char c = char_at(rest, at); most > 0 && c.is(any_of); c = char_at(rest, at)) {
    at += c.length;
    --most;
  }
  return at;
}

// The same of characters of none of these classes.
size_t run_without(std::string_view rest, size_t at, int none_of) {
  for (Char c = char_at(rest, at); c.length > 0 && !c.is(none_of); c = char_at(rest, at)) at += c.length;
  return at;
}

// 's|'t|'re|'ve|'m|'ll|'d
size_t contraction(std::string_view rest) {
  if (rest.size() < 2 || rest[0] != '\'') return 0;
  if (std::string_view("stmd").find(rest[1]) != std::string_view::npos) return 2;
  std::string_view pair = rest.substr(1, 2);
  return pair == "re" || pair == "ve" || pair == "ll" ? 3 : 0;
}

// The same under (?i:): in Unicode, U+017F folds to s.
size_t contraction_any_case(std::string_view rest) {
  if (rest.size() < 2 || rest[0] != '\'') return 0;
  if (rest.substr(1).starts_with("\u017F")) return 3;
  char folded[3] = {'\'', to_lower(rest[1]), rest.size() > 2 ? to_lower(rest[2]) : '\0'};
  return contraction({folded, 3});
}

// [^\r\n\p{L}\p{N}]?\p{L}+ with the classes of the vocabulary: at most one of no `not_first`, then a run of `word`.
size_t prefixed_word(std::string_view rest, int not_first, int word) {
  Char first = char_at(rest, 0);
  size_t begin = first.is(word | not_first) ? 0 : first.length;
  size_t end = run_of(rest, begin, word);
  return end > begin ? end : 0;
}

//  ?[...]+[\r\n]* with the run taken by run_of or run_without
size_t after_space(std::string_view rest) { return rest[0] == ' ' ? 1 : 0; }

size_t with_newlines(std::string_view rest, size_t begin, size_t end) {
  return end > begin ? run_of(rest, end, kNewline) : 0;
}

struct Blanks {
  size_t end = 0;          // of the run of white space
  size_t last = 0;         // where its last character begins
  size_t newlines_end = 0; // after its last newline; 0: it has none
};

Blanks blanks_of(std::string_view rest) {
  Blanks run;
  for (Char c = char_at(rest, 0); c.is(kSpace); c = char_at(rest, run.end)) {
    run.last = run.end;
    run.end += c.length;
    if (c.is(kNewline)) run.newlines_end = run.end;
  }
  return run;
}

// \s+(?!\S)|\s+: a run leaves its last blank to the word that follows, unless it is all there is.
size_t blanks_before_word(const Blanks& run, size_t text_size) {
  return run.end == text_size || run.last == 0 ? run.end : run.last;
}

// \s*[\r\n]+|\s+(?!\S)|\s+
size_t blanks_or_lines(std::string_view rest) {
  Blanks run = blanks_of(rest);
  return run.newlines_end > 0 ? run.newlines_end : blanks_before_word(run, rest.size());
}

size_t gpt2_piece(std::string_view rest) {
  if (size_t n = contraction(rest)) return n;
  size_t begin = after_space(rest);
  for (int one_class : {kLetter, kNumber})
    if (size_t end = run_of(rest, begin, one_class); end > begin) return end;
  if (size_t end = run_without(rest, begin, kSpace | kLetter | kNumber); end > begin) return end;
  return blanks_before_word(blanks_of(rest), rest.size());
}

// The shape that Qwen and Llama 3 share. `word`: what a word is made of.
size_t word_piece(std::string_view rest, int word, size_t max_digits) {
  if (size_t n = contraction_any_case(rest)) return n;
  if (size_t n = prefixed_word(rest, kNewline | kLetter | kNumber, word)) return n;
  if (size_t n = run_of(rest, 0, kNumber, max_digits)) return n;
  size_t begin = after_space(rest);
  if (size_t n = with_newlines(rest, begin, run_without(rest, begin, kSpace | word | kNumber))) return n;
  return blanks_or_lines(rest);
}

constexpr bool is_ascii_punctuation(char c) { return c > ' ' && c < 0x7F && !is_letter(c) && !is_digit(c); }

// [!"#...~][A-Za-z]+
size_t punctuated_letters(std::string_view rest) {
  if (!is_ascii_punctuation(rest[0])) return 0;
  size_t end = 1;
  while (end < rest.size() && is_letter(rest[end])) ++end;
  return end > 1 ? end : 0;
}

size_t deepseek_match(std::string_view rest) {
  if (size_t n = punctuated_letters(rest)) return n;
  if (size_t n = prefixed_word(rest, kNewline | kLetter | kPunctuation | kSymbol, kLetter | kMark)) return n;
  size_t begin = after_space(rest);
  if (size_t n = with_newlines(rest, begin, run_of(rest, begin, kPunctuation | kSymbol))) return n;
  return blanks_or_lines(rest);
}

constexpr bool is_cjk(char32_t c) { return (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0x3040 && c <= 0x30FF); }

size_t cjk_match(std::string_view rest) {
  size_t end = 0;
  for (Char c = char_at(rest, 0); is_cjk(c.value); c = char_at(rest, end)) end += c.length;
  return end;
}

// A pattern that does not cover every text: what lies before its next match is a piece, too.
template <class Match> size_t match_or_gap(std::string_view rest, Match match) {
  if (size_t n = match(rest)) return n;
  size_t end = char_at(rest, 0).length;
  while (end < rest.size() && match(rest.substr(end)) == 0) end += char_at(rest, end).length;
  return end;
}

std::string escape_newlines(std::string_view pattern) {
  std::string text;
  for (char c : pattern) text += c == '\r' ? "\\r" : c == '\n' ? "\\n" : std::string(1, c);
  return text;
}

constexpr std::pair<std::string_view, PreTokenizer> kPatterns[] = {
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     PreTokenizer::qwen2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     PreTokenizer::llama3},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     PreTokenizer::qwen35},
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", PreTokenizer::gpt2},
    {R"(\p{N})", PreTokenizer::digits},
    {R"(\p{N}{1,3})", PreTokenizer::digits3},
    {"[一-龥぀-ゟ゠-ヿ]+", PreTokenizer::cjk},
    {R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     PreTokenizer::deepseek_words},
};

} // namespace

std::optional<PreTokenizer> find_pre_tokenizer(std::string_view pattern) {
  std::string wanted = escape_newlines(pattern);
  for (auto& [known, stage] : kPatterns)
    if (known == wanted) return stage;
  return std::nullopt;
}

size_t first_piece(PreTokenizer stage, std::string_view rest) {
  auto numbers = [](size_t most) { return [most](std::string_view at) { return run_of(at, 0, kNumber, most); }; };
  switch (stage) {
  case PreTokenizer::gpt2: return gpt2_piece(rest);
  case PreTokenizer::qwen2: return word_piece(rest, kLetter, 1);
  case PreTokenizer::llama3: return word_piece(rest, kLetter, 3);
  case PreTokenizer::qwen35: return word_piece(rest, kLetter | kMark, 1);
  case PreTokenizer::digits: return match_or_gap(rest, numbers(1));
  case PreTokenizer::digit_runs: return match_or_gap(rest, numbers(SIZE_MAX));
  case PreTokenizer::digits3: return match_or_gap(rest, numbers(3));
  case PreTokenizer::cjk: return match_or_gap(rest, cjk_match);
  case PreTokenizer::deepseek_words: return match_or_gap(rest, deepseek_match);
  }
  return rest.size();
}

} // namespace proctor
