// SPDX-License-Identifier: MIT
#pragma once

// The values that cross between a confined Python program and proctor: plain ones, by their exact Python type. No
// pickle, no objects, no code. The encoding (docs/sandbox.md, "Typed calls") is read with bounds on depth and size, so
// that a hostile program can send nothing worse than a value.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graders/sandbox/wire.h"
#include "harness/result.h"

namespace proctor {

enum class TypedKind : uint8_t { none, boolean, integer, real, complex, text, bytes, list, tuple, set, frozenset, dict };

struct TypedValue {
  TypedKind kind = TypedKind::none;
  bool flag = false;             // boolean; of an integer: it is negative
  double real = 0, imaginary = 0;
  std::string bytes;             // text (UTF-8, lone surrogates as Python's surrogatepass writes them), bytes, the
                                 // magnitude of an integer, least significant byte first, without leading zeros
  std::vector<TypedValue> items; // of a dict: key, value, key, value, ... in insertion order

  bool operator==(const TypedValue& other) const = default; // same types, same order; NaN differs from itself

  static TypedValue boolean(bool value);
  static TypedValue integer(int64_t value);
  static TypedValue number(double value);
  static TypedValue text(std::string value);
  static TypedValue sequence(TypedKind kind, std::vector<TypedValue> items);

  std::optional<int64_t> as_int64() const; // of an integer that fits
};

std::string encode_typed(const TypedValue& value);

// On failure a usage error: not one complete value, too deep, too large.
Result<TypedValue> decode_typed(std::string_view bytes);

// As Python's repr writes it, cut after max_bytes; for reports, not for comparison.
std::string typed_repr(const TypedValue& value, size_t max_bytes = 400);

} // namespace proctor
