// SPDX-License-Identifier: MIT
// The methods of strings, dicts and lists.
#include <algorithm>
#include <map>

#include "harness/text/ascii.h"
#include "harness/text/jinja_builtins.h"
#include "harness/text/jinja_call.h"
#include "harness/text/jinja_strings.h"
#include "harness/text/unicode.h"

namespace proctor::jinja {
namespace {

using Method = Value (*)(const std::string&, Call&);

const std::string* strip_characters(Call& call) {
  const Value* characters = call.find(1, "chars");
  return characters && characters->text() ? characters->text() : nullptr;
}

const std::map<std::string_view, Method>& text_methods() {
  static const std::map<std::string_view, Method> kMethods = {
      {"strip",
       [](const std::string& s, Call& c) { return stripped(s, strip_characters(c), true, true, c.budget()); }},
      {"lstrip",
       [](const std::string& s, Call& c) { return stripped(s, strip_characters(c), true, false, c.budget()); }},
      {"rstrip",
       [](const std::string& s, Call& c) { return stripped(s, strip_characters(c), false, true, c.budget()); }},
      {"upper", [](const std::string& s, Call& c) { return Value(upper_text(s, c.budget())); }},
      {"lower", [](const std::string& s, Call& c) { return Value(lower_text(s, c.budget())); }},
      {"capitalize", [](const std::string& s, Call& c) { return Value(capitalized(s, c.budget())); }},
      {"title", [](const std::string& s, Call& c) { return Value(title_text(s, c.budget())); }},
      {"startswith",
       [](const std::string& s, Call& c) {
         return Value(any_affix(c.need(1, "prefix"), [&](auto& a) { return s.starts_with(a); }));
       }},
      {"endswith",
       [](const std::string& s, Call& c) {
         return Value(any_affix(c.need(1, "suffix"), [&](auto& a) { return s.ends_with(a); }));
       }},
      {"split",
       [](const std::string& s, Call& c) {
         Value sep = c.at(1, "sep", {});
         int64_t most = c.integer(2, "maxsplit", -1);
         return Value::make_list(sep.text() ? split_text(s, *sep.text(), most, c.budget())
                                            : split_blanks(s, most, c.budget()));
       }},
      {"rsplit",
       [](const std::string& s, Call& c) {
         return Value::make_list(split_right(s, c.need_text(1, "sep"), c.integer(2, "maxsplit", -1), c.budget()));
       }},
      {"splitlines",
       [](const std::string& s, Call& c) {
         std::vector<Value> lines = split_text(s, "\n", -1, c.budget());
         for (Value& line : lines)
           if (line.text()->ends_with('\r')) line = line.text()->substr(0, line.text()->size() - 1);
         if (lines.back().text()->empty()) lines.pop_back();
         return Value::make_list(std::move(lines));
       }},
      {"replace",
       [](const std::string& s, Call& c) {
         return Value(
             replaced(s, c.need_text(1, "old"), c.need_text(2, "new"), c.integer(3, "count", -1), c.budget()));
       }},
      {"join", [](const std::string& s,
                  Call& c) { return Value(joined(elements_of(c.need(1, "iterable"), c.budget()), s, c.budget())); }},
      {"find", [](const std::string& s, Call& c) { return find_text(s, c.need_text(1, "sub"), c.budget()); }},
      {"count",
       [](const std::string& s, Call& c) { return Value(count_text(s, c.need_text(1, "sub"), c.budget())); }},
      {"removeprefix",
       [](const std::string& s, Call& c) {
         return s.starts_with(c.need_text(1, "prefix")) ? Value(s.substr(c.need_text(1, "prefix").size())) : Value(s);
       }},
      {"removesuffix",
       [](const std::string& s, Call& c) {
         return s.ends_with(c.need_text(1, "suffix")) ? Value(s.substr(0, s.size() - c.need_text(1, "suffix").size()))
                                                      : Value(s);
       }},
      {"isdigit",
       [](const std::string& s, Call&) { return Value(!s.empty() && std::all_of(s.begin(), s.end(), is_digit)); }},
      {"isalpha", [](const std::string& s, Call& c) { return Value(all_characters(s, kLetter, c.budget())); }},
      {"isalnum",
       [](const std::string& s, Call& c) { return Value(all_characters(s, kLetter | kNumber, c.budget())); }},
      {"isspace",
       [](const std::string& s, Call&) { return Value(!s.empty() && strip(s, nullptr, true, true).empty()); }},
  };
  return kMethods;
}

std::optional<Value> dict_method(const Value& object, const std::string& name) {
  if (name == "items") return bound(name, [object](Args& args) { return pairs_of(*object.dict(), args.budget); });
  if (name == "keys") return bound(name, [object](Args& args) { return keys_of(*object.dict(), args.budget); });
  if (name == "values") return bound(name, [object](Args& args) { return values_of(*object.dict(), args.budget); });
  if (name == "copy") return bound(name, [object](Args&) { return object; });
  if (name == "get")
    return bound(name, [object](Args& args) {
      args.positional.insert(args.positional.begin(), object);
      Call call(args, "get");
      const Value* found = object.dict()->find(call.need(1, "key"), args.budget);
      return found ? *found : call.at(2, "default", {});
    });
  for (const char* forbidden : {"update", "pop", "popitem", "setdefault", "clear"})
    if (name == forbidden) fail(fmt::format("dict.{} changes a value, which a template may not", name));
  return std::nullopt;
}

std::optional<Value> list_method(const Value& object, const std::string& name) {
  if (name == "index" || name == "count")
    return bound(name, [object, name](Args& args) {
      args.positional.insert(args.positional.begin(), object);
      const Value wanted = Call(args, name).need(1, "value");
      auto& items = object.list()->items;
      auto is_wanted = [&](const Value& item) { return equal(item, wanted, args.budget); };
      if (name == "count") return Value(static_cast<int64_t>(std::count_if(items.begin(), items.end(), is_wanted)));
      auto it = std::find_if(items.begin(), items.end(), is_wanted);
      if (it == items.end()) fail(to_repr(wanted, args.budget) + " is not in list");
      return Value(static_cast<int64_t>(it - items.begin()));
    });
  for (const char* forbidden : {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"})
    if (name == forbidden) fail(fmt::format("list.{} changes a value, which a template may not", name));
  return std::nullopt;
}

} // namespace

Value pairs_of(const Dict& dict, Budget& budget) {
  budget.make(dict.items.size() * (3 * sizeof(Value) + 64));
  std::vector<Value> pairs;
  for (auto& [key, value] : dict.items) pairs.push_back(Value::make_list({key, value}, List::tuple));
  return Value::make_list(std::move(pairs));
}

Value keys_of(const Dict& dict, Budget& budget) {
  budget.make(dict.items.size() * sizeof(Value));
  std::vector<Value> keys;
  for (auto& [key, value] : dict.items) keys.push_back(key);
  return Value::make_list(std::move(keys));
}

Value values_of(const Dict& dict, Budget& budget) {
  budget.make(dict.items.size() * sizeof(Value));
  std::vector<Value> values;
  for (auto& [key, value] : dict.items) values.push_back(value);
  return Value::make_list(std::move(values));
}

std::optional<Value> find_method(const Value& object, const std::string& name) {
  if (object.dict()) return dict_method(object, name);
  if (object.list()) return list_method(object, name);
  if (!object.text()) return std::nullopt;
  auto it = text_methods().find(name);
  if (it == text_methods().end()) return std::nullopt;
  return bound(name, [object, method = it->second, name](Args& args) {
    args.positional.insert(args.positional.begin(), object);
    Call call(args, name);
    return method(*object.text(), call);
  });
}

} // namespace proctor::jinja
