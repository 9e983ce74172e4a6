// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "harness/text/ascii.h"
#include "reports/csv.h"
#include "reports/openmetrics.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

// Two questions with two samples each, paid with a cent, and one attempt that failed and was made again.
Summary exported_run() {
  RunFixture run;
  run.plan("t", 2, 2);
  for (const char* doc : {"a", "b"})
    for (int i = 0; i < 2; ++i) {
      Completion completion;
      completion.key = {"t", doc, i};
      completion.usage.completion_tokens = 10;
      completion.usage.reported_usd = 0.01;
      if (i == 0 && *doc == 'a') {
        Completion failed = completion;
        failed.status = CompletionStatus::error;
        run.sample(failed);
      }
      run.sample(completion);
      run.grade(make_grade("t", doc, i, i == 0 ? Verdict::correct : Verdict::incorrect, "7"));
    }
  return run.fold();
}

size_t n_lines(std::string_view text, std::string_view beginning) {
  size_t n = 0;
  for (std::string_view line : split(text, '\n')) n += line.starts_with(beginning);
  return n;
}

} // namespace

TEST_CASE("the ends of intervals are no scores to who averages proctor_score") {
  const Summary run = exported_run();
  const std::string text = write_openmetrics({&run, 1});
  CHECK(n_lines(text, "proctor_score{") == run.tasks[0].slots[0].metrics.size());
  CHECK(text.find("limit=") == text.npos);
  CHECK(text.find("metric=\"pass@1\",scope=\"rerun\",end=\"lo\"}") != text.npos);
  CHECK(text.find("per=\"sample\"}") != text.npos);
}

TEST_CASE("a row of CSV about money tells attempts as attempts") {
  const Summary run = exported_run();
  const std::string text = write_csv({&run, 1});
  const size_t at = text.find(",usd,");
  REQUIRE(at != text.npos);
  const auto fields = split(trim(split(std::string_view(text).substr(at + 1), '\n').front()), ','); // from the metric on
  REQUIRE(fields.size() == 11);
  CHECK(fields[6] == "2"); // questions
  CHECK(fields[7] == "");  // samples
  CHECK(fields[10] == "5"); // attempts
}
