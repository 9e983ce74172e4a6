// SPDX-License-Identifier: MIT
#pragma once

// Finds out whether some 20 tokens in a row stand in a text at least 8 times, from the tokens' hashes.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace proctor {

// How often each window was there, at least: windows that share a byte add up. Small enough for the nearest cache.
class RoughCounts {
 public:
  // n: a guess at how many there will be; a wrong one costs time only, here and below.
  explicit RoughCounts(size_t n) : counts_(std::bit_ceil(n)) {}

  // The highest count that one of them reached; a byte that overflowed had reached 255.
  int add(std::span<const uint64_t> windows) {
    uint8_t* counts = counts_.data();
    const size_t mask = counts_.size() - 1;
    int most = 0;
    for (uint64_t window : windows) most = std::max<int>(most, ++counts[window & mask]);
    return most;
  }

 private:
  std::vector<uint8_t> counts_; // a power of two of them
};

// How often each window was there. Two different ones share a 56-bit key with a chance below 1e-5 even among 10^6.
class ExactCounts {
 public:
  explicit ExactCounts(size_t n) : slots_(std::bit_ceil(2 * n)) {}

  int add(std::span<const uint64_t> windows) {
    int most = 0;
    for (uint64_t window : windows) most = std::max(most, add(window));
    return most;
  }

 private:
  static constexpr uint64_t kCount = 0xFF;

  int add(uint64_t window) {
    if (2 * used_ >= slots_.size()) grow();
    uint64_t& found = slot(window);
    if (found == 0) {
      found = window & ~kCount;
      ++used_;
    }
    if ((found & kCount) != kCount) ++found;
    return static_cast<int>(found & kCount);
  }

  // A slot is the upper 56 bits of a window's hash and its count; 0 is empty.
  uint64_t& slot(uint64_t window) {
    const uint64_t key = window & ~kCount;
    size_t i = (window >> 8) & (slots_.size() - 1);
    while (slots_[i] != 0 && (slots_[i] & ~kCount) != key) i = (i + 1) & (slots_.size() - 1);
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

// Takes the tokens in batches, and hashes their windows by a cyclic polynomial (Cohen, "Recursive hashing functions for
// n-grams", ACM TOIS 15(3), 1997).
template <class Counts> class LoopFinder {
 public:
  static constexpr size_t kGram = 20; // tokens in a row
  static constexpr int kRepeats = 8;  // that make a loop
  static constexpr size_t kRoom = 64;

  explicit LoopFinder(size_t n_tokens) : counts_(std::clamp<size_t>(n_tokens, 1024, 1 << 20)) {}

  // Where kRoom tokens can be written. A token is a hash with all its bits mixed.
  uint64_t* room() {
    if (end_ + kRoom > tokens_.size()) count_windows();
    return tokens_.data() + end_;
  }
  // So many have been.
  void added(size_t n) { end_ += n; }

  bool looping() {
    count_windows();
    return most_ >= kRepeats;
  }

 private:
  // The first kGram - 1 windows of a text reach into zeros before it, once each.
  void count_windows() {
    std::array<uint64_t, kBatch> windows;
    const size_t n = end_ - kGram;
    uint64_t hash = hash_;
    for (size_t i = 0; i < n; ++i) {
      hash = std::rotl(hash, 1) ^ (tokens_[kGram + i] ^ std::rotl(tokens_[i], kGram));
      windows[i] = hash;
    }
    hash_ = hash;
    if (most_ < kRepeats) most_ = std::max(most_, counts_.add(std::span(windows).first(n)));
    std::copy_n(tokens_.begin() + static_cast<std::ptrdiff_t>(n), kGram, tokens_.begin());
    end_ = kGram;
  }

  static constexpr size_t kBatch = 4 * kRoom;
  std::array<uint64_t, kGram + kBatch> tokens_{}; // the last kGram that were counted, then new ones
  size_t end_ = kGram;
  uint64_t hash_ = 0;
  int most_ = 0;
  Counts counts_;
};

} // namespace proctor
