// SPDX-License-Identifier: MIT
#include "harness/journal.h"

#include <doctest/doctest.h>
#include <filesystem>

#include "tests/temp_dir.h"

using namespace proctor;

TEST_CASE("a new journal starts with its header, an old one keeps its own") {
  TempDir dir;
  std::string path = dir.path() + "/j";
  REQUIRE(Journal::open(path, "{\"schema\":1}").has_value());
  auto again = Journal::open(path, "{\"schema\":2}");
  REQUIRE(again.has_value());
  REQUIRE(again->append("{\"a\":1}"));
  CHECK(TempDir::read(path) == "{\"schema\":1}\n{\"a\":1}\n");
}

TEST_CASE("cut at every byte of its last record, a journal loses nothing else and glues nothing") {
  TempDir dir;
  std::string head = "{\"schema\":1}\n{\"a\":\"one\"}\n";
  std::string last = "{\"a\":\"two \\\" {}\"}\n";
  for (size_t kept = 0; kept <= last.size(); ++kept) {
    std::string path = dir.write("j", head + last.substr(0, kept));
    auto journal = Journal::open(path, "{\"schema\":1}");
    REQUIRE(journal.has_value());
    REQUIRE(journal->append("{\"a\":\"three\"}"));
    bool whole = kept + 1 >= last.size(); // only the newline is missing, or nothing
    CHECK(TempDir::read(path) == head + (whole ? last : "") + "{\"a\":\"three\"}\n");
    CHECK(journal->cut_bytes() == (whole ? 0 : kept));
  }
}

TEST_CASE("a torn header is written anew") {
  TempDir dir;
  std::string path = dir.write("j", "{\"sch");
  REQUIRE(Journal::open(path, "{\"schema\":1}").has_value());
  CHECK(TempDir::read(path) == "{\"schema\":1}\n");
}

TEST_CASE("a torn record larger than a block is cut off whole") {
  TempDir dir;
  std::string path = dir.write("j", "{}\n{\"a\":\"" + std::string(300000, 'x'));
  auto journal = Journal::open(path, "");
  REQUIRE(journal.has_value());
  CHECK(TempDir::read(path) == "{}\n");
}

TEST_CASE("a full disk is an infrastructure error that says what to do") {
  auto journal = Journal::open("/dev/full", "");
  REQUIRE(journal.has_value());
  Status status = journal->append("{}");
  REQUIRE(!status);
  CHECK(status.error().exit == ExitCode::infrastructure);
  CHECK(status.error().message.find("No space left") != std::string::npos);
}

TEST_CASE("a file is replaced in one step and no temporary file stays") {
  TempDir dir;
  std::string path = dir.write("f", "old");
  REQUIRE(write_file_atomically(path, "new"));
  CHECK(TempDir::read(path) == "new");
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
  CHECK(write_file_atomically(dir.path() + "/none/f", "x").error().exit == ExitCode::infrastructure);
}

TEST_CASE("a symlink stays, and what it leads to is replaced, also where it is not there yet") {
  TempDir dir;
  const std::string file = dir.write("f", "old"), link = dir.path() + "/link", outer = dir.path() + "/outer";
  std::filesystem::create_symlink("f", link);
  std::filesystem::create_symlink("link", outer);
  REQUIRE(write_file_atomically(outer, "new"));
  CHECK(std::filesystem::is_symlink(outer));
  CHECK(std::filesystem::is_symlink(link));
  CHECK(TempDir::read(file) == "new");
  std::filesystem::remove(file);
  REQUIRE(write_file_atomically(link, "again"));
  CHECK(std::filesystem::is_symlink(link));
  CHECK(TempDir::read(file) == "again");
  std::filesystem::create_symlink("loop", dir.path() + "/loop");
  CHECK(write_file_atomically(dir.path() + "/loop", "x").error().exit == ExitCode::infrastructure);
  CHECK(std::filesystem::is_symlink(dir.path() + "/loop"));
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 4); // no temporary file
}
