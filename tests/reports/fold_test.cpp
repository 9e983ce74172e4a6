// SPDX-License-Identifier: MIT
#include "reports/fold.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "harness/text/ascii.h"
#include "reports/metrics.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

const SlotSummary& only_slot(const Summary& summary) {
  REQUIRE(summary.tasks.size() == 1);
  REQUIRE(summary.tasks[0].slots.size() == 1);
  return summary.tasks[0].slots[0];
}

double value(const SlotSummary& slot, std::string_view name) {
  const Metric* metric = find_metric(slot, name);
  REQUIRE_MESSAGE(metric != nullptr, name);
  return metric->value;
}

bool warns(const Summary& summary, std::string_view part) {
  return std::ranges::any_of(summary.warnings, [&](const std::string& text) { return text.find(part) != text.npos; });
}

// Answers are the same when they differ by white space only, or when the table says so.
class LooseGrader : public Grader {
 public:
  explicit LooseGrader(std::vector<std::pair<std::string, std::string>> same) : same_(std::move(same)) {}
  std::string_view slot() const override { return "none"; }
  std::string_view fingerprint() const override { return "loose@1"; }
  Grade grade(const Question&, const Completion&) const override { return {}; }
  bool same_answer(const Answer& a, const Answer& b) const override {
    return std::ranges::any_of(same_, [&](const auto& pair) {
      return (pair.first == a.vote_key && pair.second == b.vote_key) ||
             (pair.first == b.vote_key && pair.second == a.vote_key);
    });
  }

 private:
  std::vector<std::pair<std::string, std::string>> same_;
};

Completion sample_of(const std::string& task, const std::string& doc, int sample) {
  Completion completion;
  completion.key = {task, doc, sample};
  completion.text = completion.answer_text = "7";
  return completion;
}

} // namespace

TEST_CASE("every verdict but not_graded is in the denominator") {
  RunFixture run;
  run.plan("t", 1, 7);
  run.question("t", "0");
  int sample = 0;
  for (Verdict verdict : kAllVerdicts)
    run.answer("t", "0", sample++, verdict, verdict == Verdict::correct ? "7" : "");
  const Summary summary = run.fold();
  const SlotSummary& slot = only_slot(summary);
  CHECK(slot.questions[0].n == 6);
  CHECK(slot.questions[0].c == 1);
  CHECK(value(slot, "pass@1") == doctest::Approx(1.0 / 6));
  CHECK(value(slot, "truncated") == doctest::Approx(1.0 / 6));
  CHECK(value(slot, "accuracy|completed") == doctest::Approx(1.0 / 5));
  CHECK(find_metric(slot, "pass@1")->n_samples == 6);
  CHECK(find_metric(slot, "pass@1")->n_short == 1);
  CHECK(warns(summary, "1 of 7 planned samples are missing or not graded"));
}

TEST_CASE("pass@1 is the mean over questions, not over samples") {
  RunFixture run;
  run.question("t", "a");
  run.question("t", "b");
  run.answer("t", "a", 0, Verdict::correct, "7");
  for (int i = 0; i < 3; ++i) run.answer("t", "b", i, Verdict::incorrect, "8");
  const Summary summary = run.fold();
  CHECK(value(only_slot(summary), "pass@1") == doctest::Approx(0.5));
  CHECK(find_metric(only_slot(summary), "pass@1")->definition == "avg-of-1 to 3");
}

TEST_CASE("a sentence about samples counts samples, however many a question has") {
  RunFixture run;
  for (int i = 0; i < 8; ++i) run.answer("t", "a", i, Verdict::truncated);
  for (const char* doc : {"b", "c", "d"}) run.answer("t", doc, 0, Verdict::correct, "7");
  run.answer("t", "d", 1, Verdict::not_graded);
  const Summary summary = run.fold();
  CHECK(value(only_slot(summary), "truncated") == doctest::Approx(0.25));
  CHECK(warns(summary, "72.7% of samples were cut off before an answer and count as wrong; of the completed ones 100.0% are correct"));
}

