// SPDX-License-Identifier: MIT
#include "harness/text/trace_stats.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <zlib.h>

#include "harness/check.h"
#include "harness/text/ascii.h"
#include "harness/text/byte_masks.h"
#include "harness/text/loop_finder.h"
#include "harness/text/unicode.h"

namespace proctor {
namespace {

constexpr size_t kBytesPerToken = 2; // as formulas have them; prose has 4
constexpr size_t kTail = 4096;       // bytes whose compression is looked at
constexpr size_t kTailRatio = 8;

// With a window and tables for kTail bytes: the usual ones are 268 kB, which take longer to clear than the tail to deflate.
bool tail_deflates(std::string_view text) {
  if (text.size() < kTail) return false;
  std::string tail(text.substr(text.size() - kTail)); // zlib does not take it as constant
  std::array<Bytef, kTail / kTailRatio> out;
  z_stream stream{};
  PROCTOR_CHECK(deflateInit2(&stream, 1, Z_DEFLATED, 13, 6, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(tail.data());
  stream.avail_in = static_cast<uInt>(tail.size());
  stream.next_out = out.data();
  stream.avail_out = out.size();
  const int code = deflate(&stream, Z_FINISH);
  const bool fits = code == Z_STREAM_END && stream.total_out * kTailRatio < kTail;
  deflateEnd(&stream);
  return fits;
}

// ---- words

constexpr size_t kEight = sizeof(uint64_t);

// Up to eight bytes as a number, zeros behind them.
constexpr uint64_t packed(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
  return value;
}

// The words of reflection, by a perfect hash of their bytes.
class ReflectiveWords {
 public:
  constexpr ReflectiveWords() {
    for (std::string_view word : {"wait", "mistake", "retry", "wrong"}) add({packed(word), true, word == "wait"});
    for (std::string_view word : {"however", "but", "error", "verify", "evaluate", "check"}) add({packed(word), false, false});
  }

  // word: packed, of letters only.
  void count(uint64_t word, TraceCounts& counts) const {
    word |= (word & 0x4040404040404040) >> 1; // in small letters
    const Entry& entry = entries_[slot(word)];
    const bool found = entry.word == word;
    counts.reflective += found;
    counts.aha += found && entry.aha;
    counts.wait += found && entry.wait;
  }

 private:
  struct Entry {
    uint64_t word = 0; // 0: none
    bool aha = false, wait = false;
  };

  static constexpr uint64_t kFactor = 0xD707107E855C3845; // found by trying
  static constexpr size_t slot(uint64_t word) { return word * kFactor >> 60; }

  constexpr void add(Entry entry) {
    PROCTOR_CHECK(entries_[slot(entry.word)].word == 0);
    entries_[slot(entry.word)] = entry;
  }

  std::array<Entry, 16> entries_{};
};
constexpr ReflectiveWords kReflectiveWords;

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
bool is_wide(char c) { return static_cast<unsigned char>(c) >= 0x80; }

uint64_t mixed(uint64_t token) {
  token *= 0xD6E8FEB86659FD93;
  return token ^ token >> 32;
}

// Of a word that does not fit in eight bytes.
uint64_t long_token(std::string_view word) {
  uint64_t token = 0;
  for (; word.size() > kEight; word.remove_prefix(kEight)) token = mixed(token ^ eight_bytes(word.data()));
  return mixed(token ^ packed(word));
}

// What stands in formulas ($...$ on one line, \(...\), \[...\]) and code (`...` on one line, ```...```) is no prose.
class Prose {
 public:
  bool here() const { return !dollar_ && !formula_ && !tick_ && !fence_; }

  void line_end() { dollar_ = tick_ = false; }
  void dollar() { dollar_ = !dollar_; }
  void bracket(char behind_backslash) {
    if (behind_backslash == '(' || behind_backslash == '[') formula_ = true;
    if (behind_backslash == ')' || behind_backslash == ']') formula_ = false;
  }
  void ticks(size_t n) {
    if (n >= 3) fence_ = !fence_, tick_ = false;
    else if (n == 1 && !fence_) tick_ = !tick_;
  }

 private:
  bool dollar_ = false, formula_ = false, tick_ = false, fence_ = false;
};

// One pass from left to right. Tokens are runs of letters and digits, wide characters, and other signs; a run of the same
// sign is one, as rules and dotted lines are no loops. Words are tokens of letters in prose.
template <class Counts> class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text), loops_(text.size() / kBytesPerToken) {}

  TraceCounts run() {
    while (at_ < text_.size()) {
      if (is_wide(text_[at_])) wide();
      else block();
    }
    counts_.loop = loops_.looping();
    return counts_;
  }

 private:
  // The next bytes of ASCII, 64 at most: up to the first wide character or the beginning of a word that may go on.
  void block() {
    std::array<char, kMaskBytes + kEight> tail;
    const char* bytes = text_.data() + at_;
    const size_t left = text_.size() - at_;
    if (left < tail.size()) {
      tail.fill(' ');
      std::copy_n(bytes, left, tail.data());
      bytes = tail.data();
    }
    const ByteMasks masks = byte_masks(bytes);
    const uint64_t alnum = masks.letters | masks.digits;
    size_t end = std::min<size_t>({kMaskBytes, left, static_cast<size_t>(std::countr_zero(masks.wide))});
    if (end == kMaskBytes) end -= static_cast<size_t>(std::countl_one(alnum));
    if (end == 0) return long_word();
    const uint64_t starts = (alnum & ~(alnum << 1)) | ~(alnum | masks.blanks) | masks.markers;
    read_tokens(bytes, end, starts, masks);
    in_word_ = is_letter(text_[at_ - 1]) ? std::optional(Script::latin) : std::nullopt;
  }

  // The tokens of bytes[0, end), which stand at at_; moves at_ behind them.
  void read_tokens(const char* bytes, size_t end, uint64_t starts, const ByteMasks& masks) {
    const uint64_t alnum = masks.letters | masks.digits;
    const auto run_of = [](uint64_t mask, size_t at) { return static_cast<size_t>(std::countr_one(mask >> at)); };
    const size_t begin = at_;
    at_ += end;
    starts &= ~uint64_t{0} >> (kMaskBytes - end);
    std::array<uint64_t, kMaskBytes> words;
    size_t n_words = 0, n_tokens = 0;
    uint64_t* const tokens = loops_.room();
    uint64_t last_sign = last_sign_;
    bool prose = prose_.here();
    while (starts != 0) {
      const auto at = static_cast<size_t>(std::countr_zero(starts));
      starts &= starts - 1;
      const size_t run = run_of(alnum, at);
      size_t size = std::max<size_t>(run, 1);
      if (masks.markers >> at & 1) {
        if (bytes[at] == '\n') {
          prose_.line_end();
          prose = prose_.here();
          continue;
        }
        const size_t next = at + mark(begin + at, size);
        prose = prose_.here();
        if (next < end) starts &= ~uint64_t{0} << next;
        else starts = 0, at_ = begin + next;
      }
      uint64_t token = eight_bytes(bytes + at) & ~uint64_t{0} >> (64 - 8 * std::min(size, kEight));
      if (size > kEight) token = long_token({bytes + at, size});
      tokens[n_tokens] = mixed(token);
      n_tokens += token != last_sign;
      last_sign = run == 0 ? token : 0;
      words[n_words] = token;
      n_words += prose & (run >= 2) & (run_of(masks.letters, at) == run) & (begin + at != uncounted_);
    }
    last_sign_ = last_sign;
    loops_.added(n_tokens);
    counts_.words[static_cast<size_t>(Script::latin)] += static_cast<int64_t>(n_words);
    for (size_t i = 0; i < n_words; ++i) kReflectiveWords.count(words[i], counts_);
  }

  // $ ` or \ : returns how many bytes it takes; `size` of them make its token.
  size_t mark(size_t at, size_t& size) {
    if (text_[at] == '$') {
      prose_.dollar();
      return 1;
    }
    if (text_[at] == '`') {
      const size_t n = std::min(text_.find_first_not_of('`', at), text_.size()) - at;
      prose_.ticks(n);
      return n;
    }
    uncounted_ = at + 1; // the name of a command
    const char behind = at + 1 < text_.size() ? text_[at + 1] : ' ';
    prose_.bracket(behind);
    if (is_alnum(behind) || is_blank(behind) || is_wide(behind)) return 1;
    return size = 2;
  }

  void token(uint64_t hash) {
    *loops_.room() = hash;
    loops_.added(1);
    last_sign_ = 0;
  }

  // A word that fills a block, and perhaps more.
  void long_word() {
    const size_t begin = at_;
    bool letters = true;
    for (; at_ < text_.size() && is_alnum(text_[at_]); ++at_) letters = letters && is_letter(text_[at_]);
    token(long_token(text_.substr(begin, at_ - begin)));
    counts_.words[static_cast<size_t>(Script::latin)] += letters && prose_.here() && begin != uncounted_;
    in_word_ = Script::latin;
  }

  void wide() {
    const CodePoint point = code_point_at(text_, at_);
    const bool follows = at_ > 0 && (is_wide(text_[at_ - 1]) || is_letter(text_[at_ - 1]));
    at_ += point.length;
    token(mixed(point.value));
    if (!point.valid || !prose_.here() || (char_class(point.value) & kLetter) == 0) {
      if (!point.valid || (char_class(point.value) & kMark) == 0) in_word_.reset();
      return;
    }
    const Script script = script_of(point.value);
    const bool goes_on = follows && in_word_ == script && !is_word_by_itself(script);
    if (!goes_on) ++counts_.words[static_cast<size_t>(script)];
    if (script == Script::latin) uncounted_ = at_; // the rest of a word with an accent in it
    in_word_ = script;
  }

  std::string_view text_;
  size_t at_ = 0;
  Prose prose_;
  uint64_t last_sign_ = 0;                    // of the last token, if it was one
  size_t uncounted_ = std::string_view::npos; // where a word begins that is not to be counted
  std::optional<Script> in_word_;             // that the last character belongs to
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
