// SPDX-License-Identifier: MIT
#pragma once

// What can be counted in a reasoning trace without understanding it: words by script, words of reflection, loops, and
// where the final answer first stood. Taken once when a sample is graded, in one pass over its text. Pure.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace proctor {

enum class Script { latin, han, kana, hangul, cyrillic, greek, arabic, hebrew, devanagari, thai, other };
inline constexpr size_t kScripts = 11;

struct TraceCounts {
  // Words outside formulas and code. A run of letters of an alphabet is one word, each Han, Kana or Hangul character
  // is one; single Latin letters (variables) and digits are none.
  std::array<int64_t, kScripts> words{};
  int64_t reflective = 0; // wait mistake however but retry error verify wrong evaluate check (arXiv 2501.12948v2, E)
  int64_t aha = 0;        // of these: wait mistake retry wrong
  int64_t wait = 0;
  bool loop = false; // some 20 tokens in a row stand there at least 8 times, or the last 4 KiB deflate to under 1/8

  int64_t n_words() const;
};

// Invalid UTF-8 is counted as signs that are no words.
TraceCounts count_trace(std::string_view text);

// The script most words of a text are in; Latin when there are none.
Script main_script(const TraceCounts& counts);

// Words of another script than those that a text in `counts` of the question may hold. English against French cannot
// be told by script. Japanese mixes Han and Kana by nature.
int64_t foreign_words(const TraceCounts& trace, const TraceCounts& question);

// Of `text`, the share that follows the first place where `answer` stands as a whole word: how much was written after
// the answer was first there. nullopt: it is not there, or empty.
std::optional<double> share_after(std::string_view text, std::string_view answer);

} // namespace proctor
