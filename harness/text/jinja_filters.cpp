// SPDX-License-Identifier: MIT
// The filters.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <utf8proc.h>

#include "harness/text/ascii.h"
#include "harness/text/jinja_builtins.h"
#include "harness/text/jinja_call.h"
#include "harness/text/jinja_strings.h"
#include "harness/text/number.h"
#include "harness/text/unicode.h"
#include "harness/text/utf8.h"

namespace proctor::jinja {
namespace {

// An attribute of an element, as map(attribute=) and its kin take it: "a.b.0", another key, or none for itself.
Value attribute_of(Value value, const Value& attribute, Budget& budget) {
  if (attribute.is_none()) return value;
  if (!attribute.text()) return get_item(value, attribute, budget);
  for (std::string_view part : split(*attribute.text(), '.')) {
    bool number = std::all_of(part.begin(), part.end(), is_digit);
    auto index = number ? parse_number<int64_t>(part) : std::nullopt;
    value = get_item(value, index ? Value(*index) : text_value(part), budget);
  }
  return value;
}

Value length_of(const Value& value, Budget& budget) {
  if (value.is_undefined()) return int64_t{0};
  if (value.text()) {
    budget.scan(value.text()->size());
    return static_cast<int64_t>(count_characters(*value.text()));
  }
  if (value.dict()) return static_cast<int64_t>(value.dict()->items.size());
  if (value.list() && value.list()->flavour != List::generator)
    return static_cast<int64_t>(value.list()->items.size());
  fail(fmt::format("object of type '{}' has no len()", value.type_name()));
}

Value tojson(Call& call) {
  JsonStyle style;
  style.ensure_ascii = truth(call.at("ensure_ascii", false));
  Value indent = call.at("indent", {});
  if (!indent.is_none() && !indent.text() && !indent.integer())
    fail("tojson: indent has to be an integer or a string");
  if (indent.text()) style.indent = *indent.text();
  if (indent.integer())
    style.indent = std::string(static_cast<size_t>(std::clamp<int64_t>(*indent.integer(), 0, 100)), ' ');
  if (style.indent) style.item_separator = ",";
  if (Value separators = call.at("separators", {}); !separators.is_none()) {
    std::vector<Value> two = elements_of(separators, call.budget());
    if (two.size() != 2 || !two[0].text() || !two[1].text()) fail("tojson: separators have to be two strings");
    style.item_separator = *two[0].text();
    style.key_separator = *two[1].text();
  }
  style.sort_keys = truth(call.at("sort_keys", false));
  return to_json_text(call.self(), style, call.budget());
}

Value indent_text(Call& call) {
  if (!call.self().text()) fail(fmt::format("indent wants a string, not {}", call.self().type_name()));
  Value width = call.at("width", int64_t{4});
  if (!width.text() && !width.integer()) fail("indent: width has to be an integer or a string");
  std::string pad = width.text()
                        ? *width.text()
                        : std::string(static_cast<size_t>(std::clamp<int64_t>(*width.integer(), 0, 1000)), ' ');
  bool first = truth(call.at("first", false)), blank = truth(call.at("blank", false));
  std::string text = *call.self().text() + '\n', out = first ? pad : "";
  call.budget().read(text.size());
  std::string_view rest = text;
  for (bool begin = true; !rest.empty(); begin = false) {
    auto [line, end] = first_line(rest);
    if (!begin) out += '\n';
    if (!begin && (blank || !line.empty())) out += pad;
    out += line;
    rest.remove_prefix(line.size() + end.size());
    if (out.size() > kMaxText) fail("a string grows too large");
  }
  return out;
}

// The elements for a generator that takes from `source` when somebody takes from it.
std::vector<Value> elements_for_later(const Value& source, Budget& budget) {
  std::vector<Value> items = elements_of(source, budget);
  if (source.list() && source.list()->flavour == List::generator) source.list()->lent = true;
  return items;
}

// The arguments from `first` on, for what map or select apply to `item`.
Args passed_on(const Args& args, const Value& item, size_t first) {
  Args inner{args.budget, {item}, args.named};
  inner.positional.insert(inner.positional.end(), args.positional.begin() + static_cast<std::ptrdiff_t>(first),
                          args.positional.end());
  return inner;
}

// select, reject and with an attribute first, selectattr and rejectattr.
Value selected(Call& call, bool by_attribute, bool keep) {
  Args& args = call.args();
  size_t next = by_attribute ? 2 : 1;
  if (args.positional.size() < next) fail(call.what() + ": the argument attribute is missing");
  std::vector<Value> out;
  for (const Value& item : elements_for_later(call.self(), call.budget())) {
    Value subject = by_attribute ? attribute_of(item, args.positional[1], call.budget()) : item;
    bool passes = truth(subject);
    if (next < args.positional.size()) {
      Args test = passed_on(args, subject, next + 1);
      passes = apply_test(to_text(args.positional[next], call.budget()), test);
    }
    if (passes == keep) out.push_back(item);
  }
  return Value::make_list(std::move(out), List::generator);
}

Value map_attribute(Call& call) {
  const Value& attribute = call.need("attribute");
  const Value* otherwise = call.find("default");
  std::vector<Value> out;
  for (const Value& item : elements_for_later(call.self(), call.budget())) {
    Value found = attribute_of(item, attribute, call.budget());
    out.push_back(found.is_undefined() && otherwise ? *otherwise : found);
  }
  return Value::make_list(std::move(out), List::generator);
}

Value mapped(Call& call) {
  Args& args = call.args();
  if (args.positional.size() == 1 && !args.named.empty()) {
    Call by_attribute(args, "map", "attribute default");
    return map_attribute(by_attribute);
  }
  if (args.positional.size() == 1) fail("map requires a filter argument");
  std::string filter = to_text(args.positional[1], call.budget());
  std::vector<Value> out;
  for (const Value& item : elements_for_later(call.self(), call.budget())) {
    Args inner = passed_on(args, item, 2);
    out.push_back(apply_filter(filter, inner));
  }
  return Value::make_list(std::move(out), List::generator);
}

Value sort_key(const Value& item, const Value* attribute, bool case_sensitive, Budget& budget) {
  Value key = attribute ? attribute_of(item, *attribute, budget) : item;
  if (!key.text() || case_sensitive) return key;
  return lower_text(*key.text(), budget);
}

// sort(attribute='a,b') sorts by several.
Value sort_keys(const Value& item, const Value* attribute, bool case_sensitive, Budget& budget) {
  if (!attribute || !attribute->text() || attribute->text()->find(',') == std::string::npos)
    return sort_key(item, attribute, case_sensitive, budget);
  std::vector<Value> keys;
  for (std::string_view one : split(*attribute->text(), ',')) {
    Value path = text_value(one);
    keys.push_back(sort_key(item, &path, case_sensitive, budget));
  }
  return Value::make_list(std::move(keys));
}

// The items in the order of their keys.
std::vector<Value> in_order(std::vector<std::pair<Value, Value>> keyed, bool reverse, Budget& budget) {
  std::stable_sort(keyed.begin(), keyed.end(), [&](auto& a, auto& b) {
    return reverse ? compare(b.first, a.first, budget) < 0 : compare(a.first, b.first, budget) < 0;
  });
  std::vector<Value> items;
  for (auto& [key, item] : keyed) items.push_back(std::move(item));
  return items;
}

Value sorted(Call& call) {
  bool exact = truth(call.at("case_sensitive", false));
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : elements_of(call.self(), call.budget()))
    keyed.emplace_back(sort_keys(item, call.find("attribute"), exact, call.budget()), item);
  return Value::make_list(in_order(std::move(keyed), call.flag("reverse"), call.budget()));
}

Value dict_sorted(Call& call) {
  if (!call.self().dict()) fail("dictsort wants a dict");
  bool exact = truth(call.at("case_sensitive", false));
  std::string by = to_text(call.at("by", std::string("key")), call.budget());
  if (by != "key" && by != "value") fail("dictsort: by has to be 'key' or 'value'");
  std::vector<std::pair<Value, Value>> keyed;
  for (auto& [key, value] : call.self().dict()->items)
    keyed.emplace_back(sort_key(by == "key" ? key : value, nullptr, exact, call.budget()),
                       Value::make_list({key, value}, List::tuple));
  return Value::make_list(in_order(std::move(keyed), call.flag("reverse"), call.budget()));
}

Value unique(Call& call) {
  std::vector<Value> out, keys;
  for (const Value& item : elements_for_later(call.self(), call.budget())) {
    Value key = sort_key(item, call.find("attribute"), truth(call.at("case_sensitive", false)), call.budget());
    if (std::any_of(keys.begin(), keys.end(), [&](const Value& old) { return equal(old, key, call.budget()); }))
      continue;
    keys.push_back(key);
    out.push_back(item);
  }
  return Value::make_list(std::move(out), List::generator);
}

Value extreme(Call& call, int sign) {
  std::vector<Value> items = elements_of(call.self(), call.budget());
  if (items.empty()) return Undefined{"No aggregated item, sequence was empty."};
  const Value* attribute = call.find("attribute");
  bool exact = truth(call.at("case_sensitive", false));
  size_t best = 0;
  Value best_key;
  for (size_t i = 0; i < items.size(); ++i) {
    Value key = sort_key(items[i], attribute, exact, call.budget());
    if (i > 0 && sign * compare(key, best_key, call.budget()) <= 0) continue;
    best = i;
    best_key = std::move(key);
  }
  return items[best];
}

Value reversed(Call& call) {
  if (call.self().text()) {
    std::string out;
    call.budget().make(call.self().text()->size() * sizeof(std::string_view));
    auto all = characters_of(*call.self().text());
    for (auto it = all.rbegin(); it != all.rend(); ++it) out += *it;
    return out;
  }
  bool generator = call.self().list() && call.self().list()->flavour == List::generator;
  std::vector<Value> items = elements_of(call.self(), call.budget());
  std::reverse(items.begin(), items.end());
  return Value::make_list(std::move(items), generator ? List::list : List::generator);
}

// A number's text without the underscores between its digits; nullopt where there are others.
std::optional<std::string> without_underscores(std::string_view text, bool letters) {
  auto digit = [&](size_t i) { return i < text.size() && (is_digit(text[i]) || (letters && is_letter(text[i]))); };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    CodePoint point = code_point_at(text, i);
    if (utf8proc_category(static_cast<utf8proc_int32_t>(point.value)) == UTF8PROC_CATEGORY_ND && point.length > 1)
      fail("numbers in other digits than 0 to 9 are not supported");
    if (text[i] != '_')
      out += text[i];
    else if (i == 0 || !digit(i - 1) || !digit(i + 1))
      return std::nullopt;
  }
  return out;
}

