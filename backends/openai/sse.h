// SPDX-License-Identifier: MIT
#pragma once

// Server-sent events (WHATWG HTML, section 9.2.6) out of bytes that arrive in any pieces.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace proctor {

class SseReader {
 public:
  // Appends bytes and calls visit(data) for every event that they complete. Comments and fields other than `data` are
  // passed over. A visitor that returns false ends the feeding; feed() then returns false.
  template <class Visit> bool feed(std::string_view bytes, Visit visit) {
    while (!bytes.empty()) {
      size_t end = std::min(bytes.find('\n'), bytes.size());
      end = std::min(bytes.substr(0, end).find('\r'), end);
      line_ += bytes.substr(0, end);
      if (end > 0) after_return_ = false;
      if (end == bytes.size()) return true;
      if (!end_line(bytes[end], visit)) return false;
      bytes.remove_prefix(end + 1);
    }
    return true;
  }

  // The event that the stream ended in: servers are known to leave out the last blank line.
  template <class Visit> bool finish(Visit visit) { return end_line('\n', visit) && end_line('\n', visit); }

 private:
  template <class Visit> bool end_line(char c, Visit visit) {
    bool after_return = std::exchange(after_return_, c == '\r');
    if (c == '\n' && after_return) return true; // CR LF is one end of line
    if (!line_.empty()) {
      take_line();
      return true;
    }
    if (!std::exchange(has_data_, false)) return true;
    bool go_on = visit(std::string_view(data_));
    data_.clear();
    return go_on;
  }

  void take_line();

  std::string line_, data_;
  bool has_data_ = false, after_return_ = false;
};

} // namespace proctor
