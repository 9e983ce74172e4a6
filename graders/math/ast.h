// SPDX-License-Identifier: MIT
#pragma once

// A mathematical answer as a tree in an arena. Text in, tree out (parser.h); what trees mean is decided elsewhere:
// canonical.h (structure), tape.h (numbers), compare.h (answers). Plain values.
//
// Walks recurse over a tree, never over the input: the parser refuses what nests deeper than kMaxDepth, and a step
// that rewrites a tree (signs, matrices, derivatives) keeps the original where its result would be deeper. So the
// deepest chain of calls is a constant, and 1 MB of stack holds it.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace proctor::math {

inline constexpr int kMaxDepth = 200;       // of a tree
inline constexpr size_t kMaxBytes = 65536;  // of one answer's text
inline constexpr size_t kMaxTokens = 4096;  // of one answer
inline constexpr uint32_t kMaxWeight = 1u << 20;
inline constexpr size_t kMaxDigits = 10000; // of one number

enum class Kind : uint8_t {
  number, // name: decimal digits without leading zeros, value: power of ten; 12.50 is {"1250", -2}
  symbol, // name: "x", "x_1", "\alpha"
  pi,
  euler,
  imaginary,
  infinity,
  sum,      // children added
  product,  // children multiplied
  quotient, // two children
  power,    // base, exponent
  negate,
  call,     // name: function ("sin", "log" with base as second child, "sqrt", "root", "abs", ...), or an unknown one
  percent,  // p%
  degree,   // d degrees
  quantity, // value with unit; name: normalised unit text
  plus_minus, // one child: +-a; two: a+-b. value 1: \pm, -1: \mp
  sequence,   // several answers side by side: "1, 2 and 3"; name: ',' 'a' (and) 'o' (or) for each gap, "" for commas
  tuple,      // name: opening and closing bracket, "()" "[)" "<>" ...
  set,        // \{...\}
  matrix,     // children row by row, value: columns
  set_union,  // \cup
  set_meet,   // \cap
  set_minus,  // \setminus
  relation,   // members; name: one sign between each two: = < > l(<=) g(>=) !(!=) ~(approximately) e(element of)
              // :(where)
  ratio,      // a:b:c
  time,       // value: seconds since midnight; name: "" | "am" | "pm" (12-hour clock said)
  based,      // name: digits, value: base; 52_8
  text,       // name: words
  dots,       // an ellipsis
};

using Ref = uint32_t;

struct Node {
  Kind kind = Kind::text;
  bool spelled_decimal = false; // a number with a decimal point
  int32_t value = 0;
  uint32_t first = 0; // children: kids[first .. first + count)
  uint32_t count = 0;
  uint32_t room = 0; // for so many children, where extend() has grown them
  uint32_t name = 0; // index into names
  int16_t depth = 1;
  uint32_t weight = 1; // nodes of the tree written out, where children are shared; at most kMaxWeight
};

class Tree {
 public:
  Tree() : names_(1) {}

  const Node& at(Ref node) const { return nodes_[node]; }
  Node& at(Ref node) { return nodes_[node]; }
  std::string_view name(Ref node) const { return names_[nodes_[node].name]; }
  std::span<const Ref> kids(Ref node) const { return {kids_.data() + nodes_[node].first, nodes_[node].count}; }
  Ref kid(Ref node, size_t i) const { return kids_[nodes_[node].first + i]; }
  Kind kind(Ref node) const { return nodes_[node].kind; }
  bool is_call(Ref node, std::string_view function) const {
    return kind(node) == Kind::call && name(node) == function;
  }
  size_t size() const { return nodes_.size(); }
  bool too_deep() const { return too_deep_; }

  Ref add(Kind kind, std::span<const Ref> children = {}, std::string_view name = {}, int32_t value = 0);
  Ref add(Kind kind, std::initializer_list<Ref> children, std::string_view name = {}, int32_t value = 0) {
    return add(kind, std::span(children.begin(), children.size()), name, value);
  }
  // One more child for a node that nothing else refers to yet; a product of n factors takes memory for n.
  void extend(Ref node, Ref child);
  Ref integer(int64_t value);
  Ref number(std::string_view digits, int32_t exponent);

 private:
  std::vector<Node> nodes_;
  std::vector<Ref> kids_;
  std::vector<std::string> names_;
  bool too_deep_ = false;
};

// An answer: a tree and its root.
struct Expr {
  Tree tree;
  Ref root = 0;
};

// Structure as text: equal texts mean equal trees up to the order of terms, factors and set elements. A debugging
// and voting aid as well as step A.
std::string canonical(const Tree& tree, Ref node);

} // namespace proctor::math
