// SPDX-License-Identifier: MIT
#include "harness/text/jinja_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "harness/text/json_text.h"
#include "harness/text/unicode.h"

namespace proctor::jinja {

void fail(std::string message) { throw JinjaError{std::move(message), 0}; }

const Value* Dict::find(const Value& key, Budget& budget) const {
  for (auto& [name, value] : items)
    if (equal(name, key, budget)) return &value;
  return nullptr;
}

Value Value::make_list(std::vector<Value> items, List::Flavour flavour, std::string name) {
  List list{std::move(items), flavour, std::move(name)};
  for (const Value& item : list.items) {
    list.depth = std::max(list.depth, item.depth() + 1);
    list.plain = list.plain && item.plain();
  }
  if (list.depth > kMaxDepth) fail("a list is nested too deeply");
  Value value;
  value.any_ = std::make_shared<const List>(std::move(list));
  return value;
}

std::vector<Value> List::take(size_t most) const {
  if (lent) fail("a generator is used again after a loop or a filter has begun to take from it");
  size_t begin = taken, n = std::min(most, items.size() - begin);
  if (flavour == generator) taken += n;
  auto first = items.begin() + static_cast<std::ptrdiff_t>(begin);
  return {first, first + static_cast<std::ptrdiff_t>(n)};
}

Value Value::make_dict(std::vector<std::pair<Value, Value>> items, Budget& budget) {
  Dict dict;
  for (auto& [key, item] : items) {
    dict.depth = std::max({dict.depth, item.depth() + 1, key.depth() + 1});
    dict.plain = dict.plain && item.plain() && key.plain();
    must_be_key(key);
    auto same =
        std::find_if(dict.items.begin(), dict.items.end(), [&](auto& old) { return equal(old.first, key, budget); });
    if (same == dict.items.end())
      dict.items.emplace_back(std::move(key), std::move(item));
    else
      same->second = std::move(item);
  }
  if (dict.depth > kMaxDepth) fail("a dict is nested too deeply");
  Value value;
  value.any_ = std::make_shared<const Dict>(std::move(dict));
  return value;
}

Value Value::from_json(const Json& json, size_t depth) {
  if (depth > kMaxDepth) fail("a value is nested too deeply");
  switch (json.type()) {
  case Json::value_t::boolean: return json.get<bool>();
  case Json::value_t::number_integer: return json.get<int64_t>();
  case Json::value_t::number_unsigned:
    if (json.get<uint64_t>() > INT64_MAX) fail("a number is beyond 64 bits");
    return json.get<int64_t>();
  case Json::value_t::number_float: return json.get<double>();
  case Json::value_t::string: return json.get<std::string>();
  case Json::value_t::array: {
    std::vector<Value> items;
    for (const Json& item : json) items.push_back(from_json(item, depth + 1));
    return make_list(std::move(items));
  }
  case Json::value_t::object: {
    Dict dict; // keys of a Json object are unique
    for (auto& [key, item] : json.items()) {
      dict.items.emplace_back(Value(key), from_json(item, depth + 1));
      dict.depth = std::max(dict.depth, dict.items.back().second.depth() + 1);
    }
    Value value;
    value.any_ = std::make_shared<const Dict>(std::move(dict));
    return value;
  }
  default: return {};
  }
}

const std::string* Value::text() const {
  auto p = get<std::shared_ptr<const std::string>>();
  return p ? p->get() : nullptr;
}
const List* Value::list() const {
  auto p = get<std::shared_ptr<const List>>();
  return p ? p->get() : nullptr;
}
const Dict* Value::dict() const {
  auto p = get<std::shared_ptr<const Dict>>();
  return p ? p->get() : nullptr;
}
Namespace* Value::space() const {
  auto p = get<std::shared_ptr<Namespace>>();
  return p ? p->get() : nullptr;
}
const Callable* Value::callable() const {
  auto p = get<std::shared_ptr<const Callable>>();
  return p ? p->get() : nullptr;
}

std::optional<int64_t> Value::integer() const {
  if (auto b = get<bool>()) return *b ? 1 : 0;
  if (auto i = get<int64_t>()) return *i;
  return std::nullopt;
}

double Value::real() const {
  if (auto d = get<double>()) return *d;
  return static_cast<double>(integer().value_or(0));
}

size_t Value::depth() const { return list() ? list()->depth : dict() ? dict()->depth : 0; }

bool Value::plain() const {
  if (list()) return list()->plain;
  if (dict()) return dict()->plain;
  return !space() && !callable();
}

const char* Value::type_name() const {
  static constexpr const char* kNames[] = {"Undefined", "NoneType", "bool", "int",       "float",
                                           "str",       "list",     "dict", "Namespace", "function"};
  if (list() && list()->flavour == List::view) return list()->name.c_str();
  if (list()) return std::array{"list", "tuple", "generator", "range"}[list()->flavour];
  return kNames[any_.index()];
}

void must_be_key(const Value& value) {
  bool list = value.list() && (value.list()->flavour == List::list || value.list()->flavour == List::view);
  if (list || value.dict()) fail(fmt::format("unhashable type: '{}'", value.type_name()));
}

bool truth(const Value& value) {
  if (value.is_undefined() || value.is_none()) return false;
  if (auto d = value.get<double>()) return *d != 0;
  if (auto i = value.integer()) return *i != 0;
  if (auto text = value.text()) return !text->empty();
  if (auto list = value.list()) return list->flavour == List::generator || !list->items.empty();
  if (auto dict = value.dict()) return !dict->items.empty();
  return true;
}

bool equal(const Value& a, const Value& b, Budget& budget) {
  budget.step();
  if (a.is_number() && b.is_number()) {
    if (a.integer() && b.integer()) return *a.integer() == *b.integer();
    return a.real() == b.real();
  }
  if (a.text() && b.text()) {
    if (a.text()->size() == b.text()->size()) budget.scan(a.text()->size());
    return *a.text() == *b.text();
  }
  if (a.list() && b.list()) {
    const List &x = *a.list(), &y = *b.list();
    if (x.flavour == List::view && y.flavour == List::view) fail("the parts of dicts cannot be compared");
    if (x.flavour == List::generator) return &x == &y;
    return x.flavour == y.flavour &&
           std::equal(x.items.begin(), x.items.end(), y.items.begin(), y.items.end(),
                      [&](const Value& one, const Value& other) { return equal(one, other, budget); });
  }
  if (a.dict() && b.dict()) {
    if (a.dict()->items.size() != b.dict()->items.size()) return false;
    return std::all_of(a.dict()->items.begin(), a.dict()->items.end(), [&](auto& item) {
      const Value* other = b.dict()->find(item.first, budget);
      return other != nullptr && equal(item.second, *other, budget);
    });
  }
  if (a.space() || b.space()) return a.space() == b.space();
  if (a.callable() || b.callable()) return a.callable() == b.callable();
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

int compare(const Value& a, const Value& b, Budget& budget) {
  budget.step();
  if (a.is_number() && b.is_number()) {
    if (a.integer() && b.integer()) return (*a.integer() > *b.integer()) - (*a.integer() < *b.integer());
    return (a.real() > b.real()) - (a.real() < b.real());
  }
  if (a.text() && b.text()) {
    budget.scan(std::min(a.text()->size(), b.text()->size()));
    return a.text()->compare(*b.text());
  }
  if (a.list() && b.list() && a.list()->flavour == b.list()->flavour && a.list()->flavour <= List::tuple) {
    const auto &x = a.list()->items, &y = b.list()->items;
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
      if (!equal(x[i], y[i], budget)) return compare(x[i], y[i], budget);
    return (x.size() > y.size()) - (x.size() < y.size());
  }
  if (a.is_undefined() || b.is_undefined()) fail((a.is_undefined() ? a : b).get<Undefined>()->why);
  fail(fmt::format("'<' not supported between instances of '{}' and '{}'", a.type_name(), b.type_name()));
}

std::string real_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[64];
  double size = std::abs(value);
  bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                           plain ? std::chars_format::fixed : std::chars_format::scientific)
                 .ptr;
  std::string text(buffer, end);
  if (plain && text.find('.') == text.npos) text += ".0";
  return text;
}

