// SPDX-License-Identifier: MIT
#include "graders/code/mbpp_plus.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "graders/code/python_values.h"

namespace proctor {
namespace {

using Convert = TypedValue (*)(TypedValue);

TypedValue as_is(TypedValue value) { return value; }

TypedValue retyped(TypedValue value, TypedKind from, TypedKind to) {
  if (value.kind == from) value.kind = to;
  return value;
}

TypedValue tuple(TypedValue value) { return retyped(std::move(value), TypedKind::list, TypedKind::tuple); }

TypedValue items_to_tuples(TypedValue value) {
  for (TypedValue& item : value.items) item = tuple(std::move(item));
  return value;
}

TypedValue tuple_of_tuples(TypedValue value) { return tuple(items_to_tuples(std::move(value))); }

TypedValue deep_tuple(TypedValue value) {
  for (TypedValue& item : value.items) item = deep_tuple(std::move(item));
  return tuple(std::move(value));
}

// An empty list becomes an empty dict, as `{*[]}` written without a star would: upstream's own slip, kept.
TypedValue items_to_sets(TypedValue value) {
  for (TypedValue& item : value.items) // dictionaries stay
    if (item.kind == TypedKind::list) item.kind = item.items.empty() ? TypedKind::dict : TypedKind::set;
  return value;
}

TypedValue values_to_tuples(TypedValue value) {
  for (size_t i = 1; i < value.items.size(); i += 2) value.items[i] = tuple(std::move(value.items[i]));
  return value;
}

std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text == "-") return text.empty() ? 1.0 : -1.0; // the j of "-j"
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

TypedValue real(TypedValue value) {
  if (value.kind == TypedKind::text)
    if (auto number = number_in(value.bytes)) return TypedValue::number(*number);
  return value.kind == TypedKind::integer ? TypedValue::number(static_cast<double>(value.as_int64().value_or(0))) : value;
}

// "(3+4j)", "2j", "5": as Python's complex() reads its own output.
TypedValue complex(TypedValue value) {
  if (value.kind != TypedKind::text) {
    value = real(std::move(value));
    value.kind = TypedKind::complex;
    return value;
  }
  std::string_view text = value.bytes;
  if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
  size_t split = 0;
  if (text.ends_with('j')) {
    text.remove_suffix(1);
    for (size_t i = 1; i < text.size(); ++i)
      if ((text[i] == '+' || text[i] == '-') && text[i - 1] != 'e' && text[i - 1] != 'E') split = i;
  } else {
    split = text.size();
  }
  TypedValue result = TypedValue::number(split > 0 ? number_in(text.substr(0, split)).value_or(0) : 0);
  result.imaginary = split < text.size() ? number_in(text.substr(split)).value_or(0) : 0;
  result.kind = TypedKind::complex;
  return result;
}

// How each argument of a problem is converted; the last conversion holds for all further arguments.
struct Conversion {
  std::array<Convert, 3> of_argument;
  std::array<int, 24> problems; // 0: none
};

constexpr Conversion kConversions[] = {
    {{tuple, tuple, tuple}, {2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809}},
    {{items_to_tuples, items_to_tuples, items_to_tuples}, {63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780}},
    {{items_to_tuples, as_is, as_is}, {75, 413, 444, 753}},
    {{as_is, tuple, as_is}, {106, 750}},
    {{items_to_sets, as_is, as_is}, {115}},
    {{real, complex, as_is}, {124}},
    {{tuple, as_is, as_is}, {250, 307, 405, 446, 617, 720, 763, 808}},
    {{complex, as_is, as_is}, {252}},
    {{tuple_of_tuples, tuple_of_tuples, tuple_of_tuples}, {259, 401, 445}},
    {{tuple_of_tuples, as_is, as_is}, {278}},
    {{values_to_tuples, as_is, as_is}, {722}},
    {{deep_tuple, deep_tuple, deep_tuple}, {580, 615, 791}},
};

const Conversion* conversion_of(int number) {
  for (const Conversion& conversion : kConversions)
    if (std::ranges::count(conversion.problems, number) > 0) return &conversion;
  return nullptr;
}

// --- results

constexpr std::array<std::string_view, 8> kAsSets = {"similar_elements",  "find_char_long",    "common_in_nested_lists", "extract_singly",
                                                     "larg_nnum",         "intersection_array", "find_dissimilar",        "Diff"};
constexpr std::array<std::string_view, 3> kMatches = {"check_str", "text_match_three", "text_starta_endb"};

std::optional<double> number_of(const TypedValue& value) {
  if (value.kind == TypedKind::boolean) return value.flag ? 1 : 0;
  if (value.kind == TypedKind::real) return value.real;
  auto integer = value.as_int64();
  return value.kind == TypedKind::integer && integer ? std::optional<double>(static_cast<double>(*integer)) : std::nullopt;
}

std::vector<std::optional<double>> numbers_of(const std::vector<TypedValue>& values) {
  std::vector<std::optional<double>> numbers;
  for (const TypedValue& value : values) numbers.push_back(number_of(value));
  return numbers;
}

bool is_root(const TypedValue& coefficients, const TypedValue& x, double atol) {
  auto at = number_of(x);
  double sum = 0;
  for (size_t i = 0; i < coefficients.items.size(); ++i)
    sum += number_of(coefficients.items[i]).value_or(NAN) * std::pow(at.value_or(NAN), static_cast<double>(i));
  return std::abs(sum) <= atol;
}

// The slant height taken from half the base side, which the reference does not.
bool is_pyramid_surface(const std::vector<TypedValue>& arguments, const TypedValue& got, double atol) {
  auto numbers = numbers_of(arguments);
  auto value = number_of(got);
  if (!value || numbers.size() != 2 || !numbers[0] || !numbers[1]) return false;
  double b = *numbers[0], h = *numbers[1];
  return std::abs(*value - std::nearbyint(b * b + 2 * b * std::sqrt(b / 2 * (b / 2) + h * h))) <= std::max(atol, 0.0);
}

std::string digits_of(const TypedValue& value) {
  auto integer = value.as_int64();
  return integer ? std::to_string(std::abs(*integer)) : "";
}

// The sum of |digit differences| after both numbers are padded to the same length.
bool is_digit_distance(const std::vector<TypedValue>& arguments, const TypedValue& got) {
  if (arguments.size() != 2) return false;
  std::string a = digits_of(arguments[0]), b = digits_of(arguments[1]);
  size_t length = std::max(a.size(), b.size());
  a.insert(0, length - a.size(), '0');
  b.insert(0, length - b.size(), '0');
  int64_t sum = 0;
  for (size_t i = 0; i < length; ++i) sum += std::abs(a[i] - b[i]);
  return python_equal(got, TypedValue::integer(sum));
}

bool is_true_match(const EvalPlusResult& result) { return result.not_plain || result.value.kind != TypedKind::none; }

// The truth of a match: a bool is that truth, anything else is one unless it is None.
bool matches_alike(const EvalPlusResult& got, const EvalPlusResult& expected) {
  bool truth = !got.not_plain && got.value.kind == TypedKind::boolean ? got.value.flag : is_true_match(got);
  return truth == is_true_match(expected);
}

} // namespace

