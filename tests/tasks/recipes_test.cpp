// SPDX-License-Identifier: MIT
#include "tasks/recipes.h"

#include <doctest/doctest.h>

#include "tests/temp_dir.h"

using namespace proctor;

namespace {

// doc_id=target of every question, or the error without its folder.
std::string load(RowReader read, std::string_view content, std::string_view level = "", FileForm form = FileForm::json) {
  TempDir dir;
  auto questions = load_questions({{dir.write("f", content)}, read, form, std::string(level)}, {});
  if (!questions) {
    CHECK(questions.error().exit == ExitCode::usage);
    std::string message = questions.error().message;
    for (size_t at; (at = message.find(dir.path())) != std::string::npos;) message.erase(at, dir.path().size() + 1);
    return message;
  }
  std::string all;
  for (const Question& question : *questions)
    all += (all.empty() ? "" : " ") + question.doc_id + "=" + question.target;
  return all;
}

Question load_one(RowReader read, std::string_view content, const TaskOptions& options = {}) {
  TempDir dir;
  auto questions = load_questions({{dir.write("f", content)}, read}, options);
  REQUIRE(questions);
  REQUIRE(questions->size() == 1);
  return questions->front();
}

constexpr std::string_view kIsland =
    R"({"quiz":"Two people.","names":["Ann","Bob"],"solution":[true,false],"index":7})";

} // namespace

TEST_CASE("AIME answers of every spelling become one target") {
  CHECK(load(read_aime_row, R"({"problem":"p","answer":"073"})") == "0=73");
  CHECK(load(read_aime_row, R"({"prompt":"p","answer":204})") == "0=204");
  CHECK(load(read_aime_row, R"({"question":"p","expected_answer":27.0})") == "0=27");
  CHECK(load(read_aime_row, R"({"problem":"p","answer":"000"})") == "0=0");
  for (std::string_view bad : {"\"1000\"", "\"-3\"", "\"7.5\"", "2.5", "\"x\"", "\"0073000\""})
    CHECK(load(read_aime_row, "{\"problem\":\"p\",\"answer\":" + std::string(bad) + "}")
              .find("is not an integer from 0 to 999") != std::string::npos);
}

TEST_CASE("a question has the data's own id, else its index") {
  CHECK(load(read_maths_row,
             "{\"id\":60,\"problem\":\"p\",\"answer\":1}\n{\"id\":\"b-2\",\"problem\":\"q\",\"answer\":2}") ==
        "60=1 b-2=2");
  CHECK(load(read_maths_row, "{\"unique_id\":\"t/a.json\",\"problem\":\"p\",\"answer\":1}") == "t/a.json=1");
  CHECK(load(read_maths_row, "{\"problem\":\"p\",\"answer\":1}\n{\"problem\":\"q\",\"answer\":2}") == "0=1 1=2");
}

TEST_CASE("a bad row is refused with its line") {
  const std::string good = "{\"id\":1,\"problem\":\"p\",\"answer\":\"1\"}\n";
  CHECK(load(read_maths_row, good + R"({"answer":"1"})") ==
        "f:2: no \"problem\" or \"question\" or \"prompt\" or \"input\"");
  CHECK(load(read_maths_row, good + R"({"problem":"p"})") ==
        "f:2: no \"answer\" or \"expected_answer\" or \"target\" or \"gold\"");
  CHECK(load(read_maths_row, good + good) == "f:2: the id 1 is already that of f:1");
  CHECK(load(read_maths_row, R"({"id":[1],"problem":"p","answer":1})") ==
        "f:1: \"id\" should be text or an integer, is array");
  CHECK(load(read_maths_row, R"({"problem":{"a":1},"answer":1})") ==
        "f:1: \"problem\" should be text or a number, is object");
}