// int(text, base): nullopt where Python raises ValueError.
std::optional<int64_t> parse_integer(std::string_view text, int64_t base) {
  text = strip(text, nullptr, true, true);
  bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  bool prefixed = false;
  for (auto [letter, prefix_base] : {std::pair{'x', 16}, {'o', 8}, {'b', 2}})
    if (text.size() > 2 && text[0] == '0' && to_lower(text[1]) == letter && (base == 0 || base == prefix_base)) {
      base = prefix_base;
      text.remove_prefix(2);
      prefixed = true;
      break;
    }
  bool padded = base == 0 && text.starts_with('0') && text.find_first_not_of("0_") != text.npos;
  if (padded || (base != 0 && (base < 2 || base > 36))) return std::nullopt;
  if (prefixed && text.starts_with('_')) text.remove_prefix(1);
  std::optional<std::string> digits = without_underscores(text, true);
  if (!digits || digits->starts_with('-')) return std::nullopt;
  int64_t value = 0;
  auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), value,
                                      base == 0 ? 10 : static_cast<int>(base));
  if (end != digits->data() + digits->size() || digits->empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) fail("an integer is beyond 64 bits");
  return minus ? -value : value;
}

// float(text): nullopt where Python raises ValueError.
std::optional<double> parse_real(std::string_view text) {
  text = strip(text, nullptr, true, true);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::optional<std::string> digits = without_underscores(text, false);
  if (!digits || digits->empty() || digits->find('(') != digits->npos) return std::nullopt;
  double value = 0;
  auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), value);
  if (end != digits->data() + digits->size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) fail("a number is out of range");
  return value;
}

