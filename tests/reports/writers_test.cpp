// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "harness/hash.h"
#include "harness/text/ascii.h"
#include "reports/html.h"
#include "reports/markdown.h"
#include "reports/results_json.h"
#include "reports/table.h"
#include "reports/text.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

constexpr char kEvil[] = "</script><script>alert(1)</script> \x1b[31m \xE2\x80\xAE evil | `x` \xFF\x07";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// Two tasks, one with levels, everything that a report shows; model text that tries to break out.
Summary scripted_summary() {
  RunFixture run;
  run.run = {{"id", "abc"},
             {"created", "2025-01-20T00:00:10Z"},
             {"command", "proctor run -t t -m demo"},
             {"seconds", 12.5},
             {"proctor_version", "0.1.0"},
             {"model", {{"name", "demo"}, {"note", "scripted stand-in"}}},
             {"options", {{"seed", 3}, {"sampling", {{"temperature", 0.6}}}}},
             {"tasks", {{"t", {{"version", "1"}, {"hash", "h1"}, {"source", "made here"}}}}}};
  run.plan("t", 3, 4);
  run.plan("u|v", 1, 2);
  for (int q = 0; q < 3; ++q) {
    const std::string doc = std::to_string(q);
    run.question("t", doc, kEvil, std::to_string(q % 2));
    for (int i = 0; i < 4; ++i)
      run.answer("t", doc, i, i < q ? Verdict::correct : Verdict::incorrect,
                 i < q ? "7" : "<b>" + std::to_string(i % 2));
  }
  run.question("u|v", "x");
  run.answer("u|v", "x", 0, Verdict::truncated);
  run.answer("u|v", "x", 1, Verdict::not_graded);
  Completion evil;
  evil.key = {"t", "0", 0};
  evil.text = evil.answer_text = kEvil;
  run.sample(evil);
  Summary summary = run.fold();
  summary.run_dir.clear();
  return summary;
}

bool has_number_trouble(const Json& json) {
  if (json.is_null()) return true;
  if (!json.is_structured()) return false;
  for (const Json& member : json)
    if (has_number_trouble(member)) return true;
  return false;
}

int widest_line(std::string_view text) {
  int widest = 0;
  for (std::string_view line : split(text, '\n')) widest = std::max(widest, display_width(line));
  return widest;
}

} // namespace

TEST_CASE("results.json has lm-eval's shape with the grader as filter") {
  const Json json = results_json(scripted_summary());
  CHECK(json["schema_version"] == 1);
  CHECK(json["results"]["t"]["alias"] == "t");
  CHECK(json["results"]["t"]["pass@1,none"].get<double>() == doctest::Approx(0.25));
  CHECK(json["n-samples"]["t"] == Json({{"original", 3}, {"effective", 3}}));
  CHECK(json["versions"]["t"] == "1");
  CHECK(json["task_hashes"]["t"] == "h1");
  CHECK(json["config"]["model"] == "demo");
  CHECK(json["higher_is_better"]["t"]["pass@1"] == true);
  CHECK(json["higher_is_better"]["t"]["truncated"] == false);
  CHECK(json["date"] == 1737331210);
  CHECK(json["total_evaluation_time_seconds"] == "12.5");
}

TEST_CASE("results.json says with every number what it rests on") {
  const Json json = results_json(scripted_summary());
  const Json& metric = json["proctor"]["metrics"]["t"]["pass@1,none"];
  CHECK(metric["n_questions"] == 3);
  CHECK(metric["n_samples"] == 12);
  CHECK(metric["n_short"] == 0);
  CHECK(metric["definition"] == "avg-of-4");
  CHECK(json["proctor"]["metrics"]["t"]["maj@4,none"]["flag"] == "n<2k");
  CHECK(json["proctor"]["verdict_counts"]["t"]["correct"] == 3);
  CHECK(json["proctor"]["verdict_counts"]["u|v"]["not_graded"] == 1);
  CHECK(json["proctor"]["complete"] == true);
}

