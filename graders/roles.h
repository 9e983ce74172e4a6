// SPDX-License-Identifier: MIT
#pragma once

// Who is what, read from prose: "(1) Amelia is a knight", "Amelia: knave", "Amelia and Bob are knights",
// "Knights: Amelia, Bob", "| Amelia | knight |", "Amelia is not a knave". Conditional sentences ("if Amelia is a
// knight") state nothing; "a knight or a knave" states both. Pure, any bytes, linear time.

#include <string>
#include <string_view>
#include <vector>

namespace proctor {

struct RoleWords {
  std::vector<std::string> names; // as the puzzle spells them
  std::vector<std::string> roles; // singular, lower case; at most two: "not a knight" is the other one
};

struct RoleStatement {
  size_t name = 0; // indices into RoleWords
  size_t role = 0;
  bool alternative = false; // the second half of "a knight or a knave"
  bool operator==(const RoleStatement&) const = default;
};

// In the order they stand in the text.
std::vector<RoleStatement> read_roles(std::string_view text, const RoleWords& words);

} // namespace proctor
