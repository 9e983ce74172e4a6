// SPDX-License-Identifier: MIT
#pragma once

// What the functions that a template calls have in common: their arguments and the making of values.

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <memory>

#include "harness/text/ascii.h"
#include "harness/text/jinja_value.h"

namespace proctor::jinja {

inline constexpr size_t kMaxText = size_t{64} << 20; // bytes of one string

// The arguments of one call. `parameters` are the names of what may be given, in order; "/" at the end: only by
// position; "*" at the end: also any others. Fails where there are more arguments, unknown ones or one twice. The
// first `before` arguments are no parameters: what a filter, test or method is applied to.
class Call {
 public:
  Call(Args& args, std::string what, std::string_view parameters, size_t before = 1)
      : args_(args), what_(std::move(what)), before_(before), names_(split(parameters, ' ')) {
    if (parameters.empty()) names_.clear();
    if (take_last("*")) return;
    bool by_name = !take_last("/");
    if (args.positional.size() > before + names_.size())
      fail(fmt::format("{}: takes at most {} argument(s), not {}", what_, names_.size(),
                       args.positional.size() - before));
    for (auto& [name, value] : args.named) {
      if (!by_name || position(name) == SIZE_MAX)
        fail(fmt::format("{}: there is no argument named '{}'", what_, name));
      if (position(name) < args.positional.size()) fail(fmt::format("{}: '{}' is given twice", what_, name));
    }
  }

  const Value& self() const { return args_.positional.at(0); }
  std::string self_text() const { return to_text(self(), budget()); }
  const Value* find(std::string_view name) const {
    if (size_t at = position(name); at < args_.positional.size()) return &args_.positional[at];
    for (auto& [key, value] : args_.named)
      if (key == name) return &value;
    return nullptr;
  }
  Value at(std::string_view name, Value otherwise) const {
    const Value* value = find(name);
    return value ? *value : std::move(otherwise);
  }
  const Value& need(std::string_view name) const {
    const Value* value = find(name);
    if (!value) fail(fmt::format("{}: the argument {} is missing", what_, name));
    return *value;
  }
  const std::string& need_text(std::string_view name) const {
    const Value& value = need(name);
    if (!value.text()) fail(fmt::format("{}: {} has to be a string, not {}", what_, name, value.type_name()));
    return *value.text();
  }
  int64_t integer(std::string_view name, int64_t otherwise) const {
    return find(name) ? need_integer(name) : otherwise;
  }
  std::optional<int64_t> integer_or_none(std::string_view name) const {
    const Value* value = find(name);
    return value && !value->is_none() ? std::optional(need_integer(name)) : std::nullopt;
  }
  int64_t need_integer(std::string_view name) const {
    const Value* value = find(name);
    if (!value || !value->integer()) fail(fmt::format("{}: {} has to be an integer", what_, name));
    return *value->integer();
  }
  bool flag(std::string_view name) const { // what Python takes for one only where it is an integer
    const Value* value = find(name);
    if (value && !value->integer()) fail(fmt::format("{}: {} has to be true or false", what_, name));
    return value && truth(*value);
  }
  Args& args() const { return args_; }
  Budget& budget() const { return args_.budget; }
  const std::string& what() const { return what_; }

 private:
  bool take_last(std::string_view sign) {
    if (names_.empty() || names_.back() != sign) return false;
    names_.pop_back();
    return true;
  }
  size_t position(std::string_view name) const { // SIZE_MAX: none
    auto it = std::find(names_.begin(), names_.end(), name);
    return it == names_.end() ? SIZE_MAX : before_ + static_cast<size_t>(it - names_.begin());
  }

  Args& args_;
  std::string what_;
  size_t before_;
  std::vector<std::string_view> names_;
};

inline Value text_value(std::string_view text) { return std::string(text); }

inline Value bound(std::string name, std::function<Value(Args&)> call) {
  return Value(std::make_shared<const Callable>(Callable{std::move(name), std::move(call)}));
}

// The parts of a dict: its views.
Value pairs_of(const Dict& dict, Budget& budget);
Value keys_of(const Dict& dict, Budget& budget);
Value values_of(const Dict& dict, Budget& budget);

} // namespace proctor::jinja
