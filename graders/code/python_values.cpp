// SPDX-License-Identifier: MIT
#include "graders/code/python_values.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

bool is_number(const TypedValue& value) {
  return value.kind == TypedKind::boolean || value.kind == TypedKind::integer || value.kind == TypedKind::real ||
         value.kind == TypedKind::complex;
}

bool is_set(TypedKind kind) { return kind == TypedKind::set || kind == TypedKind::frozenset; }

// A bool as the integer it equals.
TypedValue as_integer(const TypedValue& value) {
  return value.kind == TypedKind::boolean ? TypedValue::integer(value.flag) : value;
}

// A finite float with an integral value as that integer, exactly.
TypedValue exact_integer(double value) {
  int exponent = 0;
  double fraction = std::frexp(std::abs(value), &exponent);
  auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  int shift = exponent - 53;
  if (shift < 0) mantissa >>= std::min(-shift, 63), shift = 0;
  TypedValue result = TypedValue::integer(0);
  result.flag = value < 0 && mantissa != 0;
  result.bytes.assign(static_cast<size_t>(shift / 8), '\0');
  for (unsigned __int128 rest = static_cast<unsigned __int128>(mantissa) << (shift % 8); rest != 0; rest >>= 8)
    result.bytes += static_cast<char>(rest & 0xFF);
  if (mantissa == 0) result.bytes.clear();
  return result;
}

// One form for all numbers that are equal: an integer where the value is one, else a float, else a complex number.
TypedValue canonical_number(const TypedValue& value) {
  if (value.kind == TypedKind::complex && value.imaginary != 0) return value;
  if (value.kind != TypedKind::complex && value.kind != TypedKind::real) return as_integer(value);
  double real = value.real;
  return std::isfinite(real) && std::trunc(real) == real ? exact_integer(real) : TypedValue::number(real);
}

TypedValue canonical(const TypedValue& value);

// A total order over encodings: which one does not matter, only that equal values lie together.
void sort_encoded(std::vector<std::pair<std::string, std::string>>& items) { std::sort(items.begin(), items.end()); }

TypedValue sorted_set(const TypedValue& value) {
  std::vector<std::pair<std::string, std::string>> items;
  for (const TypedValue& item : value.items) items.emplace_back(encode_typed(canonical(item)), "");
  sort_encoded(items);
  TypedValue result = TypedValue::sequence(TypedKind::set, {});
  for (auto& [item, none] : items) result.items.push_back(TypedValue::text(item));
  return result;
}

TypedValue sorted_dict(const TypedValue& value) {
  std::vector<std::pair<std::string, std::string>> items;
  for (size_t i = 0; i + 1 < value.items.size(); i += 2)
    items.emplace_back(encode_typed(canonical(value.items[i])), encode_typed(canonical(value.items[i + 1])));
  sort_encoded(items);
  TypedValue result = TypedValue::sequence(TypedKind::dict, {});
  for (auto& [key, item] : items) {
    result.items.push_back(TypedValue::text(key));
    result.items.push_back(TypedValue::text(item));
  }
  return result;
}

// Equal values have equal canonical forms, and only they, NaN aside.
TypedValue canonical(const TypedValue& value) {
  if (is_number(value)) return canonical_number(value);
  if (is_set(value.kind)) return sorted_set(value);
  if (value.kind == TypedKind::dict) return sorted_dict(value);
  if (value.items.empty()) return value;
  TypedValue result = TypedValue::sequence(value.kind, {});
  for (const TypedValue& item : value.items) result.items.push_back(canonical(item));
  return result;
}

// As canonical(a) == canonical(b), without copies of what may have millions of items.
bool same(const TypedValue& a, const TypedValue& b) {
  if (is_number(a) && is_number(b)) return canonical_number(a) == canonical_number(b);
  if ((is_set(a.kind) && is_set(b.kind)) || (a.kind == TypedKind::dict && b.kind == TypedKind::dict))
    return a.items.size() == b.items.size() && canonical(a) == canonical(b);
  if (a.kind != b.kind || a.items.size() != b.items.size()) return false;
  return a.items.empty() ? a == b : std::equal(a.items.begin(), a.items.end(), b.items.begin(), same);
}

bool holds_nan(const TypedValue& value) {
  if (std::isnan(value.real) || std::isnan(value.imaginary)) return true;
  return std::any_of(value.items.begin(), value.items.end(), holds_nan);
}

