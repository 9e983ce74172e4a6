// SPDX-License-Identifier: MIT
#include "harness/heartbeat.h"

#include <doctest/doctest.h>

#include "harness/run_reader.h"
#include "tests/temp_dir.h"

using namespace proctor;

namespace {

Journal open_journal(const TempDir& dir, const std::string& name = "heartbeats.jsonl") {
  auto journal = Journal::open(dir.path() + "/" + name, "");
  REQUIRE(journal.has_value());
  return std::move(*journal);
}

Spent total(const TempDir& dir) {
  auto spent = read_spent(dir.path());
  REQUIRE(spent.has_value());
  REQUIRE(spent->has_value());
  return **spent;
}

} // namespace

TEST_CASE("what a session spends is the difference to what its process had spent before, and sessions add up") {
  TempDir dir;
  for (int session = 0; session < 2; ++session) {
    Spent spent{10, 7.0, std::nullopt, std::nullopt};
    Heartbeat heartbeat(open_journal(dir), [&] { return spent; });
    spent = {12, 10.0, 1.5, std::nullopt}; // the first step came after the start
    REQUIRE(heartbeat.finish().has_value());
    REQUIRE(heartbeat.finish().has_value()); // counts nothing twice
  }
  CHECK(total(dir).seconds == 4);
  CHECK(*total(dir).core_seconds == 6);
  CHECK(*total(dir).step_seconds == 3);
  CHECK_FALSE(total(dir).gpu_seconds.has_value());
}

TEST_CASE("shards add up, a torn last record counts nothing, and any other bad line is named") {
  TempDir dir;
  CHECK_FALSE(read_spent(dir.path())->has_value());
  dir.write("heartbeats.1-of-2.jsonl", "{\"seconds\":1,\"gpu_seconds\":1}\n{\"seconds\":2,\"gpu_seconds\":2}\n{\"seconds\":40,\"gpu");
  dir.write("heartbeats.2-of-2.jsonl", "{\"seconds\":5,\"gpu_seconds\":5}\n");
  CHECK(total(dir).seconds == 8);
  CHECK(*total(dir).gpu_seconds == 8);
  dir.write("heartbeats.2-of-2.jsonl", "{\"seconds\":5}\n{\"second\":1}\n{\"seconds\":5}\n");
  auto refused = read_spent(dir.path());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("heartbeats.2-of-2.jsonl:2") != std::string::npos);
}

TEST_CASE("a run is read with what its heartbeats count, whatever run.json was left with") {
  TempDir dir;
  dir.write("run.json", "{\"id\":\"x\",\"seconds\":0.0}");
  CHECK(get_number(RunReader::open(dir.path())->run_json(), "seconds") == 0.0);
  dir.write("heartbeats.jsonl", "{\"seconds\":1.5,\"core_seconds\":3}\n{\"seconds\":1,\"core_seconds\":2}\n");
  const Json run = RunReader::open(dir.path())->run_json();
  CHECK(get_number(run, "seconds") == 2.5);
  CHECK(get_number(run, "core_seconds") == 5.0);
}
