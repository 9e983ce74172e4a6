// SPDX-License-Identifier: MIT
#include "harness/text/token_table.h"

#include <algorithm>
#include <bit>
#include <xxhash.h>

namespace proctor {

TokenTable::TokenTable(size_t size, size_t bytes, size_t count)
    : entries_(size), slots_(std::bit_ceil(2 * count + 2), kNone) {
  arena_.reserve(bytes);
}

size_t TokenTable::slot_of(std::string_view bytes) const {
  size_t mask = slots_.size() - 1;
  size_t slot = XXH3_64bits(bytes.data(), bytes.size()) & mask;
  while (slots_[slot] != kNone && this->bytes(slots_[slot]) != bytes) slot = (slot + 1) & mask;
  return slot;
}

bool TokenTable::add(TokenId id, std::string_view bytes, bool searchable) {
  Entry& entry = entries_[static_cast<size_t>(id)];
  if (entry.used) return false;
  entry = {arena_.size(), static_cast<uint32_t>(bytes.size()), true};
  arena_ += bytes;
  if (!searchable || bytes.empty()) return true;
  size_t slot = slot_of(bytes);
  if (slots_[slot] == kNone) slots_[slot] = id;
  longest_ = std::max(longest_, bytes.size());
  return true;
}

bool TokenTable::has(TokenId id) const {
  return id >= 0 && static_cast<size_t>(id) < entries_.size() && entries_[static_cast<size_t>(id)].used;
}

std::string_view TokenTable::bytes(TokenId id) const {
  if (!has(id)) return {};
  const Entry& entry = entries_[static_cast<size_t>(id)];
  return std::string_view(arena_).substr(entry.offset, entry.length);
}

TokenId TokenTable::find(std::string_view bytes) const { return bytes.empty() ? kNone : slots_[slot_of(bytes)]; }

} // namespace proctor