// --- EvalPlus

bool is_real(const TypedValue& value) { return value.kind == TypedKind::real; }

bool is_sequence(const TypedValue& value) { return value.kind == TypedKind::list || value.kind == TypedKind::tuple; }

bool is_floats(const TypedValue& value) {
  if (is_real(value)) return true;
  return is_sequence(value) && !value.items.empty() && std::all_of(value.items.begin(), value.items.end(), is_real);
}

std::optional<double> as_double(const TypedValue& value) {
  if (value.kind == TypedKind::real) return value.real;
  if (value.kind == TypedKind::boolean) return value.flag ? 1.0 : 0.0;
  if (value.kind != TypedKind::integer) return std::nullopt;
  double result = 0;
  for (size_t i = value.bytes.size(); i-- > 0;) result = result * 256 + static_cast<unsigned char>(value.bytes[i]);
  return value.flag ? -result : result;
}

// numpy.allclose(got, expected, rtol=1e-7, atol=atol): NaN is close to nothing, an infinity to itself.
bool all_close(const TypedValue& got, const TypedValue& expected, double atol) {
  if (is_sequence(got) && is_sequence(expected))
    return got.items.size() == expected.items.size() &&
           std::equal(got.items.begin(), got.items.end(), expected.items.begin(),
                      [&](auto& a, auto& b) { return all_close(a, b, atol); });
  auto a = as_double(got), b = as_double(expected);
  if (!a || !b) return false;
  return *a == *b || std::abs(*a - *b) <= atol + 1e-7 * std::abs(*b);
}

} // namespace

bool python_equal(const TypedValue& a, const TypedValue& b) {
  if (holds_nan(a) || holds_nan(b)) return false;
  return same(a, b);
}

bool evalplus_equal(const TypedValue& got, const TypedValue& expected, double atol) {
  if (python_equal(got, expected)) return true;
  if (atol == 0 && is_floats(expected)) atol = 1e-6;
  if (atol == 0) return false;
  return got.kind == expected.kind && all_close(got, expected, atol);
}

bool equal_as_sets(const TypedValue& a, const TypedValue& b) {
  auto elements = [](const TypedValue& value) -> std::optional<TypedValue> {
    if (!is_sequence(value) && !is_set(value.kind)) return std::nullopt;
    TypedValue set = sorted_set(value);
    auto equal = [](const TypedValue& x, const TypedValue& y) { return x.bytes == y.bytes; };
    set.items.erase(std::unique(set.items.begin(), set.items.end(), equal), set.items.end());
    return set;
  };
  auto x = elements(a), y = elements(b);
  return x && y && *x == *y;
}

TypedValue wide_number(std::string_view text) {
  if (text == "NaN") return TypedValue::number(std::numeric_limits<double>::quiet_NaN());
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  double infinity = std::numeric_limits<double>::infinity();
  if (text == "Infinity") return TypedValue::number(negative ? -infinity : infinity);
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return {};
  TypedValue value = TypedValue::integer(0);
  for (char digit : text) { // quadratic in the length of one number of the data, never of an answer
    unsigned carry = static_cast<unsigned>(digit - '0');
    for (char& byte : value.bytes) {
      carry += static_cast<unsigned char>(byte) * 10u;
      byte = static_cast<char>(carry & 0xFF);
      carry >>= 8;
    }
    if (carry != 0) value.bytes += static_cast<char>(carry);
  }
  value.flag = negative && !value.bytes.empty();
  return value;
}

TypedValue typed_of(const Json& json) {
  if (json.is_boolean()) return TypedValue::boolean(json == Json(true));
  if (json.is_number_unsigned()) return wide_number(json.dump());
  if (json.is_number_integer()) return TypedValue::integer(json.get<int64_t>());
  if (json.is_number()) return TypedValue::number(json.get<double>());
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    return text.starts_with(kWideNumber) ? wide_number(std::string_view(text).substr(1)) : TypedValue::text(text);
  }
  std::vector<TypedValue> items;
  if (json.is_object())
    for (auto& [key, value] : json.items()) {
      items.push_back(TypedValue::text(key));
      items.push_back(typed_of(value));
    }
  else
    for (const Json& item : json) items.push_back(typed_of(item));
  if (json.is_null()) return {};
  return TypedValue::sequence(json.is_object() ? TypedKind::dict : TypedKind::list, std::move(items));
}

} // namespace proctor
