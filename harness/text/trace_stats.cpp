// SPDX-License-Identifier: MIT
#include "harness/text/trace_stats.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>
#include <zlib.h>

#include "harness/text/ascii.h"
#include "harness/text/unicode.h"

namespace proctor {
namespace {

constexpr size_t kGram = 20;       // tokens in a row
constexpr size_t kBytesPerToken = 2; // as formulas have them; prose has 4
constexpr int kRepeats = 8;        // that make a loop
constexpr size_t kTail = 4096;     // bytes whose compression is looked at
constexpr size_t kTailRatio = 8;

// ---- loops of tokens

uint64_t mixed(uint64_t x) {
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93;
  return x ^ x >> 32;
}

constexpr uint64_t power(uint64_t base, size_t n) { return n == 0 ? 1 : base * power(base, n - 1); }

// How often each window was there, at least: windows that share a byte add up. Small enough for the nearest cache.
class RoughCounts {
 public:
  // n: a guess; a wrong one costs time only, here and below.
  explicit RoughCounts(size_t n) : counts_(std::bit_ceil(2 * n)) {}

  int add(uint64_t hash) { return ++counts_[hash & (counts_.size() - 1)]; }

 private:
  std::vector<uint8_t> counts_; // a power of two of them
};

// How often each window was there. Two different ones share a 56-bit key with a chance below 1e-5 even among 10^6.
class ExactCounts {
 public:
  explicit ExactCounts(size_t n) : slots_(std::bit_ceil(2 * n)) {}

  int add(uint64_t hash) {
    if (2 * used_ >= slots_.size()) grow();
    uint64_t& found = slot(hash);
    if (found == 0) {
      found = hash & ~uint64_t{0xFF};
      ++used_;
    }
    return static_cast<int>(++found & 0xFF);
  }

 private:
  // A slot is the upper 56 bits of a hash and its count; 0 is empty.
  uint64_t& slot(uint64_t hash) {
    const uint64_t key = hash & ~uint64_t{0xFF};
    size_t i = (hash >> 8) & (slots_.size() - 1);
    while (slots_[i] != 0 && (slots_[i] & ~uint64_t{0xFF}) != key) i = (i + 1) & (slots_.size() - 1);
    return slots_[i];
  }

  void grow() {
    std::vector<uint64_t> old = std::move(slots_);
    slots_.assign(old.size() * 2, 0);
    for (uint64_t entry : old)
      if (entry != 0) slot(entry) = entry;
  }

