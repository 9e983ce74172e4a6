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
