// SPDX-License-Identifier: MIT
// The tagged encoding: one byte of type, then lengths of 4 bytes and doubles of 8, least significant byte first.
#include "graders/sandbox/typed_value.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>

namespace proctor {
namespace {

static_assert(std::endian::native == std::endian::little, "the encoding is written as it lies in memory");

constexpr char kTags[] = {'N', 'T', 'i', 'f', 'c', 's', 'b', 'l', 't', 'S', 'Z', 'd'}; // by TypedKind; F is false

template <class T> void append(std::string& out, T value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); }

void append_bytes(std::string& out, const std::string& bytes) {
  append(out, static_cast<uint32_t>(bytes.size()));
  out += bytes;
}

void append_value(std::string& out, const TypedValue& value) {
  char tag = kTags[static_cast<int>(value.kind)];
  out += value.kind == TypedKind::boolean && !value.flag ? 'F' : tag;
  switch (value.kind) {
  case TypedKind::none:
  case TypedKind::boolean: return;
  case TypedKind::integer: out += static_cast<char>(value.flag); return append_bytes(out, value.bytes);
  case TypedKind::real: return append(out, value.real);
  case TypedKind::complex: append(out, value.real); return append(out, value.imaginary);
  case TypedKind::text:
  case TypedKind::bytes: return append_bytes(out, value.bytes);
  default: break;
  }
  append(out, static_cast<uint32_t>(value.kind == TypedKind::dict ? value.items.size() / 2 : value.items.size()));
  for (const TypedValue& item : value.items) append_value(out, item);
}

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  bool value(TypedValue& out, int depth = 0) {
    char tag = 0;
    if (depth > kMaxTypedDepth || !take(tag)) return false;
    if (tag == 'F') return out.kind = TypedKind::boolean, true;
    const char* known = static_cast<const char*>(std::memchr(kTags, tag, sizeof kTags));
    if (known == nullptr) return false;
    out.kind = static_cast<TypedKind>(known - kTags);
    switch (out.kind) {
    case TypedKind::none: return true;
    case TypedKind::boolean: return out.flag = true;
    case TypedKind::integer: return take_integer(out);
    case TypedKind::real: return take(out.real);
    case TypedKind::complex: return take(out.real) && take(out.imaginary);
    case TypedKind::text:
    case TypedKind::bytes: return take_bytes(out.bytes);
    default: return take_items(out, depth);
    }
  }
  bool at_end() const { return rest_.empty(); }

 private:
  template <class T> bool take(T& out) {
    if (rest_.size() < sizeof out) return false;
    std::memcpy(&out, rest_.data(), sizeof out);
    rest_.remove_prefix(sizeof out);
    return true;
  }
  bool take_bytes(std::string& out) {
    uint32_t size = 0;
    if (!take(size) || rest_.size() < size) return false;
    out.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return true;
  }
  bool take_integer(TypedValue& out) {
    char negative = 0;
    if (!take(negative) || negative < 0 || negative > 1 || !take_bytes(out.bytes)) return false;
    out.flag = negative == 1;
    bool canonical = out.bytes.empty() ? !out.flag : out.bytes.back() != 0;
    return canonical;
  }
  // An item takes a byte at least: a count beyond the rest is a lie. All counts together are bounded, so that those of
  // values within values cannot reserve more than the values that may come.
  bool take_items(TypedValue& out, int depth) {
    uint32_t count = 0;
    if (!take(count) || count > rest_.size()) return false;
    size_t n = out.kind == TypedKind::dict ? size_t{2} * count : count;
    if (n_values_ += n; n_values_ > kMaxTypedValues) return false;
    out.items.reserve(n);
    for (size_t at = 0; at < n; ++at)
      if (!value(out.items.emplace_back(), depth + 1)) return false;
    return true;
  }

  std::string_view rest_;
  size_t n_values_ = 1;
};

void print_value(std::string& out, const TypedValue& value, size_t max_bytes);