TEST_CASE("results.json has both intervals of every score, and generalise's standard error in lm-eval's place") {
  const Json json = results_json(scripted_summary());
  const Json& metric = json["proctor"]["metrics"]["t"]["pass@1,none"];
  for (const char* scope : {"rerun", "generalise"}) {
    CHECK(metric[scope]["lo"].get<double>() < 0.25);
    CHECK(metric[scope]["hi"].get<double>() > 0.25);
    CHECK(metric[scope]["level"] == 0.95);
    CHECK(metric[scope]["method"].get<std::string>().starts_with("Wilson"));
  }
  CHECK(metric["rerun"]["hi"].get<double>() < metric["generalise"]["hi"].get<double>());
  CHECK(json["results"]["t"]["pass@1_stderr,none"].get<double>() == doctest::Approx(0.14433756729740646));
  CHECK_FALSE(json["results"]["u|v"].contains("pass@1_stderr,none")); // one question
  CHECK_FALSE(json["proctor"]["metrics"]["u|v"]["pass@1,none"].contains("generalise"));
}

TEST_CASE("what is not known is absent from results.json, never null or zero") {
  const Json json = results_json(scripted_summary());
  CHECK_FALSE(has_number_trouble(json));
  CHECK(json["proctor"]["tokens"]["t"].contains("completion"));
  CHECK_FALSE(json["proctor"]["tokens"]["t"].contains("prompt"));
  CHECK(json["proctor"]["cost"]["t"]["basis"] == "none");
  CHECK_FALSE(json["proctor"]["cost"]["t"].contains("usd"));
  CHECK_FALSE(json["results"]["u|v"].contains("accuracy|completed,none")); // its only sample is truncated
  CHECK_FALSE(json["results"]["u|v"].contains("pass@2,none"));
  const Json empty = results_json(Summary{});
  CHECK_FALSE(empty.contains("date"));
  CHECK_FALSE(empty.contains("total_evaluation_time_seconds"));
}

TEST_CASE("a task with several graders has the counts of each") {
  RunFixture run;
  Completion completion;
  completion.key = {"code", "a", 0};
  run.sample(completion);
  for (const char* slot : {"base", "plus"}) {
    Grade grade = make_grade("code", "a", 0, slot[0] == 'b' ? Verdict::correct : Verdict::incorrect);
    grade.grader = slot;
    run.grade(grade);
  }
  const Json json = results_json(run.fold());
  CHECK(json["results"]["code"]["pass@1,base"] == 1.0);
  CHECK(json["results"]["code"]["pass@1,plus"] == 0.0);
  CHECK(json["proctor"]["verdict_counts"]["code"]["correct"] == 1);
  CHECK(json["proctor"]["verdict_counts"]["code,plus"]["incorrect"] == 1);
}

TEST_CASE("the same run gives the same report, byte for byte") {
  CHECK(dump_json(results_json(scripted_summary())) == dump_json(results_json(scripted_summary())));
  CHECK(write_html(scripted_summary()) == write_html(scripted_summary()));
  CHECK(hash_hex({dump_json(results_json(scripted_summary()))}) == "e55eb7904d1075ead909f96f613decc2");
}

TEST_CASE("the table shows counts, scores and warnings") {
  const std::string table = write_table(scripted_summary(), {});
  CHECK(contains(table, "demo"));
  CHECK(contains(table, "note: scripted stand-in"));
  CHECK(contains(table, "3 × 4"));
  CHECK(contains(table, "25.0%"));
  CHECK(contains(table, "warning: u|v: 1 of 2 planned samples"));
  CHECK_FALSE(contains(table, "\x1b"));
  CHECK(contains(write_table(scripted_summary(), {.colour = true}), "\x1b[1m"));
}

TEST_CASE("the table fits the terminal") {
  Summary summary = scripted_summary();
  summary.tasks[0].name = "a_task_with_a_name_that_goes_on_and_on_and_on_数学";
  for (int width : {120, 80, 60, 45}) CHECK(widest_line(write_table(summary, {.width = width})) <= width);
}

TEST_CASE("a long name is shortened before a column is left out for it") {
  Summary summary = scripted_summary();
  auto heading = [&](int width) {
    const std::string table = write_table(summary, {.width = width});
    const size_t at = table.find("task ");
    return std::string(split(std::string_view(table).substr(at), '\n').front());
  };
  const auto words = [](const std::string& line) { return std::ranges::count_if(split(line, ' '), [](std::string_view word) { return !word.empty(); }); };
  summary.tasks[0].name = "of_just_twenty_four_char";
  const auto short_names = words(heading(110));
  summary.tasks[0].name = "a_task_with_a_name_of_some_more_than_fifty_characters_in_all";
  CHECK(words(heading(110)) == short_names);
  CHECK(contains(write_table(summary, {.width = 110}), "a_task_with_a_name_"));
}

