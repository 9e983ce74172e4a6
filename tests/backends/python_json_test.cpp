// SPDX-License-Identifier: MIT
#include "backends/recorded/python_json.h"

#include <doctest/doctest.h>

#include "harness/text/utf8.h"

using namespace proctor;

TEST_CASE("Python's habits become JSON and nothing else changes") {
  struct Row {
    std::string_view given, wanted;
  };
  const Row rows[] = {
      {R"({"a": NaN, "b": [Infinity, -Infinity]})", R"({"a": null, "b": [null, null]})"},
      {R"({"a": "NaN and -Infinity"})", R"({"a": "NaN and -Infinity"})"},
      {R"({"a": 123456789012345678901234})", R"({"a": "123456789012345678901234"})"},
      {R"([18446744073709551615, -9223372036854775808])", R"([18446744073709551615, -9223372036854775808])"},
      {R"([1e999, 1e-999, 1.5e3])", R"(["1e999", 1e-999, 1.5e3])"},
      {R"("\ud83d")", R"("\ufffd")"},
      {R"("\ud83dx\ude00")", R"("\ufffdx\ufffd")"},
      {R"("\ud83d\ud83d\ude00")", R"("\ufffd\ud83d\ude00")"},
      {R"("\\ud83d \" \u00e9")", R"("\\ud83d \" \u00e9")"},
      {R"("\ud8)", R"("\ud8)"},
      {R"("a\)", R"("a\)"},
      {R"(nope, nan)", R"(nope, nan)"},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.given);
    RepairedJson repaired = repair_json(row.given);
    CHECK(repaired.text == row.wanted);
    CHECK(repaired.n_bad_bytes == 0);
  }
}

TEST_CASE("bytes that are not UTF-8 become U+FFFD, one each, and are counted") {
  RepairedJson repaired = repair_json("\"a\xFFz \xE2\x82 \xED\xA0\x80 \xC3\xA9\"");
  CHECK(repaired.n_bad_bytes == 6);
  CHECK(repaired.text == "\"a\xEF\xBF\xBDz \xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xC3\xA9\"");
}

TEST_CASE("UTF-8 characters have the length their first byte says, or none") {
  CHECK(utf8_length("a") == 1);
  CHECK(utf8_length("\xC3\xA9") == 2);
  CHECK(utf8_length("\xE2\x82\xAC") == 3);
  CHECK(utf8_length("\xF0\x9F\x98\x80") == 4);
  const std::string_view malformed[] = {
      "", "\x80", "\xC0\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xC3", "\xF4\x90\x80\x80"};
  for (std::string_view bad : malformed) CHECK(utf8_length(bad) == 0);
}