int64_t whole_part(double value) {
  if (std::abs(value) >= 9.2e18) fail("an integer is beyond 64 bits");
  return static_cast<int64_t>(value);
}

Value to_integer(Call& call) {
  const Value& value = call.self();
  Value otherwise = call.at("default", int64_t{0});
  int64_t base = call.integer("base", 10);
  if (value.is_undefined()) fail(value.get<Undefined>()->why);
  if (value.integer()) return *value.integer();
  if (auto d = value.get<double>()) return std::isnan(*d) ? otherwise : Value(whole_part(*d));
  if (!value.text()) return otherwise;
  call.budget().read(value.text()->size());
  if (auto number = parse_integer(*value.text(), base)) return *number;
  auto number = parse_real(*value.text());
  return number && std::isfinite(*number) ? Value(whole_part(*number)) : otherwise;
}

Value to_real(Call& call) {
  const Value& value = call.self();
  Value otherwise = call.at("default", 0.0);
  if (value.is_undefined()) fail(value.get<Undefined>()->why);
  if (value.is_number()) return value.real();
  if (!value.text()) return otherwise;
  call.budget().read(value.text()->size());
  auto number = parse_real(*value.text());
  return number ? Value(*number) : otherwise;
}

Value sum(Call& call) {
  Value total = call.at("start", int64_t{0});
  if (!total.is_number()) fail(fmt::format("sum: a {} is no number", total.type_name()));
  const Value* attribute = call.find("attribute");
  for (const Value& item : elements_of(call.self(), call.budget())) {
    Value value = attribute ? attribute_of(item, *attribute, call.budget()) : item;
    if (!value.is_number()) fail(fmt::format("sum: a {} is no number", value.type_name()));
    int64_t whole = 0;
    if (!total.integer() || !value.integer())
      total = total.real() + value.real();
    else if (__builtin_add_overflow(*total.integer(), *value.integer(), &whole))
      fail("an integer is beyond 64 bits");
    else
      total = whole;
  }
  return total;
}

