// SPDX-License-Identifier: MIT
#include "harness/text/json_text.h"

#include <doctest/doctest.h>

#include "harness/json.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST_CASE("every byte that JSON must escape is escaped wherever it stands") {
  for (size_t length : {1u, 7u, 8u, 9u, 16u, 21u})
    for (size_t place = 0; place < length; ++place)
      for (int byte = 0; byte < 0x80; ++byte) {
        std::string text(length, 'x');
        text[place] = static_cast<char>(byte);
        std::string json = as_json(text);
        CAPTURE(length);
        CAPTURE(place);
        CAPTURE(byte);
        CHECK(Json::parse(json).get<std::string>() == text);
        bool escaped = json.size() > length + 2;
        CHECK(escaped == (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7F));
      }
}

TEST_CASE("text above ASCII stays as it is, and bytes that are not UTF-8 become U+FFFD") {
  CHECK(as_json("2\u00B2 = 4, \u7B54\u6848 \U0001F600") == "\"2\u00B2 = 4, \u7B54\u6848 \U0001F600\"");
  CHECK(as_json("a\xFF") == "\"a\uFFFD\"");
}

TEST_CASE("characters are counted, not bytes") {
  CHECK(count_characters("") == 0);
  CHECK(count_characters("abc") == 3);
  CHECK(count_characters("\u00E9\u7B54\U0001F600!") == 4);
  std::string text;
  for (uint64_t n = 0; n < 20; ++n, text += "\u7B54a") CHECK(count_characters(text) == 2 * n);
}

} // namespace
} // namespace proctor
