// SPDX-License-Identifier: MIT
#include "graders/math/ast.h"

#include <algorithm>

namespace proctor::math {
namespace {

std::string joined(const Tree& tree, std::span<const Ref> kids, bool sorted) {
  std::vector<std::string> parts;
  parts.reserve(kids.size());
  for (Ref kid : kids) parts.push_back(canonical(tree, kid));
  if (sorted) std::sort(parts.begin(), parts.end());
  std::string text;
  for (const std::string& part : parts) text += part, text += ' ';
  return text;
}

// "1250" * 10^-2 and "125" * 10^-1 are one number.
std::string canonical_number(std::string_view digits, int32_t exponent) {
  while (digits.size() > 1 && digits.back() == '0') digits.remove_suffix(1), ++exponent;
  if (digits == "0") return "0";
  std::string text(digits);
  if (exponent >= 0 && exponent <= 400) return text.append(static_cast<size_t>(exponent), '0');
  return text + "e" + std::to_string(exponent);
}

bool commutes(Kind kind) {
  return kind == Kind::sum || kind == Kind::product || kind == Kind::set || kind == Kind::set_union ||
         kind == Kind::set_meet;
}

} // namespace

Ref Tree::add(Kind kind, std::span<const Ref> children, std::string_view name, int32_t value) {
  Node node;
  node.kind = kind;
  node.value = value;
  node.count = static_cast<uint32_t>(children.size());
  int depth = 0;
  for (Ref child : children) {
    depth = std::max<int>(depth, nodes_[child].depth);
    node.weight = std::min(node.weight + nodes_[child].weight, kMaxWeight);
  }
  node.depth = static_cast<int16_t>(std::min(depth + 1, kMaxDepth + 1));
  too_deep_ = too_deep_ || depth >= kMaxDepth;
  std::vector<Ref> copy(children.begin(), children.end()); // they may lie in kids_
  node.first = static_cast<uint32_t>(kids_.size());
  kids_.insert(kids_.end(), copy.begin(), copy.end());
  if (!name.empty()) {
    node.name = static_cast<uint32_t>(names_.size());
    names_.emplace_back(name);
  }
  nodes_.push_back(node);
  return static_cast<Ref>(nodes_.size() - 1);
}

void Tree::extend(Ref node, Ref child) {
  Node& n = nodes_[node];
  if (n.count >= n.room) {
    auto from = static_cast<std::ptrdiff_t>(n.first), size = static_cast<std::ptrdiff_t>(n.count);
    n.room = std::max<uint32_t>(8, 2 * n.count);
    n.first = static_cast<uint32_t>(kids_.size());
    kids_.resize(kids_.size() + n.room);
    std::copy_n(kids_.begin() + from, size, kids_.begin() + static_cast<std::ptrdiff_t>(n.first));
  }
  kids_[n.first + n.count++] = child;
  n.weight = std::min(n.weight + nodes_[child].weight, kMaxWeight);
  int depth = nodes_[child].depth;
  n.depth = std::max(n.depth, static_cast<int16_t>(std::min(depth + 1, kMaxDepth + 1)));
  too_deep_ = too_deep_ || depth >= kMaxDepth;
}

Ref Tree::integer(int64_t value) {
  if (value < 0) return add(Kind::negate, {integer(-value)});
  return number(std::to_string(value), 0);
}

Ref Tree::number(std::string_view digits, int32_t exponent) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return add(Kind::number, {}, digits, exponent);
}

std::string canonical(const Tree& tree, Ref node) {
  const Node& n = tree.at(node);
  std::span<const Ref> kids = tree.kids(node);
  switch (n.kind) {
  case Kind::number: return canonical_number(tree.name(node), n.value);
  case Kind::symbol: return std::string(tree.name(node));
  case Kind::pi: return "PI";
  case Kind::euler: return "E";
  case Kind::imaginary: return "I";
  case Kind::infinity: return "INF";
  default: break;
  }
  std::string text = "(" + std::to_string(static_cast<int>(n.kind)) + ":";
  if (n.kind != Kind::tuple || tree.name(node) != "()") text += tree.name(node);
  if (n.value != 0) text += "," + std::to_string(n.value);
  return text + " " + joined(tree, kids, commutes(n.kind)) + ")";
}

} // namespace proctor::math
