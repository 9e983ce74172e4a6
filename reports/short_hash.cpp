// SPDX-License-Identifier: MIT
#include "reports/short_hash.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "harness/hash.h"

namespace proctor {

ShortHash ShortHash::of_hex(std::string_view hash) {
  constexpr size_t kDigits = 16;
  ShortHash result;
  if (hash.empty()) return result;
  const char* end = hash.data() + std::min(hash.size(), kDigits);
  auto [read_to, error] = std::from_chars(hash.data(), end, result.bits_, 16);
  if (hash.size() < kDigits || error != std::errc() || read_to != end) result.bits_ = hash_number(hash);
  return result;
}

std::string ShortHash::hex() const { return fmt::format("{:016x}", bits_); }

ShortHash reference_hash(std::string_view target) { return ShortHash::of_hex(hash_hex({target})); }

} // namespace proctor
