// SPDX-License-Identifier: MIT
#pragma once

// Python's json module and careless writers produce text that is not quite JSON. repair_json() rewrites exactly
// these habits and leaves everything else, damage included, as it is:
//   NaN, Infinity, -Infinity            -> null
//   numbers no double or 64-bit integer holds (123456789012345678901234, 1e999) -> the same digits as a string
//   "\ud83d" without its other half     -> "\ufffd"
//   bytes in a string that are not UTF-8 -> U+FFFD, one per byte
// Pure. It is a second try after strict parsing has failed, so it need not be fast.

#include <cstddef>
#include <string>
#include <string_view>

namespace proctor {

struct RepairedJson {
  std::string text;
  size_t n_bad_bytes = 0; // bytes replaced because they were not UTF-8
};

RepairedJson repair_json(std::string_view text);

} // namespace proctor
