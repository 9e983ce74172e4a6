// SPDX-License-Identifier: MIT
#include "harness/text/file_bytes.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <vector>

#include "tests/temp_dir.h"

using namespace proctor;

namespace {

std::vector<std::string> lines_of(const std::string& path, bool* torn = nullptr) {
  auto file = FileBytes::open(path);
  REQUIRE(file.has_value());
  LineReader reader(*file);
  std::vector<std::string> lines;
  std::string_view line;
  for (;;) {
    auto more = reader.next(line);
    if (!more) FAIL(more.error().message);
    if (!*more) break;
    lines.emplace_back(line);
    if (torn != nullptr) *torn = reader.torn();
  }
  return lines;
}

} // namespace

TEST_CASE("lines come without their ends, whatever wrote the file") {
  TempDir dir;
  using Lines = std::vector<std::string>;
  CHECK(lines_of(dir.write("unix", "one\ntwo\n")) == Lines{"one", "two"});
  CHECK(lines_of(dir.write("windows", "\xEF\xBB\xBFone\r\ntwo\r\n")) == Lines{"one", "two"});
  CHECK(lines_of(dir.write("blank", "one\n\ntwo\n")) == Lines{"one", "", "two"});
  CHECK(lines_of(dir.write("empty", "")).empty());
  bool torn = false;
  CHECK(lines_of(dir.write("torn", "one\ntw"), &torn) == Lines{"one", "tw"});
  CHECK(torn);
}

TEST_CASE("lines longer than a block come whole and every offset is right") {
  TempDir dir;
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += std::string(static_cast<size_t>(i) * 40000, static_cast<char>('a' + i % 26)) + "\n";
  auto file = FileBytes::open(dir.write("long", text));
  REQUIRE(file.has_value());
  LineReader reader(*file);
  std::string_view line;
  uint64_t count = 0;
  while (*reader.next(line)) {
    CHECK(line == std::string_view(text).substr(reader.offset(), line.size()));
    CHECK(text[reader.offset() + line.size()] == '\n');
    CHECK(reader.number() == ++count);
  }
  CHECK(count == 40);
}

TEST_CASE("gzip and zstd files read like plain ones, also in several pieces") {
  TempDir dir;
  std::string text = "\xEF\xBB\xBFone\ntwo\n";
  std::string plain = dir.write("plain", text);
  REQUIRE(std::system(
              ("gzip -k " + plain + " && cat " + plain + ".gz " + plain + ".gz > " + plain + "2.gz").c_str()) == 0);
  CHECK(lines_of(plain + ".gz") == std::vector<std::string>{"one", "two"});
  CHECK(*read_text_file(plain + ".gz") == "one\ntwo\n");
  CHECK(read_text_file(plain + "2.gz")->size() == text.size() + 8);
}

TEST_CASE("what cannot be read says which file and why") {
  TempDir dir;
  auto message = [](const std::string& path) {
    auto text = read_text_file(path);
    REQUIRE(!text.has_value());
    CHECK(text.error().exit == ExitCode::usage);
    return text.error().message;
  };
  CHECK(message(dir.path() + "/none").ends_with("/none: no such file"));
  CHECK(message(dir.path()).ends_with("it is a directory, a file is wanted"));
  CHECK(message(dir.write("wide.txt", std::string("\xFF\xFEx\0", 4))).find("it is UTF-16, UTF-8 is wanted") != std::string::npos);
  CHECK(message(dir.write("bad.gz", "\x1F\x8B\x07 garbage")).ends_with("damaged gzip data"));
  CHECK(message(dir.write("cut.zst", std::string("\x28\xB5\x2F\xFD", 4))).find("zstd data") != std::string::npos);
}