TEST_CASE("no control character of a model reaches the terminal") {
  Summary summary = scripted_summary();
  summary.model = kEvil;
  summary.tasks[0].name = kEvil;
  summary.warnings = {kEvil};
  for (char c : write_table(summary, {})) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
}

TEST_CASE("the page is complete without scripts and asks nothing of the network") {
  const std::string page = write_html(scripted_summary());
  CHECK(page.starts_with("<!doctype html>"));
  CHECK(page.ends_with("</html>\n"));
  for (const char* part : {"<script", "http://", "https://", "@import", "url(", "src=", "<link"})
    CHECK_FALSE(contains(page, part));
  CHECK(contains(page, "scripted stand-in"));
  CHECK(contains(page, "proctor run -t t -m demo"));
  CHECK(contains(page, "prefers-color-scheme:dark"));
}

TEST_CASE("text of a model cannot break out of the page") {
  Summary summary = scripted_summary();
  summary.model = summary.model_note = summary.command = summary.tasks[0].name = kEvil;
  summary.tasks[0].slots[0].slot = "\"><img onerror=x>";
  summary.tasks[0].slots[0].questions[0].doc_id = kEvil;
  summary.tasks[0].slots[0].levels[0].level = kEvil;
  summary.tasks[0].examples[0].reasoning = kEvil;
  summary.warnings.push_back(kEvil);
  const std::string page = write_html(summary);
  for (const char* part : {"<script", "<img", "<b>0", "\x1b", "\xE2\x80\xAE", "\x07", "\xFF"})
    CHECK_FALSE(contains(page, part));
  CHECK(contains(page, "&lt;/script&gt;"));
  CHECK(contains(page, "[U+202E]"));
}

TEST_CASE("every table of the page has a caption and scoped headings, every picture words") {
  const std::string page = write_html(scripted_summary());
  auto count = [&](std::string_view part) {
    int n = 0;
    for (size_t at = page.find(part); at != page.npos; at = page.find(part, at + 1)) ++n;
    return n;
  };
  CHECK(count("<table>") == count("<caption>"));
  CHECK(count("<th") == count("<th scope=") + count("<thead"));
  CHECK(count("<svg") == count("aria-label=\"") - count("<section class=\"card\" aria-label") - count("role=\"region\" aria-label") +
                             count("<svg viewBox=\"0 0 10 10\" aria-hidden"));
  CHECK(count("<section") == count("</section>"));
  CHECK(count("<details>") == count("</details>"));
  CHECK(count("<div") == count("</div>"));
}

TEST_CASE("the page speaks of the share of answers only where pass@1 is that share") {
  RunFixture run;
  run.answer("t", "a", 0, Verdict::correct, "7");
  run.answer("t", "b", 0, Verdict::incorrect, "8");
  CHECK(contains(write_html(run.fold()), "<b>50.0%</b> of the answers are right"));
  for (int i = 1; i < 8; ++i) run.answer("t", "b", i, Verdict::incorrect, "8");
  const std::string page = write_html(run.fold()); // 1 of 9 answers is right
  CHECK(contains(page, "pass@1 is <b>50.0%</b>"));
  CHECK_FALSE(contains(page, "of the answers are right"));
}

TEST_CASE("a page about nothing is still a page") {
  const std::string page = write_html(Summary{});
  CHECK(contains(page, "unnamed model"));
  CHECK(page.ends_with("</html>\n"));
  CHECK_FALSE(write_table(Summary{}, {}).empty());
  CHECK_FALSE(write_markdown(Summary{}).empty());
}

TEST_CASE("Markdown keeps its cells and fences whatever the text is") {
  Summary summary = scripted_summary();
  summary.command = "echo ```";
  summary.tasks[0].name = kEvil;
  const std::string text = write_markdown(summary);
  CHECK(contains(text, "u\\|v"));
  CHECK(contains(text, "````sh\necho ```\n````"));
  CHECK_FALSE(contains(text, "<script"));
  CHECK(contains(text, "**25.0%**"));
}