  size_t used_ = 0;
  std::vector<uint64_t> slots_; // a power of two of them
};

// Counts the windows of kGram token hashes, by a rolling polynomial, until one has been there kRepeats times.
template <class Counts> class LoopFinder {
 public:
  explicit LoopFinder(size_t n_tokens) : counts_(std::clamp<size_t>(n_tokens, 1024, 1 << 20)) {}

  bool looping() const { return looping_; }

  void add(uint64_t token) {
    if (looping_) return;
    uint64_t& oldest = window_[at_];
    hash_ = hash_ * kBase + token - oldest * kBaseToGram;
    oldest = token;
    at_ = at_ + 1 == kGram ? 0 : at_ + 1;
    if (++n_ >= kGram) looping_ = counts_.add(mixed(hash_)) >= kRepeats;
  }

 private:
  static constexpr uint64_t kBase = 0x9E3779B97F4A7C15;
  static constexpr uint64_t kBaseToGram = power(kBase, kGram);

  std::array<uint64_t, kGram> window_{};
  size_t at_ = 0, n_ = 0;
  uint64_t hash_ = 0;
  bool looping_ = false;
  Counts counts_;
};

bool tail_deflates(std::string_view text) {
  if (text.size() < kTail) return false;
  const std::string_view tail = text.substr(text.size() - kTail);
  std::array<Bytef, kTail> out;
  uLongf size = out.size();
  const int code = compress2(out.data(), &size, reinterpret_cast<const Bytef*>(tail.data()), kTail, 1);
  return code == Z_OK && size * kTailRatio < kTail;
}

// ---- words

bool is_any(std::string_view word, std::initializer_list<std::string_view> list) {
  for (std::string_view one : list)
    if (word.size() == one.size() &&
        std::equal(word.begin(), word.end(), one.begin(), [](char a, char b) { return to_lower(a) == b; }))
      return true;
  return false;
}

constexpr bool may_be_reflective(std::string_view word) {
  const char c = to_lower(word.front());
  return word.size() >= 3 && word.size() <= 8 &&
         (c == 'w' || c == 'm' || c == 'h' || c == 'b' || c == 'r' || c == 'e' || c == 'v' || c == 'c');
}

void count_reflection(std::string_view word, TraceCounts& counts) {
  if (!may_be_reflective(word)) return;
  const bool wait = is_any(word, {"wait"});
  const bool aha = wait || is_any(word, {"mistake", "retry", "wrong"});
  counts.wait += wait;
  counts.aha += aha;
  counts.reflective += aha || is_any(word, {"however", "but", "error", "verify", "evaluate", "check"});
}

struct ScriptRange {
  char32_t first, last;
  Script script;
};
constexpr ScriptRange kRanges[] = {
    {0x00AA, 0x024F, Script::latin},      {0x0370, 0x03FF, Script::greek},    {0x0400, 0x052F, Script::cyrillic},
    {0x0590, 0x05FF, Script::hebrew},     {0x0600, 0x06FF, Script::arabic},   {0x0750, 0x077F, Script::arabic},
    {0x0900, 0x097F, Script::devanagari}, {0x0E00, 0x0E7F, Script::thai},     {0x1100, 0x11FF, Script::hangul},
    {0x1E00, 0x1EFF, Script::latin},      {0x1F00, 0x1FFF, Script::greek},    {0x3040, 0x30FF, Script::kana},
    {0x3130, 0x318F, Script::hangul},     {0x31F0, 0x31FF, Script::kana},     {0x3400, 0x4DBF, Script::han},
    {0x4E00, 0x9FFF, Script::han},        {0xAC00, 0xD7A3, Script::hangul},   {0xF900, 0xFAFF, Script::han},
    {0xFF66, 0xFF9F, Script::kana},       {0x20000, 0x3FFFD, Script::han}};

// Of a letter beyond ASCII.
Script script_of(char32_t code) {
  for (const ScriptRange& range : kRanges)
    if (code >= range.first && code <= range.last) return range.script;
  return Script::other;
}

bool is_word_by_itself(Script script) {
  return script == Script::han || script == Script::kana || script == Script::hangul;
}

bool is_alnum(char c) { return is_letter(c) || is_digit(c); }

// One pass from left to right; what stands in formulas ($...$ on one line, \(...\), \[...\]) and code (`...` on one
// line, ```...```) is read for loops but not for words.
template <class Counts> class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text), loops_(text.size() / kBytesPerToken) {}

