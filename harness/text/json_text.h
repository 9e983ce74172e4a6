// SPDX-License-Identifier: MIT
#pragma once

// Writes JSON text without a document in between: records of a run are written once and may hold 100 kB of text.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace proctor {

// Appends the quoted, escaped string. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text); // RFC 4648 with padding; nullopt: not base64

// Builds one JSON object, a member at a time. Absent optionals write nothing.
class ObjectWriter {
 public:
  // bytes: a guess at the length.
  explicit ObjectWriter(size_t bytes = 0) {
    out_.reserve(bytes);
    out_ += '{';
  }

  void text(std::string_view key, std::string_view value);
  void bytes(std::string_view key, std::string_view value); // any bytes: KEY, or KEY_base64 when not UTF-8
  void raw(std::string_view key, std::string_view json);    // json: one complete JSON value
  void number(std::string_view key, int64_t value);
  void number(std::string_view key, uint64_t value);
  void number(std::string_view key, double value); // not finite: absent
  template <class T> void number(std::string_view key, const std::optional<T>& value) {
    if (value) number(key, *value);
  }
  void boolean(std::string_view key, bool value);

  std::string finish() && { return std::move(out_ += '}'); }

 private:
  void start(std::string_view key);
  std::string out_;
};

} // namespace proctor
