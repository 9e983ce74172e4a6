// SPDX-License-Identifier: MIT
#include "harness/secrets.h"

#include <doctest/doctest.h>

namespace proctor {
namespace {

std::string hidden(std::string_view json) { return dump_json(without_secrets(*parse_json(json, "test"))); }

TEST_CASE("names of keys, and of settings that speak of tokens and keys") {
  for (const char* name : {"api_key", "API-KEY", "apiKey", "Authorization", "x-auth-token", "hf_token", "key_2", "client_secret", "password1", "secret_value", "OPENAI_API_KEY_TEST", "keys"})
    CHECK_MESSAGE(looks_secret(name), name);
  for (const char* name : {"thinking_token_budget", "max_tokens", "tokenizer", "stop_token_ids", "keyword", "min_tokens", "key_frames"})
    CHECK_MESSAGE(!looks_secret(name), name);
}

TEST_CASE("what is hidden of a document") {
  CHECK(hidden(R"({"api_key":"abc","a":{"hf_token":"def"},"b":[{"secret":"x"}]})") ==
        R"({"api_key":"***","a":{"hf_token":"***"},"b":[{"secret":"***"}]})");
  CHECK(hidden(R"({"pad_token":0,"token":["abc",1,true],"key":{"v":"abc"},"password":1234})") ==
        R"({"pad_token":0,"token":["***",1,true],"key":{"v":"***"},"password":"***"})");
  CHECK(hidden(R"({"end_token":"</think>","stop_token_ids":[1,2]})") == R"({"end_token":"</think>","stop_token_ids":[1,2]})");
}

TEST_CASE("secrets are taken out of a message, each and its longer words") {
  std::vector<std::string> secrets = secrets_in(*parse_json(R"({"Authorization":"Bearer abcdefgh","password":["pass1","pas"]})", "test"));
  CHECK(secrets == std::vector<std::string>{"Bearer abcdefgh", "abcdefgh", "pass1"});
  CHECK(without_words("Bearer abcdefgh, abcdefgh, pass1 pass2", secrets) == "***, ***, *** pass2");
  CHECK(without_words("no * here", {"", "*"}) == "no *** here");
}

} // namespace
} // namespace proctor
