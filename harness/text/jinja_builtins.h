// SPDX-License-Identifier: MIT
#pragma once

// What a template can call by name: filters, tests, methods of strings, lists and dicts, and global functions. Their
// names and meanings are those of Jinja 3.1 and Python.

#include <ctime>
#include <optional>

#include "harness/text/jinja_value.h"

namespace proctor::jinja {

// args.positional[0] is what the filter or test is applied to. A filter's result is paid for. Throws JinjaError, also
// for a name that is not known.
Value apply_filter(const std::string& name, Args& args);
bool apply_test(const std::string& name, Args& args);
bool has_test(const std::string& name);

// A bound method; nullopt when the value has none of that name.
std::optional<Value> find_method(const Value& object, const std::string& name);

// range, namespace, dict, raise_exception, strftime_now; nullopt: no such function.
std::optional<Value> find_global(const std::string& name, std::time_t now);

// Pays for what a call returned.
void pay_for(const Value& result, Budget& budget);

// object[key] and object.name as Jinja looks them up; Undefined where there is nothing.
Value get_item(const Value& object, const Value& key, Budget& budget);
Value get_attribute(const Value& object, const std::string& name, Budget& budget);

// The elements a loop goes over; fails for what cannot be looped over.
std::vector<Value> elements_of(const Value& value, Budget& budget);

bool contains(const Value& container, const Value& item, Budget& budget);

} // namespace proctor::jinja