namespace {

std::string quoted(const std::string& text) {
  bool single = text.find('\'') != text.npos && text.find('"') == text.npos;
  char quote = single ? '"' : '\'';
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    char32_t c = point.value;
    if (c == static_cast<char32_t>(quote) || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (c < 0x20 || (c >= 0x7F && c < 0xA1) || c == 0xAD)
      out += fmt::format("\\x{:02x}", static_cast<uint32_t>(c));
    else if (c >= 0x80 && (char_class(c) == 0 || (char_class(c) & kSpace)))
      out += c < 0x10000 ? fmt::format("\\u{:04x}", static_cast<uint32_t>(c))
                         : fmt::format("\\U{:08x}", static_cast<uint32_t>(c));
    else
      out.append(text, at, point.length);
    at += point.length;
  }
  return out += quote;
}

// str() and repr().
class Printer {
 public:
  explicit Printer(Budget& budget) : budget_(budget) {}

  void print_text(const Value& value) {
    if (auto text = value.text())
      out = *text;
    else if (!value.is_undefined())
      print(value);
  }

  void print(const Value& value) {
    budget_.step();
    if (value.is_undefined()) return add("Undefined");
    if (value.is_none()) return add("None");
    if (auto b = value.get<bool>()) return add(*b ? "True" : "False");
    if (auto i = value.integer()) return add(std::to_string(*i));
    if (auto d = value.get<double>()) return add(real_text(*d));
    if (auto text = value.text()) return add(quoted(*text));
    if (auto list = value.list()) return print_list(*list);
    if (auto dict = value.dict()) return print_dict(*dict);
    fail(fmt::format("a {} cannot be printed", value.type_name()));
  }

