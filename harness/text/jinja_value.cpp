// SPDX-License-Identifier: MIT
#include "harness/text/jinja_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "harness/text/json_text.h"
#include "harness/text/unicode.h"

namespace proctor::jinja {

void fail(std::string message) { throw JinjaError{std::move(message), 0}; }

const Value* Dict::find(const Value& key) const {
  for (auto& [name, value] : items)
    if (equal(name, key)) return &value;
  return nullptr;
}

Value Value::make_list(std::vector<Value> items, List::Flavour flavour) {
  List list{std::move(items), flavour, 1, true};
  for (const Value& item : list.items) {
    list.depth = std::max(list.depth, item.depth() + 1);
    list.plain = list.plain && item.plain();
  }
  if (list.depth > kMaxDepth) fail("a list is nested too deeply");
  Value value;
  value.any_ = std::make_shared<const List>(std::move(list));
  return value;
}

Value Value::make_dict(std::vector<std::pair<Value, Value>> items) {
  Dict dict;
  for (auto& [key, item] : items) {
    dict.depth = std::max({dict.depth, item.depth() + 1, key.depth() + 1});
    dict.plain = dict.plain && item.plain() && key.plain();
    auto same = std::find_if(dict.items.begin(), dict.items.end(), [&](auto& old) { return equal(old.first, key); });
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
  if (list() && list()->flavour != List::list) return list()->flavour == List::tuple ? "tuple" : "generator";
  return kNames[any_.index()];
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

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (a.integer() && b.integer()) return *a.integer() == *b.integer();
    return a.real() == b.real();
  }
  if (a.text() && b.text()) return *a.text() == *b.text();
  if (a.list() && b.list()) {
    const List &x = *a.list(), &y = *b.list();
    return x.flavour == y.flavour &&
           std::equal(x.items.begin(), x.items.end(), y.items.begin(), y.items.end(), equal);
  }
  if (a.dict() && b.dict()) {
    if (a.dict()->items.size() != b.dict()->items.size()) return false;
    return std::all_of(a.dict()->items.begin(), a.dict()->items.end(), [&](auto& item) {
      const Value* other = b.dict()->find(item.first);
      return other != nullptr && equal(item.second, *other);
    });
  }
  if (a.space() || b.space()) return a.space() == b.space();
  if (a.callable() || b.callable()) return a.callable() == b.callable();
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

int compare(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (a.integer() && b.integer()) return (*a.integer() > *b.integer()) - (*a.integer() < *b.integer());
    return (a.real() > b.real()) - (a.real() < b.real());
  }
  if (a.text() && b.text()) return a.text()->compare(*b.text());
  if (a.list() && b.list() && a.list()->flavour == b.list()->flavour) {
    const auto &x = a.list()->items, &y = b.list()->items;
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
      if (!equal(x[i], y[i])) return compare(x[i], y[i]);
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

std::string repr_of(const List& list) {
  if (list.flavour == List::generator) return "<generator object>";
  std::string out(1, list.flavour == List::tuple ? '(' : '[');
  for (size_t i = 0; i < list.items.size(); ++i) out += (i ? ", " : "") + to_repr(list.items[i]);
  if (list.flavour == List::tuple) return out + (list.items.size() == 1 ? ",)" : ")");
  return out + "]";
}

std::string repr_of(const Dict& dict) {
  std::string out = "{";
  for (auto& [key, value] : dict.items) out += (out.size() > 1 ? ", " : "") + to_repr(key) + ": " + to_repr(value);
  return out + "}";
}

void append_ascii(std::string& out, const std::string& json) { // escapes what is not ASCII
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
}

// json.dumps escapes the quotes, the backslash and what is below U+0020.
void append_string(std::string& out, std::string_view text, const JsonStyle& style) {
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
  if (style.ensure_ascii)
    append_ascii(out, quoted_text);
  else
    out += quoted_text;
}

class JsonPrinter {
 public:
  explicit JsonPrinter(const JsonStyle& style) : style_(style) {}

  void print(const Value& value, size_t depth) {
    if (value.is_none()) {
      out += "null";
    } else if (auto b = value.get<bool>()) {
      out += *b ? "true" : "false";
    } else if (auto i = value.integer()) {
      out += std::to_string(*i);
    } else if (auto d = value.get<double>()) {
      out += std::isnan(*d) ? "NaN" : std::isinf(*d) ? (*d > 0 ? "Infinity" : "-Infinity") : real_text(*d);
    } else if (auto text = value.text()) {
      append_string(out, *text, style_);
    } else if (auto list = value.list(); list && list->flavour != List::generator) {
      print_list(*list, depth);
    } else if (auto dict = value.dict()) {
      print_dict(*dict, depth);
    } else {
      fail(fmt::format("Object of type {} is not JSON serializable", value.type_name()));
    }
  }

  std::string out;

 private:
  void line(size_t depth) {
    if (!style_.indent) return;
    out += '\n';
    for (size_t i = 0; i < depth; ++i) out += *style_.indent;
  }

  void print_list(const List& list, size_t depth) {
    out += '[';
    for (size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) out += style_.item_separator;
      line(depth + 1);
      print(list.items[i], depth + 1);
    }
    if (!list.items.empty()) line(depth);
    out += ']';
  }

  void print_dict(const Dict& dict, size_t depth) {
    auto items = dict.items;
    if (style_.sort_keys)
      std::stable_sort(items.begin(), items.end(), [](auto& a, auto& b) { return compare(a.first, b.first) < 0; });
    out += '{';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += style_.item_separator;
      line(depth + 1);
      print_key(items[i].first);
      out += style_.key_separator;
      print(items[i].second, depth + 1);
    }
    if (!items.empty()) line(depth);
    out += '}';
  }

  void print_key(const Value& key) {
    if (key.text()) return print(key, 0);
    if (!key.is_number() && !key.is_none()) fail("keys must be str, int, float, bool or None");
    JsonPrinter plain(style_);
    plain.print(key, 0);
    out += '"' + plain.out + '"';
  }

  const JsonStyle& style_;
};

} // namespace

std::string to_repr(const Value& value) {
  if (auto text = value.text()) return quoted(*text);
  if (value.is_undefined()) return "Undefined";
  return to_text(value);
}

std::string to_text(const Value& value) {
  if (value.is_undefined()) return "";
  if (value.is_none()) return "None";
  if (auto b = value.get<bool>()) return *b ? "True" : "False";
  if (auto i = value.integer()) return std::to_string(*i);
  if (auto d = value.get<double>()) return real_text(*d);
  if (auto text = value.text()) return *text;
  if (auto list = value.list()) return repr_of(*list);
  if (auto dict = value.dict()) return repr_of(*dict);
  fail(fmt::format("a {} cannot be printed", value.type_name()));
}

std::string to_json_text(const Value& value, const JsonStyle& style) {
  JsonPrinter printer(style);
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

bool is_python_space(char32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

std::string_view strip(std::string_view text, const std::string* characters, bool left, bool right) {
  std::vector<std::string_view> all = characters_of(text);
  auto strips = [&](std::string_view c) {
    return characters ? characters->find(c) != std::string::npos : is_python_space(code_point_at(c, 0).value);
  };
  size_t begin = 0, end = all.size();
  while (left && begin < end && strips(all[begin])) ++begin;
  while (right && end > begin && strips(all[end - 1])) --end;
  if (begin == end) return {};
  return {all[begin].data(), static_cast<size_t>(all[end - 1].data() + all[end - 1].size() - all[begin].data())};
}

} // namespace proctor::jinja
