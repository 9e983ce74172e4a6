// SPDX-License-Identifier: MIT
#pragma once

// Byte-pair merging: of all adjacent pairs that a table knows, the one of least rank is joined, the leftmost among
// equals, until none is left (Sennrich et al. 2016, arXiv 1508.07909).

#include <cstdint>
#include <vector>

#include "harness/text/token_table.h"

namespace proctor {

struct Merge {
  uint32_t rank = 0;
  TokenId id = TokenTable::kNone; // what the pair becomes
};

class MergeTable {
 public:
  explicit MergeTable(size_t count);

  // A pair that is there already takes the new merge. At most `count` different pairs.
  void add(TokenId left, TokenId right, Merge merge);
  const Merge* find(TokenId left, TokenId right) const; // nullptr: not a merge

 private:
  struct Slot {
    uint64_t pair = UINT64_MAX;
    Merge merge;
  };
  size_t slot_of(uint64_t pair) const;
  std::vector<Slot> slots_;
};

// Merges symbols[from..] in place. O(n log n).
void merge_symbols(const MergeTable& merges, std::vector<TokenId>& symbols, size_t from);

} // namespace proctor
