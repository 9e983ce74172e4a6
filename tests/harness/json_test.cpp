// SPDX-License-Identifier: MIT
#include "harness/json.h"

#include <doctest/doctest.h>

namespace proctor {
namespace {

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_CASE("JSON that nests without end is refused, and brackets in strings do not count") {
  CHECK(parse_json(nested(512), "file").has_value());
  for (size_t depth : {513u, 3000000u}) {
    auto json = parse_json(nested(depth), "file");
    REQUIRE(!json);
    CHECK(json.error().message == "file: JSON nested more than 512 levels deep");
    CHECK(parse_json_quietly(nested(depth)).is_discarded());
  }
  CHECK(parse_json("\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"", "file").has_value());
  CHECK(parse_json_quietly("[" + std::string(2000, ',')).is_discarded());
  std::string flat = "[";
  for (int i = 0; i < 2000; ++i) flat += "{\"a\":[]},";
  CHECK(parse_json_quietly(flat + "0]").size() == 2001);
}

} // namespace
} // namespace proctor
