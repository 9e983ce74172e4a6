// SPDX-License-Identifier: MIT
#include "harness/text/jinja_builtins.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <utf8proc.h>

#include "harness/text/ascii.h"
#include "harness/text/number.h"
#include "harness/text/unicode.h"

namespace proctor::jinja {
namespace {

constexpr size_t kMaxText = size_t{64} << 20; // bytes of one string
constexpr int64_t kMaxRange = 100000;         // Jinja's sandbox has the same

// The arguments of one call by position or name.
class Call {
 public:
  Call(Args& args, std::string what) : args_(args), what_(std::move(what)) {}

  const Value& self() const { return args_.positional.at(0); }
  const Value* find(size_t position, std::string_view name) const {
    if (position < args_.positional.size()) return &args_.positional[position];
    for (auto& [key, value] : args_.named)
      if (key == name) return &value;
    return nullptr;
  }
  Value at(size_t position, std::string_view name, Value otherwise) const {
    const Value* value = find(position, name);
    return value ? *value : std::move(otherwise);
  }
  const Value& need(size_t position, std::string_view name) const {
    const Value* value = find(position, name);
    if (!value) fail(fmt::format("{}: the argument {} is missing", what_, name));
    return *value;
  }
  const std::string& need_text(size_t position, std::string_view name) const {
    const Value& value = need(position, name);
    if (!value.text()) fail(fmt::format("{}: {} has to be a string, not {}", what_, name, value.type_name()));
    return *value.text();
  }
  int64_t integer(size_t position, std::string_view name, int64_t otherwise) const {
    const Value* value = find(position, name);
    if (!value || value->is_none()) return otherwise;
    if (!value->integer()) fail(fmt::format("{}: {} has to be an integer", what_, name));
    return *value->integer();
  }
  Args& args() const { return args_; }
  const std::string& what() const { return what_; }

