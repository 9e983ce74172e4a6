// SPDX-License-Identifier: MIT
#pragma once

// What several families need: drawing from tables, names, reading numbers and words back, arithmetic written out.

#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

#include "harness/random.h"

namespace proctor {

inline constexpr std::string_view kRange = " The answer is an integer from 0 to 999.";

template <class T, size_t N> const T& pick(SplitMix64& random, const std::array<T, N>& items) {
  return items[random.below(static_cast<uint32_t>(N))];
}

inline size_t draw_index(SplitMix64& random, size_t n) { return random.below(static_cast<uint32_t>(n)); }

template <class... Args> std::string fill(std::string_view text, const Args&... args) {
  return fmt::format(fmt::runtime(text), args...);
}

// n of 24 first names, no two with the same initial.
std::vector<std::string> draw_names(SplitMix64& random, size_t n);

// "Ada, Bela and Cleo"
std::string listed(const std::vector<std::string>& items);

// Words made of letters and digits, in order.
std::vector<std::string_view> words_of(std::string_view text);

// Every integer of a text, in order, before its `kRange`; "-" counts where no letter or digit stands before it.
std::vector<int64_t> integers_in(std::string_view text);

bool mentions(std::string_view text, std::string_view phrase);

// Sentences, without their "." or "?"; a trailing kRange is left out.
std::vector<std::string_view> sentences_of(std::string_view text);

// One step of arithmetic with its digits, smallest first: "47+38: 7+8=15, 4+3+1=8: 85". Numbers below zero, and
// products of two numbers above 9, are stated: "-4+9=5".
std::string written_step(int64_t left, char op, int64_t right);

// a*b as sums of products by one digit, then the remainder of a number: chains of written steps.
std::string written_product(int64_t a, int64_t b);
std::string written_remainder(int64_t value, int64_t modulus);

} // namespace proctor
