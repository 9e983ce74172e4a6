// SPDX-License-Identifier: MIT
// Two ways to one result: words of a few symbols look at every pair each time, which is quickest; longer ones keep
// their pairs in a heap and their symbols in a linked list. A heap entry whose pair has changed meanwhile is dropped.
#include "harness/text/bpe.h"

#include <algorithm>
#include <bit>
#include <compare>
#include <functional>
#include <queue>

namespace proctor {
namespace {

constexpr size_t kShort = 40;
constexpr uint32_t kNoRank = UINT32_MAX;

uint64_t pair_of(TokenId left, TokenId right) {
  return (uint64_t{static_cast<uint32_t>(left)} << 32) | static_cast<uint32_t>(right);
}

uint32_t rank_of(const MergeTable& merges, TokenId left, TokenId right) {
  const Merge* merge = merges.find(left, right);
  return merge == nullptr ? kNoRank : merge->rank;
}

void merge_short(const MergeTable& merges, std::vector<TokenId>& symbols, size_t from) {
  TokenId* s = symbols.data() + from;
  size_t n = symbols.size() - from;
  uint32_t ranks[kShort]; // of the pair (i, i + 1)
  for (size_t i = 0; i + 1 < n; ++i) ranks[i] = rank_of(merges, s[i], s[i + 1]);
  while (n > 1) {
    auto best = static_cast<size_t>(std::min_element(ranks, ranks + n - 1) - ranks);
    if (ranks[best] == kNoRank) break;
    s[best] = merges.find(s[best], s[best + 1])->id;
    std::copy(s + best + 2, s + n, s + best + 1);
    std::copy(ranks + best + 1, ranks + n - 1, ranks + best);
    --n;
    if (best > 0) ranks[best - 1] = rank_of(merges, s[best - 1], s[best]);
    if (best + 1 < n) ranks[best] = rank_of(merges, s[best], s[best + 1]);
  }
  symbols.resize(from + n);
}

class LongMerge {
 public:
  LongMerge(const MergeTable& merges, TokenId* symbols, size_t n) : merges_(merges), s_(symbols), nodes_(n) {
    for (size_t i = 0; i < n; ++i) nodes_[i] = {i == 0 ? kEnd : i - 1, i + 1 == n ? kEnd : i + 1, kNoRank};
    std::vector<Entry> entries;
    for (size_t i = 0; i + 1 < n; ++i)
      if (uint32_t rank = nodes_[i].rank = rank_of(merges, s_[i], s_[i + 1]); rank != kNoRank)
        entries.push_back({rank, i});
    heap_ = Heap(std::greater<>(), std::move(entries));
  }

  // Returns how many symbols are left, moved together.
  size_t run() {
    while (!heap_.empty()) {
      Entry top = heap_.top();
      heap_.pop();
      if (nodes_[top.at].rank == top.rank) join(top.at);
    }
    size_t n = 0;
    for (size_t i = 0; i != kEnd; i = nodes_[i].next) s_[n++] = s_[i];
    return n;
  }

 private:
  static constexpr size_t kEnd = SIZE_MAX;
  struct Node {
    size_t previous, next;
    uint32_t rank; // of the pair with the next one
  };
  struct Entry {
    uint32_t rank;
    size_t at;
    auto operator<=>(const Entry&) const = default;
  };
  using Heap = std::priority_queue<Entry, std::vector<Entry>, std::greater<>>;

  void join(size_t at) {
    size_t gone = nodes_[at].next;
    s_[at] = merges_.find(s_[at], s_[gone])->id;
    nodes_[at].next = nodes_[gone].next;
    nodes_[gone].rank = kNoRank;
    if (nodes_[at].next != kEnd) nodes_[nodes_[at].next].previous = at;
    rank(at);
    if (nodes_[at].previous != kEnd) rank(nodes_[at].previous);
  }

  void rank(size_t at) {
    size_t next = nodes_[at].next;
    nodes_[at].rank = next == kEnd ? kNoRank : rank_of(merges_, s_[at], s_[next]);
    if (nodes_[at].rank != kNoRank) heap_.push({nodes_[at].rank, at});
  }

  const MergeTable& merges_;
  TokenId* s_;
  std::vector<Node> nodes_;
  Heap heap_;
};

} // namespace

MergeTable::MergeTable(size_t count) : slots_(std::bit_ceil(2 * count + 2)) {}

size_t MergeTable::slot_of(uint64_t pair) const {
  size_t mask = slots_.size() - 1;
  size_t slot = static_cast<size_t>((pair * 0x9E3779B97F4A7C15u) >> 20) & mask; // Fibonacci hashing
  while (slots_[slot].pair != UINT64_MAX && slots_[slot].pair != pair) slot = (slot + 1) & mask;
  return slot;
}

void MergeTable::add(TokenId left, TokenId right, Merge merge) {
  uint64_t pair = pair_of(left, right);
  slots_[slot_of(pair)] = {pair, merge};
}

const Merge* MergeTable::find(TokenId left, TokenId right) const {
  const Slot& slot = slots_[slot_of(pair_of(left, right))];
  return slot.pair == UINT64_MAX ? nullptr : &slot.merge;
}

void merge_symbols(const MergeTable& merges, std::vector<TokenId>& symbols, size_t from) {
  size_t n = symbols.size() - from;
  if (n < 2) return;
  if (n <= kShort) return merge_short(merges, symbols, from);
  symbols.resize(from + LongMerge(merges, symbols.data() + from, n).run());
}

} // namespace proctor