std::vector<TypedValue> mbpp_arguments(int number, TypedValue input) {
  if (const Conversion* conversion = conversion_of(number))
    for (size_t i = 0; i < input.items.size(); ++i)
      input.items[i] = conversion->of_argument[std::min<size_t>(i, 2)](std::move(input.items[i]));
  return std::move(input.items);
}

bool evalplus_passes(const EvalPlusTest& test, const EvalPlusResult& got, const EvalPlusResult& expected) {
  if (test.task_id == "Mbpp/164") return true;
  if (std::ranges::count(kMatches, test.entry_point) > 0 && test.task_id.starts_with("Mbpp/")) return matches_alike(got, expected);
  if (got.not_plain || expected.not_plain) return false;
  if (test.task_id == "HumanEval/32")
    return !test.arguments.empty() && is_root(test.arguments[0], got.value, test.atol == 0 ? 1e-4 : test.atol);
  if (std::ranges::count(kAsSets, test.entry_point) > 0 && test.task_id.starts_with("Mbpp/"))
    if (equal_as_sets(got.value, expected.value)) return true;
  if (test.task_id == "Mbpp/295" && python_equal(got.value, TypedValue::integer(0))) return true;
  if (test.task_id == "Mbpp/581" && is_pyramid_surface(test.arguments, got.value, test.atol)) return true;
  if (test.task_id == "Mbpp/558" && is_digit_distance(test.arguments, got.value)) return true;
  return evalplus_equal(got.value, expected.value, test.atol);
}

} // namespace proctor