TEST_CASE("a later record supersedes an error, and every attempt's tokens count") {
  RunFixture run;
  run.plan("t", 1, 1);
  run.question("t", "0");
  Completion failed;
  failed.key = {"t", "0", 0};
  failed.status = CompletionStatus::error;
  failed.usage.completion_tokens = 5;
  run.sample(failed);
  run.grade(make_grade("t", "0", 0, Verdict::not_graded));
  run.answer("t", "0", 0, Verdict::correct, "7", 20);
  run.answer("t", "0", 0, Verdict::incorrect, "8", 40); // too late: the first finished record wins
  const Summary summary = run.fold();
  CHECK(value(only_slot(summary), "pass@1") == 1);
  CHECK(count_of(only_slot(summary).verdicts, Verdict::not_graded) == 0);
  CHECK(summary.tasks[0].tokens.completion == 65);
  CHECK_FALSE(summary.tasks[0].tokens.prompt.has_value());
  CHECK(summary.tasks[0].lengths->mean == 20);
}

TEST_CASE("verdicts on samples that are lost count nowhere, and it is said") {
  RunFixture run;
  run.plan("t", 1, 4);
  run.question("t", "0");
  run.answer("t", "0", 0, Verdict::incorrect, "8");
  run.grade(make_grade("t", "0", 1, Verdict::correct, "7")); // its sample is in no file
  Completion failed;
  failed.key = {"t", "0", 2};
  failed.status = CompletionStatus::error; // asked again in vain
  run.sample(failed);
  run.grade(make_grade("t", "0", 2, Verdict::correct, "7"));
  run.grade(make_grade("t", "0", 2, Verdict::not_graded));
  const Summary summary = run.fold();
  const SlotSummary& slot = only_slot(summary);
  CHECK(value(slot, "pass@1") == 0);
  CHECK(find_metric(slot, "pass@1")->n_short == 3);
  CHECK(count_of(slot.verdicts, Verdict::correct) == 0);
  CHECK(count_of(slot.verdicts, Verdict::not_graded) == 1);
  CHECK(warns(summary, "t: 2 grades are without a finished sample in the log"));
}

TEST_CASE("a sample that was generated again has the verdict on its new text") {
  RunFixture run;
  run.grade(make_grade("t", "0", 0, Verdict::correct, "7")); // of the text that was lost
  run.answer("t", "0", 0, Verdict::incorrect, "8");
  run.grade(make_grade("t", "0", 0, Verdict::not_graded)); // judges nothing
  const Summary summary = run.fold();
  CHECK(value(only_slot(summary), "pass@1") == 0);
  CHECK(only_slot(summary).questions[0].verdicts == std::vector{Verdict::incorrect});
}

TEST_CASE("a question without a graded sample makes the run incomplete and is in no mean") {
  RunFixture run;
  run.plan("t", 3, 1);
  run.question("t", "a");
  run.question("t", "b");
  run.answer("t", "a", 0, Verdict::correct, "7");
  run.answer("t", "b", 0, Verdict::not_graded);
  const Summary summary = run.fold();
  const SlotSummary& slot = only_slot(summary);
  CHECK_FALSE(summary.complete);
  CHECK(slot.n_empty_questions == 2); // b, and the one that was never asked
  CHECK(value(slot, "pass@1") == 1);
  CHECK(find_metric(slot, "pass@1")->n_questions == 1);
  CHECK(find_metric(slot, "pass@1")->n_short == 2);
}

TEST_CASE("a sample that is not graded is in the mean of no metric") {
  RunFixture run;
  auto grade = [&](const char* doc, int sample, Verdict verdict, bool as_asked) {
    Grade one = make_grade("t", doc, sample, verdict, "7");
    one.format_ok = as_asked;
    one.stats = {{"loop", !as_asked}};
    Completion completion;
    completion.key = one.key;
    run.sample(completion);
    run.grade(one);
  };
  grade("a", 0, Verdict::correct, true);
  grade("a", 1, Verdict::not_graded, false);
  grade("b", 0, Verdict::not_graded, false);
  const Summary summary = run.fold();
  for (const char* name : {"format", "loop"}) {
    const Metric* metric = find_metric(only_slot(summary), name);
    REQUIRE_MESSAGE(metric != nullptr, name);
    CHECK(metric->n_questions == 1);
    CHECK(metric->n_samples == 1);
  }
  CHECK(value(only_slot(summary), "format") == 1);
  CHECK(value(only_slot(summary), "loop") == 0);
}

