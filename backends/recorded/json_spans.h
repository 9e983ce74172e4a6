// SPDX-License-Identifier: MIT
#pragma once

// Cuts a JSON array or object of any size into the byte spans of its elements, so that each can be parsed on its
// own: one linear pass over strings, escapes and depth, without recursion and without holding the text. It checks
// the container's own commas, colons and brackets; what is inside an element is checked when that is parsed.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "harness/result.h"

namespace proctor {

struct JsonSpan {
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t line = 1; // where it begins, from 1
};

struct JsonElement {
  std::string key; // as written, with its quotes; empty in an array
  JsonSpan value;
  char first = 0; // of the value: '"', '{', '[', or the first character of a number or word
};

// Called once per element in order; an error stops the scan.
using ElementVisitor = std::function<Status(const JsonElement&)>;

// Fed with the blocks of a file one after the other, from the container's opening bracket (blanks may precede it).
class ElementScanner {
 public:
  // Offset and line of the first byte that will be fed. until_end: nothing but blanks may follow the container;
  // otherwise the scan simply stops there.
  explicit ElementScanner(uint64_t offset, uint64_t line = 1, bool until_end = true)
      : offset_(offset), line_(line), until_end_(until_end) {}

  // On failure: a usage error without the place, which is line().
  Status feed(std::string_view block, const ElementVisitor& visit);
  Status finish() const; // after the last block: the container must have ended

  bool done() const { return state_ == State::done; }
  uint64_t line() const { return line_; }

 private:
  enum class State { before, key, in_key, colon, value, in_string, in_nested, in_scalar, comma, done };

  Status step(const ElementVisitor& visit);
  Status open_container(char c);
  Status begin_key_or_end(char c);
  Status begin_value(char c);
  Status after_value(char c);
  Status end_value(uint64_t end, const ElementVisitor& visit);
  Status nested(char c, const ElementVisitor& visit);
  void skip_string();
  Status unexpected(char c) const;
  uint64_t here() const { return offset_ + at_; }

  std::string_view block_;
  size_t at_ = 0;
  uint64_t offset_; // of block_'s first byte
  uint64_t line_;
  bool until_end_;
  State state_ = State::before;
  bool is_object_ = false;
  bool allow_end_ = false; // the container may close here: it is empty so far
  bool in_string_ = false; // of a key, a string value or within a nested value
  bool escaped_ = false;
  uint64_t depth_ = 0; // within a nested value
  JsonElement element_;
};

// What a file's first value says about the file.
enum class FileShape {
  blank,  // nothing but blanks
  lines,  // one record per line
  array,  // one array
  object, // one object: a record, a log, or id -> text
};

// Fed with blocks until it has decided.
class ShapeFinder {
 public:
  void feed(std::string_view block);
  bool decided() const { return decided_; }
  FileShape finish() const; // after the last block, or once decided

 private:
  void step(char c);
  void decide(FileShape shape);
  FileShape shape_ = FileShape::blank;
  bool decided_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  bool closed_ = false; // the first object has ended
  uint64_t depth_ = 0;
  char last_ = 0; // the last character that is not blank
};

} // namespace proctor
