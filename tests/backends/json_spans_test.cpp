// SPDX-License-Identifier: MIT
#include "backends/recorded/json_spans.h"

#include <doctest/doctest.h>
#include <vector>

using namespace proctor;

namespace {

struct Scan {
  std::vector<std::string> elements; // "key=text"
  std::string error;
  uint64_t line = 0;
};

Scan scan(std::string_view text, size_t block_size, bool until_end = true) {
  Scan result;
  ElementScanner scanner(0, 1, until_end);
  auto visit = [&](const JsonElement& element) {
    result.elements.push_back(element.key + (element.key.empty() ? "" : "=") +
                              std::string(text.substr(element.value.offset, element.value.length)));
    CHECK(text[element.value.offset] == element.first);
    return Status();
  };
  Status status;
  for (size_t at = 0; at < text.size() && status; at += block_size)
    status = scanner.feed(text.substr(at, block_size), visit);
  if (status) status = scanner.finish();
  if (!status) result.error = status.error().message;
  result.line = scanner.line();
  return result;
}

FileShape shape_of(std::string_view text) {
  ShapeFinder finder;
  for (char c : text) finder.feed({&c, 1});
  return finder.finish();
}

} // namespace

TEST_CASE("containers are cut into their elements, however the blocks fall") {
  using Elements = std::vector<std::string>;
  struct Row {
    std::string_view text;
    Elements elements;
  };
  const Row rows[] = {
      {"[]", {}},
      {" { } \n", {}},
      {"[1,2 , null]", {"1", "2", "null"}},
      {"[\"a\", {\"x\": [1, \"]}\"]}, [[]]]\n", {"\"a\"", "{\"x\": [1, \"]}\"]}", "[[]]"}},
      {"{\"k\": \"v\", \"l\\\"\": [\"}\"], \"m\":7}", {"\"k\"=\"v\"", "\"l\\\"\"=[\"}\"]", "\"m\"=7"}},
      {"[\"\\\\\", \"\\\"\", \"\"]", {"\"\\\\\"", "\"\\\"\"", "\"\""}},
      {"[NaN,-Infinity]", {"NaN", "-Infinity"}},
  };
  for (const Row& row : rows)
    for (size_t block_size : {1, 2, 3, 5, 100}) {
      CAPTURE(row.text);
      CAPTURE(block_size);
      Scan result = scan(row.text, block_size);
      CHECK(result.error == "");
      CHECK(result.elements == row.elements);
    }
}

TEST_CASE("a damaged container says what is wrong and on which line") {
  struct Row {
    std::string_view text, error;
    uint64_t line;
  };
  const Row rows[] = {
      {"[1,\n2\n3]", "unexpected '3' in the array", 3},
      {"[1,]", "unexpected ']' in the array", 1},
      {"[,1]", "unexpected ',' in the array", 1},
      {"{\"a\" 1}", "unexpected '1' in the object", 1},
      {"{\"a\":1,}", "unexpected '}' in the object", 1},
      {"{1:2}", "unexpected '1' in the object", 1},
      {"[1}", "unexpected '}' in the array", 1},
      {"[1]\n\n[2]", "more text after the end of the array", 3},
      {"{\"a\":\n\"b", "the file ends inside the object", 2},
      {"[[1]", "the file ends inside the array", 1},
      {"[1, \x01]", "", 1}, // inside an element: its parser's to refuse
  };
  for (const Row& row : rows)
    for (size_t block_size : {1, 100}) {
      CAPTURE(row.text);
      Scan result = scan(row.text, block_size);
      CHECK(result.error == row.error);
      CHECK(result.line == row.line);
    }
}

TEST_CASE("a scan that need not reach the end stops behind the container") {
  CHECK(scan("[1, 2], \"more\": [3]}", 4, false).elements.size() == 2);
  CHECK(scan("[1, 2], \"more\": [3]}", 4, false).error == "");
}

TEST_CASE("very deep nesting costs no stack") {
  std::string text(200000, '[');
  text += std::string(200000, ']');
  CHECK(scan(text, 4096).elements.size() == 1);
}

TEST_CASE("the first value tells what a file is") {
  CHECK(shape_of("") == FileShape::blank);
  CHECK(shape_of(" \n\t\r\n") == FileShape::blank);
  CHECK(shape_of("\n[1]") == FileShape::array);
  CHECK(shape_of("{\"a\": 1}") == FileShape::object);
  CHECK(shape_of("{\"a\": 1}\n\n") == FileShape::object);
  CHECK(shape_of("{\n  \"a\": 1\n}") == FileShape::object);
  CHECK(shape_of("{\"a\": {\n \"b\": 1}}") == FileShape::object);
  CHECK(shape_of("{\"a\": \"}\\\"\"}\n{\"a\": 2}") == FileShape::lines);
  CHECK(shape_of("{\"a\": 1\n{\"a\": 2}") == FileShape::lines);   // a damaged first line
  CHECK(shape_of("{\"a\": \"x\n{\"a\": 2}") == FileShape::lines); // a torn first line
  CHECK(shape_of("{\"a\": \"x") == FileShape::lines);
  CHECK(shape_of("\"a\"") == FileShape::lines);
}
