// SPDX-License-Identifier: MIT
#include "harness/run_reader.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/temp_dir.h"

using namespace proctor;

namespace {

std::string grade_at(int i) { return fmt::format(R"({{"task":"t","doc_id":"{}","sample_idx":{},"verdict":"correct","grader":"none","target":"7"}})", i / 100, i % 100); }

// Enough for several batches, each parsed by several threads.
constexpr int kMany = 40000;

std::string many_grades(int damaged = -1) {
  std::string text = "{\"schema\":\"proctor.samples/1\"}\n\n";
  for (int i = 0; i < kMany; ++i) text += (i == damaged ? "{\"task\":\"t\"" : grade_at(i)) + "\n";
  return text;
}

struct Read {
  std::vector<int> order; // of the grades that were visited
  Status status;
};

Read read_grades(const TempDir& dir) {
  dir.write("run.json", "{}");
  auto reader = RunReader::open(dir.path());
  REQUIRE(reader.has_value());
  Read read;
  read.status = reader->grades([&](Grade&& grade, const RecordPlace& place) {
    const int i = std::stoi(grade.key.doc_id) * 100 + grade.key.sample_idx;
    if (i % 9973 == 0) CHECK(read_grade(place)->key == grade.key);
    read.order.push_back(i);
    return Status();
  });
  return read;
}

} // namespace

TEST_CASE("a long log is read in the order of its file, every record with its place") {
  TempDir dir;
  dir.write("grades.jsonl", many_grades());
  const Read read = read_grades(dir);
  REQUIRE(read.status.has_value());
  REQUIRE(read.order.size() == kMany);
  for (int i = 0; i < kMany; ++i) REQUIRE(read.order[static_cast<size_t>(i)] == i);
}

TEST_CASE("a damaged line in the middle of a long log is named, and nothing behind it is read") {
  TempDir dir;
  dir.write("grades.jsonl", many_grades(31234));
  const Read read = read_grades(dir);
  REQUIRE_FALSE(read.status.has_value());
  CHECK(read.status.error().message.find("grades.jsonl:31237: ") != std::string::npos); // behind the header and an empty line
  CHECK(read.order.size() == 31234);
}

TEST_CASE("of a long log a torn last line is passed over, a damaged one with its newline is not") {
  TempDir dir;
  dir.write("grades.jsonl", many_grades() + "{\"task\":\"t");
  const Read torn = read_grades(dir);
  CHECK(torn.status.has_value());
  CHECK(torn.order.size() == kMany);
  dir.write("grades.jsonl", many_grades(kMany - 1) + "  ");
  CHECK_FALSE(read_grades(dir).status.has_value());
}
