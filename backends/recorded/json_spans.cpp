// SPDX-License-Identifier: MIT
#include "backends/recorded/json_spans.h"

#include <array>
#include <fmt/format.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr std::array<bool, 256> stops_at(std::string_view characters) {
  std::array<bool, 256> table{};
  for (char c : characters) table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr auto kStringStops = stops_at("\"\\\n");
constexpr auto kNestedStops = stops_at("\"{}[]\n");

size_t find_stop(std::string_view text, size_t at, const std::array<bool, 256>& stops) {
  while (at < text.size() && !stops[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

bool is_open(char c) { return c == '[' || c == '{'; }
bool is_close(char c) { return c == ']' || c == '}'; }

} // namespace

Status ElementScanner::unexpected(char c) const {
  bool printable = c > ' ' && c < '\x7f';
  std::string what = printable ? fmt::format("'{}'", c) : fmt::format("byte 0x{:02x}", static_cast<unsigned char>(c));
  return usage_error(fmt::format("unexpected {} in the {}", what, is_object_ ? "object" : "array"));
}

// Moves to the closing quote, or to the block's end.
void ElementScanner::skip_string() {
  while (at_ < block_.size()) {
    if (escaped_) {
      escaped_ = false;
      ++at_;
      continue;
    }
    at_ = find_stop(block_, at_, kStringStops);
    if (at_ == block_.size()) return;
    if (block_[at_] == '"') {
      in_string_ = false;
      return;
    }
    if (block_[at_] == '\n')
      ++line_;
    else
      escaped_ = true;
    ++at_;
  }
}

Status ElementScanner::open_container(char c) {
  if (!is_open(c)) return unexpected(c);
  is_object_ = c == '{';
  allow_end_ = true;
  state_ = is_object_ ? State::key : State::value;
  return {};
}

Status ElementScanner::begin_key_or_end(char c) {
  if (c == '}' && allow_end_) {
    state_ = State::done;
    return {};
  }
  if (c != '"') return unexpected(c);
  element_.key = '"';
  in_string_ = true;
  state_ = State::in_key;
  return {};
}

Status ElementScanner::begin_value(char c) {
  if (c == ']' && !is_object_ && allow_end_) {
    state_ = State::done;
    return {};
  }
  if (c == ',' || c == ':' || is_close(c)) return unexpected(c);
  element_.value = {here(), 0, line_};
  element_.first = c;
  depth_ = is_open(c) ? 1 : 0;
  in_string_ = c == '"';
  state_ = c == '"' ? State::in_string : is_open(c) ? State::in_nested : State::in_scalar;
  return {};
}

Status ElementScanner::after_value(char c) {
  allow_end_ = false;
  if (c == ',')
    state_ = is_object_ ? State::key : State::value;
  else if (c == (is_object_ ? '}' : ']'))
    state_ = State::done;
  else
    return unexpected(c);
  return {};
}

Status ElementScanner::end_value(uint64_t end, const ElementVisitor& visit) {
  element_.value.length = end - element_.value.offset;
  state_ = State::comma;
  Status visited = visit(element_);
  element_.key.clear();
  return visited;
}

Status ElementScanner::nested(char c, const ElementVisitor& visit) {
  if (c == '"')
    in_string_ = true;
  else if (is_open(c))
    ++depth_;
  else if (is_close(c) && --depth_ == 0)
    return end_value(here() + 1, visit);
  return {};
}

// One character outside strings; at_ has not moved past it yet.
Status ElementScanner::step(const ElementVisitor& visit) {
  char c = block_[at_];
  if (state_ == State::in_nested) return nested(c, visit);
  if (state_ == State::in_scalar) {
    if (!is_blank(c) && c != ',' && !is_close(c)) return {};
    if (Status ended = end_value(here(), visit); !ended) return ended;
  }
  if (is_blank(c)) return {};
  switch (state_) {
  case State::before: return open_container(c);
  case State::key: return begin_key_or_end(c);
  case State::colon: state_ = State::value; return c == ':' ? Status() : unexpected(c);
  case State::value: return begin_value(c);
  case State::comma: return after_value(c);
  default: return usage_error(fmt::format("more text after the end of the {}", is_object_ ? "object" : "array"));
  }
}

Status ElementScanner::feed(std::string_view block, const ElementVisitor& visit) {
  block_ = block;
  at_ = 0;
  while (at_ < block_.size() && (until_end_ || !done())) {
    if (in_string_) {
      size_t begin = at_;
      skip_string();
      if (state_ == State::in_key) element_.key += block_.substr(begin, at_ - begin);
      if (in_string_) break;
      if (state_ == State::in_key) {
        element_.key += '"';
        state_ = State::colon;
      } else if (state_ == State::in_string) {
        if (Status ended = end_value(here() + 1, visit); !ended) return ended;
      }
      ++at_;
      continue;
    }
    if (state_ == State::in_nested) at_ = find_stop(block_, at_, kNestedStops);
    if (at_ == block_.size()) break;
    if (Status stepped = step(visit); !stepped) return stepped;
    if (block_[at_] == '\n') ++line_;
    ++at_;
  }
  offset_ += block_.size();
  return {};
}

Status ElementScanner::finish() const {
  if (done()) return {};
  return usage_error(fmt::format("the file ends inside the {}", is_object_ ? "object" : "array"));
}

void ShapeFinder::decide(FileShape shape) {
  shape_ = shape;
  decided_ = true;
}

// The first object decides: what follows its end makes it a line among lines; a line break inside it, where a
// printer would break, makes it a document. Any other break is a torn or damaged line.
void ShapeFinder::step(char c) {
  if (in_string_) {
    if (c == '\n') return decide(FileShape::lines);
    if (escaped_)
      escaped_ = false;
    else if (c == '\\')
      escaped_ = true;
    else if (c == '"')
      in_string_ = false;
    last_ = c;
    return;
  }
  if (c == '\n' && depth_ > 0) {
    bool breaks_there = last_ == '{' || last_ == '[' || last_ == ',' || last_ == ':';
    return decide(breaks_there ? FileShape::object : FileShape::lines);
  }
  if (is_blank(c)) return;
  if (closed_) return decide(FileShape::lines);
  if (shape_ == FileShape::blank) {
    if (c != '{') return decide(c == '[' ? FileShape::array : FileShape::lines);
    shape_ = FileShape::object;
  }
  if (c == '"')
    in_string_ = true;
  else if (is_open(c))
    ++depth_;
  else if (is_close(c) && --depth_ == 0)
    closed_ = true;
  last_ = c;
}

void ShapeFinder::feed(std::string_view block) {
  for (size_t i = 0; i < block.size() && !decided_; ++i) step(block[i]);
}

FileShape ShapeFinder::finish() const {
  bool cut = shape_ == FileShape::object && !closed_ && !decided_;
  return cut ? FileShape::lines : shape_;
}

} // namespace proctor
