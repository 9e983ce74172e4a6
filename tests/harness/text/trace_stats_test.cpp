// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "harness/text/trace_stats.h"

using namespace proctor;

namespace {

std::string repeated(std::string_view text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

int64_t words(const TraceCounts& counts, Script script) { return counts.words[static_cast<size_t>(script)]; }

// Sentences that differ.
std::string varied(int n) {
  std::string out;
  for (int i = 0; i < n; ++i) {
    for (int word = 0; word < 9; ++word) out += "w" + std::to_string((i * 7919 + word * 104729) % 9973) + " ";
    out += "so it goes.\n";
  }
  return out;
}

} // namespace

TEST_CASE("words of reflection are whole words in any case") {
  const TraceCounts counts = count_trace("Wait, that is WRONG. But waiting is no mistake; checkmate, check. However: verify the error.");
  CHECK(counts.wait == 1);
  CHECK(counts.aha == 3);        // wait, wrong, mistake
  CHECK(counts.reflective == 8); // and but, check, however, verify, error
  CHECK_FALSE(counts.loop);
}

TEST_CASE("formulas, code, digits and single letters are no words") {
  CHECK(count_trace("let $wait = \\frac{but}{however}$ be").n_words() == 2);
  CHECK(count_trace("so \\(wait\\) and \\[check\\] hold, \\text too").n_words() == 4);
  CHECK(count_trace("x y 12 3b `wait` a ```\nwait but\n``` end").n_words() == 1);
  CHECK(count_trace("it costs $5\nwait for it").wait == 1); // a lone dollar ends with its line
}

TEST_CASE("a word behind a formula's end counts, a command's name does not") {
  CHECK(count_trace("\\[x = 1.\\]Find it").n_words() == 2);
  CHECK(count_trace("\\quad so \\textbf{wait}").n_words() == 2);
  CHECK(count_trace("it costs 5\\$ but $x$ is less").reflective == 1); // an escaped dollar begins nothing
}

// A scanner that takes many bytes at once has seams, which no text may show.
TEST_CASE("counts do not depend on where a text begins") {
  const std::string text = "Wait: $x\\$ y$ \\(but\\) caf\u00E9 na\u00EFvely, \\text{so} `check` ``` 3b ``` \u6211\u4EEC evaluate " +
                           std::string(100, 'w') + " " + std::string(64, '3') + "== mistake\\";
  const TraceCounts counts = count_trace(text);
  CHECK(counts.wait == 1);
  CHECK(counts.aha == 2); // and mistake
  CHECK(counts.reflective == 3);
  const std::string loop = repeated("Hmm, let me reconsider that one more time. \\frac{1}{2} = \u00BD!\n", 8);
  CHECK(count_trace(loop).loop);
  for (size_t n = 0; n < 200; ++n) {
    CAPTURE(n);
    const TraceCounts moved = count_trace(std::string(n, ' ') + text);
    CHECK(moved.words == counts.words);
    CHECK(moved.reflective == counts.reflective);
    CHECK(count_trace(std::string(n, ' ') + text + std::string(n, ' ') + loop).loop);
    CHECK(count_trace(std::string(n, '-') + "word").n_words() == 1);
    CHECK(count_trace(std::string(n + 2, 'a')).n_words() == 1);
  }
}

TEST_CASE("words are counted by script") {
  const TraceCounts counts = count_trace("\u6211\u4EEC\u5148 compute \u041F\u0440\u0438\u0432\u0435\u0442 \u03B1\u03B2 \u304B\u306A \uD55C\uAE00 caf\u00E9 \u00E9t\u00E9");
  CHECK(words(counts, Script::han) == 3);
  CHECK(words(counts, Script::latin) == 3);
  CHECK(words(counts, Script::cyrillic) == 1);
  CHECK(words(counts, Script::greek) == 1);
  CHECK(words(counts, Script::kana) == 2);
  CHECK(words(counts, Script::hangul) == 2);
}

TEST_CASE("words of another script than the question's are foreign") {
  const TraceCounts mixed = count_trace("the sum \u6211\u4EEC");
  CHECK(foreign_words(mixed, count_trace("What is the sum?")) == 2);
  CHECK(foreign_words(mixed, count_trace("\u6C42\u548C\u662F\u591A\u5C11")) == 2);
  CHECK(foreign_words(mixed, count_trace("12 + 30 = ?")) == 2); // no words at all: Latin
  const TraceCounts japanese = count_trace("\u5408\u8A08\u306F\u4E94");
  CHECK(foreign_words(japanese, count_trace("\u5408\u8A08\u306F\u3044\u304F\u3064")) == 0);
  CHECK(foreign_words(japanese, count_trace("\u6C42\u548C")) == 1); // kana in a Chinese question's trace
}

TEST_CASE("a loop is found wherever it stands, ordinary text is none") {
  const std::string loop = repeated("Hmm, let me check that one more time. ", 30);
  CHECK(count_trace(loop).loop);
  CHECK(count_trace(varied(200) + loop + varied(400)).loop);
  CHECK(count_trace(repeated("\u518D\u60F3\u4E00\u60F3\u3002", 60)).loop);
  CHECK_FALSE(count_trace(varied(2000)).loop);
  CHECK_FALSE(count_trace(repeated("Hmm, let me check that one more time. ", 3)).loop);
  CHECK_FALSE(count_trace("| a | b |\n|" + std::string(300, '-') + "|" + std::string(300, '.') + "\n").loop);
  CHECK_FALSE(count_trace("").loop);
}

TEST_CASE("text that deflates to nothing is a loop although no words repeat") {
  CHECK(count_trace(varied(50) + std::string(5000, 'a')).loop);
  CHECK_FALSE(count_trace(std::string(2000, 'a')).loop);
}

TEST_CASE("bytes that are no text are counted without harm") {
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i * 37 % 256);
  count_trace(bytes);
  CHECK(count_trace("\xFF\xC0 wait \xE4\xB8").wait == 1);
  CHECK(count_trace("\\").n_words() == 0);
}

TEST_CASE("what follows the first appearance of the answer is overthinking") {
  CHECK(share_after("so 204. Check: yes", "204") == doctest::Approx(12.0 / 18));
  CHECK(share_after("1204 and 2045, then 204", "204") == 0);
  CHECK_FALSE(share_after("nothing here", "204").has_value());
  CHECK_FALSE(share_after("nothing here", "").has_value());
}
