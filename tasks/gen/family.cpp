// SPDX-License-Identifier: MIT
#include "tasks/gen/family.h"

#include <array>
#include <charconv>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "tasks/gen/gen_arith.h"
#include "tasks/gen/gen_order.h"
#include "tasks/gen/gen_trace.h"

namespace proctor {
namespace {

constexpr std::array kFamilies = {
    Family{"arith", 1, 4, "aime", generate_arith, solve_arith_text},
    Family{"trace", 1, 4, "number", generate_trace, solve_trace_text},
    Family{"order", 1, 4, "exact", generate_order, solve_order_text},
};

template <class T> bool parse_number(std::string_view text, T& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

} // namespace

std::span<const Family> families() { return kFamilies; }

const Family* find_family(std::string_view name) {
  for (const Family& family : kFamilies)
    if (family.name == name) return &family;
  return nullptr;
}

std::string to_string(const GeneratedId& id) {
  return fmt::format("{}@{}/{}/{}/{}", id.family, id.version, id.level, id.seed, id.index);
}

std::optional<GeneratedId> parse_generated_id(std::string_view text) {
  auto parts = split(text, '/');
  size_t at = text.find('@');
  if (parts.size() != 4 || at == text.npos || at >= parts[0].size()) return std::nullopt;
  GeneratedId id;
  id.family = text.substr(0, at);
  bool read = parse_number(parts[0].substr(at + 1), id.version) && parse_number(parts[1], id.level) &&
              parse_number(parts[2], id.seed) && parse_number(parts[3], id.index);
  if (!read || to_string(id) != text) return std::nullopt;
  return id;
}

} // namespace proctor
