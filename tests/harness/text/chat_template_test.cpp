// SPDX-License-Identifier: MIT
#include "harness/text/chat_template.h"

#include <doctest/doctest.h>

using namespace proctor;

namespace {

constexpr const char* kOpens = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
                               "{% if add_generation_prompt %}<assistant><think>\n{% endif %}";
constexpr const char* kPlain = "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
                               "{% if add_generation_prompt %}<assistant>{% endif %}";
constexpr const char* kSwitch =
    "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}";

ChatPrompt prompt(const char* source, const std::string& user, const ChatOptions& options = {}) {
  auto chat = ChatTemplate::parse(source, "t", {{"bos_token", "<s>"}});
  REQUIRE(chat);
  auto made = chat->render(std::vector<Message>{{"user", user}}, options);
  REQUIRE(made);
  return *made;
}

} // namespace

TEST_CASE("a template that opens the thinking says so") {
  CHECK(prompt(kOpens, "hi").thinking_opened);
  CHECK_FALSE(prompt(kPlain, "hi").thinking_opened);
  CHECK(prompt(kPlain, "hi").text == "<s><user>hi<assistant>");
}

TEST_CASE("a think tag in a question opens nothing") {
  CHECK_FALSE(prompt(kPlain, "what does <think> mean?").thinking_opened);
  CHECK(prompt(kOpens, "what does </think> mean?").thinking_opened);
}

TEST_CASE("thinking that the template closed again is not open") {
  ChatOptions options;
  options.variables["enable_thinking"] = false;
  CHECK(prompt(kSwitch, "hi", options).text == "hi<a><think>\n\n</think>\n\n");
  CHECK_FALSE(prompt(kSwitch, "hi", options).thinking_opened);
}

TEST_CASE("the prefill can be forced and taken off") {
  ChatOptions options;
  options.think_prefill = ThinkPrefill::force;
  CHECK(prompt(kPlain, "hi", options).text == "<s><user>hi<assistant><think>\n");
  CHECK(prompt(kPlain, "hi", options).thinking_opened);
  CHECK(prompt(kOpens, "hi", options).text == "<user>hi<assistant><think>\n");
  options.think_prefill = ThinkPrefill::off;
  CHECK(prompt(kOpens, "hi", options).text == "<user>hi<assistant>");
  CHECK_FALSE(prompt(kOpens, "hi", options).thinking_opened);
}

TEST_CASE("a prefix of the answer may open the thinking") {
  ChatOptions options;
  options.assistant_prefix = "<think>Let me";
  CHECK(prompt(kPlain, "hi", options).text == "<s><user>hi<assistant><think>Let me");
  CHECK(prompt(kPlain, "hi", options).thinking_opened);
}