TEST_CASE("a k that some question cannot serve is absent rather than a mean over fewer") {
  RunFixture run;
  run.plan("t", 2, 4);
  for (int i = 0; i < 4; ++i) run.answer("t", "a", i, Verdict::correct, "7");
  for (int i = 0; i < 3; ++i) run.answer("t", "b", i, Verdict::correct, "7");
  const Summary summary = run.fold();
  CHECK(find_metric(only_slot(summary), "pass@2") != nullptr);
  CHECK(find_metric(only_slot(summary), "pass@4") == nullptr);
  CHECK(find_metric(only_slot(summary), "maj@4") == nullptr);
  CHECK(find_metric(only_slot(summary), "pass^4") == nullptr);
}

TEST_CASE("k runs over powers of two, the number of samples and what the user adds") {
  RunFixture run;
  for (int i = 0; i < 6; ++i)
    run.answer("t", "a", i, i < 2 ? Verdict::correct : Verdict::incorrect, i < 2 ? "7" : "8");
  const Summary summary = run.fold({}, {.extra_k = {3, 99, 0, -2}});
  std::vector<int> ks;
  for (const Metric& metric : only_slot(summary).metrics)
    if (metric.kind == MetricKind::pass_at) ks.push_back(metric.k);
  CHECK(ks == std::vector<int>{1, 2, 3, 4, 6});
}

TEST_CASE("a vote over more than half of the samples is flagged") {
  RunFixture run;
  for (int i = 0; i < 8; ++i) run.answer("t", "a", i, Verdict::correct, "7");
  const Summary summary = run.fold();
  CHECK(find_metric(only_slot(summary), "maj@4")->flag.empty());
  CHECK(find_metric(only_slot(summary), "maj@8")->flag == "n<2k");
  CHECK(headline_metric(only_slot(summary), MetricKind::maj_at)->k == 4);
  CHECK(headline_metric(only_slot(summary), MetricKind::pass_at)->k == 8);
}

namespace {

void scored_answer(RunFixture& run, const std::string& doc, int sample_idx, Verdict verdict, int64_t tokens, std::optional<double> logprob_sum) {
  Completion completion;
  completion.key = {"t", doc, sample_idx};
  completion.usage.completion_tokens = tokens;
  completion.logprob_sum = logprob_sum;
  run.sample(completion);
  run.grade(make_grade("t", doc, sample_idx, verdict, "7"));
}

// By mean log-probability: wrong, correct, wrong, correct. By their sum the third would be first.
void four_scored(RunFixture& run, std::optional<double> third = -0.3) {
  scored_answer(run, "a", 0, Verdict::incorrect, 10, -1.0);
  scored_answer(run, "a", 1, Verdict::correct, 5, -1.0);
  scored_answer(run, "a", 2, Verdict::incorrect, 1, third);
  scored_answer(run, "a", 3, Verdict::correct, 100, -40.0);
}

} // namespace

TEST_CASE("best@k takes the sample with the highest log-probability per token") {
  RunFixture run;
  four_scored(run);
  for (int i = 0; i < 4; ++i) scored_answer(run, "b", i, Verdict::correct, 10, -0.5 * i);
  scored_answer(run, "b", 4, Verdict::not_graded, 10, {}); // in no denominator, so nothing is missing
  const Summary summary = run.fold({}, {.extra_k = {3}});
  const SlotSummary& slot = only_slot(summary);
  CHECK(value(slot, "best@1") == value(slot, "pass@1"));
  CHECK(value(slot, "best@2") == doctest::Approx((2.0 / 6 + 1) / 2)); // of a's six pairs two have a right one on top
  CHECK(value(slot, "best@3") == doctest::Approx((1.0 / 4 + 1) / 2));
  CHECK(value(slot, "best@4") == doctest::Approx((0.0 + 1) / 2));
  CHECK(find_metric(slot, "best@2")->flag.empty());
  CHECK(find_metric(slot, "best@4")->flag == "n<2k");
}

