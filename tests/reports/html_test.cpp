// SPDX-License-Identifier: MIT
#include "reports/html.h"

#include <doctest/doctest.h>

#include "reports/headline.h"
#include "reports/markdown.h"
#include "reports/table.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

bool tells(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// One sample of each of as many questions, each paid with a cent; the first ones are right.
Summary paid_run(int n_right, int n_questions) {
  RunFixture run;
  for (int q = 0; q < n_questions; ++q) {
    Completion completion;
    completion.key = {"t", std::to_string(q), 0};
    completion.text = completion.answer_text = "7";
    completion.usage.completion_tokens = 10;
    completion.usage.reported_usd = 0.01;
    run.sample(completion);
    run.grade(make_grade("t", std::to_string(q), 0, q < n_right ? Verdict::correct : Verdict::incorrect, "7"));
  }
  return run.fold();
}

} // namespace

TEST_CASE("the page says who told what was charged") {
  CHECK(tells(write_html(paid_run(1, 2)), "Charged as the endpoint reported with every answer."));
  Summary listed = paid_run(1, 2);
  listed.tasks[0].cost.basis = CostBasis::price_list;
  listed.tasks[0].cost.what = "list price of P";
  CHECK(tells(write_html(listed), "Charged by list price of P."));
}

TEST_CASE("money that bought no correct answer is said to have bought none") {
  const Summary none = paid_run(0, 2);
  for (const std::string& report : {write_html(none), write_table(none, {}), write_markdown(none)}) CHECK(tells(report, "none correct"));
  CHECK(tells(write_html(none), "No question was solved, whatever was paid."));
  const std::string some = write_html(paid_run(1, 4));
  CHECK(tells(some, "Median question that was solved: $0.0100 per correct answer; 75.0% of the questions were never solved, whatever was paid."));
  CHECK_FALSE(tells(some, "none correct"));
  CHECK_FALSE(tells(write_html(paid_run(2, 2)), "never solved"));
  CHECK(per_correct_text(CostSummary{}).empty());
}

TEST_CASE("what was spent without an answer is no part beside prompts and completions, which it holds too") {
  Summary run = paid_run(1, 2);
  CostSummary& cost = run.tasks[0].cost;
  cost.prompt_usd = 0.005, cost.cached_usd = 0, cost.completion_usd = 0.015;
  cost.waste_usd = 0.004, cost.truncated_usd = 0.003;
  CHECK(tells(write_html(run), "of it prompt $0.00500, cached prompt $0, completion $0.0150. Spent without an answer: failed attempts $0.00400, answers cut off $0.00300."));
}

TEST_CASE("a vote over hardly any subsets is a hollow point wherever it is drawn") {
  RunFixture run;
  for (int i = 0; i < 4; ++i) run.answer("t", "a", i, i < 3 ? Verdict::correct : Verdict::incorrect, i < 3 ? "7" : "8");
  const std::string page = write_html(run.fold()); // maj@4 of 4 samples: among what samples buy, and among what it costs
  size_t n = 0;
  for (size_t at = page.find("s-maj flagged"); at != page.npos; at = page.find("s-maj flagged", at + 1)) ++n;
  CHECK(n == 2);
}

TEST_CASE("the rerun interval of one sample per question is said to be a bound") {
  CHECK(tells(write_html(paid_run(3, 4)), "<br>rerun at most ["));
  RunFixture run;
  for (const char* doc : {"a", "b"})
    for (int i = 0; i < 4; ++i) run.answer("t", doc, i, i < 2 ? Verdict::correct : Verdict::incorrect);
  const std::string page = write_html(run.fold()), tile = page.substr(page.find("<dt>pass@1</dt>"), 200);
  CHECK(tells(tile, "<br>rerun ["));
}

TEST_CASE("where a score says nothing of other questions the page says why") {
  const std::string one = write_html(paid_run(1, 1));
  CHECK(tells(one, "<br>generalise: not from one question"));
  CHECK(tells(one, R"(<td><span class="muted">one question</span></td>)"));
  CHECK_FALSE(tells(write_html(paid_run(1, 2)), "not from"));
}

TEST_CASE("the page's table has no columns of votes where one sample was asked for, and one name for what was asked") {
  const Summary one = paid_run(1, 2);
  const std::string page = write_html(one);
  CHECK_FALSE(tells(page, "maj@k</th>"));
  CHECK_FALSE(tells(page, "pass@k</th>"));
  CHECK(tells(page, ">questions</th>"));
  CHECK(tells(write_table(one, {}), "questions"));
  CHECK(tells(write_markdown(one), "| questions |"));
}
