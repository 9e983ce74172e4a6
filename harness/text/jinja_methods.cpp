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

struct Method {
  std::string_view parameters; // as Call takes them
  Value (*run)(const std::string&, Call&);
};

const std::string* strip_characters(Call& call) {
  const Value* characters = call.find("chars");
  if (!characters || characters->is_none()) return nullptr;
  return &call.need_text("chars");
}

Value separator(Call& call) {
  Value sep = call.at("sep", {});
  if (!sep.is_none() && !sep.text()) fail(call.what() + ": sep has to be a string or none");
  return sep;
}

// What start and end leave of a text; nothing where that begins behind its end.
struct Window {
  std::string_view text;
  int64_t begin = 0; // in characters
};

std::optional<Window> window(std::string_view text, Call& call) {
  if (!call.find("start")) return Window{text, 0};
  call.budget().read(text.size());
  auto n = static_cast<int64_t>(count_code_points(text));
  auto index = [&](std::string_view name, int64_t otherwise) {
    int64_t given = call.integer_or_none(name).value_or(otherwise);
    return given < 0 ? std::max<int64_t>(given + n, 0) : given;
  };
  int64_t begin = index("start", 0), end = std::min(index("end", n), n);
  if (begin > end) return std::nullopt;
  text.remove_prefix(offset_of(text, begin));
  return Window{text.substr(0, offset_of(text, end - begin)), begin};
}

Value find_text(const std::string& text, Call& call) {
  const std::string& wanted = call.need_text("sub");
  auto part = window(text, call);
  size_t at = part ? find_in(part->text, wanted, 0, call.budget()) : std::string::npos;
  if (at == std::string::npos) return int64_t{-1};
  call.budget().read(at);
  return part->begin + static_cast<int64_t>(count_code_points(part->text.substr(0, at)));
}

Value split_lines(const std::string& text, Call& call) {
  bool ends = call.flag("keepends");
  call.budget().read(text.size());
  std::vector<Value> lines;
  for (std::string_view rest = text; !rest.empty();) {
    auto [line, end] = first_line(rest);
    call.budget().make(line.size() + kTextSize);
    lines.push_back(text_value(rest.substr(0, line.size() + (ends ? end.size() : 0))));
    rest.remove_prefix(line.size() + end.size());
  }
  return Value::make_list(std::move(lines));
}

const std::map<std::string_view, Method>& text_methods() {
  static const std::map<std::string_view, Method> kMethods = {
      {"strip",
       {"chars /",
        [](const std::string& s, Call& c) { return stripped(s, strip_characters(c), true, true, c.budget()); }}},
      {"lstrip",
       {"chars /",
        [](const std::string& s, Call& c) { return stripped(s, strip_characters(c), true, false, c.budget()); }}},
      {"rstrip",
       {"chars /",
        [](const std::string& s, Call& c) { return stripped(s, strip_characters(c), false, true, c.budget()); }}},
      {"upper", {"", [](const std::string& s, Call& c) { return Value(upper_text(s, c.budget())); }}},
      {"lower", {"", [](const std::string& s, Call& c) { return Value(lower_text(s, c.budget())); }}},
      {"capitalize", {"", [](const std::string& s, Call& c) { return Value(capitalized(s, c.budget())); }}},
      {"title", {"", [](const std::string& s, Call& c) { return Value(title_text(s, c.budget())); }}},
      {"startswith",
       {"prefix start end /",
        [](const std::string& s, Call& c) {
          auto part = window(s, c);
          return Value(
              any_affix(c.need("prefix"), c.budget(), [&](auto& a) { return part && part->text.starts_with(a); }));
        }}},
      {"endswith",
       {"suffix start end /",
        [](const std::string& s, Call& c) {
          auto part = window(s, c);
          return Value(
              any_affix(c.need("suffix"), c.budget(), [&](auto& a) { return part && part->text.ends_with(a); }));
        }}},
      {"split",
       {"sep maxsplit",
        [](const std::string& s, Call& c) {
          Value sep = separator(c);
          int64_t most = c.integer("maxsplit", -1);
          return Value::make_list(sep.text() ? split_text(s, *sep.text(), most, c.budget())
                                             : split_blanks(s, most, c.budget()));
        }}},
      {"rsplit",
       {"sep maxsplit",
        [](const std::string& s, Call& c) {
          Value sep = separator(c);
          int64_t most = c.integer("maxsplit", -1);
          return Value::make_list(sep.text() ? split_right(s, *sep.text(), most, c.budget())
                                             : split_right_blanks(s, most, c.budget()));
        }}},
      {"splitlines", {"keepends", split_lines}},
      {"replace",
       {"old new count /",
        [](const std::string& s, Call& c) {
          return Value(replaced(s, c.need_text("old"), c.need_text("new"), c.integer("count", -1), c.budget()));
        }}},
      {"join",
       {"iterable /",
        [](const std::string& s, Call& c) {
          std::vector<Value> items = elements_of(c.need("iterable"), c.budget());
          for (const Value& item : items)
            if (!item.text()) fail(fmt::format("join: a string is wanted, not {}", item.type_name()));
          return Value(joined(items, s, c.budget()));
        }}},
      {"find", {"sub start end /", find_text}},
      {"count",
       {"sub start end /",
        [](const std::string& s, Call& c) {
          const std::string& wanted = c.need_text("sub");
          auto part = window(s, c);
          return Value(part ? count_text(part->text, wanted, c.budget()) : int64_t{0});
        }}},
      {"removeprefix",
       {"prefix /",
        [](const std::string& s, Call& c) {
          return s.starts_with(c.need_text("prefix")) ? Value(s.substr(c.need_text("prefix").size())) : Value(s);
        }}},
      {"removesuffix",
       {"suffix /",
        [](const std::string& s, Call& c) {
          return s.ends_with(c.need_text("suffix")) ? Value(s.substr(0, s.size() - c.need_text("suffix").size()))
                                                    : Value(s);
        }}},
      {"isdigit", {"", [](const std::string& s, Call& c) { return Value(is_digit_text(s, c.budget())); }}},
      {"islower", {"", [](const std::string& s, Call& c) { return Value(is_lower_text(s, c.budget())); }}},
      {"isupper", {"", [](const std::string& s, Call& c) { return Value(is_upper_text(s, c.budget())); }}},
      {"isalpha", {"", [](const std::string& s, Call& c) { return Value(all_characters(s, kLetter, c.budget())); }}},
      {"isalnum",
       {"", [](const std::string& s, Call& c) { return Value(all_characters(s, kLetter | kNumber, c.budget())); }}},
      {"isspace",
       {"", [](const std::string& s, Call&) { return Value(!s.empty() && strip(s, nullptr, true, true).empty()); }}},
  };
  return kMethods;
}