TEST_CASE("a gate and a comparison can ask for best@k") {
  RunFixture run;
  four_scored(run);
  const auto metric = parse_metric_name("best@2");
  REQUIRE(metric.has_value());
  const Summary summary = run.fold();
  const QuestionTally question = tally_of(only_slot(summary).questions.at(0));
  REQUIRE(observe(*metric, question).has_value());
  CHECK(observe(*metric, question)->value == doctest::Approx(2.0 / 6));
  CHECK_FALSE(observe({metric->kind, 5}, question).has_value());
}

TEST_CASE("best@k is absent when one counted sample has no log-probability") {
  for (const std::optional<double> third : {std::optional<double>(), std::optional(0.5)}) { // no logarithm of a probability is above 0
    RunFixture run;
    four_scored(run, third);
    const Summary summary = run.fold();
    CHECK(find_metric(only_slot(summary), "pass@2") != nullptr);
    CHECK(find_metric(only_slot(summary), "best@1") == nullptr);
    CHECK(find_metric(only_slot(summary), "best@2") == nullptr);
  }
}

TEST_CASE("a truncated sample fills a place but does not vote") {
  RunFixture run;
  run.answer("t", "a", 0, Verdict::correct, "7");
  run.answer("t", "a", 1, Verdict::truncated, "8");
  run.answer("t", "a", 2, Verdict::truncated, "8");
  const Summary summary = run.fold();
  CHECK(value(only_slot(summary), "maj@3") == 1);
  CHECK(only_slot(summary).questions[0].n_votes == 1);
}

TEST_CASE("classes follow the grader's notion of equality") {
  RunFixture run;
  const char* answers[] = {"1/2", "0.5", "3", "3", "50%"};
  for (int i = 0; i < 5; ++i)
    run.answer("t", "a", i, answers[i][0] == '3' ? Verdict::incorrect : Verdict::correct, answers[i]);
  const LooseGrader grader({{"1/2", "0.5"}, {"0.5", "50%"}, {"1/2", "50%"}});
  const Summary by_key = run.fold();
  const Summary by_grader = run.fold([&](const std::string&, const std::string&) { return &grader; });
  CHECK(value(only_slot(by_key), "maj@5") == 0);
  CHECK(value(only_slot(by_grader), "maj@5") == 1);
  CHECK(only_slot(by_grader).questions[0].top_votes[0].answer == "0.5");
  CHECK(only_slot(by_grader).questions[0].n_classes == 2);
  CHECK_FALSE(warns(by_grader, "transitive"));
}

TEST_CASE("an equality that is not transitive is joined and reported") {
  RunFixture run;
  for (int i = 0; i < 3; ++i) run.answer("t", "a", i, Verdict::incorrect, std::string(1, static_cast<char>('a' + i)));
  const LooseGrader grader({{"a", "b"}, {"b", "c"}});
  const Summary summary = run.fold([&](const std::string&, const std::string&) { return &grader; });
  CHECK(only_slot(summary).questions[0].n_classes == 1);
  CHECK(warns(summary, "not transitive"));
}

TEST_CASE("a class with right and wrong samples counts as most of them do, and is reported") {
  RunFixture run;
  run.answer("t", "a", 0, Verdict::correct, "7");
  run.answer("t", "a", 1, Verdict::correct, "7");
  run.answer("t", "a", 2, Verdict::incorrect, "7");
  const Summary summary = run.fold();
  CHECK(value(only_slot(summary), "maj@3") == 1);
  CHECK(warns(summary, "mixed_classes"));
}

TEST_CASE("a grader that names no answers has no vote") {
  RunFixture run;
  run.answer("code", "a", 0, Verdict::correct);
  run.answer("code", "a", 1, Verdict::incorrect);
  const Summary summary = run.fold();
  CHECK(find_metric(only_slot(summary), "pass@2") != nullptr);
  CHECK(find_metric(only_slot(summary), "maj@2") == nullptr);
}