  std::string out;

 private:
  void add(std::string_view text) {
    budget_.make(text.size());
    out += text;
  }

  void print_list(const List& list) {
    if (list.flavour == List::generator) fail("a generator cannot be printed");
    if (list.flavour == List::range && list.name.empty()) fail("a part of a range cannot be printed");
    if (list.flavour == List::range) return add(list.name);
    if (list.flavour == List::view) add(list.name + "(");
    add(list.flavour == List::tuple ? "(" : "[");
    for (size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) add(", ");
      print(list.items[i]);
    }
    if (list.flavour == List::tuple) return add(list.items.size() == 1 ? ",)" : ")");
    add(list.flavour == List::view ? "])" : "]");
  }

  void print_dict(const Dict& dict) {
    add("{");
    for (size_t i = 0; i < dict.items.size(); ++i) {
      if (i > 0) add(", ");
      print(dict.items[i].first);
      add(": ");
      print(dict.items[i].second);
    }
    add("}");
  }

  Budget& budget_;
};

std::string ascii_only(const std::string& json) { // escapes what is not ASCII
  std::string out;
  for (size_t at = 0; at < json.size();) {
    CodePoint point = code_point_at(json, at);
    auto c = static_cast<uint32_t>(point.value);
    if (c < 0x7F || c == 0x7F)
      out += static_cast<char>(c);
    else if (c < 0x10000)
      out += fmt::format("\\u{:04x}", c);
    else
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD7C0 + (c >> 10), 0xDC00 + (c & 0x3FF));
    at += point.length;
  }
  return out;
}

// json.dumps escapes the quotes, the backslash and what is below U+0020.
std::string json_string(std::string_view text, const JsonStyle& style) {
  std::string quoted_text;
  quoted_text += '"';
  for (char c : text) {
    switch (c) {
    case '"': quoted_text += "\\\""; break;
    case '\\': quoted_text += "\\\\"; break;
    case '\n': quoted_text += "\\n"; break;
    case '\r': quoted_text += "\\r"; break;
    case '\t': quoted_text += "\\t"; break;
    case '\b': quoted_text += "\\b"; break;
    case '\f': quoted_text += "\\f"; break;
    default:
      if (static_cast<uint8_t>(c) < 0x20)
        quoted_text += fmt::format("\\u{:04x}", static_cast<uint8_t>(c));
      else
        quoted_text += c;
    }
  }
  quoted_text += '"';
  return style.ensure_ascii ? ascii_only(quoted_text) : quoted_text;
}

class JsonPrinter {
 public:
  JsonPrinter(const JsonStyle& style, Budget& budget) : style_(style), budget_(budget) {}

