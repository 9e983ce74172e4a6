// SPDX-License-Identifier: MIT
#pragma once

// The pieces of a vocabulary: bytes by id, ids by bytes. Built once, then only read.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/text/token_id.h"

namespace proctor {

class TokenTable {
 public:
  static constexpr TokenId kNone = -1;

  // size: ids are below it. bytes, count: what will be added, to allocate once.
  TokenTable(size_t size, size_t bytes, size_t count);

  // False when the id has bytes already. searchable: find() knows it; of equal pieces the first.
  bool add(TokenId id, std::string_view bytes, bool searchable);

  size_t size() const { return entries_.size(); }
  bool has(TokenId id) const;
  std::string_view bytes(TokenId id) const; // empty without such a token
  TokenId find(std::string_view bytes) const;
  size_t longest() const { return longest_; } // bytes, of what find() knows

 private:
  struct Entry {
    size_t offset = 0;
    uint32_t length = 0;
    bool used = false;
  };
  size_t slot_of(std::string_view bytes) const;

  std::string arena_;
  std::vector<Entry> entries_;
  std::vector<TokenId> slots_; // open addressing, a power of two
  size_t longest_ = 0;
};

} // namespace proctor