 private:
  Args& args_;
  std::string what_;
};

Value text_value(std::string_view text) { return std::string(text); }

Value undefined_member(const Value& object, const std::string& name) {
  if (object.is_undefined()) fail(object.get<Undefined>()->why);
  std::string kind = object.is_none() ? "None" : fmt::format("'{} object'", object.type_name());
  return Undefined{fmt::format("{} has no attribute '{}'", kind, name)};
}

std::string map_characters(std::string_view text, utf8proc_int32_t (*map)(utf8proc_int32_t)) {
  std::string out;
  for (std::string_view c : characters_of(text)) {
    CodePoint point = code_point_at(c, 0);
    if (!point.valid)
      out += c;
    else if (point.value == 0xDF && map == utf8proc_toupper)
      out += "SS";
    else
      append_utf8(out, static_cast<char32_t>(map(static_cast<utf8proc_int32_t>(point.value))));
  }
  return out;
}

std::string upper_text(std::string_view text) { return map_characters(text, utf8proc_toupper); }
std::string lower_text(std::string_view text) { return map_characters(text, utf8proc_tolower); }

std::string capitalized(std::string_view text) {
  if (text.empty()) return "";
  size_t first = code_point_at(text, 0).length;
  return upper_text(text.substr(0, first)) + lower_text(text.substr(first));
}

std::string title_text(std::string_view text) {
  std::string out;
  bool in_word = false;
  for (std::string_view c : characters_of(text)) {
    bool letter = (char_class(code_point_at(c, 0).value) & kLetter) != 0;
    out += in_word ? lower_text(c) : upper_text(c);
    in_word = letter;
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to, int64_t most) {
  std::string out;
  if (from.empty()) { // between all characters
    for (std::string_view c : characters_of(text)) {
      if (most-- != 0) out += to;
      out += c;
    }
    if (most != 0) out += to;
    return out;
  }
  size_t at = 0;
  for (size_t found = text.find(from); found != text.npos && most != 0; found = text.find(from, at), --most) {
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
    if (out.size() > kMaxText) fail("a string grows too large");
  }
  return out += text.substr(at);
}

std::vector<Value> split_blanks(std::string_view text, int64_t most) {
  std::vector<Value> parts;
  for (text = strip(text, nullptr, true, false); !text.empty(); text = strip(text, nullptr, true, false)) {
    if (most-- == 0) {
      parts.push_back(text_value(strip(text, nullptr, false, true)));
      break;
    }
    size_t end = 0;
    while (end < text.size() && !is_python_space(code_point_at(text, end).value))
      end += code_point_at(text, end).length;
    parts.push_back(text_value(text.substr(0, end)));
    text.remove_prefix(end);
  }
  return parts;
}

std::vector<Value> split_text(std::string_view text, std::string_view separator, int64_t most) {
  if (separator.empty()) fail("split: empty separator");
  std::vector<Value> parts;
  for (size_t found = text.find(separator); found != text.npos && most != 0; found = text.find(separator), --most) {
    parts.push_back(text_value(text.substr(0, found)));
    text.remove_prefix(found + separator.size());
  }
  parts.push_back(text_value(text));
  return parts;
}

std::vector<Value> split_right(std::string_view text, std::string_view separator, int64_t most) {
  if (separator.empty()) fail("rsplit: empty separator");
  std::vector<Value> parts;
  for (size_t found = text.rfind(separator); found != text.npos && most != 0; found = text.rfind(separator), --most) {
    parts.push_back(text_value(text.substr(found + separator.size())));
    text = text.substr(0, found);
  }
  parts.push_back(text_value(text));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

bool all_characters(std::string_view text, int classes) {
  auto all = characters_of(text);
  return !all.empty() && std::all_of(all.begin(), all.end(), [&](std::string_view c) {
    return (char_class(code_point_at(c, 0).value) & classes) != 0;
  });
}

bool any_affix(const Value& affix, const std::function<bool(const std::string&)>& fits) {
  if (affix.text()) return fits(*affix.text());
  if (!affix.list()) fail("startswith and endswith want a string or a tuple of them");
  return std::any_of(affix.list()->items.begin(), affix.list()->items.end(),
                     [&](const Value& one) { return one.text() && fits(*one.text()); });
}

Value find_text(const std::string& text, const std::string& wanted) {
  size_t at = text.find(wanted);
  return at == text.npos ? int64_t{-1} : static_cast<int64_t>(count_characters(std::string_view(text).substr(0, at)));
}

std::string joined(const std::vector<Value>& items, std::string_view separator) {
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += separator;
    out += to_text(items[i]);
    if (out.size() > kMaxText) fail("a string grows too large");
  }
  return out;
}

using Method = Value (*)(const std::string&, Call&);

const std::string* strip_characters(Call& call) {
  const Value* characters = call.find(1, "chars");
  return characters && characters->text() ? characters->text() : nullptr;
}

const std::map<std::string_view, Method>& text_methods() {
  static const std::map<std::string_view, Method> kMethods = {
      {"strip", [](const std::string& s, Call& c) { return text_value(strip(s, strip_characters(c), true, true)); }},
      {"lstrip",
       [](const std::string& s, Call& c) { return text_value(strip(s, strip_characters(c), true, false)); }},
      {"rstrip",
       [](const std::string& s, Call& c) { return text_value(strip(s, strip_characters(c), false, true)); }},
      {"upper", [](const std::string& s, Call&) { return Value(upper_text(s)); }},
      {"lower", [](const std::string& s, Call&) { return Value(lower_text(s)); }},
      {"capitalize", [](const std::string& s, Call&) { return Value(capitalized(s)); }},
      {"title", [](const std::string& s, Call&) { return Value(title_text(s)); }},
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
         return Value::make_list(sep.text() ? split_text(s, *sep.text(), most) : split_blanks(s, most));
       }},
      {"rsplit",
       [](const std::string& s, Call& c) {
         return Value::make_list(split_right(s, c.need_text(1, "sep"), c.integer(2, "maxsplit", -1)));
       }},
      {"splitlines",
       [](const std::string& s, Call&) {
         std::vector<Value> lines;
         for (auto line : split(s, '\n'))
           lines.push_back(text_value(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line));
         if (s.empty() || s.ends_with('\n')) lines.pop_back();
         return Value::make_list(std::move(lines));
       }},
      {"replace",
       [](const std::string& s, Call& c) {
         return Value(replaced(s, c.need_text(1, "old"), c.need_text(2, "new"), c.integer(3, "count", -1)));
       }},
      {"join", [](const std::string& s, Call& c) { return Value(joined(elements_of(c.need(1, "iterable")), s)); }},
      {"find", [](const std::string& s, Call& c) { return find_text(s, c.need_text(1, "sub")); }},
      {"count",
       [](const std::string& s, Call& c) {
         return Value(static_cast<int64_t>(split_text(s, c.need_text(1, "sub"), -1).size() - 1));
       }},
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
      {"isalpha", [](const std::string& s, Call&) { return Value(all_characters(s, kLetter)); }},
      {"isalnum", [](const std::string& s, Call&) { return Value(all_characters(s, kLetter | kNumber)); }},
      {"isspace",
       [](const std::string& s, Call&) { return Value(!s.empty() && strip(s, nullptr, true, true).empty()); }},
  };
  return kMethods;
}

Value bound(std::string name, std::function<Value(Args&)> call) {
  return Value(std::make_shared<const Callable>(Callable{std::move(name), std::move(call)}));
}

Value pairs_of(const Dict& dict) {
  std::vector<Value> pairs;
  for (auto& [key, value] : dict.items) pairs.push_back(Value::make_list({key, value}, List::tuple));
  return Value::make_list(std::move(pairs));
}

Value keys_of(const Dict& dict) {
  std::vector<Value> keys;
  for (auto& [key, value] : dict.items) keys.push_back(key);
  return Value::make_list(std::move(keys));
}

Value values_of(const Dict& dict) {
  std::vector<Value> values;
  for (auto& [key, value] : dict.items) values.push_back(value);
  return Value::make_list(std::move(values));
}

std::optional<Value> dict_method(const Value& object, const std::string& name) {
  if (name == "items") return bound(name, [object](Args&) { return pairs_of(*object.dict()); });
  if (name == "keys") return bound(name, [object](Args&) { return keys_of(*object.dict()); });
  if (name == "values") return bound(name, [object](Args&) { return values_of(*object.dict()); });
  if (name == "copy") return bound(name, [object](Args&) { return object; });
  if (name == "get")
    return bound(name, [object](Args& args) {
      args.positional.insert(args.positional.begin(), object);
      Call call(args, "get");
      const Value* found = object.dict()->find(call.need(1, "key"));
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
      auto is_wanted = [&](const Value& item) { return equal(item, wanted); };
      if (name == "count") return Value(static_cast<int64_t>(std::count_if(items.begin(), items.end(), is_wanted)));
      auto it = std::find_if(items.begin(), items.end(), is_wanted);
      if (it == items.end()) fail(to_repr(wanted) + " is not in list");
      return Value(static_cast<int64_t>(it - items.begin()));
    });
  for (const char* forbidden : {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"})
    if (name == forbidden) fail(fmt::format("list.{} changes a value, which a template may not", name));
  return std::nullopt;
}

// a.b.0 of an element, as map(attribute=) and its kin take it.
Value attribute_path(Value value, const std::string& path) {
  for (std::string_view part : split(path, '.')) {
    auto index = parse_number<int64_t>(part);
    value = get_item(value, index ? Value(*index) : text_value(part));
  }
  return value;
}

Value length_of(const Value& value) {
  if (value.is_undefined()) return int64_t{0};
  if (value.text()) return static_cast<int64_t>(count_characters(*value.text()));
  if (value.dict()) return static_cast<int64_t>(value.dict()->items.size());
  if (value.list() && value.list()->flavour != List::generator)
    return static_cast<int64_t>(value.list()->items.size());
  fail(fmt::format("object of type '{}' has no len()", value.type_name()));
}

Value tojson(Call& call) {
  JsonStyle style;
  style.ensure_ascii = truth(call.at(1, "ensure_ascii", false));
  Value indent = call.at(2, "indent", {});
  if (indent.text()) style.indent = *indent.text();
  if (indent.integer())
    style.indent = std::string(static_cast<size_t>(std::clamp<int64_t>(*indent.integer(), 0, 100)), ' ');
  if (style.indent) style.item_separator = ",";
  Value separators = call.at(3, "separators", {});
  if (auto list = separators.list(); list && list->items.size() == 2) {
    style.item_separator = to_text(list->items[0]);
    style.key_separator = to_text(list->items[1]);
  }
  style.sort_keys = truth(call.at(4, "sort_keys", false));
  return to_json_text(call.self(), style);
}

Value indent_text(Call& call) {
  Value width = call.at(1, "width", int64_t{4});
  std::string pad =
      width.text() ? *width.text()
                   : std::string(static_cast<size_t>(std::clamp<int64_t>(width.integer().value_or(4), 0, 1000)), ' ');
  bool first = truth(call.at(2, "first", false)), blank = truth(call.at(3, "blank", false));
  std::string out;
  std::string text = to_text(call.self());
  bool begin = true;
  for (std::string_view line : split(text, '\n')) {
    if (!begin) out += '\n';
    if ((begin && first) || (!begin && (blank || !line.empty()))) out += pad;
    out += line;
    begin = false;
    if (out.size() > kMaxText) fail("a string grows too large");
  }
  return out;
}

// select, reject and with an attribute first, selectattr and rejectattr.
Value selected(Call& call, bool by_attribute, bool keep) {
  Args& args = call.args();
  size_t next = by_attribute ? 2 : 1;
  std::vector<Value> out;
  for (const Value& item : elements_of(call.self())) {
    Value subject = by_attribute ? attribute_path(item, to_text(call.need(1, "attribute"))) : item;
    Args test{{subject}, {}};
    bool passes = false;
    if (next < args.positional.size()) {
      for (size_t i = next + 1; i < args.positional.size(); ++i) test.positional.push_back(args.positional[i]);
      passes = apply_test(to_text(args.positional[next]), test);
    } else {
      passes = truth(subject);
    }
    if (passes == keep) out.push_back(item);
  }
  return Value::make_list(std::move(out), List::generator);
}

Value mapped(Call& call) {
  std::vector<Value> out;
  Args& args = call.args();
  const Value* attribute = call.find(SIZE_MAX, "attribute");
  for (const Value& item : elements_of(call.self())) {
    if (attribute) {
      Value found = attribute_path(item, to_text(*attribute));
      const Value* otherwise = call.find(SIZE_MAX, "default");
      out.push_back(found.is_undefined() && otherwise ? *otherwise : found);
    } else {
      Args inner{{item}, args.named};
      inner.positional.insert(inner.positional.end(),
                              args.positional.begin() + std::min<std::ptrdiff_t>(2, std::ssize(args.positional)),
                              args.positional.end());
      out.push_back(apply_filter(call.need_text(1, "filter"), inner));
    }
  }
  return Value::make_list(std::move(out), List::generator);
}

Value sort_key(const Value& item, const Value* attribute, bool case_sensitive) {
  Value key = attribute && !attribute->is_none() ? attribute_path(item, to_text(*attribute)) : item;
  return key.text() && !case_sensitive ? Value(lower_text(*key.text())) : key;
}

Value sorted(Call& call) {
  bool reverse = truth(call.at(1, "reverse", false)), exact = truth(call.at(2, "case_sensitive", false));
  const Value* attribute = call.find(3, "attribute");
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : elements_of(call.self())) keyed.emplace_back(sort_key(item, attribute, exact), item);
  std::stable_sort(keyed.begin(), keyed.end(), [&](auto& a, auto& b) {
    return reverse ? compare(b.first, a.first) < 0 : compare(a.first, b.first) < 0;
  });
  std::vector<Value> out;
  for (auto& [key, item] : keyed) out.push_back(item);
  return Value::make_list(std::move(out));
}

Value dict_sorted(Call& call) {
  if (!call.self().dict()) fail("dictsort wants a dict");
  bool exact = truth(call.at(1, "case_sensitive", false));
  auto items = call.self().dict()->items;
  std::stable_sort(items.begin(), items.end(), [&](auto& a, auto& b) {
    return compare(sort_key(a.first, nullptr, exact), sort_key(b.first, nullptr, exact)) < 0;
  });
  std::vector<Value> out;
  for (auto& [key, value] : items) out.push_back(Value::make_list({key, value}, List::tuple));
  return Value::make_list(std::move(out));
}

Value unique(Call& call) {
  std::vector<Value> out, keys;
  for (const Value& item : elements_of(call.self())) {
    Value key = sort_key(item, call.find(2, "attribute"), truth(call.at(1, "case_sensitive", false)));
    if (std::any_of(keys.begin(), keys.end(), [&](const Value& old) { return equal(old, key); })) continue;
    keys.push_back(key);
    out.push_back(item);
  }
  return Value::make_list(std::move(out), List::generator);
}

Value extreme(Call& call, int sign) {
  std::vector<Value> items = elements_of(call.self());
  if (items.empty()) return Undefined{"No aggregated item, sequence was empty."};
  const Value* attribute = call.find(2, "attribute");
  return *std::max_element(items.begin(), items.end(), [&](const Value& a, const Value& b) {
    return sign * compare(sort_key(a, attribute, false), sort_key(b, attribute, false)) < 0;
  });
}

Value reversed(Call& call) {
  if (call.self().text()) {
    std::string out;
    auto all = characters_of(*call.self().text());
    for (auto it = all.rbegin(); it != all.rend(); ++it) out += *it;
    return out;
  }
  std::vector<Value> items = elements_of(call.self());
  std::reverse(items.begin(), items.end());
  return Value::make_list(std::move(items), List::generator);
}

Value to_integer(Call& call) {
  const Value& value = call.self();
  if (value.integer()) return *value.integer();
  if (auto d = value.get<double>(); d && std::abs(*d) < 9e18) return static_cast<int64_t>(*d);
  Value otherwise = call.at(1, "default", int64_t{0});
  if (!value.text()) return otherwise;
  std::string_view text = strip(*value.text(), nullptr, true, true);
  if (auto number = parse_number<int64_t>(text.starts_with('+') ? text.substr(1) : text)) return *number;
  if (auto number = parse_number<double>(text); number && std::abs(*number) < 9e18)
    return static_cast<int64_t>(*number);
  return otherwise;
}

Value to_real(Call& call) {
  const Value& value = call.self();
  if (value.is_number()) return value.real();
  auto number = value.text() ? parse_number<double>(strip(*value.text(), nullptr, true, true)) : std::nullopt;
  return number ? Value(*number) : call.at(1, "default", 0.0);
}

Value sum(Call& call) {
  int64_t whole = 0;
  double real = 0;
  bool is_real = false;
  const Value* attribute = call.find(1, "attribute");
  for (const Value& item : elements_of(call.self())) {
    Value value = attribute && !attribute->is_none() ? attribute_path(item, to_text(*attribute)) : item;
    if (!value.is_number()) fail(fmt::format("sum: a {} is no number", value.type_name()));
    is_real = is_real || !value.integer();
    real += value.real();
    if (value.integer() && __builtin_add_overflow(whole, *value.integer(), &whole))
      fail("an integer is beyond 64 bits");
  }
  return is_real ? Value(real) : Value(whole);
}

Value first_of(Call& call, bool first) {
  std::vector<Value> items = elements_of(call.self());
  if (items.empty())
    return Undefined{first ? "No first item, sequence was empty." : "No last item, sequence was empty."};
  return first ? items.front() : items.back();
}

Value default_of(Call& call) {
  bool falsy = truth(call.at(2, "boolean", false)) && !truth(call.self());
  return call.self().is_undefined() || falsy ? call.at(1, "default_value", std::string()) : call.self();
}

Value joined_filter(Call& call) {
  std::vector<Value> items = elements_of(call.self());
  if (const Value* attribute = call.find(2, "attribute"); attribute && !attribute->is_none())
    for (Value& item : items) item = attribute_path(item, to_text(*attribute));
  return joined(items, to_text(call.at(1, "d", std::string())));
}

Value trimmed(Call& call) {
  std::string text = to_text(call.self());
  Value characters = call.at(1, "chars", {});
  return text_value(strip(text, characters.text(), true, true));
}

Value items_filter(Call& call) {
  if (call.self().is_undefined()) return Value::make_list({}, List::generator);
  if (!call.self().dict()) fail("Can only get item pairs from a mapping.");
  return pairs_of(*call.self().dict());
}

Value absolute(Call& call) {
  const Value& value = call.self();
  if (value.integer()) return *value.integer() < 0 ? -*value.integer() : *value.integer();
  if (!value.is_number()) fail("abs wants a number");
  return std::abs(value.real());
}

Value rounded(Call& call) {
  if (!call.self().is_number()) fail("round wants a number");
  double scale = std::pow(10.0, static_cast<double>(call.integer(1, "precision", 0)));
  std::string method = to_text(call.at(2, "method", std::string("common")));
  double value = call.self().real() * scale;
  return (method == "ceil"    ? std::ceil(value)
          : method == "floor" ? std::floor(value)
                              : std::nearbyint(value)) /
         scale;
}

using Filter = Value (*)(Call&);

const std::map<std::string_view, Filter>& filters() {
  static const std::map<std::string_view, Filter> kFilters = {
      {"abs", absolute},
      {"capitalize", [](Call& c) { return Value(capitalized(to_text(c.self()))); }},
      {"count", [](Call& c) { return length_of(c.self()); }},
      {"d", default_of},
      {"default", default_of},
      {"dictsort", dict_sorted},
      {"first", [](Call& c) { return first_of(c, true); }},
      {"float", to_real},
      {"indent", indent_text},
      {"int", to_integer},
      {"items", items_filter},
      {"join", joined_filter},
      {"last", [](Call& c) { return first_of(c, false); }},
      {"length", [](Call& c) { return length_of(c.self()); }},
      {"list", [](Call& c) { return Value::make_list(elements_of(c.self())); }},
      {"lower", [](Call& c) { return Value(lower_text(to_text(c.self()))); }},
      {"map", mapped},
      {"max", [](Call& c) { return extreme(c, 1); }},
      {"min", [](Call& c) { return extreme(c, -1); }},
      {"reject", [](Call& c) { return selected(c, false, false); }},
      {"rejectattr", [](Call& c) { return selected(c, true, false); }},
      {"replace",
       [](Call& c) {
         return Value(replaced(to_text(c.self()), to_text(c.need(1, "old")), to_text(c.need(2, "new")),
                               c.integer(3, "count", -1)));
       }},
      {"reverse", reversed},
      {"round", rounded},
      {"select", [](Call& c) { return selected(c, false, true); }},
      {"selectattr", [](Call& c) { return selected(c, true, true); }},
      {"sort", sorted},
      {"string", [](Call& c) { return Value(to_text(c.self())); }},
      {"sum", sum},
      {"title", [](Call& c) { return Value(title_text(to_text(c.self()))); }},
      {"tojson", tojson},
      {"trim", trimmed},
      {"unique", unique},
      {"upper", [](Call& c) { return Value(upper_text(to_text(c.self()))); }},
  };
  return kFilters;
}

using Test = bool (*)(Call&);

bool is_true(const Value& value, bool wanted) { return value.get<bool>() && *value.get<bool>() == wanted; }

const std::map<std::string_view, Test>& tests() {
  static const std::map<std::string_view, Test> kTests = [] {
    std::map<std::string_view, Test> table = {
        {"defined", [](Call& c) { return !c.self().is_undefined(); }},
        {"undefined", [](Call& c) { return c.self().is_undefined(); }},
        {"none", [](Call& c) { return c.self().is_none(); }},
        {"true", [](Call& c) { return is_true(c.self(), true); }},
        {"false", [](Call& c) { return is_true(c.self(), false); }},
        {"boolean", [](Call& c) { return c.self().get<bool>() != nullptr; }},
        {"integer", [](Call& c) { return c.self().get<int64_t>() != nullptr; }},
        {"float", [](Call& c) { return c.self().get<double>() != nullptr; }},
        {"number", [](Call& c) { return c.self().is_number(); }},
        {"string", [](Call& c) { return c.self().text() != nullptr; }},
        {"mapping", [](Call& c) { return c.self().dict() != nullptr; }},
        {"sequence",
         [](Call& c) {
           return c.self().text() || c.self().dict() || c.self().is_undefined() ||
                  (c.self().list() && c.self().list()->flavour != List::generator);
         }},
        {"iterable",
         [](Call& c) { return c.self().text() || c.self().dict() || c.self().list() || c.self().is_undefined(); }},
        {"callable", [](Call& c) { return c.self().callable() != nullptr; }},
        {"even", [](Call& c) { return c.self().integer().value_or(1) % 2 == 0; }},
        {"odd", [](Call& c) { return c.self().integer().value_or(0) % 2 != 0; }},
        {"divisibleby",
         [](Call& c) {
           return c.integer(1, "num", 0) != 0 && c.self().integer().value_or(1) % c.integer(1, "num", 1) == 0;
         }},
        {"in", [](Call& c) { return contains(c.need(1, "seq"), c.self()); }},
        {"lower", [](Call& c) { return lower_text(to_text(c.self())) == to_text(c.self()); }},
        {"upper", [](Call& c) { return upper_text(to_text(c.self())) == to_text(c.self()); }},
        {"sameas",
         [](Call& c) {
           return std::string_view(c.self().type_name()) == c.need(1, "other").type_name() &&
                  equal(c.self(), c.need(1, "other"));
         }},
    };
    auto alias = [&](std::initializer_list<std::string_view> names, Test test) {
      for (std::string_view name : names) table[name] = test;
    };
    alias({"equalto", "eq", "=="}, [](Call& c) { return equal(c.self(), c.need(1, "other")); });
    alias({"ne", "!="}, [](Call& c) { return !equal(c.self(), c.need(1, "other")); });
    alias({"gt", "greaterthan", ">"}, [](Call& c) { return compare(c.self(), c.need(1, "other")) > 0; });
    alias({"ge", ">="}, [](Call& c) { return compare(c.self(), c.need(1, "other")) >= 0; });
    alias({"lt", "lessthan", "<"}, [](Call& c) { return compare(c.self(), c.need(1, "other")) < 0; });
    alias({"le", "<="}, [](Call& c) { return compare(c.self(), c.need(1, "other")) <= 0; });
    return table;
  }();
  return kTests;
}

Value make_range(Args& args) {
  std::vector<int64_t> n;
  for (const Value& value : args.positional)
    n.push_back(value.integer() ? *value.integer() : (fail("range wants integers"), 0));
  if (n.empty() || n.size() > 3) fail("range wants one to three integers");
  int64_t begin = n.size() > 1 ? n[0] : 0, end = n.size() > 1 ? n[1] : n[0], step = n.size() > 2 ? n[2] : 1;
  if (step == 0) fail("range: the step is 0");
  std::vector<Value> items;
  for (int64_t i = begin; step > 0 ? i < end : i > end;) {
    if (std::ssize(items) >= kMaxRange) fail(fmt::format("range of more than {} elements", kMaxRange));
    items.emplace_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return Value::make_list(std::move(items));
}

Value make_namespace(Args& args) {
  auto space = std::make_shared<Namespace>();
  if (!args.positional.empty() && args.positional[0].dict())
    for (auto& [key, value] : args.positional[0].dict()->items) space->attributes.emplace_back(to_text(key), value);
  for (auto& [name, value] : args.named) {
    if (!value.plain()) fail("a namespace cannot hold a namespace or a macro");
    space->attributes.emplace_back(name, value);
  }
  return Value(space);
}

Value make_dict_value(Args& args) {
  std::vector<std::pair<Value, Value>> items;
  if (!args.positional.empty() && args.positional[0].dict()) items = args.positional[0].dict()->items;
  for (auto& [name, value] : args.named) items.emplace_back(Value(name), value);
  return Value::make_dict(std::move(items));
}

Value strftime_now(Args& args, std::time_t now) {
  std::string format = args.positional.empty() ? "" : to_text(args.positional[0]);
  if (format.size() > 1000) fail("strftime_now: the format is too long");
  std::tm time{};
  localtime_r(&now, &time);
  std::string out(16384, '\0');
  out.resize(std::strftime(out.data(), out.size(), format.c_str(), &time));
  return out;
}

} // namespace

Value apply_filter(const std::string& name, Args& args) {
  if (name == "safe") fail("the filter 'safe' is not supported");
  auto it = filters().find(name);
  if (it == filters().end()) fail(fmt::format("the filter '{}' is not supported", name));
  Call call(args, name);
  return it->second(call);
}

bool has_test(const std::string& name) { return tests().contains(name); }

bool apply_test(const std::string& name, Args& args) {
  auto it = tests().find(name);
  if (it == tests().end()) fail(fmt::format("the test '{}' is not supported", name));
  Call call(args, name);
  return it->second(call);
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

std::optional<Value> find_global(const std::string& name, std::time_t now) {
  if (name == "range") return bound(name, make_range);
  if (name == "namespace") return bound(name, make_namespace);
  if (name == "dict") return bound(name, make_dict_value);
  if (name == "raise_exception")
    return bound(name, [](Args& args) -> Value {
      fail("the template refuses this conversation: " +
           (args.positional.empty() ? std::string() : to_text(args.positional[0])));
    });
  if (name == "strftime_now") return bound(name, [now](Args& args) { return strftime_now(args, now); });
  return std::nullopt;
}

Value get_item(const Value& object, const Value& key) {
  if (object.is_undefined()) fail(object.get<Undefined>()->why);
  if (object.dict())
    if (const Value* found = object.dict()->find(key)) return *found;
  if (key.integer() && (object.list() || object.text())) {
    std::vector<std::string_view> characters =
        object.text() ? characters_of(*object.text()) : std::vector<std::string_view>();
    auto size = static_cast<int64_t>(object.list() ? object.list()->items.size() : characters.size());
    int64_t index = *key.integer() < 0 ? *key.integer() + size : *key.integer();
    bool there = index >= 0 && index < size && !(object.list() && object.list()->flavour == List::generator);
    if (!there) return Undefined{fmt::format("{} object has no element {}", object.type_name(), *key.integer())};
    return object.list() ? object.list()->items[static_cast<size_t>(index)]
                         : text_value(characters[static_cast<size_t>(index)]);
  }
  if (!key.text()) return Undefined{fmt::format("{} object has no element {}", object.type_name(), to_repr(key))};
  if (object.space()) return get_attribute(object, *key.text());
  if (auto method = find_method(object, *key.text())) return *method;
  return undefined_member(object, *key.text());
}

Value get_attribute(const Value& object, const std::string& name) {
  if (object.space()) {
    for (auto& [key, value] : object.space()->attributes)
      if (key == name) return value;
    return undefined_member(object, name);
  }
  if (auto method = find_method(object, name)) return *method;
  if (object.dict())
    if (const Value* found = object.dict()->find(Value(name))) return *found;
  return undefined_member(object, name);
}

std::vector<Value> elements_of(const Value& value) {
  if (value.list()) return value.list()->items;
  if (value.dict()) return keys_of(*value.dict()).list()->items;
  if (value.is_undefined()) return {};
  if (!value.text()) fail(fmt::format("'{}' object is not iterable", value.type_name()));
  std::vector<Value> characters;
  for (std::string_view c : characters_of(*value.text())) characters.push_back(text_value(c));
  return characters;
}

bool contains(const Value& container, const Value& item) {
  if (container.dict()) return container.dict()->find(item) != nullptr;
  if (container.is_undefined()) return false;
  if (container.text()) {
    if (!item.text()) fail(fmt::format("'in <string>' requires string as left operand, not {}", item.type_name()));
    return container.text()->find(*item.text()) != std::string::npos;
  }
  if (!container.list()) fail(fmt::format("argument of type '{}' is not iterable", container.type_name()));
  auto& items = container.list()->items;
  return std::any_of(items.begin(), items.end(), [&](const Value& one) { return equal(one, item); });
}

} // namespace proctor::jinja
