// SPDX-License-Identifier: MIT
#include "harness/run_records.h"

#include <doctest/doctest.h>

#include "harness/text/json_text.h"

using namespace proctor;

namespace {

Completion full_completion() {
  Completion completion;
  completion.key = {"aime24", "7", 3};
  completion.prompt_hash = "abc";
  completion.text = "<think>a\tb</think>\"4\"\n\x01\xE2\x82\xAC";
  completion.reasoning = "a\tb";
  completion.answer_text = "\"4\"\n\x01\xE2\x82\xAC";
  completion.finish_reason = FinishReason::length;
  completion.status = CompletionStatus::truncated_answer;
  completion.usage = {12, 4, 900, 850, 0.25};
  completion.seconds = 1.5;
  completion.ttft_s = 0.1;
  completion.seed = 9007199254740991u;
  completion.logprob_sum = -12.5;
  completion.extra = R"({"label":1})";
  return completion;
}

} // namespace

TEST_CASE("a sample record reads back as it was written") {
  RecordParser parser;
  Completion in = full_completion();
  auto out = parser.sample(sample_line(in));
  REQUIRE(out.has_value());
  CHECK(out->key == in.key);
  CHECK(out->text == in.text);
  CHECK(out->reasoning == in.reasoning);
  CHECK(out->answer_text == in.answer_text);
  CHECK(out->finish_reason == in.finish_reason);
  CHECK(out->status == in.status);
  CHECK(out->usage.reasoning_tokens == 850);
  CHECK(out->usage.reported_usd == 0.25);
  CHECK(out->seconds == in.seconds);
  CHECK(out->seed == in.seed);
  CHECK(out->logprob_sum == in.logprob_sum);
  CHECK(out->extra == in.extra);
  CHECK(sample_line(*out) == sample_line(in));
}

TEST_CASE("what is not known is absent, never 0 or null") {
  Completion completion;
  completion.key = {"t", "0", 0};
  std::string line = sample_line(completion);
  for (std::string_view key :
       {"usage", "seconds", "ttft_s", "seed", "logprob_sum", "finish_reason", "error", "extra", "null"})
    CHECK_MESSAGE(line.find(key) == line.npos, key);
  RecordParser parser;
  auto back = parser.sample(line);
  REQUIRE(back.has_value());
  CHECK_FALSE(back->usage.prompt_tokens.has_value());
  CHECK_FALSE(back->finish_reason.has_value());
}

TEST_CASE("bytes that are not UTF-8 survive the log") {
  RecordParser parser;
  Completion completion;
  completion.key = {"t", "0", 0};
  completion.text = std::string("half a character: \xE2\x82", 20);
  completion.answer_text = completion.text;
  std::string line = sample_line(completion);
  CHECK(line.find("\"text_base64\":") != line.npos);
  CHECK(line.find("\"text\":") == line.npos);
  auto back = parser.sample(line);
  REQUIRE(back.has_value());
  CHECK(back->text == completion.text);
  CHECK(back->answer_text == completion.text);
}

TEST_CASE("skipping texts keeps everything else") {
  RecordParser parser;
  auto out = parser.sample(sample_line(full_completion()), RecordParser::Texts::skip);
  REQUIRE(out.has_value());
  CHECK(out->text.empty());
  CHECK(out->usage.completion_tokens == 900);
}

TEST_CASE("a grade record reads back as it was written") {
  RecordParser parser;
  Grade in;
  in.key = {"gen/order", "order@1/2/0/17", 0};
  in.grader = "plus";
  in.verdict = Verdict::incorrect;
  in.reason = "wrong_answer";
  in.answer = "Ida";
  in.target = "Noor";
  in.vote_key = "ida";
  in.format_ok = false;
  in.explanation = "Ida is not Noor";
  in.stats = Json::parse(R"({"completion_tokens":80,"seconds":0.25,"off":-3,"seed":18446744073709551615,"loop":false,"none":null,"nested":{"names":["a\u00e9",[]]}})");
  auto out = parser.grade(grade_line(in));
  REQUIRE(out.has_value());
  CHECK(out->stats == in.stats);
  CHECK(grade_line(*out) == grade_line(in));
  Grade none;
  none.key = in.key;
  auto absent = parser.grade(grade_line(none));
  REQUIRE(absent.has_value());
  CHECK_FALSE(absent->answer.has_value());
  CHECK_FALSE(absent->format_ok.has_value());
}

TEST_CASE("a question record reads back as it was written") {
  RecordParser parser;
  QuestionRecord in;
  in.task = "aime24";
  in.question.doc_id = "2024-I-1";
  in.question.messages = {{"system", "Be brief."}, {"user", "What is 2+2?"}};
  in.question.assistant_prefix = "<think>\n";
  in.question.target = "4";
  in.question.form = AnswerForm::box;
  in.question.metadata = {{"options", {"3", "4"}}};
  in.question.level = "easy";
  in.question.cluster = "sums";
  in.prompt_hash = prompt_hash(in.question);
  auto out = parser.question(question_line(in));
  REQUIRE(out.has_value());
  CHECK(out->question.messages == in.question.messages);
  CHECK(out->question.metadata == in.question.metadata);
  CHECK(prompt_hash(out->question) == in.prompt_hash);
  CHECK(question_line(*out) == question_line(in));
}

TEST_CASE("a bad record says which key is wrong") {
  RecordParser parser;
  auto message = [&](std::string_view line) { return parser.sample(line).error().message; };
  CHECK(message("nonsense").starts_with("not a record: "));
  CHECK(message("[1]").starts_with("not a record: "));
  CHECK(message(R"({"doc_id":"1","sample_idx":0,"prompt_hash":"h","status":"complete"})") == "\"task\" is missing");
  CHECK(message(R"({"task":"t","doc_id":1,"sample_idx":0})") == "\"doc_id\" is not a string");
  CHECK(message(R"({"task":"t","doc_id":"1","sample_idx":-1})") == "\"sample_idx\" is missing or not an index");
  CHECK(message(R"({"task":"t","doc_id":"1","sample_idx":0,"prompt_hash":"h","status":"fine"})") ==
        "\"status\" is \"fine\", which is not one of its values");
}

TEST_CASE("base64 agrees with RFC 4648 and refuses what it is not") {
  for (auto [plain, encoded] :
       {std::pair("", ""), {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}) {
    CHECK(base64_encode(plain) == encoded);
    CHECK(base64_decode(encoded) == plain);
  }
  for (const char* bad : {"Zg=", "Zg", "Z=g=", "Zm9v!aaa"}) CHECK_FALSE(base64_decode(bad).has_value());
}
