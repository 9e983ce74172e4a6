// SPDX-License-Identifier: MIT
#include "tasks/choice_recipes.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/temp_dir.h"

using namespace proctor;

namespace {

// The first question, or the error without its folder.
struct Loaded {
  Question question;
  std::string error;
};

Loaded load_choice(RowReader read, std::string_view content, uint64_t seed = 0, FileForm form = FileForm::json) {
  TempDir dir;
  TaskOptions options;
  options.gen_seed = seed;
  auto questions = load_questions({{dir.write("f", content)}, read, form}, options);
  if (questions) return {questions->front(), ""};
  CHECK(questions.error().exit == ExitCode::usage);
  return {{}, questions.error().message.substr(dir.path().size() + 1)};
}

std::string asked(const Question& question) {
  return question.messages.back().content.substr(0, question.messages.back().content.find("\nPlease reason"));
}

std::string target(std::string_view content) {
  Loaded loaded = load_choice(read_choice_row, content);
  return loaded.error.empty() ? loaded.question.target : loaded.error;
}

} // namespace

TEST_CASE("a choice is read from every form that publishers use") {
  CHECK(target(R"({"question":"q","options":["A)1","B)2"],"correct":"B"})") == "B");
  CHECK(target(R"({"question":"q","choices":["1","2"],"answer":1})") == "B");
  CHECK(target(R"({"question":"q","choices":["1","2"],"answer":"2"})") == "B");
  CHECK(target(R"({"question":"q","choices":["blue","red"],"answer":"red"})") == "B");
  CHECK(target(R"x({"question":"q","options":{"A":"1","B":"2"},"answer":"(B)"})x") == "B");
  CHECK(target(R"({"question":"q","choices":{"text":["1","2"],"label":["A","B"]},"answerKey":"B"})") == "B");
  CHECK(target(R"({"query":"q","options":["A) True","B) False"],"label":"b"})") == "B");
}

TEST_CASE("the prompt lists the options below context and question") {
  Loaded loaded = load_choice(read_choice_row,
                       R"({"context":"Given x.","question":"Which?","options":["A) red","B) blue"],"answer":"A"})");
  CHECK(asked(loaded.question) == "Given x.\n\nWhich?\n\nA) red\nB) blue");
  CHECK(loaded.question.form == AnswerForm::letter);
  CHECK(dump_json(loaded.question.metadata) == R"({"options":["red","blue"]})");
}

TEST_CASE("a label is cut off only where every option has its own") {
  Loaded loaded = load_choice(read_choice_row, R"({"question":"q","options":["A. Smith","B. Jones"],"answer":0})");
  CHECK(asked(loaded.question) == "q\n\nA) Smith\nB) Jones");
  loaded = load_choice(read_choice_row, R"({"question":"q","options":["A. Smith","C. Jones"],"answer":0})");
  CHECK(asked(loaded.question) == "q\n\nA) A. Smith\nB) C. Jones");
}

TEST_CASE("a broken choice is refused with its line") {
  CHECK(target(R"({"options":["1","2"],"answer":"A"})").starts_with("f:1: no \"question\""));
  CHECK(target(R"({"question":"q","answer":"A"})").starts_with("f:1: no \"options\""));
  CHECK(target(R"({"question":"q","options":["1"],"answer":"A"})") == "f:1: 1 options; 2 to 26 are wanted");
  CHECK(target(R"({"question":"q","options":["1","2"]})").starts_with("f:1: no \"answer\""));
  CHECK(target(R"({"question":"q","options":["1","2"],"answer":"C"})") ==
        "f:1: the answer \"C\" is none of its 2 options");
  CHECK(target(R"({"question":"q","options":["x","y"],"answer":7})") == "f:1: the answer 7 is none of its 2 options");
}

TEST_CASE("the order of GPQA's options is a function of the seed and the question") {
  auto row = [](int id) {
    return fmt::format(
        R"({{"Record ID":"r{}","Question":"Which?","Correct Answer":"right","Incorrect Answer 1":"w1","Incorrect Answer 2":"w2","Incorrect Answer 3":"w3"}})",
        id);
  };
  std::string by_seed, by_question;
  for (uint64_t seed = 0; seed < 48; ++seed) {
    Question question = load_choice(read_gpqa_row, row(1), seed).question;
    CHECK(question.metadata["options"][static_cast<size_t>(question.target[0] - 'A')] == "right");
    CHECK(question.messages == load_choice(read_gpqa_row, row(1), seed).question.messages);
    by_seed += question.target;
    by_question += load_choice(read_gpqa_row, row(static_cast<int>(seed))).question.target;
  }
  for (char letter : {'A', 'B', 'C', 'D'}) {
    CHECK(by_seed.find(letter) != std::string::npos);
    CHECK(by_question.find(letter) != std::string::npos);
  }
}

TEST_CASE("FOLIO's labels are three options") {
  auto folio = [](std::string_view label) {
    return load_choice(
        read_folio_row,
        fmt::format(R"({{"premises":["All a are b.","x is a."],"conclusion":"x is b.","label":"{}"}})", label));
  };
  CHECK(folio("True").question.target == "A");
  CHECK(folio("False").question.target == "B");
  CHECK(folio("Uncertain").question.target == "C");
  CHECK(folio("Unknown").question.target == "C");
  CHECK(folio("perhaps").error == "f:1: the label \"perhaps\" is none of True, False and Uncertain");
  CHECK(asked(folio("True").question).starts_with("All a are b.\nx is a.\n\nGiven these premises"));
}

TEST_CASE("LogiQA's text and JSON give the same question") {
  Question text =
      load_choice(read_logiqa_row, "\nb\nSome context.\nWhich?\nA.x\nB.y\nC.z\nD.w\n", 0, FileForm::logiqa).question;
  Question json =
      load_choice(read_logiqa_row, R"({"answer":1,"text":"Some context.","question":"Which?","options":["x","y","z","w"]})",
           0, FileForm::logiqa)
          .question;
  CHECK(text.messages == json.messages);
  CHECK(text.target == "B");
  CHECK(json.target == "B");
}

TEST_CASE("a quiz that says how to answer is asked as it stands") {
  Loaded loaded =
      load_choice(read_quiz_row, R"({"size":8,"item":3,"gold":"2","quiz":"Who? Enclose the number in <ANSWER> tags."})");
  CHECK(loaded.question.messages.at(0).content == "Who? Enclose the number in <ANSWER> tags.");
  CHECK(loaded.question.doc_id == "8/3");
  CHECK(loaded.question.level == "8");
}

TEST_CASE("a plan's reference is spelled in the problem's own words") {
  const std::string query =
      R"(As initial conditions I have that, the red block is clear, the hand is empty, the red block is on top of the blue block and the blue block is on the table.\nMy goal is to have that the blue block is clear.\nWhat is the plan?)";
  Loaded loaded = load_choice(
      read_plan_row,
      fmt::format(R"x({{"instances":[{{"instance_id":4,"query":"{}","ground_truth_plan":"(unstack a b)\n"}}]}})x",
                  query));
  CHECK(loaded.error == "");
  CHECK(loaded.question.target == "unstack red blue");
  CHECK(loaded.question.doc_id == "4");
  CHECK(load_choice(read_plan_row, R"x({"query":"What?","ground_truth_plan":"(unstack a b)"})x")
            .error.find("f:1: its query holds no statement") == 0);
  CHECK(load_choice(read_plan_row, fmt::format(R"({{"query":"{}","ground_truth_plan":"none"}})", query)).error ==
        "f:1: its plan holds no action");
}