TEST_CASE("questions without any answer have a vote that is never right") {
  RunFixture run;
  run.answer("t", "a", 0, Verdict::no_answer);
  run.answer("t", "a", 1, Verdict::no_answer);
  CHECK(value(only_slot(run.fold()), "maj@2") == 0);
}

TEST_CASE("several graders of a task are kept apart, in the order of run.json") {
  RunFixture run;
  run.run["tasks"]["code"]["graders"] = {{"plus", "p@1"}, {"base", "b@1"}};
  run.sample(sample_of("code", "a", 0));
  for (const char* slot : {"base", "plus"}) {
    Grade grade = make_grade("code", "a", 0, slot[0] == 'b' ? Verdict::correct : Verdict::incorrect, "x");
    grade.grader = slot;
    run.grade(grade);
  }
  const Summary summary = run.fold();
  REQUIRE(summary.tasks[0].slots.size() == 2);
  CHECK(summary.tasks[0].slots[0].slot == "plus");
  CHECK(value(summary.tasks[0].slots[0], "pass@1") == 0);
  CHECK(value(summary.tasks[0].slots[1], "pass@1") == 1);
}

TEST_CASE("levels are in the order a person would put them") {
  RunFixture run;
  for (const char* level : {"Level 10", "Level 2", "Level 1"}) {
    run.question("t", level, "How many?", level);
    run.answer("t", level, 0, Verdict::correct, "7");
  }
  const Summary summary = run.fold();
  REQUIRE(only_slot(summary).levels.size() == 3);
  CHECK(only_slot(summary).levels[1].level == "Level 2");
  CHECK(only_slot(summary).levels[2].level == "Level 10");
}

TEST_CASE("examples are of different questions, the surest mistake first") {
  RunFixture run;
  auto ask = [&](const char* doc, std::vector<std::pair<const char*, Verdict>> answers) {
    run.question("t", doc);
    for (size_t i = 0; i < answers.size(); ++i) run.answer("t", doc, static_cast<int>(i), answers[i].second, answers[i].first);
  };
  ask("easy", {{"7", Verdict::correct}, {"7", Verdict::correct}, {"7", Verdict::correct}, {"7", Verdict::correct}});
  ask("sure", {{"8", Verdict::incorrect}, {"8", Verdict::incorrect}, {"8", Verdict::incorrect}, {"7", Verdict::correct}});
  ask("split", {{"1", Verdict::incorrect}, {"2", Verdict::incorrect}, {"3", Verdict::incorrect}, {"4", Verdict::incorrect}});
  ask("rare", {{"7", Verdict::correct}, {"5", Verdict::incorrect}, {"5", Verdict::incorrect}, {"6", Verdict::incorrect}});
  ask("wrong", {{"5", Verdict::incorrect}, {"7", Verdict::correct}, {"7", Verdict::correct}, {"7", Verdict::correct}});
  std::map<std::string, std::string> shown;
  const Summary summary = run.fold();
  for (const Example& example : summary.tasks.at(0).examples) CHECK(shown.emplace(example.doc_id, example.why).second);
  CHECK(summary.tasks[0].examples[0].doc_id == "sure");
  CHECK(shown == std::map<std::string, std::string>{{"sure", "The surest mistake"}, {"split", "The most divided vote"}, {"rare", "A rare success"}, {"wrong", "A wrong answer"}});
  CHECK(summary.tasks[0].examples[0].votes.at(0).n == 3);
}

TEST_CASE("examples carry their texts, shortened between characters") {
  RunFixture run;
  std::string long_question;
  for (int i = 0; i < 4000; ++i) long_question += "é";
  run.question("t", "a", long_question);
  run.answer("t", "a", 0, Verdict::incorrect, "8");
  run.answer("t", "a", 1, Verdict::correct, "7");
  const Summary summary = run.fold({}, {.max_text_bytes = 301});
  REQUIRE(summary.tasks[0].examples.size() >= 2);
  const Example& example = summary.tasks[0].examples[0];
  CHECK(example.verdict == Verdict::correct);
  CHECK(example.answer_text == "I say 7");
  CHECK(example.reasoning == "Let me see");
  CHECK(example.extracted == "7");
  CHECK(example.prompt.size() < 500);
  CHECK(example.prompt.find("bytes left out") != std::string::npos);
  CHECK(dump_json(Json(example.prompt)).find("\uFFFD") == std::string::npos);
}

