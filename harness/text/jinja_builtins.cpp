// SPDX-License-Identifier: MIT
#include "harness/text/jinja_builtins.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "harness/text/jinja_call.h"
#include "harness/text/jinja_strings.h"
#include "harness/text/unicode.h"
#include "harness/text/utf8.h"

namespace proctor::jinja {
namespace {

constexpr int64_t kMaxRange = 100000; // Jinja's sandbox has the same

Value undefined_member(const Value& object, const std::string& name) {
  if (object.is_undefined()) fail(object.get<Undefined>()->why);
  std::string kind = object.is_none() ? "None" : fmt::format("'{} object'", object.type_name());
  return Undefined{fmt::format("{} has no attribute '{}'", kind, name)};
}

Value make_range(Args& args) {
  Call call(args, "range", "start stop step /", 0);
  std::vector<int64_t> n;
  for (const Value& value : args.positional)
    n.push_back(value.integer() ? *value.integer() : (fail("range wants integers"), 0));
  if (n.empty() || n.size() > 3) fail("range wants one to three integers");
  int64_t begin = n.size() > 1 ? n[0] : 0, end = n.size() > 1 ? n[1] : n[0], step = n.size() > 2 ? n[2] : 1;
  if (step == 0) fail("range: the step is 0");
  std::vector<Value> items;
  for (int64_t i = begin; step > 0 ? i < end : i > end;) {
    args.budget.make(sizeof(Value));
    if (std::ssize(items) >= kMaxRange) fail(fmt::format("range of more than {} elements", kMaxRange));
    items.emplace_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  std::string shown =
      step == 1 ? fmt::format("range({}, {})", begin, end) : fmt::format("range({}, {}, {})", begin, end, step);
  return Value::make_list(std::move(items), List::range, std::move(shown));
}

// What dict() takes: a dict or a list of pairs.
std::vector<std::pair<Value, Value>> pairs_in(const Value& value, Budget& budget) {
  if (value.dict()) return value.dict()->items;
  std::vector<std::pair<Value, Value>> pairs;
  for (const Value& item : elements_of(value, budget)) {
    std::vector<Value> pair = elements_of(item, budget);
    if (pair.size() != 2) fail(fmt::format("dict: an element of length {} where 2 are wanted", pair.size()));
    pairs.emplace_back(pair[0], pair[1]);
  }
  return pairs;
}

Value make_namespace(Args& args) {
  auto space = std::make_shared<Namespace>();
  if (args.positional.size() > 1) fail("namespace: takes at most 1 positional argument");
  if (!args.positional.empty())
    for (auto& [key, value] : pairs_in(args.positional[0], args.budget)) {
      if (!value.plain()) fail("a namespace cannot hold a namespace or a macro");
      space->attributes.emplace_back(to_text(key, args.budget), value);
    }
  for (auto& [name, value] : args.named) {
    if (!value.plain()) fail("a namespace cannot hold a namespace or a macro");
    space->attributes.emplace_back(name, value);
  }
  return Value(space);
}

Value make_dict_value(Args& args) {
  if (args.positional.size() > 1) fail("dict: takes at most 1 positional argument");
  std::vector<std::pair<Value, Value>> items;
  if (!args.positional.empty()) items = pairs_in(args.positional[0], args.budget);
  for (auto& [name, value] : args.named) items.emplace_back(Value(name), value);
  return Value::make_dict(std::move(items), args.budget);
}

Value strftime_now(Args& args, std::time_t now) {
  std::string format = Call(args, "strftime_now", "format", 0).need_text("format");
  if (format.size() > 1000) fail("strftime_now: the format is too long");
  std::tm time{};
  gmtime_r(&now, &time); // the same on every machine
  std::string out(16384, '\0');
  out.resize(std::strftime(out.data(), out.size(), format.c_str(), &time));
  return out;
}

} // namespace

void pay_for(const Value& result, Budget& budget) {
  if (result.text()) budget.make(result.text()->size());
  if (result.list()) budget.make(result.list()->items.size() * sizeof(Value));
  if (result.dict()) budget.make(result.dict()->items.size() * 2 * sizeof(Value));
}

std::optional<Value> find_global(const std::string& name, std::time_t now) {
  if (name == "range") return bound(name, make_range);
  if (name == "namespace") return bound(name, make_namespace);
  if (name == "dict") return bound(name, make_dict_value);
  if (name == "raise_exception")
    return bound(name, [](Args& args) -> Value {
      const Value& message = Call(args, "raise_exception", "message", 0).need("message");
      fail("the template refuses this conversation: " + to_text(message, args.budget));
    });
  if (name == "strftime_now") return bound(name, [now](Args& args) { return strftime_now(args, now); });
  return std::nullopt;
}

// What Python's numbers have: without an error, a template would take them for undefined.
constexpr std::string_view kNumberMembers[] = {
    "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "fromhex", "hex", "imag",
    "is_integer",       "numerator", "real",       "to_bytes"};

Value get_item(const Value& object, const Value& key, Budget& budget) {
  if (object.is_undefined()) fail(object.get<Undefined>()->why);
  if (object.dict())
    if (const Value* found = object.dict()->find(key, budget)) return *found;
  if (key.integer() && (object.list() || object.text())) {
    if (object.text()) budget.read(object.text()->size());
    auto size = static_cast<int64_t>(object.list() ? object.list()->items.size() : count_code_points(*object.text()));
    int64_t index = *key.integer() < 0 ? *key.integer() + size : *key.integer();
    bool there = index >= 0 && index < size && (object.text() || object.list()->indexed());
    if (!there) return Undefined{fmt::format("{} object has no element {}", object.type_name(), *key.integer())};
    if (object.list()) return object.list()->items[static_cast<size_t>(index)];
    std::string_view rest(*object.text());
    rest.remove_prefix(offset_of(rest, index));
    return text_value(rest.substr(0, code_point_at(rest, 0).length));
  }
  if (!key.text())
    return Undefined{fmt::format("{} object has no element {}", object.type_name(), to_repr(key, budget))};
  if (object.space()) return get_attribute(object, *key.text(), budget);
  if (auto method = find_method(object, *key.text())) return *method;
  return undefined_member(object, *key.text());
}

Value get_attribute(const Value& object, const std::string& name, Budget& budget) {
  if (object.space()) {
    budget.look_through(object.space()->attributes.size());
    for (auto& [key, value] : object.space()->attributes)
      if (key == name) return value;
    return undefined_member(object, name);
  }
  if (auto method = find_method(object, name)) return *method;
  if (object.dict())
    if (const Value* found = object.dict()->find(Value(name), budget)) return *found;
  if (object.is_number() && is_one_of(name, kNumberMembers))
    fail(fmt::format("the attribute '{}' of numbers is not supported", name));
  return undefined_member(object, name);
}

std::vector<Value> elements_of(const Value& value, Budget& budget) {
  if (value.list()) {
    budget.make(value.list()->items.size() * sizeof(Value));
    return value.list()->take();
  }
  if (value.dict()) return keys_of(*value.dict(), budget).list()->items;
  if (value.is_undefined()) return {};
  if (!value.text()) fail(fmt::format("'{}' object is not iterable", value.type_name()));
  budget.make(count_characters(*value.text()) * kTextSize);
  std::vector<Value> characters;
  for (std::string_view c : characters_of(*value.text())) characters.push_back(text_value(c));
  return characters;
}

bool contains(const Value& container, const Value& item, Budget& budget) {
  if (container.dict()) {
    must_be_key(item);
    return container.dict()->find(item, budget) != nullptr;
  }
  if (container.is_undefined()) return false;
  if (container.text()) {
    if (!item.text()) fail(fmt::format("'in <string>' requires string as left operand, not {}", item.type_name()));
    return find_in(*container.text(), *item.text(), 0, budget) != std::string::npos;
  }
  if (!container.list()) fail(fmt::format("argument of type '{}' is not iterable", container.type_name()));
  if (container.list()->flavour == List::generator) { // takes what it looks at
    for (auto next = container.list()->take(1); !next.empty(); next = container.list()->take(1))
      if (equal(next[0], item, budget)) return true;
    return false;
  }
  auto& items = container.list()->items;
  return std::any_of(items.begin(), items.end(), [&](const Value& one) { return equal(one, item, budget); });
}

} // namespace proctor::jinja