void print_items(std::string& out, const TypedValue& value, size_t max_bytes) {
  bool dict = value.kind == TypedKind::dict;
  for (size_t at = 0; at < value.items.size() && out.size() < max_bytes; ++at) {
    if (at > 0) out += dict && at % 2 == 1 ? ": " : ", ";
    print_value(out, value.items[at], max_bytes);
  }
}

std::string integer_text(const TypedValue& value) {
  if (auto small = value.as_int64()) return std::to_string(*small);
  std::string digits = value.flag ? "-0x" : "0x";
  for (size_t at = value.bytes.size(); at-- > 0;) digits += fmt::format("{:02x}", static_cast<unsigned char>(value.bytes[at]));
  return digits;
}

void print_value(std::string& out, const TypedValue& value, size_t max_bytes) {
  auto enclosed = [&](const char* open, const char* close) {
    out += open;
    print_items(out, value, max_bytes);
    out += close;
  };
  switch (value.kind) {
  case TypedKind::none: out += "None"; return;
  case TypedKind::boolean: out += value.flag ? "True" : "False"; return;
  case TypedKind::integer: out += integer_text(value); return;
  case TypedKind::real: out += fmt::format("{}", value.real); return;
  case TypedKind::complex: out += fmt::format("({}{:+}j)", value.real, value.imaginary); return;
  case TypedKind::text: out += "'" + value.bytes.substr(0, max_bytes) + "'"; return;
  case TypedKind::bytes: out += "b'" + value.bytes.substr(0, max_bytes) + "'"; return;
  case TypedKind::list: return enclosed("[", "]");
  case TypedKind::tuple: return enclosed("(", value.items.size() == 1 ? ",)" : ")");
  case TypedKind::set: return value.items.empty() ? void(out += "set()") : enclosed("{", "}");
  case TypedKind::frozenset: return enclosed("frozenset({", "})");
  case TypedKind::dict: return enclosed("{", "}");
  }
}

} // namespace

TypedValue TypedValue::boolean(bool value) {
  TypedValue typed;
  typed.kind = TypedKind::boolean;
  typed.flag = value;
  return typed;
}

TypedValue TypedValue::integer(int64_t value) {
  TypedValue typed;
  typed.kind = TypedKind::integer;
  typed.flag = value < 0;
  uint64_t magnitude = value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
  for (; magnitude != 0; magnitude >>= 8) typed.bytes += static_cast<char>(magnitude & 0xff);
  return typed;
}

TypedValue TypedValue::number(double value) {
  TypedValue typed;
  typed.kind = TypedKind::real;
  typed.real = value;
  return typed;
}

TypedValue TypedValue::text(std::string value) {
  TypedValue typed;
  typed.kind = TypedKind::text;
  typed.bytes = std::move(value);
  return typed;
}

TypedValue TypedValue::sequence(TypedKind kind, std::vector<TypedValue> items) {
  TypedValue typed;
  typed.kind = kind;
  typed.items = std::move(items);
  return typed;
}

std::optional<int64_t> TypedValue::as_int64() const {
  if (kind != TypedKind::integer || bytes.size() > 8) return std::nullopt;
  uint64_t magnitude = 0;
  std::memcpy(&magnitude, bytes.data(), bytes.size());
  if (magnitude > uint64_t{INT64_MAX} + (flag ? 1 : 0)) return std::nullopt;
  return static_cast<int64_t>(flag ? ~magnitude + 1 : magnitude);
}

std::string encode_typed(const TypedValue& value) {
  std::string out;
  append_value(out, value);
  return out;
}

Result<TypedValue> decode_typed(std::string_view bytes) {
  if (bytes.size() > kMaxTypedBytes + 1024) return usage_error("a typed value of more than 64 MiB");
  TypedValue value;
  Decoder decoder(bytes);
  if (!decoder.value(value) || !decoder.at_end()) return usage_error("not one complete typed value");
  return value;
}

std::string typed_repr(const TypedValue& value, size_t max_bytes) {
  std::string out;
  print_value(out, value, max_bytes);
  if (out.size() > max_bytes) out = out.substr(0, max_bytes) + "...";
  return out;
}

} // namespace proctor
