// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "tests/backends/recorded_files.h"

using namespace proctor;

namespace {

Usage usage_of(const std::string& json) {
  RecordedTestFile disk("answers.jsonl", R"({"id": 1, "response": "4", "usage": )" + json + "}");
  auto file = open_recorded(disk.path());
  REQUIRE(file.has_value());
  return replay(*file, "1").usage;
}

} // namespace

TEST_CASE("Anthropic's input tokens leave out what its cache read and wrote, and the prompt holds them") {
  Usage usage = usage_of(R"({"input_tokens": 50, "cache_read_input_tokens": 10000, "cache_creation_input_tokens": 248,)"
                         R"( "output_tokens": 503})");
  CHECK(usage.prompt_tokens == 10298);
  CHECK(usage.cached_tokens == 10000);
  CHECK(usage.completion_tokens == 503);
  usage = usage_of(R"({"input_tokens": 50, "cache_creation_input_tokens": 248, "output_tokens": 503})");
  CHECK(usage.prompt_tokens == 298);
  CHECK(!usage.cached_tokens);
  usage = usage_of(R"({"input_tokens": 50, "cache_read_input_tokens": 0, "cache_creation_input_tokens": null, "output_tokens": 503})");
  CHECK(usage.prompt_tokens == 50);
}

TEST_CASE("cached tokens of the OpenAI APIs are a part of the prompt, also beside Anthropic's names") {
  CHECK(usage_of(R"({"prompt_tokens": 900, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 600}})").prompt_tokens == 900);
  CHECK(usage_of(R"({"prompt_tokens": 900, "completion_tokens": 5, "cache_read_input_tokens": 600})").prompt_tokens == 900);
  const Usage responses = usage_of(R"({"input_tokens": 900, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 600},)"
                                   R"( "cache_read_input_tokens": 600})");
  CHECK(responses.prompt_tokens == 900);
  CHECK(responses.cached_tokens == 600);
  CHECK(usage_of(R"({"prompt_tokens": 900, "completion_tokens": 5, "prompt_cache_hit_tokens": 640, "prompt_cache_miss_tokens": 260})").prompt_tokens == 900);
}

TEST_CASE("Inspect's cached tokens are a part of the input where its total says so, as older logs do, and else beside it") {
  const std::string counts = R"({"input_tokens": 300, "output_tokens": 50, "input_tokens_cache_read": 200)";
  CHECK(usage_of(counts + R"(, "total_tokens": 550})").prompt_tokens == 500);
  CHECK(usage_of(counts + R"(, "total_tokens": 350})").prompt_tokens == 300);
  CHECK(usage_of(counts + "}").prompt_tokens == 500);
  CHECK(usage_of(counts + R"(, "input_tokens_cache_write": 100, "total_tokens": 650})").prompt_tokens == 600);
  // More was read than sent: it cannot be a part, whatever the total.
  CHECK(usage_of(R"({"input_tokens": 300, "output_tokens": 50, "input_tokens_cache_read": 9000, "total_tokens": 350})").prompt_tokens == 9300);
}

TEST_CASE("thinking that the total counts beside the completion is a part of it, as an endpoint's is") {
  Usage usage = usage_of(R"({"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135, "prompt_tokens_details": {"cached_tokens": 6},)"
                         R"( "completion_tokens_details": {"reasoning_tokens": 94}})");
  CHECK(usage.completion_tokens == 103);
  CHECK(usage.reasoning_tokens == 94);
  usage = usage_of(R"({"prompt_tokens": 32, "completion_tokens": 103, "total_tokens": 135, "completion_tokens_details": {"reasoning_tokens": 94}})");
  CHECK(usage.completion_tokens == 103);
  // Grok by way of Inspect: both at once.
  usage = usage_of(R"({"input_tokens": 26, "output_tokens": 9, "input_tokens_cache_read": 6, "reasoning_tokens": 94, "total_tokens": 135})");
  CHECK(usage.prompt_tokens == 32);
  CHECK(usage.completion_tokens == 103);
  usage = usage_of(R"({"input_tokens": 32, "output_tokens": 9, "input_tokens_cache_read": 6, "reasoning_tokens": 94, "total_tokens": 135})");
  CHECK(usage.prompt_tokens == 32);
  CHECK(usage.completion_tokens == 103);
}

TEST_CASE("a count that no request can have is not known") {
  const Usage usage = usage_of(R"({"input_tokens": 9000000000000000000, "cache_read_input_tokens": 9000000000000000000, "output_tokens": 7})");
  CHECK(!usage.prompt_tokens);
  CHECK(!usage.cached_tokens);
  CHECK(usage.completion_tokens == 7);
}