  void print(const Value& value, size_t depth) {
    budget_.step();
    if (value.is_none()) return add("null");
    if (auto b = value.get<bool>()) return add(*b ? "true" : "false");
    if (auto i = value.integer()) return add(std::to_string(*i));
    if (auto d = value.get<double>())
      return add(std::isnan(*d) ? "NaN" : std::isinf(*d) ? (*d > 0 ? "Infinity" : "-Infinity") : real_text(*d));
    if (auto text = value.text()) return add(json_string(*text, style_));
    if (auto list = value.list(); list && list->flavour <= List::tuple) return print_list(*list, depth);
    if (auto dict = value.dict()) return print_dict(*dict, depth);
    fail(fmt::format("Object of type {} is not JSON serializable", value.type_name()));
  }

  std::string out;

 private:
  void add(std::string_view text) {
    budget_.make(text.size());
    out += text;
  }

  void line(size_t depth) {
    if (!style_.indent) return;
    add("\n");
    for (size_t i = 0; i < depth; ++i) add(*style_.indent);
  }

  void print_list(const List& list, size_t depth) {
    add("[");
    for (size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) add(style_.item_separator);
      line(depth + 1);
      print(list.items[i], depth + 1);
    }
    if (!list.items.empty()) line(depth);
    add("]");
  }

  void print_dict(const Dict& dict, size_t depth) {
    auto items = dict.items;
    if (style_.sort_keys)
      std::stable_sort(items.begin(), items.end(),
                       [&](auto& a, auto& b) { return compare(a.first, b.first, budget_) < 0; });
    add("{");
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) add(style_.item_separator);
      line(depth + 1);
      print_key(items[i].first);
      add(style_.key_separator);
      print(items[i].second, depth + 1);
    }
    if (!items.empty()) line(depth);
    add("}");
  }

  void print_key(const Value& key) {
    if (key.text()) return print(key, 0);
    if (!key.is_number() && !key.is_none()) fail("keys must be str, int, float, bool or None");
    add("\"");
    print(key, 0);
    add("\"");
  }

  const JsonStyle& style_;
  Budget& budget_;
};

} // namespace

std::string to_repr(const Value& value, Budget& budget) {
  Printer printer(budget);
  printer.print(value);
  return std::move(printer.out);
}

std::string to_text(const Value& value, Budget& budget) {
  Printer printer(budget);
  printer.print_text(value);
  return std::move(printer.out);
}

std::string to_json_text(const Value& value, const JsonStyle& style, Budget& budget) {
  JsonPrinter printer(style, budget);
  printer.print(value, 0);
  return std::move(printer.out);
}

std::vector<std::string_view> characters_of(std::string_view text) {
  std::vector<std::string_view> result;
  for (size_t at = 0; at < text.size();) {
    uint32_t length = code_point_at(text, at).length;
    result.push_back(text.substr(at, length));
    at += length;
  }
  return result;
}

size_t count_code_points(std::string_view text) {
  size_t n = 0;
  for (size_t at = 0; at < text.size(); ++n) at += code_point_at(text, at).length;
  return n;
}

size_t offset_of(std::string_view text, int64_t index) {
  size_t at = 0;
  for (; index > 0 && at < text.size(); --index) at += code_point_at(text, at).length;
  return at;
}

bool is_python_space(char32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

size_t last_length(std::string_view text) {
  for (size_t length = 2; length <= std::min<size_t>(4, text.size()); ++length)
    if (code_point_at(text, text.size() - length).length == length) return length;
  return 1;
}

std::string_view strip(std::string_view text, const std::string* characters, bool left, bool right) {
  auto strips = [&](std::string_view c) {
    return characters ? characters->find(c) != std::string::npos : is_python_space(code_point_at(c, 0).value);
  };
  while (left && !text.empty()) {
    size_t length = code_point_at(text, 0).length;
    if (!strips(text.substr(0, length))) break;
    text.remove_prefix(length);
  }
  while (right && !text.empty()) {
    size_t length = last_length(text);
    if (!strips(text.substr(text.size() - length))) break;
    text.remove_suffix(length);
  }
  return text;
}

} // namespace proctor::jinja
