// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "reports/cost_charts.h"
#include "reports/estimate.h"
#include "reports/frontier.h"
#include "reports/table.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

// 40 questions of two samples; of question i the first `right(i)` are correct. A token costs a cent times `dearness`.
Summary run_of(const std::string& model, double dearness, auto right, int64_t tokens = 100, int first = 0, const std::string& cluster = "") {
  RunFixture fixture;
  fixture.run = {{"id", model}, {"model", {{"name", model}}}};
  fixture.plan("t", 40, 2);
  for (int q = 0; q < 40; ++q) {
    const std::string doc = std::to_string(first + q);
    fixture.question("t", doc, "How many?", "", cluster.empty() ? "" : cluster + std::to_string(q % 4));
    for (int s = 0; s < 2; ++s) {
      const bool correct = s < right(q);
      fixture.answer("t", doc, s, correct ? Verdict::correct : Verdict::incorrect, correct ? "7" : "8", tokens + q);
    }
  }
  FoldOptions options;
  options.pricing = Pricing{CostBasis::price_list, {0, 0, 10'000 * dearness}, 0, "test", "test"};
  return fixture.fold({}, options);
}

int half(int q) { return q % 2 == 0 ? 2 : 0; }
int most(int q) { return q % 4 != 3 ? 2 : 0; }

const FrontierPoint& point(const Frontier& frontier, const std::string& label) {
  return *std::ranges::find(frontier.points, label, &FrontierPoint::label);
}

} // namespace

TEST_CASE("nothing on the frontier costs as much as another and is no better") {
  using Points = std::vector<std::pair<double, double>>;
  CHECK(pareto(Points{{1, .5}, {2, .6}, {3, .55}}) == std::vector<bool>{true, true, false});
  CHECK(pareto(Points{{2, .5}, {1, .5}}) == std::vector<bool>{false, true});
  CHECK(pareto(Points{{1, .5}, {1, .7}}) == std::vector<bool>{false, true});
  CHECK(pareto(Points{{1, .5}, {2, .7}, {1, .5}, {2, .7}}) == std::vector<bool>{true, true, true, true}); // alike in both
  CHECK(pareto(Points{{1, 0}, {1, 0}}) == std::vector<bool>{false, false});
}

TEST_CASE("the measured bill of the aider leaderboard has V3, R1 and R1 with Sonnet on its frontier") {
  // Dollars per case and share passed, polyglot leaderboard of early 2025 (Aider-AI/aider@5dc9490).
  const std::vector<std::pair<double, double>> bill = {{.8326, .617}, {.0241, .569}, {.0640, .516}, {.0015, .484},
                                                       {.0826, .329}, {.0312, .231}, {.0811, .604}, {.0591, .640}};
  CHECK(pareto(bill) == std::vector<bool>{false, true, false, true, false, false, false, true});
  CHECK(1 - (5.4193 / (0.569 * 225)) / (186.4958 / (0.617 * 224)) == doctest::Approx(0.9686).epsilon(0.001)); // per pass
}

TEST_CASE("runs over the same questions are compared question by question") {
  const std::vector<Summary> runs = {run_of("o1", 20, most), run_of("r1", 1, half), run_of("poor", 30, half)};
  const std::vector<Frontier> frontiers = fold_frontiers(runs);
  REQUIRE(frontiers.size() == 1);
  const Frontier& frontier = frontiers.front();
  CHECK_FALSE(frontier.in_tokens);
  CHECK(frontier.points.front().label == "r1"); // the cheapest first
  CHECK(point(frontier, "r1").on_frontier);
  CHECK(point(frontier, "o1").on_frontier);
  CHECK_FALSE(point(frontier, "poor").on_frontier);
  CHECK(point(frontier, "poor").frontier_share < 0.05);
  const double dearer = point(frontier, "o1").cost.value - point(frontier, "r1").cost.value;
  CHECK(*point(frontier, "o1").usd_per_point == doctest::Approx(dearer / 25)); // 75 % against 50 %
  REQUIRE(frontier.comparisons.size() == 2);
  const CostComparison& r1 = frontier.comparisons.front();
  CHECK(r1.paired);
  CHECK(r1.saving == doctest::Approx(1 - (1.0 / 40) / (20.0 / 60)));
  CHECK(r1.difference == doctest::Approx(-0.25));
  REQUIRE(r1.saving_interval.has_value());
  CHECK(r1.saving_interval->lo < r1.saving);
  CHECK(r1.saving_interval->hi > r1.saving);
  CHECK(r1.sentence.find("r1 is 92.5%") == 0);
  CHECK(r1.sentence.find("cheaper per correct answer than o1, and 25.0 points") != std::string::npos);
  CHECK(frontier.comparisons.back().sentence.find("times") != std::string::npos);
}

TEST_CASE("runs over other questions are not compared, though these be of the same clusters") {
  const std::vector<Summary> runs = {run_of("a", 1, half, 100, 0, "template"), run_of("b", 2, most, 100, 1000, "template"),
                                     run_of("c", 2, most, 100, 30, "template")};
  const Frontier frontier = fold_frontiers(runs).front();
  REQUIRE(frontier.comparisons.size() == 1); // a and c share 30 to 39
  const CostComparison& c = frontier.comparisons.front();
  CHECK(c.run == 2);
  CHECK_FALSE(c.paired);
  CHECK(c.n_shared == 10);
  CHECK(c.sentence.find("(they share 10 questions).") != std::string::npos);
  CHECK(frontier.note.find("a answered 40, b answered 0 of them and 40 others, c answered 10 of them and 30 others") != std::string::npos);
  CHECK(frontiers_json(std::span(&frontier, 1))["t"]["note"] == frontier.note);
  CHECK(write_frontier_table(std::span(&frontier, 1), {}).find("Not the same questions") != std::string::npos);
}

TEST_CASE("runs alike in score and cost are both on the frontier") {
  const std::vector<Summary> runs = {run_of("a", 1, half), run_of("b", 1, half)};
  const Frontier frontier = fold_frontiers(runs).front();
  for (const FrontierPoint& one : frontier.points) {
    CHECK(one.on_frontier);
    CHECK(one.frontier_share == 1); // not 1.0000000000000007
    CHECK_FALSE(one.usd_per_point.has_value());
  }
  CHECK(frontier.comparisons.front().sentence == "b costs as much per correct answer as a, and is as accurate (0.0 points [0.0, 0.0]).");
}

TEST_CASE("a run that solves nothing is not compared, and without a price tokens are") {
  const std::vector<Summary> runs = {run_of("a", 1, half), run_of("none", 1, [](int) { return 0; })};
  CHECK(fold_frontiers(runs).front().comparisons.empty());
  std::vector<Summary> priceless = {run_of("a", 1, half), run_of("b", 1, half, 1000)};
  for (Summary& run : priceless) run.tasks[0].cost.usd_per_sample.reset();
  const Frontier frontier = fold_frontiers(priceless).front();
  CHECK(frontier.in_tokens);
  CHECK(frontier.points.front().label == "a");
  CHECK(fold_frontiers(std::span(priceless).first(1)).empty());
}

TEST_CASE("a run that took fewer samples, or lacks some, is not cheaper for it") {
  // 40 questions of which every second is right; 100 tokens, a dollar, a sample.
  auto run_with = [](const std::string& model, auto n_of) {
    RunFixture fixture;
    fixture.run = {{"id", model}, {"model", {{"name", model}}}};
    fixture.plan("t", 40, 4);
    for (int q = 0; q < 40; ++q) {
      const std::string doc = std::to_string(q);
      fixture.question("t", doc);
      for (int s = 0; s < n_of(q); ++s) fixture.answer("t", doc, s, q % 2 == 0 ? Verdict::correct : Verdict::incorrect, q % 2 == 0 ? "7" : "8", 100);
    }
    FoldOptions options;
    options.pricing = Pricing{CostBasis::price_list, {0, 0, 10'000}, 0, "test", "test"};
    return fixture.fold({}, options);
  };
  std::vector<Summary> runs = {run_with("whole", [](int) { return 4; }), run_with("half", [](int) { return 2; }), run_with("gaps", [](int q) { return q % 3 + 1; })};
  const Frontier frontier = fold_frontiers(runs).front();
  for (const FrontierPoint& one : frontier.points) {
    INFO(one.label);
    CHECK(one.cost.value == doctest::Approx(1));
    CHECK(one.score == doctest::Approx(0.5));
  }
  CHECK(frontiers_json(std::span(&frontier, 1))["t"]["unit"] == "usd_per_sample");
  for (Summary& run : runs) run.tasks[0].cost.usd_per_sample.reset();
  const std::vector<Frontier> by_tokens = fold_frontiers(runs);
  for (const FrontierPoint& one : by_tokens.front().points) CHECK(one.cost.value == doctest::Approx(100));
}

TEST_CASE("runs of one model are told apart by their ids, and by their letters where these are the same") {
  std::vector<Summary> runs = {run_of("m", 1, half), run_of("m", 2, half), run_of("m", 3, half)};
  runs[0].run_id = runs[1].run_id = "0123456789";
  runs[2].run_id = "abcdefghij";
  const Frontier frontier = fold_frontiers(runs).front();
  std::vector<std::string> labels;
  for (const FrontierPoint& one : frontier.points) labels.push_back(one.label);
  CHECK(labels == std::vector<std::string>{"m (01234567, run A)", "m (01234567, run B)", "m (abcdefgh)"});
  CHECK(frontier.comparisons.front().sentence.find("m (01234567, run B) costs ") == 0);
  CHECK(frontier.comparisons.front().sentence.find(" costs 2.00 [2.00, 2.00] times as much per correct answer as m (01234567, run A), and is ") != std::string::npos);
}

TEST_CASE("runs are told apart by letters, A to Z, then AA") {
  CHECK(run_letter(0) == "A");
  CHECK(run_letter(25) == "Z");
  CHECK(run_letter(26) == "AA");
  CHECK(run_letter(27) == "AB");
  CHECK(run_letter(26 + 26 * 26) == "AAA");
}

TEST_CASE("the frontier names its dots where all names fit, and has letters where they would cover each other") {
  auto frontier_of = [](std::vector<double> costs) {
    Frontier frontier;
    frontier.task = "t";
    for (size_t i = 0; i < costs.size(); ++i) {
      FrontierPoint point;
      point.run = i;
      point.label = "a model with a name";
      point.score = 0.5;
      point.cost = {costs[i], {}};
      frontier.points.push_back(point);
    }
    return svg_frontier(frontier);
  };
  auto labels = [](const std::string& svg) {
    std::vector<std::string> found;
    for (size_t at = svg.find("class=\"label"); at != svg.npos; at = svg.find("class=\"label", at + 1)) {
      const size_t begin = svg.find('>', at) + 1;
      found.push_back(svg.substr(begin, svg.find('<', begin) - begin));
    }
    return found;
  };
  CHECK(labels(frontier_of({0.001, 0.1})) == std::vector<std::string>{"A a model with a name", "B a model with a name"});
  CHECK(labels(frontier_of({0.010, 0.012, 0.0144, 0.0173})) == std::vector<std::string>{"A", "B", "C", "D"});
  const std::vector<std::string> some = labels(frontier_of({0.010, 0.0101, 0.0102, 0.0103, 0.0104, 0.0105, 0.0106})); // dots that cover each other
  CHECK(some.size() < 7);
  REQUIRE_FALSE(some.empty());
  CHECK(some.front() == "A");
}

TEST_CASE("small amounts are told per million, on the axis and in words") {
  Frontier frontier;
  frontier.task = "t";
  for (double cost : {2.4e-7, 3.5e-7}) {
    FrontierPoint point;
    point.run = frontier.points.size();
    point.score = 0.5;
    point.cost = {cost, {}};
    frontier.points.push_back(point);
  }
  const std::string svg = svg_frontier(frontier);
  CHECK(svg.find("USD per million samples") != svg.npos);
  CHECK(svg.find(">$0.2<") != svg.npos);
  CHECK(svg.find("0000") == svg.npos);
  CHECK(svg.find("e-") == svg.npos);
  CHECK(cost_text(2.4e-7, false) == "$2.40e-7");
  CHECK(cost_text(0.0123, false) == "$0.0123");
  CHECK(cost_text(12345, true) == "12.3k");
  CHECK(cost_interval_text({2.1e-7, 3e-7, 0.95, ""}, false) == "[$2.10e-7, $3.00e-7]");
}

TEST_CASE("the amounts on a cost axis leave room between each other") {
  Frontier frontier;
  frontier.task = "t";
  for (double cost : {0.00062, 0.0011, 0.0019}) {
    FrontierPoint point;
    point.score = 0.5;
    point.cost = {cost, {}};
    frontier.points.push_back(point);
  }
  const std::string svg = svg_frontier(frontier), mark = R"(<text class="tick mid" x=")";
  double end = 0;
  int n = 0;
  for (size_t at = svg.find(mark); at != svg.npos; at = svg.find(mark, at + 1)) {
    const double x = std::stod(svg.substr(at + mark.size()));
    const size_t begin = svg.find('>', at) + 1;
    const std::string text = svg.substr(begin, svg.find('<', begin) - begin);
    if (text.find("USD") != text.npos) continue; // the axis' title is on a line of its own
    const double half = 10.5 * static_cast<double>(text.size()) / 2; // a digit of 18 pixels, as on a phone
    INFO(text);
    CHECK(x - half > end);
    end = x + half;
    ++n;
  }
  CHECK(n >= 3);
}

TEST_CASE("an estimate multiplies the pilot's means and says how well the score will be known") {
  const Summary pilot = run_of("m", 1, half);
  const Estimate estimate = estimate_task(pilot.tasks[0], {1000, 8000});
  CHECK(estimate.n_pilot == 80);
  CHECK(estimate.tokens->value == doctest::Approx(8000 * 119.5));
  CHECK(estimate.usd->value == doctest::Approx(8000 * 1.195));
  CHECK(estimate.tokens->interval->lo < estimate.tokens->value);
  // Only questions differ, none is unsure: the deviation of a coin, over 1,000 questions.
  CHECK(*estimate.half_width == doctest::Approx(1.96 * std::sqrt(0.25 * 40 / 39 / 1000)).epsilon(0.001));
  const std::vector<Estimate> both = {estimate, estimate};
  const auto sum = total(both, &Estimate::tokens);
  CHECK(sum->value == doctest::Approx(2 * estimate.tokens->value));
  CHECK(sum->interval->hi - sum->value == doctest::Approx(std::sqrt(2) * (estimate.tokens->interval->hi - estimate.tokens->value)));
  CHECK_FALSE(total({}, &Estimate::tokens)->interval.has_value());
}
