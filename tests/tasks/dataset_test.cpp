// SPDX-License-Identifier: MIT
#include "tasks/dataset.h"

#include <cstdlib>
#include <doctest/doctest.h>

#include "tests/temp_dir.h"

using namespace proctor;

namespace {

// "a,b,c": the field "x" of every row; the error's message when the file is refused.
std::string read_back(std::string_view content) {
  TempDir dir;
  auto rows = read_rows(dir.write("rows", content));
  if (!rows) {
    CHECK(rows.error().exit == ExitCode::usage);
    return rows.error().message.substr(dir.path().size() + 1);
  }
  std::string values;
  for (const DataRow& row : *rows) values += (values.empty() ? "" : ",") + scalar_text(row.fields["x"]).value_or("?");
  return values;
}

std::string places(std::string_view content) {
  TempDir dir;
  auto rows = read_rows(dir.write("rows", content));
  REQUIRE(rows);
  std::string lines;
  for (const DataRow& row : *rows) lines += row.where.substr(row.where.rfind(':'));
  return lines;
}

// "FILE:LINE={...} FILE:LINE={...}", or the error.
std::string rows_at(std::string_view content, const std::string& name = "rows", FileForm form = FileForm::json) {
  TempDir dir;
  auto rows = read_rows(dir.write(name, content), form);
  if (!rows) return rows.error().message.substr(dir.path().size() + 1);
  std::string text;
  for (const DataRow& row : *rows)
    text += (text.empty() ? "" : " ") + row.where.substr(dir.path().size() + 1) + "=" + dump_json(row.fields);
  return text;
}

const DataForms kForms = {{{"best.jsonl"}}, {{"part1.jsonl", "part2.jsonl"}}, {{"any1.jsonl", "any2.jsonl"}, false}};

std::string found(const DataOptions& options, const std::string& root, std::string_view task = "t") {
  auto paths = find_data(task, kForms, options);
  if (!paths) return paths.error().message;
  std::string names;
  for (const std::string& path : *paths) names += (names.empty() ? "" : " ") + path.substr(root.size() + 1);
  return names;
}

} // namespace

TEST_CASE("rows are read from JSONL, arrays and objects with examples") {
  CHECK(read_back("{\"x\":1}\n{\"x\":2}\n") == "1,2");
  CHECK(read_back("\n{\"x\":1}\r\n\n{\"x\":2}") == "1,2");
  CHECK(read_back("[{\"x\":1},\n {\"x\":2}]") == "1,2");
  CHECK(read_back("{\"canary\":\"examples\",\"examples\":[{\"x\":1},{\"x\":2}]}") == "1,2");
  CHECK(read_back("{\n \"canary\": \"c\",\n \"examples\": [\n {\"x\": 1}\n ]\n}\n") == "1");
  CHECK(read_back("\xEF\xBB\xBF{\"x\":1}\n") == "1");
}

TEST_CASE("every row knows its line") {
  CHECK(places("{\"x\":1}\n\n{\"x\":2}\n") == ":1:3");
  CHECK(places("[\n {\"x\": \"a, [b] {\"\n },\n {\"x\": [1, 2]}, {\"x\": 3}\n]") == ":2:4:4");
  CHECK(places("[{\"x\": \"a\\\"}, {\\\\\"},\n{\"x\": 2}]") == ":1:2");
  CHECK(places("{\n\"canary\": \"\\\"examples\\\": [\",\n\"examples\": [\n{},\n\n{}\n]}") == ":4:6");
}

TEST_CASE("a damaged file is refused with its place") {
  CHECK(read_back("") == "rows:1: the file is empty");
  CHECK(read_back(" \n\n") == "rows:1: the file is empty");
  CHECK(read_back("[]") == "rows:1: no questions in it");
  CHECK(read_back("{\"examples\":[]}") == "rows:1: no questions in it");
  CHECK(read_back("{\"x\":1}\n{\"x\":\n{\"x\":3}\n").starts_with("rows:2: not valid JSON"));
  CHECK(read_back("{\"x\":1\n{\"x\":2}\n").starts_with("rows:1: not valid JSON"));
  CHECK(read_back("[{\"x\":1},\n{\"x\":").starts_with("rows:2: not valid JSON"));
  CHECK(read_back("{\"x\":1}\n7\n") == "rows:2: expected a JSON object with the fields of one question");
  CHECK(read_back("[{\"x\":1},\n\"two\"]") == "rows:2: expected a JSON object with the fields of one question");
  CHECK(read_back("{\n \"x\": 1\n}") == "rows:1: expected JSONL, a JSON array or an object with a list under \"examples\" or \"instances\" or \"rows\" or \"questions\" or \"data\" or \"test\"");
  CHECK(read_rows("/nowhere/at/all.jsonl").error().exit == ExitCode::usage);
}