  TraceCounts run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_alnum(c)) ascii_word();
      else if (is_blank(c)) blank(c);
      else if (static_cast<unsigned char>(c) >= 0x80) wide();
      else sign(c);
    }
    counts_.loop = loops_.looping();
    return counts_;
  }

 private:
  bool reads_words() const { return !dollar_ && !formula_ && !tick_ && !fence_; }

  void ascii_word() {
    const size_t begin = at_;
    uint64_t hash = 0xCBF29CE484222325;
    bool letters = true;
    for (; at_ < text_.size() && is_alnum(text_[at_]); ++at_) {
      hash = (hash ^ static_cast<unsigned char>(text_[at_])) * 0x100000001B3;
      letters = letters && is_letter(text_[at_]);
    }
    loops_.add(hash);
    last_sign_ = 0;
    if (!letters || !reads_words()) return;
    const std::string_view word = text_.substr(begin, at_ - begin);
    const bool joined = begin > 0 && in_word_ == Script::latin && static_cast<unsigned char>(text_[begin - 1]) >= 0x80;
    in_word_ = Script::latin;
    if (joined) return; // the rest of a word with an accent in it
    counts_.words[static_cast<size_t>(Script::latin)] += word.size() > 1;
    count_reflection(word, counts_);
  }

  void blank(char c) {
    if (c == '\n') dollar_ = tick_ = false;
    in_word_.reset();
    ++at_;
  }

  void wide() {
    const CodePoint point = code_point_at(text_, at_);
    const bool follows = at_ > 0 && (static_cast<unsigned char>(text_[at_ - 1]) >= 0x80 || is_letter(text_[at_ - 1]));
    at_ += point.length;
    loops_.add(point.value + 0x100);
    last_sign_ = 0;
    if (!point.valid || !reads_words() || (char_class(point.value) & kLetter) == 0) {
      if (!point.valid || (char_class(point.value) & kMark) == 0) in_word_.reset();
      return;
    }
    const Script script = script_of(point.value);
    const bool goes_on = follows && in_word_ == script && !is_word_by_itself(script);
    if (!goes_on) ++counts_.words[static_cast<size_t>(script)];
    in_word_ = script;
  }

  void sign(char c) {
    in_word_.reset();
    if (c == '\\') return command();
    if (c == '$') dollar_ = !dollar_;
    if (c == '`') return ticks();
    ++at_;
    if (c == last_sign_) return; // rules and dotted lines are no loops
    last_sign_ = c;
    loops_.add(static_cast<unsigned char>(c));
  }

  void command() {
    loops_.add('\\');
    last_sign_ = 0;
    ++at_;
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (c == '(' || c == '[') formula_ = true;
    if (c == ')' || c == ']') formula_ = false;
    if (!is_letter(c)) ++at_;
    const size_t begin = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    uint64_t hash = 0xCBF29CE484222325;
    for (char letter : text_.substr(begin, at_ - begin)) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3;
    loops_.add(hash);
  }

  void ticks() {
    size_t n = 0;
    while (at_ < text_.size() && text_[at_] == '`') ++at_, ++n;
    if (n >= 3) fence_ = !fence_, tick_ = false;
    else if (n == 1 && !fence_) tick_ = !tick_;
    loops_.add('`');
    last_sign_ = 0;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool dollar_ = false, formula_ = false, tick_ = false, fence_ = false;
  char last_sign_ = 0;
  std::optional<Script> in_word_;
  TraceCounts counts_;
  LoopFinder<Counts> loops_;
};

} // namespace

int64_t TraceCounts::n_words() const { return std::accumulate(words.begin(), words.end(), int64_t{0}); }

TraceCounts count_trace(std::string_view text) {
  TraceCounts counts = Scanner<RoughCounts>(text).run();
  if (counts.loop) counts = Scanner<ExactCounts>(text).run(); // almost always a loop indeed
  counts.loop = counts.loop || tail_deflates(text);
  return counts;
}

Script main_script(const TraceCounts& counts) {
  return static_cast<Script>(std::ranges::max_element(counts.words) - counts.words.begin());
}

int64_t foreign_words(const TraceCounts& trace, const TraceCounts& question) {
  auto of = [&](Script script) { return trace.words[static_cast<size_t>(script)]; };
  const Script main = main_script(question);
  int64_t own = of(main);
  const bool japanese = main == Script::kana || (main == Script::han && question.words[static_cast<size_t>(Script::kana)] > 0);
  if (japanese) own = of(Script::han) + of(Script::kana);
  return trace.n_words() - own;
}

std::optional<double> share_after(std::string_view text, std::string_view answer) {
  auto joins = [](char a, char b) { return is_alnum(a) && is_alnum(b); };
  if (answer.empty()) return std::nullopt;
  for (size_t at = text.find(answer); at != text.npos; at = text.find(answer, at + 1)) {
    const size_t end = at + answer.size();
    const bool starts = at == 0 || !joins(text[at - 1], answer.front());
    const bool ends = end == text.size() || !joins(answer.back(), text[end]);
    if (starts && ends) return static_cast<double>(text.size() - end) / static_cast<double>(text.size());
  }
  return std::nullopt;
}

} // namespace proctor
