// SPDX-License-Identifier: MIT
// Two ways to one result: words of a few symbols look at every pair each time, which is quickest; longer ones queue
// their pairs and keep their symbols in a linked list. A queued pair that has changed meanwhile is dropped.
#include "harness/text/bpe.h"

#include <algorithm>
#include <bit>
#include <compare>
#include <functional>
#include <map>
#include <optional>
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

// Pairs to merge: the lowest rank first, of equal ranks the leftmost. One list for each rank, which mostly is in
// order already, since a merge makes pairs of higher ranks from left to right; what comes too late for its list waits
// in a heap.
class PairQueue {
 public:
  struct Entry {
    uint32_t rank, at;
    auto operator<=>(const Entry&) const = default;
  };

  void push(Entry entry) {
    if (entry.rank <= rank_)
      late_.push(entry);
    else
      lists_[entry.rank].push_back(entry.at);
  }

  std::optional<Entry> pop() {
    if (late_.empty() && next_ == list_.size() && !take_list()) return std::nullopt;
    bool late = !late_.empty() && (next_ == list_.size() || late_.top() < Entry{rank_, list_[next_]});
    if (!late) return Entry{rank_, list_[next_++]};
    Entry entry = late_.top();
    late_.pop();
    return entry;
  }

 private:
  bool take_list() {
    if (lists_.empty()) return false;
    auto first = lists_.begin();
    rank_ = first->first;
    list_ = std::move(first->second);
    lists_.erase(first);
    next_ = 0;
    if (!std::is_sorted(list_.begin(), list_.end())) std::sort(list_.begin(), list_.end());
    return true;
  }

  std::map<uint32_t, std::vector<uint32_t>> lists_; // of ranks above rank_
  uint32_t rank_ = 0;
  std::vector<uint32_t> list_; // of rank_, done up to next_
  size_t next_ = 0;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> late_; // ranks up to rank_
};

class LongMerge {
 public:
  LongMerge(const MergeTable& merges, TokenId* symbols, uint32_t n) : merges_(merges), s_(symbols), nodes_(n) {
    for (uint32_t i = 0; i < n; ++i) nodes_[i] = {i == 0 ? kEnd : i - 1, i + 1 == n ? kEnd : i + 1, kNoRank};
    for (uint32_t i = 0; i < n; ++i) rank(i);
  }

  // Returns how many symbols are left, moved together.
  size_t run() {
    while (auto top = pairs_.pop())
      if (nodes_[top->at].rank == top->rank) join(top->at);
    size_t n = 0;
    for (uint32_t i = 0; i != kEnd; i = nodes_[i].next) s_[n++] = s_[i];
    return n;
  }

 private:
  static constexpr uint32_t kEnd = UINT32_MAX;
  struct Node {
    uint32_t previous, next;
    uint32_t rank; // of the pair with the next one
  };

  void join(uint32_t at) {
    uint32_t gone = nodes_[at].next;
    s_[at] = merges_.find(s_[at], s_[gone])->id;
    nodes_[at].next = nodes_[gone].next;
    nodes_[gone].rank = kNoRank;
    if (nodes_[at].next != kEnd) nodes_[nodes_[at].next].previous = at;
    rank(at);
    if (nodes_[at].previous != kEnd) rank(nodes_[at].previous);
  }

  void rank(uint32_t at) {
    uint32_t next = nodes_[at].next;
    nodes_[at].rank = next == kEnd ? kNoRank : rank_of(merges_, s_[at], s_[next]);
    if (nodes_[at].rank != kNoRank) pairs_.push({nodes_[at].rank, at});
  }

  const MergeTable& merges_;
  TokenId* s_;
  std::vector<Node> nodes_;
  PairQueue pairs_;
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
  symbols.resize(from + LongMerge(merges, symbols.data() + from, static_cast<uint32_t>(n)).run());
}

} // namespace proctor