Value first_of(Call& call, bool first) {
  if (call.self().text() && !call.self().text()->empty())
    return get_item(call.self(), int64_t{first ? 0 : -1}, call.budget());
  if (call.self().list() && call.self().list()->flavour == List::generator) {
    if (!first) fail("'generator' object is not reversible");
    std::vector<Value> next = call.self().list()->take(1);
    return next.empty() ? Value(Undefined{"No first item, sequence was empty."}) : next[0];
  }
  std::vector<Value> items = elements_of(call.self(), call.budget());
  if (items.empty())
    return Undefined{first ? "No first item, sequence was empty." : "No last item, sequence was empty."};
  return first ? items.front() : items.back();
}

Value default_of(Call& call) {
  bool falsy = truth(call.at("boolean", false)) && !truth(call.self());
  return call.self().is_undefined() || falsy ? call.at("default_value", std::string()) : call.self();
}

Value joined_filter(Call& call) {
  std::vector<Value> items = elements_of(call.self(), call.budget());
  if (const Value* attribute = call.find("attribute"); attribute && !attribute->is_none())
    for (Value& item : items) item = attribute_of(item, *attribute, call.budget());
  return joined(items, to_text(call.at("d", std::string()), call.budget()), call.budget());
}

Value trimmed(Call& call) {
  std::string text = call.self_text();
  Value characters = call.at("chars", {});
  if (!characters.is_none() && !characters.text()) fail("trim: chars has to be a string or none");
  return stripped(text, characters.text(), true, true, call.budget());
}

Value items_filter(Call& call) {
  if (call.self().is_undefined()) return Value::make_list({}, List::generator);
  if (!call.self().dict()) fail("Can only get item pairs from a mapping.");
  return Value::make_list(pairs_of(*call.self().dict(), call.budget()).list()->items, List::generator);
}

Value absolute(Call& call) {
  const Value& value = call.self();
  if (value.integer() == INT64_MIN) fail("an integer is beyond 64 bits");
  if (value.integer()) return *value.integer() < 0 ? -*value.integer() : *value.integer();
  if (!value.is_number()) fail("abs wants a number");
  return std::abs(value.real());
}

// round(value, digits) of an int: half to even.
Value round_integer(int64_t value, int64_t digits) {
  if (digits >= 0) return value;
  if (digits < -18) return int64_t{0};
  int64_t unit = 1;
  for (int64_t i = 0; i < -digits; ++i) unit *= 10;
  int64_t rest = value % unit, down = value - rest, half = unit / 2;
  bool odd = (down / unit) % 2 != 0;
  int64_t away = value < 0 ? -unit : unit, result = down;
  bool up = std::abs(rest) > half || (std::abs(rest) == half && odd);
  if (up && __builtin_add_overflow(down, away, &result)) fail("an integer is beyond 64 bits");
  return result;
}