TEST_CASE("the best form below the folder wins, wherever it stands") {
  unsetenv("PROCTOR_DATA");
  TempDir dir;
  DataOptions options{dir.path(), {}};
  CHECK(found(options, dir.path()).find("best.jsonl, part1.jsonl") != std::string::npos);
  dir.write("deep/er/any2.jsonl", "{}");
  CHECK(found(options, dir.path()) == "deep/er/any2.jsonl");
  dir.write("part1.jsonl", "{}");
  CHECK(found(options, dir.path()) == "deep/er/any2.jsonl");
  dir.write("deep/part2.jsonl", "{}");
  CHECK(found(options, dir.path()) == "part1.jsonl deep/part2.jsonl");
  dir.write("deep/best.jsonl.gz", "");
  CHECK(found(options, dir.path()) == "deep/best.jsonl.gz");
  dir.write("best.jsonl.gz", "");
  CHECK(found(options, dir.path()) == "best.jsonl.gz");
}

TEST_CASE("a file named for a task is taken as it is") {
  TempDir dir;
  std::string file = dir.write("mine.txt", "{}");
  dir.write("data/best.jsonl", "{}");
  CHECK(found({dir.path(), {{"t", file}}}, dir.path()) == "mine.txt");
  CHECK(found({"", {{"t", dir.path() + "/data"}}}, dir.path()) == "data/best.jsonl");
  CHECK(found({"", {{"t", file}}}, dir.path(), "t/sub") == "mine.txt");
  CHECK(found({"", {{"t", "/nowhere/x"}}}, dir.path()) == "t: no such file or folder: /nowhere/x");
}

TEST_CASE("PROCTOR_DATA is searched after the folder, and an error says where it looked") {
  TempDir first;
  TempDir second;
  second.write("best.jsonl", "{}");
  setenv("PROCTOR_DATA", second.path().c_str(), 1);
  CHECK(found({first.path(), {}}, second.path()) == "best.jsonl");
  unsetenv("PROCTOR_DATA");
  std::string none = found({first.path(), {}}, first.path());
  CHECK(none.find("searched below " + first.path()) != std::string::npos);
  CHECK(found({}, "").find("--data DIR or PROCTOR_DATA") != std::string::npos);
}

TEST_CASE("a field is found under any of its names, and a wrong one is named") {
  auto read = [](std::string_view json) {
    DataRow row{*parse_json(json, "test"), "f:3"};
    auto text = required_text(row, std::vector<std::string_view>{"a", "b"});
    return text ? *text : text.error().message;
  };
  CHECK(read(R"({"a":"x","b":"y"})") == "x");
  CHECK(read(R"({"a":null,"b":27.0})") == "27");
  CHECK(read(R"({"c":1})") == "f:3: no \"a\" or \"b\"");
  CHECK(read(R"({"a":[1]})") == "f:3: \"a\" should be text or a number, is array");
  CHECK(read(R"({"a":true})") == "f:3: \"a\" should be text or a number, is boolean");
  CHECK(read(R"({"a":"  "})") == "f:3: \"a\" is empty");
}

TEST_CASE("rows are found under the names that publishers give their lists") {
  for (std::string_view member : {"examples", "instances", "questions", "data", "test"})
    CHECK(rows_at("{\"version\":1,\n\"" + std::string(member) + "\":[{\"x\":1},\n{\"x\":2}]}") == "rows:2={\"x\":1} rows:3={\"x\":2}");
  CHECK(rows_at(R"({"features":[{"name":"x"}],"rows":[{"row_idx":0,"row":{"x":1},"truncated_cells":[]}],"num_rows_total":1})") == "rows:1={\"x\":1}");
}

TEST_CASE("CSV fields may hold separators, quotes and line ends, and every row knows its line") {
  CHECK(rows_at("Question,Answer\n\"a, \"\"b\"\"\nc\",1\nd,2\n", "rows.csv") ==
        "rows.csv:2={\"Question\":\"a, \\\"b\\\"\\nc\",\"Answer\":\"1\"} rows.csv:4={\"Question\":\"d\",\"Answer\":\"2\"}");
  CHECK(rows_at("a\tb\r\n1\t2,3\r\n", "rows.tsv") == "rows.tsv:2={\"a\":\"1\",\"b\":\"2,3\"}");
  CHECK(rows_at("a,b\n1,2\n3\n", "rows.csv") == "rows.csv:3: 1 fields where the first line names 2");
  CHECK(rows_at("a,b\n\"1,2\n3,4\n", "rows.csv") == "rows.csv:2: a quoted field that begins here does not end");
  CHECK(rows_at("a,b\n", "rows.csv") == "rows.csv:1: no questions in it");
  CHECK(rows_at("", "rows.csv") == "rows.csv:1: the file is empty");
}

TEST_CASE("LogiQA's text has seven lines a question") {
  const std::string one = "\nb\nSome context.\nWhich?\nA.x\nB.y\nC.z\nD.w\n";
  auto rows = [&](const std::string& text) { return rows_at(text, "test.txt", FileForm::logiqa); };
  CHECK(rows(one) == R"(test.txt:2={"answer":"b","context":"Some context.","question":"Which?","options":["A.x","B.y","C.z","D.w"]})");
  CHECK(rows(one + one).find(" test.txt:10={") != std::string::npos);
  CHECK(rows("\nb\nSome context.\n\n") == "test.txt:2: 2 lines of a question that takes 7");
  CHECK(rows(one + "\nc\nMore") == "test.txt:10: the last question is not complete");
}
