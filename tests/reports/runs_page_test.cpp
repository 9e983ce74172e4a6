// SPDX-License-Identifier: MIT
#include "reports/html_runs.h"

#include <doctest/doctest.h>

#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

// A run over two questions; on the first all samples are right, on the second every other one.
Summary run_of(const std::string& model, int n_samples) {
  RunFixture run;
  run.run = {{"id", model}, {"model", {{"name", model}}}};
  run.plan("t", 2, n_samples);
  for (const char* doc : {"a", "b"}) {
    run.question("t", doc);
    for (int i = 0; i < n_samples; ++i) {
      const bool right = *doc == 'a' || i % 2 == 0;
      run.answer("t", doc, i, right ? Verdict::correct : Verdict::incorrect, right ? "7" : "8");
    }
  }
  return run.fold();
}

std::string page_of(const std::vector<Summary>& runs) { return write_runs_html(runs, fold_frontiers(runs)); }

bool says(std::string_view page, std::string_view part) { return page.find(part) != page.npos; }

} // namespace

TEST_CASE("runs with unlike numbers of samples are compared at a k that all have") {
  const std::string page = page_of({run_of("many", 8), run_of("few", 4)});
  CHECK(says(page, ">maj@2</th>")); // maj@4 of 4 samples is one vote
  CHECK(says(page, ">pass@4</th>"));
  CHECK_FALSE(says(page, ">maj@k</th>"));
  const std::string alike = page_of({run_of("one", 8), run_of("other", 8)});
  CHECK(says(alike, ">maj@4</th>"));
  CHECK(says(alike, ">pass@8</th>"));
}

TEST_CASE("what is to be known of a run before quoting it is on the page of several, once, with the letters of the runs") {
  std::vector<Summary> runs = {run_of("a", 4), run_of("b", 4), run_of("c", 4)};
  runs[0].warnings = {"7 of 8 are <missing>"};
  runs[1].warnings = runs[2].warnings = {"stopped early"};
  runs[0].model_note = runs[2].model_note = "a toy";
  const std::string page = page_of(runs);
  CHECK(says(page, "<b>A</b>: 7 of 8 are &lt;missing&gt;</li>"));
  CHECK(says(page, "<b>B, C</b>: stopped early</li>"));
  CHECK(says(page, "About the model of A, C:</strong> a toy"));
  for (Summary& run : runs) run.warnings = {}, run.model_note = "";
  CHECK_FALSE(says(page_of(runs), "<section class=\"warnings\""));
  CHECK_FALSE(says(page_of(runs), "About the model"));
}

TEST_CASE("runs of one model are told apart by the options in which they differ") {
  std::vector<Summary> runs = {run_of("a", 4), run_of("a", 4), run_of("b", 4)};
  for (Summary& run : runs) run.options = {{"seed", 1}, {"system", ""}, {"sampling", {{"temperature", 0.6}, {"top_p", 0.95}}}};
  runs[1].options["sampling"]["top_p"] = 0.9;
  runs[1].model_details["thinking"] = "off";
  runs[2].options["seed"] = 2; // another model is told apart by its name
  const std::string page = page_of(runs);
  CHECK(says(page, "; top_p 0.95</span>"));
  CHECK(says(page, "; thinking &quot;off&quot;, top_p 0.9</span>"));
  CHECK_FALSE(says(page, "; seed"));
}

TEST_CASE("a run with one sample per question takes no k from the others") {
  const std::string page = page_of({run_of("many", 8), run_of("one", 1)});
  CHECK(says(page, ">maj@4</th>"));
  CHECK_FALSE(says(page_of({run_of("one", 1), run_of("other", 1)}), ">maj@"));
}
