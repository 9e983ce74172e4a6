// SPDX-License-Identifier: MIT
// The pure parts of the endpoint client; tests/cli/endpoint_test.py runs the whole against a server.
#include <doctest/doctest.h>
#include <vector>

#include "backends/openai/exchange.h"
#include "backends/openai/raw_bytes.h"
#include "backends/openai/replica.h"
#include "backends/openai/sse.h"
#include "backends/openai/url.h"

namespace proctor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> read_events(std::string_view bytes, size_t piece) {
  SseReader reader;
  std::vector<std::string> events;
  auto keep = [&](std::string_view data) {
    events.emplace_back(data);
    return true;
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    reader.feed(bytes.substr(0, piece), keep);
  reader.finish(keep);
  return events;
}

Ending ending(Outcome outcome, std::string question = "q") {
  return {outcome, std::nullopt, "why", std::move(question)};
}

} // namespace

TEST_CASE("events are the same in whatever pieces they arrive") {
  const std::string stream =
      "\xEF\xBB\xBF: comment\r\ndata: one\r\n\r\nevent: x\ndata:two\ndata: lines\n\n\n\ndata: three\r\r"
      "data\n\ndata:  two blanks\n\nid: 7\n\ndata: last";
  for (size_t piece : {1, 2, 3, 7, 1000})
    CHECK(read_events(stream, piece) ==
          std::vector<std::string>{"one", "two\nlines", "three", "", " two blanks", "last"});
}

TEST_CASE("bytes that are no UTF-8 pass through a JSON parser and come back") {
  const std::string text = "a\xFF\xC3(\xE2\x82\xAC\xED\xA0\x80\xF4\x90\x80\x80z";
  std::string shielded = shield_bytes("\"" + text + "\"");
  Json parsed = Json::parse(shielded, nullptr, false);
  REQUIRE(parsed.is_string());
  CHECK(unshield_bytes(parsed.get<std::string>()) == text);
  CHECK(shield_bytes("\"\\ud83d\\ude00 \\ud83d \\\\ud83d \\udc00\"") ==
        "\"\\ud83d\\ude00 \\ufffd \\\\ud83d \\ufffd\"");
}

TEST_CASE("URLs") {
  CHECK(parse_url("HTTPS://host/v1/")->text() == "https://host/v1");
  CHECK(parse_url("http://[2001:db8::1]:8000/v1/chat/completions")->text() == "http://[2001:db8::1]:8000/v1");
  for (const char* wrong :
       {"ftp://h", "http://", "http://h:0", "http://h:x/v1", "http://[::1", "http://a b/v1", "http://h/v1?k=1"})
    CHECK_FALSE(parse_url(wrong));
  auto endpoint = parse_endpoint("org/model@2@http://a/v1,https://b/v1", "");
  REQUIRE(endpoint);
  CHECK(endpoint->name == "org/model@2");
  CHECK(endpoint->replicas.size() == 2);
  CHECK(parse_endpoint("m@", "http://c/v1")->replicas.front().text() == "http://c/v1");
}

TEST_CASE("Retry-After in each of its spellings") {
  CHECK(parse_retry_after("7", "", 0) == 7);
  CHECK(parse_retry_after("7", "1500", 0) == 1.5);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", "", 784111777 - 30) == 30);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", "", 784111777 + 30) == 0);
  for (const char* wrong : {"", "soon", "-3"}) CHECK_FALSE(parse_retry_after(wrong, "", 0));
}

TEST_CASE("a busy server gets fewer requests at once, and more again with every answer") {
  Replica replica(64);
  Replica::Time now{seconds(100)};
  for (int i = 0; i < 64; ++i) replica.begin();
  for (int i = 0; i < 10; ++i)
    replica.end(now, now + milliseconds(i + 1), ending(Outcome::busy), 0.5); // one sign, not ten
  CHECK(replica.limit() == 44);
  for (int i = 0; i < 54; ++i) replica.end(now, now + seconds(1), ending(Outcome::answered), 0.5);
  CHECK(replica.limit() == 45);
}

TEST_CASE("a replica that fails five questions in a row is left out, tried alone, and taken back") {
  Replica replica(8);
  Replica::Time now{seconds(100)};
  auto fail = [&](const std::string& question) {
    replica.begin();
    replica.end(now, now, ending(Outcome::failed, question), 1);
  };
  for (int i = 0; i < 20; ++i) fail("the same");
  CHECK_FALSE(replica.left_out());
  for (const char* question : {"a", "b", "c", "d"}) fail(question);
  CHECK(replica.left_out());
  CHECK_FALSE(replica.ready(now));
  now = replica.ready_at();
  CHECK(replica.ready(now));
  replica.begin();
  CHECK_FALSE(replica.ready(now));
  CHECK_FALSE(replica.hopeless(now + seconds(1000), 20)); // the trial may still be answered
  replica.end(now, now, ending(Outcome::failed, "e"), 1);
  CHECK(replica.hopeless(now + seconds(1000), 20));
  now = replica.ready_at();
  replica.begin();
  replica.end(now, now, ending(Outcome::answered), 1);
  CHECK_FALSE(replica.left_out());
  CHECK(replica.ready(now));
}

} // namespace proctor