Value with_object(Value object, std::string name, std::string_view parameters, Value (*run)(Call&)) {
  return bound(name, [object = std::move(object), name, parameters, run](Args& args) {
    args.positional.insert(args.positional.begin(), object);
    Call call(args, name, parameters);
    return run(call);
  });
}

Value dict_get(Call& call) {
  must_be_key(call.need("key"));
  const Value* found = call.self().dict()->find(call.need("key"), call.budget());
  return found ? *found : call.at("default", {});
}

std::optional<Value> dict_method(const Value& object, const std::string& name) {
  if (name == "items")
    return with_object(object, name, "", [](Call& c) { return pairs_of(*c.self().dict(), c.budget()); });
  if (name == "keys")
    return with_object(object, name, "", [](Call& c) { return keys_of(*c.self().dict(), c.budget()); });
  if (name == "values")
    return with_object(object, name, "", [](Call& c) { return values_of(*c.self().dict(), c.budget()); });
  if (name == "copy") return with_object(object, name, "", [](Call& c) { return c.self(); });
  if (name == "get") return with_object(object, name, "key default /", dict_get);
  if (name == "fromkeys") fail("the method 'fromkeys' of dicts is not supported");
  for (const char* forbidden : {"update", "pop", "popitem", "setdefault", "clear"})
    if (name == forbidden) fail(fmt::format("dict.{} changes a value, which a template may not", name));
  return std::nullopt;
}

Value list_count(Call& call) {
  const Value& wanted = call.need("value");
  auto& items = call.self().list()->items;
  return static_cast<int64_t>(std::count_if(items.begin(), items.end(),
                                            [&](const Value& item) { return equal(item, wanted, call.budget()); }));
}

Value list_index(Call& call) {
  const Value& wanted = call.need("value");
  auto& items = call.self().list()->items;
  for (size_t i = 0; i < items.size(); ++i)
    if (equal(items[i], wanted, call.budget())) return static_cast<int64_t>(i);
  fail(to_repr(wanted, call.budget()) + " is not in list");
}

std::optional<Value> list_method(const Value& object, const std::string& name) {
  if (name == "count") return with_object(object, name, "value /", list_count);
  if (name == "index") return with_object(object, name, "value /", list_index);
  if (name == "copy" && object.list()->flavour == List::list)
    return with_object(object, name, "", [](Call& c) { return c.self(); });
  for (const char* forbidden : {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"})
    if (name == forbidden) fail(fmt::format("list.{} changes a value, which a template may not", name));
  return std::nullopt;
}

} // namespace

Value pairs_of(const Dict& dict, Budget& budget) {
  budget.make(dict.items.size() * (3 * sizeof(Value) + 64));
  std::vector<Value> pairs;
  for (auto& [key, value] : dict.items) pairs.push_back(Value::make_list({key, value}, List::tuple));
  return Value::make_list(std::move(pairs), List::view, "dict_items");
}

Value keys_of(const Dict& dict, Budget& budget) {
  budget.make(dict.items.size() * sizeof(Value));
  std::vector<Value> keys;
  for (auto& [key, value] : dict.items) keys.push_back(key);
  return Value::make_list(std::move(keys), List::view, "dict_keys");
}

Value values_of(const Dict& dict, Budget& budget) {
  budget.make(dict.items.size() * sizeof(Value));
  std::vector<Value> values;
  for (auto& [key, value] : dict.items) values.push_back(value);
  return Value::make_list(std::move(values), List::view, "dict_values");
}

// What Python's strings have besides: without an error, a template would take them for undefined.
constexpr std::string_view kOtherTextMethods[] = {
    "casefold",  "center",       "encode",    "expandtabs",  "format",   "format_map", "index",     "isascii",
    "isdecimal", "isidentifier", "isnumeric", "isprintable", "istitle",  "ljust",      "maketrans", "partition",
    "rfind",     "rindex",       "rjust",     "rpartition",  "swapcase", "translate",  "zfill"};

std::optional<Value> find_method(const Value& object, const std::string& name) {
  if (object.dict()) return dict_method(object, name);
  if (object.list()) return object.list()->indexed() ? list_method(object, name) : std::nullopt;
  if (!object.text()) return std::nullopt;
  auto it = text_methods().find(name);
  if (it == text_methods().end()) {
    if (is_one_of(name, kOtherTextMethods)) fail(fmt::format("the method '{}' of strings is not supported", name));
    return std::nullopt;
  }
  return bound(name, [object, method = it->second, name](Args& args) {
    args.positional.insert(args.positional.begin(), object);
    Call call(args, name, method.parameters);
    return method.run(*object.text(), call);
  });
}

} // namespace proctor::jinja
