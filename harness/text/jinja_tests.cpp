// SPDX-License-Identifier: MIT
// The tests: what may stand after "is".
#include <map>

#include "harness/text/jinja_builtins.h"
#include "harness/text/jinja_call.h"
#include "harness/text/jinja_numbers.h"
#include "harness/text/jinja_strings.h"
#include "harness/text/unicode.h"

namespace proctor::jinja {
namespace {

struct Test {
  std::string_view parameters; // as Call takes them
  bool (*run)(Call&);
};

bool is_true(const Value& value, bool wanted) { return value.get<bool>() && *value.get<bool>() == wanted; }

// Whether the value leaves `rest` when it is divided.
bool leaves(Call& call, const Value& divisor, const Value& rest) {
  if (call.self().is_undefined()) fail(call.self().get<Undefined>()->why);
  if (!call.self().is_number() || !divisor.is_number()) fail(call.what() + " wants numbers");
  return equal(arithmetic("%", call.self(), divisor), rest, call.budget());
}

// Whether both are one value. Numbers and texts are where they are equal.
bool same(Call& call) {
  const Value &a = call.self(), &b = call.need("other");
  if (a.list() || a.dict()) return a.list() == b.list() && a.dict() == b.dict();
  return std::string_view(a.type_name()) == b.type_name() && equal(a, b, call.budget());
}

const std::map<std::string_view, Test>& tests() {
  static const std::map<std::string_view, Test> kTests = [] {
    std::map<std::string_view, Test> table = {
        {"defined", {"", [](Call& c) { return !c.self().is_undefined(); }}},
        {"undefined", {"", [](Call& c) { return c.self().is_undefined(); }}},
        {"none", {"", [](Call& c) { return c.self().is_none(); }}},
        {"true", {"", [](Call& c) { return is_true(c.self(), true); }}},
        {"false", {"", [](Call& c) { return is_true(c.self(), false); }}},
        {"boolean", {"", [](Call& c) { return c.self().get<bool>() != nullptr; }}},
        {"integer", {"", [](Call& c) { return c.self().get<int64_t>() != nullptr; }}},
        {"float", {"", [](Call& c) { return c.self().get<double>() != nullptr; }}},
        {"number", {"", [](Call& c) { return c.self().is_number(); }}},
        {"string", {"", [](Call& c) { return c.self().text() != nullptr; }}},
        {"mapping", {"", [](Call& c) { return c.self().dict() != nullptr; }}},
        {"sequence",
         {"",
          [](Call& c) {
            return c.self().text() || c.self().dict() || c.self().is_undefined() ||
                   (c.self().list() && c.self().list()->indexed());
          }}},
        {"iterable",
         {"",
          [](Call& c) { return c.self().text() || c.self().dict() || c.self().list() || c.self().is_undefined(); }}},
        {"callable", {"", [](Call& c) { return c.self().callable() || c.self().is_undefined(); }}},
        {"even", {"", [](Call& c) { return leaves(c, int64_t{2}, int64_t{0}); }}},
        {"odd", {"", [](Call& c) { return leaves(c, int64_t{2}, int64_t{1}); }}},
        {"divisibleby", {"num", [](Call& c) { return leaves(c, c.need("num"), int64_t{0}); }}},
        {"in", {"seq", [](Call& c) { return contains(c.need("seq"), c.self(), c.budget()); }}},
        {"lower", {"", [](Call& c) { return is_lower_text(c.self_text(), c.budget()); }}},
        {"upper", {"", [](Call& c) { return is_upper_text(c.self_text(), c.budget()); }}},
        {"sameas", {"other", same}},
    };
    auto alias = [&](std::initializer_list<std::string_view> names, bool (*run)(Call&)) {
      for (std::string_view name : names) table[name] = {"other /", run};
    };
    alias({"equalto", "eq", "=="}, [](Call& c) { return equal(c.self(), c.need("other"), c.budget()); });
    alias({"ne", "!="}, [](Call& c) { return !equal(c.self(), c.need("other"), c.budget()); });
    alias({"gt", "greaterthan", ">"}, [](Call& c) { return compare(c.self(), c.need("other"), c.budget()) > 0; });
    alias({"ge", ">="}, [](Call& c) { return compare(c.self(), c.need("other"), c.budget()) >= 0; });
    alias({"lt", "lessthan", "<"}, [](Call& c) { return compare(c.self(), c.need("other"), c.budget()) < 0; });
    alias({"le", "<="}, [](Call& c) { return compare(c.self(), c.need("other"), c.budget()) <= 0; });
    return table;
  }();
  return kTests;
}

} // namespace

bool has_test(const std::string& name) { return tests().contains(name); }

bool apply_test(const std::string& name, Args& args) {
  auto it = tests().find(name);
  if (it == tests().end()) fail(fmt::format("the test '{}' is not supported", name));
  Call call(args, name, it->second.parameters);
  return it->second.run(call);
}

} // namespace proctor::jinja