// The same of a float: exact in decimals.
Value round_real(double value, int64_t digits) {
  if (!std::isfinite(value) || digits > 300) return value;
  if (digits >= 0)
    return parse_number<double>(fmt::format("{:.{}f}", value, static_cast<int>(digits))).value_or(value);
  if (digits < -308) return std::copysign(0.0, value);
  double unit = std::pow(10.0, static_cast<double>(-digits));
  return std::nearbyint(value / unit) * unit;
}

Value rounded(Call& call) {
  const Value& value = call.self();
  int64_t digits = call.integer("precision", 0);
  std::string method = to_text(call.at("method", std::string("common")), call.budget());
  if (method != "common" && method != "ceil" && method != "floor")
    fail("round: method must be common, ceil or floor");
  if (!value.is_number()) fail("round wants a number");
  if (method == "common")
    return value.integer() ? round_integer(*value.integer(), digits) : round_real(value.real(), digits);
  double scale = std::pow(10.0, static_cast<double>(digits)), scaled = value.real() * scale;
  if (scale == 0 || !std::isfinite(scaled)) fail("round: the precision is out of range");
  return (method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale;
}

struct Filter {
  std::string_view parameters; // as Call takes them
  Value (*run)(Call&);
};

const std::map<std::string_view, Filter>& filters() {
  static const std::map<std::string_view, Filter> kFilters = {
      {"abs", {"", absolute}},
      {"capitalize", {"", [](Call& c) { return Value(capitalized(c.self_text(), c.budget())); }}},
      {"count", {"", [](Call& c) { return length_of(c.self(), c.budget()); }}},
      {"d", {"default_value boolean", default_of}},
      {"default", {"default_value boolean", default_of}},
      {"dictsort", {"case_sensitive by reverse", dict_sorted}},
      {"first", {"", [](Call& c) { return first_of(c, true); }}},
      {"float", {"default", to_real}},
      {"indent", {"width first blank", indent_text}},
      {"int", {"default base", to_integer}},
      {"items", {"", items_filter}},
      {"join", {"d attribute", joined_filter}},
      {"last", {"", [](Call& c) { return first_of(c, false); }}},
      {"length", {"", [](Call& c) { return length_of(c.self(), c.budget()); }}},
      {"list", {"", [](Call& c) { return Value::make_list(elements_of(c.self(), c.budget())); }}},
      {"lower", {"", [](Call& c) { return Value(lower_text(c.self_text(), c.budget())); }}},
      {"map", {"*", mapped}},
      {"max", {"case_sensitive attribute", [](Call& c) { return extreme(c, 1); }}},
      {"min", {"case_sensitive attribute", [](Call& c) { return extreme(c, -1); }}},
      {"reject", {"*", [](Call& c) { return selected(c, false, false); }}},
      {"rejectattr", {"*", [](Call& c) { return selected(c, true, false); }}},
      {"replace",
       {"old new count",
        [](Call& c) {
          return Value(replaced(c.self_text(), to_text(c.need("old"), c.budget()), to_text(c.need("new"), c.budget()),
                                c.integer_or_none("count").value_or(-1), c.budget()));
        }}},
      {"reverse", {"", reversed}},
      {"round", {"precision method", rounded}},
      {"select", {"*", [](Call& c) { return selected(c, false, true); }}},
      {"selectattr", {"*", [](Call& c) { return selected(c, true, true); }}},
      {"sort", {"reverse case_sensitive attribute", sorted}},
      {"string", {"", [](Call& c) { return Value(c.self_text()); }}},
      {"sum", {"attribute start", sum}},
      {"title", {"", [](Call& c) { return Value(title_words(c.self_text(), c.budget())); }}},
      {"tojson", {"ensure_ascii indent separators sort_keys", tojson}},
      {"trim", {"chars", trimmed}},
      {"unique", {"case_sensitive attribute", unique}},
      {"upper", {"", [](Call& c) { return Value(upper_text(c.self_text(), c.budget())); }}},
  };
  return kFilters;
}

} // namespace

Value apply_filter(const std::string& name, Args& args) {
  if (name == "safe") fail("the filter 'safe' is not supported");
  auto it = filters().find(name);
  if (it == filters().end()) fail(fmt::format("the filter '{}' is not supported", name));
  Call call(args, name, it->second.parameters);
  Value result = it->second.run(call);
  pay_for(result, args.budget);
  return result;
}

} // namespace proctor::jinja
