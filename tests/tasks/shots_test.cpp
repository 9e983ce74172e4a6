// SPDX-License-Identifier: MIT
#include "tasks/shots.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/temp_dir.h"

using namespace proctor;

namespace {

// "question => answer | ...", or the error without its folder.
std::string shots(ShotReader read, std::string_view content) {
  TempDir dir;
  auto read_back = read(dir.write("f", content));
  if (!read_back) return read_back.error().message.substr(dir.path().size() + 1);
  std::string text;
  for (const Shot& shot : *read_back) text += (text.empty() ? "" : " | ") + shot.question + " => " + shot.answer;
  return text;
}

} // namespace

TEST_CASE("BBH's prompt files hold questions and worked answers below a canary and a description") {
  CHECK(shots(read_bbh_shots, "A canary.\n-----\nDo this.\n\nQ: One?\nOptions:\n(A) x\nA: Let's think.\nSo the "
                              "answer is (A).\n\nQ: Two?\nA: (B).\n") ==
        "One?\nOptions:\n(A) x => Let's think.\nSo the answer is (A). | Two? => (B).");
  CHECK(shots(read_bbh_shots, "A canary.\n") == "f:1: no \"Q:\" with an \"A:\" below it");
}

TEST_CASE("MMLU-Pro's validation rows become options and an answer line") {
  CHECK(
      shots(read_mmlu_pro_shots, R"({"question":"q","options":["x","y"],"answer":"B","cot_content":"A: Think."})") ==
      "q\n\nA) x\nB) y => A: Think.\nANSWER: B");
  CHECK(shots(read_mmlu_pro_shots, R"({"question":"q","options":["x","y"],"answer":"Z"})")
            .starts_with("f:1: the answer"));
}

TEST_CASE("train files give questions and solutions") {
  CHECK(shots(read_gsm8k_shots, R"({"question":"q","answer":"a #### 1"})") == "q => a #### 1");
  CHECK(shots(read_maths_shots, R"({"problem":"p","solution":"s"})") == "p => s");
  CHECK(shots(read_maths_shots, R"({"problem":"p"})").starts_with("f:1: no \"solution\""));
}

TEST_CASE("MBPP's examples are rows 2 to 10 of its own file") {
  auto row = [](int id) { return fmt::format(R"({{"task_id":{0},"text":"Give {0}.","code":"def f():\r\n    return {0}","test_list":["assert f() == {0}"]}})", id) + "\n"; };
  const std::string two = "Give 2.\nYour program must pass these tests:\n\n```python\nassert f() == 2\n```";
  CHECK(shots(read_mbpp_shots, row(1) + row(2) + row(11)) == two + " => ```python\ndef f():\n    return 2\n```");
  TempDir dir;
  TaskOptions options;
  options.data.files["mbpp"] = dir.write("mbpp.jsonl", row(1) + row(2) + row(3) + row(11));
  options.shots = 2;
  auto task = load_task("mbpp", options);
  REQUIRE(task);
  REQUIRE(task->questions.size() == 1);
  CHECK(task->questions[0].messages.size() == 5);
  CHECK(task->questions[0].messages[1].content == "```python\ndef f():\n    return 2\n```");
  options.shots = 3;
  CHECK(load_task("mbpp", options).error().message.ends_with("holds 2 worked examples, --num-fewshot asks for 3"));
}
