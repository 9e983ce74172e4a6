// SPDX-License-Identifier: MIT
#pragma once

// What the functions that a template calls have in common: their arguments and the making of values.

#include <fmt/format.h>
#include <functional>
#include <memory>

#include "harness/text/jinja_value.h"

namespace proctor::jinja {

inline constexpr size_t kMaxText = size_t{64} << 20; // bytes of one string

// The arguments of one call by position or name.
class Call {
 public:
  Call(Args& args, std::string what) : args_(args), what_(std::move(what)) {}

  const Value& self() const { return args_.positional.at(0); }
  std::string self_text() const { return to_text(self(), budget()); }
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
  Budget& budget() const { return args_.budget; }
  const std::string& what() const { return what_; }

 private:
  Args& args_;
  std::string what_;
};

inline Value text_value(std::string_view text) { return std::string(text); }

inline Value bound(std::string name, std::function<Value(Args&)> call) {
  return Value(std::make_shared<const Callable>(Callable{std::move(name), std::move(call)}));
}

// The parts of a dict as lists.
Value pairs_of(const Dict& dict, Budget& budget);
Value keys_of(const Dict& dict, Budget& budget);
Value values_of(const Dict& dict, Budget& budget);

} // namespace proctor::jinja
