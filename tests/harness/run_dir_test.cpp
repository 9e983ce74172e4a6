// SPDX-License-Identifier: MIT
#include "harness/run_dir.h"

#include <doctest/doctest.h>
#include <filesystem>

#include "tests/temp_dir.h"

using namespace proctor;

TEST_CASE("equal identities share a directory, others and fresh ones do not") {
  TempDir dir;
  std::string root = dir.path() + "/deep/runs";
  std::string first, fresh;
  {
    auto run = RunDir::open({root, "abc", "m", false, {}});
    REQUIRE(run.has_value());
    first = run->path();
  }
  CHECK(RunDir::open({root, "abc", "m", false, {}})->path() == first);
  CHECK(RunDir::open({root, "abd", "m", false, {}})->path() != first);
  fresh = RunDir::open({root, "abc", "m", true, {}})->path();
  CHECK(fresh != first);
  CHECK(std::filesystem::read_symlink(root + "/latest") == std::filesystem::path(fresh).filename());
}

TEST_CASE("a second process on one run directory is told who holds it") {
  TempDir dir;
  auto run = RunDir::open({dir.path(), "abc", "m", false, {}});
  REQUIRE(run.has_value());
  auto second = RunDir::open({dir.path(), "abc", "m", false, {}});
  REQUIRE(!second);
  CHECK(second.error().exit == ExitCode::infrastructure);
  CHECK(second.error().message.find("is in use by process " + std::to_string(getpid())) != std::string::npos);
}

TEST_CASE("shards of one run hold its directory together") {
  TempDir dir;
  auto one = RunDir::open({dir.path(), "abc", "m", false, {0, 2}});
  auto two = RunDir::open({dir.path(), "abc", "m", false, {1, 2}});
  REQUIRE(one.has_value());
  REQUIRE(two.has_value());
  CHECK(one->path() == two->path());
  CHECK_FALSE(RunDir::open({dir.path(), "abc", "m", false, {1, 2}}).has_value());
}

TEST_CASE("a root that cannot be used is an infrastructure error") {
  TempDir dir;
  auto run = RunDir::open({dir.write("file", "x"), "abc", "m", false, {}});
  REQUIRE(!run);
  CHECK(run.error().exit == ExitCode::infrastructure);
}

TEST_CASE("a model's name cannot lead out of the output folder") {
  CHECK(file_safe_name("../../x") == "x");
  CHECK(file_safe_name("org/Model-7B v1.5") == "org-Model-7B-v1.5");
  CHECK(file_safe_name("...") == "model");
  CHECK(file_safe_name("") == "model");
  CHECK(file_safe_name(std::string(500, 'a')).size() == 60);
}