TEST_CASE("a sparse or strange run.json is no obstacle") {
  RunFixture run;
  run.run = {{"plan", {{"t", 3}}}, {"model", "text"}, {"tasks", Json::array()}, {"seconds", "soon"}};
  run.answer("t", "a", 0, Verdict::correct, "7");
  const Summary summary = run.fold();
  CHECK(value(only_slot(summary), "pass@1") == 1);
  CHECK(summary.model.empty());
  CHECK_FALSE(summary.seconds.has_value());
}

TEST_CASE("a planned task without grades is named, not dropped") {
  RunFixture run;
  run.plan("t", 5, 2);
  const Summary summary = run.fold();
  CHECK_FALSE(summary.complete);
  CHECK(warns(summary, "t: nothing is graded"));
}

TEST_CASE("real R1-Zero samples have the published means") {
  const char* data = std::getenv("PROCTOR_TEST_DATA");
  if (data == nullptr) {
    MESSAGE("skipped: PROCTOR_TEST_DATA not set");
    return;
  }
  std::ifstream file(std::string(data) + "/labelled/math/rg_llama3b_step400_aime24_k50.jsonl");
  REQUIRE(file);
  RunFixture run;
  run.plan("aime24", 30, 50);
  for (std::string line; std::getline(file, line);) {
    const Json record = *parse_json(line, "data");
    const std::string extracted = get_string(record, "extracted").value_or("");
    const bool correct = get_int(record, "label") == 1;
    const Verdict verdict = correct ? Verdict::correct : extracted.empty() ? Verdict::no_answer : Verdict::incorrect;
    run.answer("aime24", std::to_string(*get_int(record, "item")), static_cast<int>(*get_int(record, "sample")),
               verdict, extracted);
  }
  const Summary summary = run.fold();
  const SlotSummary& slot = only_slot(summary);
  CHECK(value(slot, "pass@1") == doctest::Approx(0.0240).epsilon(1e-9));
  CHECK(value(slot, "pass@8") == doctest::Approx(0.11633).epsilon(1e-4));
  CHECK(value(slot, "pass@50") == doctest::Approx(0.3).epsilon(1e-9));
  CHECK(value(slot, "maj@50") == doctest::Approx(1.0 / 30).epsilon(1e-9));
  CHECK(value(slot, "maj@1") == doctest::Approx(0.0240).epsilon(1e-9));
}

TEST_CASE("credits that rest on leniency are counted and named") {
  RunFixture run;
  run.plan("math500", 1, 4);
  run.question("math500", "0");
  const Json stats[] = {{{"certificate", "exact"}, {"extraction", "box"}},
                        {{"certificate", "exact"}, {"extraction", "last_number"}, {"policies", {"percent_bare"}}},
                        {{"certificate", "numeric(1e-270)"}, {"extraction", "box"}}};
  for (int i = 0; i < 3; ++i) {
    run.sample(sample_of("math500", "0", i));
    Grade grade = make_grade("math500", "0", i, Verdict::correct, "7");
    grade.stats = stats[i];
    run.grade(grade);
  }
  Grade undecided = make_grade("math500", "0", 3, Verdict::incorrect, "8");
  undecided.reason = "undecided";
  run.sample(sample_of("math500", "0", 3));
  run.grade(undecided);
  const Summary summary = run.fold();
  const SlotSummary& slot = only_slot(summary);
  CHECK(slot.credits.n_lenient == 2);
  CHECK(slot.credits.labels.size() == 3);
  CHECK(warns(summary, "2 of 3 correct answers rest on"));
  CHECK(warns(summary, "last_number 1, numeric(1e-270) 1, percent_bare 1"));
  CHECK(warns(summary, "1 answer could not be decided"));
}
