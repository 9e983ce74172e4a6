// SPDX-License-Identifier: MIT
#pragma once

// ShortHash: the first 64 bits of a content hash. Enough to see that two questions differ, at eight bytes each.

#include <cstdint>
#include <string>
#include <string_view>

namespace proctor {

class ShortHash {
 public:
  ShortHash() = default;                          // not known
  static ShortHash of_hex(std::string_view hash); // of its first 16 hex digits; of another text, a hash of that; empty: not known

  bool known() const { return bits_ != 0; }
  std::string hex() const; // 16 digits
  bool operator==(const ShortHash&) const = default;
  bool differs(ShortHash other) const { return known() && other.known() && bits_ != other.bits_; }

 private:
  uint64_t bits_ = 0;
};

ShortHash reference_hash(std::string_view target);

} // namespace proctor
