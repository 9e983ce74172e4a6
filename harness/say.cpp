// SPDX-License-Identifier: MIT
#include "harness/say.h"

#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>

namespace proctor {
namespace {

void write_to_stderr(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(STDERR_FILENO, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return; // nobody can be told
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

} // namespace

std::string one_line_text(std::string_view text) {
  std::string line;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '\n') line += "\\n";
    else if (c == '\t') line += ' ';
    else if (byte < 0x20 || byte == 0x7F) line += fmt::format("\\x{:02X}", byte);
    else line += c;
  }
  return line;
}

void say(std::string_view message) { write_to_stderr(one_line_text(message) + "\n"); }

void say_live(std::string_view message) { write_to_stderr("\r\x1b[K" + one_line_text(message)); }

} // namespace proctor
