// SPDX-License-Identifier: MIT
#include "harness/text/think_split.h"

#include <doctest/doctest.h>

using namespace proctor;
using enum CompletionStatus;

namespace {

ThinkSplit split_text(std::string_view text, bool prefilled = false,
                      std::optional<FinishReason> finish = FinishReason::stop) {
  return split_reasoning(text, prefilled, finish);
}

} // namespace

TEST_CASE("paired tags split into reasoning and answer") {
  auto split = split_text("\n<think>maybe \\boxed{3}</think>so \\boxed{4}");
  CHECK(split.reasoning == "maybe \\boxed{3}");
  CHECK(split.answer == "so \\boxed{4}");
  CHECK(split.status == complete);
}

TEST_CASE("a closing tag alone ends thinking that the prompt had opened") {
  for (bool prefilled : {false, true}) {
    auto split = split_text("maybe \\boxed{3}</think>so \\boxed{4}", prefilled);
    CHECK(split.reasoning == "maybe \\boxed{3}");
    CHECK(split.answer == "so \\boxed{4}");
  }
}

TEST_CASE("thinking that was never closed holds no answer") {
  for (auto finish :
       {std::optional(FinishReason::length), std::optional(FinishReason::stop), std::optional<FinishReason>()}) {
    auto split = split_text("<think>maybe \\boxed{3} hm", false, finish);
    CHECK(split.answer.empty());
    CHECK(split.status == truncated_thinking);
  }
  CHECK(split_text("maybe \\boxed{3} hm", true, FinishReason::length).status == truncated_thinking);
}

TEST_CASE("without tags the text is the answer, cut or whole") {
  auto cut = split_text("the sum is \\boxed{3", false, FinishReason::length);
  CHECK(cut.status == truncated_answer);
  CHECK(cut.answer == "the sum is \\boxed{3");
  CHECK(split_text("the sum is \\boxed{3}").status == complete);
  CHECK(split_text("").status == complete);
}

TEST_CASE("later blocks leave the answer") {
  auto split = split_text("<think>a</think>x <think>b</think>y <think>c</think>\\boxed{4}");
  CHECK(split.reasoning == "a\nb\nc");
  CHECK(split.answer == "x y \\boxed{4}");
  CHECK(split_text("Well. <think>b</think>7").answer == "Well. 7");
}

TEST_CASE("a closing tag quoted in the answer stays there") {
  auto split = split_text("<think>r</think>\\boxed{4}; use s.split(\"</think>\")");
  CHECK(split.answer == "\\boxed{4}; use s.split(\"</think>\")");
  CHECK(split.status == complete);
}

TEST_CASE("a second thinking block that the limit cut off takes the answer with it") {
  auto split = split_text("<think>a</think>I say 4. <think>no, wait", false, FinishReason::length);
  CHECK(split.status == truncated_thinking);
  CHECK(split.answer.empty());
  CHECK(split_text("<think>a</think>tags look like <think>").answer == "tags look like <think>");
}

TEST_CASE("a complete answer block at the end is an answer though the thinking was closed by no tag") {
  for (std::string_view closer : {"\\end{think}", "</thinking>", ""}) {
    std::string text = "<think>two and two" + std::string(closer) + "\n<answer> 4 </answer>\n";
    auto split = split_text(text, false, std::nullopt);
    CHECK(split.status == complete);
    CHECK(split.answer == "<answer> 4 </answer>\n");
    CHECK(split_text(text, false, FinishReason::length).status == truncated_thinking);
  }
  CHECK(split_text("<think>he wrote <answer>4</answer> but no", false, std::nullopt).status == truncated_thinking);
}

TEST_CASE("token positions decide where a backend knows them") {
  std::string text = "say </think> aloud[close]\\boxed{4} and <think>x</think>";
  size_t close = text.find("[close]");
  ThinkTag tag{close, close + 7, true};
  auto split = split_reasoning(text, std::span(&tag, 1), true, FinishReason::stop);
  CHECK(split.reasoning == "say </think> aloud");
  CHECK(split.answer == "\\boxed{4} and <think>x</think>");
  CHECK(split_reasoning(text, {}, true, FinishReason::stop).status == truncated_thinking);
}

TEST_CASE("a repeated opening tag after a prefilled one is not part of the reasoning") {
  auto split = split_text("<think>\nsum</think>4", true);
  CHECK(split.reasoning == "\nsum");
  CHECK(split.answer == "4");
}

TEST_CASE("an endpoint's reasoning field wins over tags in the text") {
  Completion completion;
  completion.reasoning = "sum";
  completion.text = "tags such as </think> are text here";
  completion.finish_reason = FinishReason::stop;
  apply_split(completion, false);
  CHECK(completion.answer_text == completion.text);
  CHECK(completion.status == complete);

  completion.text = "";
  completion.finish_reason = FinishReason::length;
  apply_split(completion, false);
  CHECK(completion.status == truncated_thinking);
}
