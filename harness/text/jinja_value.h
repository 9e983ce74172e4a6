// SPDX-License-Identifier: MIT
#pragma once

// The values of a template: Python's, as far as templates meet them. Only the jinja_*.cpp files use this. JinjaError
// stops in jinja.cpp.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "harness/json.h"

namespace proctor::jinja {

struct JinjaError {
  std::string message;
  size_t line = 0; // 0: not known yet, filled on the way out
};

[[noreturn]] void fail(std::string message);

constexpr size_t kMaxDepth = 200; // of nested values

// What is left of a rendering's limits. Whatever walks over values or makes new ones pays for it while it does: a
// value may hold itself so often that nobody could wait for the end of a walk.
class Budget {
 public:
  Budget(uint64_t steps, uint64_t bytes) : steps_(steps), bytes_(bytes) {}

  void step(uint64_t n = 1) {
    if (n > steps_) fail("rendering takes too many steps");
    steps_ -= n;
  }
  void read(size_t bytes) { step(bytes / 4); } // character by character
  void scan(size_t bytes) { step(bytes / 64); }
  void look_through(size_t names) { step(names / 16); }
  void make(uint64_t bytes) {
    step(bytes / 64);
    if (bytes > bytes_) fail("rendering makes too much text");
    bytes_ -= bytes;
  }

 private:
  uint64_t steps_, bytes_;
};

class Value;
struct Namespace;
struct Callable;

struct Undefined {
  std::string why; // "'x' is undefined"
};
struct None {};

// A list and its look-alikes. generator: what map, select and their kin return; always true, without a length, each
// element can be taken once. view: what a dict's keys(), values() and items() return.
struct List {
  enum Flavour { list, tuple, generator, range, view };
  std::vector<Value> items;
  Flavour flavour = list;
  std::string name = {}; // of a range as it prints: "range(0, 3)"; of a view its type: "dict_keys"
  size_t depth = 1;
  bool plain = true; // holds no namespace and no callable

  bool indexed() const { return flavour != generator && flavour != view; }
  std::vector<Value> take(size_t most = SIZE_MAX) const; // the next ones of a generator; of others the first ones

  // Of a generator: elements already taken; whether something else takes from it, nobody knows when.
  mutable size_t taken = 0;
  mutable bool lent = false;
};

struct Dict {
  std::vector<std::pair<Value, Value>> items; // in order; unique keys
  size_t depth = 1;
  bool plain = true;
  const Value* find(const Value& key, Budget& budget) const;
};

class Value {
 public:
  using Any = std::variant<Undefined, None, bool, int64_t, double, std::shared_ptr<const std::string>,
                           std::shared_ptr<const List>, std::shared_ptr<const Dict>, std::shared_ptr<Namespace>,
                           std::shared_ptr<const Callable>>;
  Value() : any_(None()) {}
  Value(Undefined value) : any_(std::move(value)) {}
  Value(bool value) : any_(value) {}
  Value(int64_t value) : any_(value) {}
  Value(double value) : any_(value) {}
  Value(std::string text) : any_(std::make_shared<const std::string>(std::move(text))) {}
  Value(std::shared_ptr<Namespace> space) : any_(std::move(space)) {}
  Value(std::shared_ptr<const Callable> callable) : any_(std::move(callable)) {}
  Value(const char*) = delete;

  static Value make_list(std::vector<Value> items, List::Flavour flavour = List::list,
                         std::string name = {});                                      // fails beyond kMaxDepth
  static Value make_dict(std::vector<std::pair<Value, Value>> items, Budget& budget); // a later key wins
  static Value from_json(const Json& json, size_t depth = 0);

  template <class T> const T* get() const { return std::get_if<T>(&any_); }
  bool is_undefined() const { return get<Undefined>() != nullptr; }
  bool is_none() const { return get<None>() != nullptr; }
  const std::string* text() const;
  const List* list() const;
  const Dict* dict() const;
  Namespace* space() const;
  const Callable* callable() const;
  bool is_number() const { return get<bool>() || get<int64_t>() || get<double>(); }
  std::optional<int64_t> integer() const; // of an int or a bool
  double real() const;                    // of a number

  size_t depth() const;
  bool plain() const;
  const char* type_name() const; // Python's

 private:
  Any any_;
};

constexpr size_t kTextSize = sizeof(Value) + 64; // memory that a text takes beside its bytes

struct Namespace {
  std::vector<std::pair<std::string, Value>> attributes;
};

struct Args {
  Budget& budget;
  std::vector<Value> positional = {};
  std::vector<std::pair<std::string, Value>> named = {};
};

struct Callable {
  std::string name;
  std::function<Value(Args&)> call;
};

void must_be_key(const Value& value); // fails for a list or a dict, which can be no key of a dict
bool truth(const Value& value);
bool equal(const Value& a, const Value& b, Budget& budget);
int compare(const Value& a, const Value& b, Budget& budget); // <0, 0, >0; fails for kinds without an order
std::string to_text(const Value& value, Budget& budget);     // Python's str()
std::string to_repr(const Value& value, Budget& budget);     // Python's repr()
std::string real_text(double value);                         // Python's repr of a float

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  std::optional<std::string> indent;
  std::string item_separator = ", ", key_separator = ": ";
};
std::string to_json_text(const Value& value, const JsonStyle& style, Budget& budget); // Python's json.dumps

// Code points of a text.
std::vector<std::string_view> characters_of(std::string_view text);
size_t count_code_points(std::string_view text);
size_t offset_of(std::string_view text, int64_t index); // in bytes; the text's end for an index beyond it
bool is_python_space(char32_t c);
size_t last_length(std::string_view text); // of the last character, in bytes
std::string_view strip(std::string_view text, const std::string* characters, bool left, bool right);

} // namespace proctor::jinja