TEST_CASE("a GSM8K target follows the last mark, without commas") {
  CHECK(load(read_gsm8k_row, R"({"question":"q","answer":"so #### no\n#### $1,234"})") == "0=1234");
  CHECK(load(read_gsm8k_row, R"({"question":"q","answer":"12"})") ==
        "f:1: the answer has no \"####\" before its number");
  CHECK(load(read_gsm8k_row, R"({"question":"q","answer":"12 #### "})") ==
        "f:1: nothing follows \"####\" in the answer");
}

TEST_CASE("an instruction that the data carries is not asked twice") {
  Question question = load_one(
      read_aime_row,
      R"({"prompt":"Find n.\nPlease reason step by step, and put your final answer within \\boxed{}.","answer":4})");
  CHECK(question.messages == std::vector<Message>{{"user", "Find n.\nPlease reason step by step, and put your final "
                                                           "answer within \\boxed{}."}});
  CHECK(question.form == AnswerForm::box);
}

TEST_CASE("the R1-Zero template wraps the bare question") {
  TaskOptions options;
  options.prompt_style = PromptStyle::r1_zero;
  Question question = load_one(read_aime_row, R"({"problem":"Find n.","answer":4})", options);
  const std::string& text = question.messages.at(0).content;
  CHECK(text.starts_with("A conversation between User and Assistant."));
  CHECK(text.ends_with("User: Find n. Assistant:"));
  CHECK(text.find("boxed") == std::string::npos);
  CHECK(question.form == AnswerForm::r1_zero);
}

TEST_CASE("system text goes before every prompt") {
  TaskOptions options;
  options.system = "Be brief.";
  for (PromptStyle style : {PromptStyle::standard, PromptStyle::r1_zero}) {
    options.prompt_style = style;
    Question question = load_one(read_aime_row, R"({"problem":"Find n.","answer":4})", options);
    REQUIRE(question.messages.size() == 2);
    CHECK(question.messages[0] == Message{"system", "Be brief."});
    CHECK(question.messages[1].role == "user");
  }
}

TEST_CASE("knights and knaves ask for a full assignment and keep who is what") {
  Question question = load_one(read_knights_knaves_row, kIsland);
  CHECK(question.doc_id == "2/7");
  CHECK(question.level == "2");
  CHECK(question.target == "(1) Ann is a knight\n(2) Bob is a knave");
  CHECK(dump_json(question.metadata) == R"({"names":["Ann","Bob"],"solution":[true,false]})");
  CHECK(question.messages.at(0).content.find("(1) NAME is a knight") != std::string::npos);
  CHECK(question.messages.at(0).content.find("<answer>") != std::string::npos);
  CHECK(question.form == AnswerForm::answer_tag);
  CHECK(load(read_knights_knaves_row, kIsland, "3") == "f:1: none of its 1 rows is of the part \"3\": another split or file?");
}

TEST_CASE("an island with other words for its people keeps them") {
  Question question = load_one(
      read_knights_knaves_row,
      R"({"quiz":"q","names":["Ann"],"solution":[false],"knight_knave":{"knight":"saint","knave":"sinner"}})");
  CHECK(question.target == "(1) Ann is a sinner");
  CHECK(question.metadata.contains("knight_knave"));
}

TEST_CASE("a broken island is refused") {
  auto load_island = [](std::string_view json) { return load(read_knights_knaves_row, json); };
  CHECK(load_island(R"({"names":["A"],"solution":[true]})") == "f:1: no \"quiz\"");
  CHECK(load_island(R"({"quiz":"q","solution":[true]})") == "f:1: no \"names\", a list of who is on the island");
  CHECK(load_island(R"({"quiz":"q","names":[1],"solution":[true]})") == "f:1: \"names\" should hold texts only");
  CHECK(load_island(R"({"quiz":"q","names":["A"]})") == "f:1: no \"solution\", a list of true and false");
  CHECK(load_island(R"({"quiz":"q","names":["A"],"solution":["yes"]})") ==
        "f:1: \"solution\" should hold true and false only");
  CHECK(load_island(R"({"quiz":"q","names":["A"],"solution":[true,false]})") ==
        "f:1: \"solution\" has 2 entries for 1 names");
}

TEST_CASE("BBH choices are asked and graded by letter") {
  Question question = load_one(
      read_bbh_choice_row, R"x({"examples":[{"input":"Which?\nOptions:\n(A) red\n(B) dark blue","target":"(B)"}]})x");
  CHECK(question.target == "B");
  CHECK(dump_json(question.metadata) == R"({"options":["red","dark blue"]})");
  CHECK(question.form == AnswerForm::letter);
  CHECK(question.messages.at(0).content.find("ANSWER: $LETTER") != std::string::npos);
}

TEST_CASE("an option that was cut up at its commas counts as its first piece") {
  CHECK(load(read_bbh_choice_row,
             R"({"examples":[{"input":"Q\n(A) red\n(B) one\n(C) two\n(D) three","target":"one, two"}]})") == "0=B");
  CHECK(load(read_bbh_choice_row, R"({"examples":[{"input":"Q\n(A) red","target":"green"}]})") ==
        "f:1: the target \"green\" is none of the options");
  CHECK(load(read_bbh_choice_row, R"x({"examples":[{"input":"Q\n(A) red","target":"(B)"}]})x") ==
        "f:1: the target \"(B)\" is none of the options");
}

TEST_CASE("answers made of brackets are asked for in a tag") {
  Question question = load_one(read_bbh_tag_row, R"({"examples":[{"input":"Close: [ {","target":"} ]"}]})");
  CHECK(question.form == AnswerForm::answer_tag);
  CHECK(question.target == "} ]");
}

TEST_CASE("an answer that was left at the question's end is taken from there") {
  Question question = load_one(read_gaokao_row, R"({"question":"Compute it.Answers: $\\frac{3}{10}$","answer":""})");
  CHECK(question.target == "$\\frac{3}{10}$");
  CHECK(question.messages.at(0).content.starts_with("Compute it.\nPlease"));
  CHECK(load(read_gaokao_row, R"({"question":"What is the answer: 1 or 2?","answer":"1"})") == "0=1");
  CHECK(load(read_gaokao_row, R"({"question":"Compute it.","answer":""})") == "f:1: \"answer\" is empty");
}

TEST_CASE("of several accepted answers each is right") {
  Question question = load_one(read_aime_row, R"x({"problem":"p","answer":"080 or 081 (both were accepted)"})x");
  CHECK(question.target == "80");
  CHECK(dump_json(question.metadata) == R"({"other_targets":["81"]})");
  question = load_one(read_maths_row, R"x({"question":"One focus?","answer":["(10,0)","(0,0)"]})x");
  CHECK(question.target == "(10,0)");
  auto verdict = [&](std::string text) {
    Completion completion;
    completion.finish_reason = FinishReason::stop;
    completion.text = completion.answer_text = std::move(text);
    return make_grader("math")->grade(question, completion).verdict;
  };
  CHECK(verdict("\\boxed{(0,0)}") == Verdict::correct);
  CHECK(verdict("\\boxed{(10,0)}") == Verdict::correct);
  CHECK(verdict("\\boxed{(5,0)}") == Verdict::incorrect);
  CHECK(load(read_maths_row, R"({"question":"q","answer":[]})") == "f:1: its list of answers is empty");
  CHECK(load(read_aime_row, R"({"problem":"p","answer":"80 or x"})").find("is not an integer from 0 to 999") != std::string::npos);
}
