// SPDX-License-Identifier: MIT
//
// The gate's error rates, by simulation over suites of mixed difficulty; and gates on what is no share of samples. A
// hundred rounds each, or PROCTOR_GATE_ROUNDS: every one makes all of a comparison's tests.
#include "reports/gate.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <doctest/doctest.h>

#include "harness/random.h"
#include "reports/distributions.h"
#include "reports/planning.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

int draw(SplitMix64& random, int n, double rate) {
  int c = 0;
  for (int i = 0; i < n; ++i) c += random.uniform() < rate;
  return c;
}

// A run of `rates.size()` questions, each right at its rate.
Summary simulated(SplitMix64& random, const std::vector<double>& rates, int samples) {
  Summary summary;
  TaskSummary& task = summary.tasks.emplace_back();
  task.name = "t", task.n_questions = static_cast<int64_t>(rates.size()), task.n_samples = samples;
  SlotSummary& slot = task.slots.emplace_back();
  slot.slot = "none";
  for (size_t q = 0; q < rates.size(); ++q) {
    QuestionRow& row = slot.questions.emplace_back();
    row.doc_id = std::to_string(q), row.n = samples, row.c = draw(random, samples, rates[q]);
    slot.n_graded += samples;
    slot.verdicts[static_cast<size_t>(Verdict::correct)] += row.c;
    slot.verdicts[static_cast<size_t>(Verdict::incorrect)] += row.n - row.c;
  }
  return summary;
}

// Evenly spread over (0, 1) by a U-shaped quantile function, as difficulties are, and lower by drop, which all allow.
std::vector<double> rates_of(int n, double drop) {
  std::vector<double> rates;
  for (int q = 0; q < n; ++q) rates.push_back(0.12 + 0.86 * beta_quantile((q + 0.5) / n, 0.6, 0.5) - drop);
  return rates;
}

double within(const std::vector<double>& rates) {
  double sum = 0;
  for (double p : rates) sum += p * (1 - p) / static_cast<double>(rates.size());
  return sum;
}

struct Frequencies {
  double pass = 0, regression = 0;
};

int n_rounds() {
  const char* rounds = std::getenv("PROCTOR_GATE_ROUNDS");
  return rounds == nullptr ? 100 : std::max(100, std::atoi(rounds));
}

// Two standard deviations of a share over all rounds.
double noise_of(double share, int n_designs = 1) { return 2 * std::sqrt(share * (1 - share) / (n_rounds() * n_designs)); }

Frequencies judge(Gate gate, const std::vector<double>& before, const std::vector<double>& after, int samples, uint64_t seed) {
  const int rounds = n_rounds();
  SplitMix64 random(seed);
  Frequencies seen;
  for (int round = 0; round < rounds; ++round) {
    const Summary base = simulated(random, before, samples), run = simulated(random, after, samples);
    const GateVerdict verdict = evaluate_gates({run, &base, {gate}, 0.98, {}, 0}).verdict;
    seen.pass += verdict == GateVerdict::pass ? 1.0 / rounds : 0;
    seen.regression += verdict == GateVerdict::regression ? 1.0 / rounds : 0;
  }
  return seen;
}

Frequencies judge(Gate gate, int n, int samples, double drop, uint64_t seed) { return judge(gate, rates_of(n, 0), rates_of(n, drop), samples, seed); }

// A suite that is nearly solved: all questions are right at `rate`, and the first few lose all of the margin together.
struct NearlySolved {
  int n, samples;
  double rate, margin;
  int n_worse;
};

double false_passes(const NearlySolved& suite) {
  const std::vector<double> before(static_cast<size_t>(suite.n), suite.rate);
  std::vector<double> after = before;
  for (int q = 0; q < suite.n_worse; ++q) after[static_cast<size_t>(q)] -= suite.margin * suite.n / suite.n_worse;
  Gate gate;
  gate.margin = suite.margin;
  return judge(gate, before, after, suite.samples, 11).pass;
}

} // namespace

TEST_CASE("a gate at 5 % calls an unchanged model worse at most 5.5 times in a hundred, and passes one that lost the margin no more often") {
  double alarms = 0, passes = 0;
  int n_designs = 0;
  for (const int samples : {1, 16})
    for (const GateScope scope : {GateScope::fixed, GateScope::generalise}) {
      Gate gate;
      gate.scope = scope, gate.margin = 0.1;
      gate.min_drop = 0; // any significant drop
      const Frequencies same = judge(gate, 40, samples, 0, 3), worse = judge(gate, 40, samples, 0.1, 5);
      const std::string name = scope == GateScope::fixed ? "fixed" : "generalise";
      MESSAGE("40 x " << samples << " " << name << ": false alarms " << same.regression << ", false passes " << worse.pass);
      alarms += same.regression, passes += worse.pass, ++n_designs;
    }
  CHECK(alarms / n_designs <= 0.055 + noise_of(0.055, n_designs));
  CHECK(passes / n_designs <= 0.055 + noise_of(0.055, n_designs));

  // Where nearly all is right the noise is small and skewed: no interval of +- z standard errors holds there.
  const NearlySolved suites[] = {{30, 16, 1, 0.01, 30},   {30, 16, 0.995, 0.01, 30}, {30, 16, 0.99, 0.02, 30}, {100, 4, 0.995, 0.01, 100},
                                 {300, 4, 1, 0.005, 300}, {30, 64, 1, 0.005, 30},    {30, 16, 1, 0.01, 1},     {300, 1, 1, 0.02, 300}};
  double sum = 0;
  for (const NearlySolved& suite : suites) {
    const double one = false_passes(suite);
    MESSAGE(suite.n << " x " << suite.samples << " at " << suite.rate << ", margin " << suite.margin << " lost by " << suite.n_worse << ": false passes " << one);
    CHECK(one <= 0.055 + noise_of(0.055));
    sum += one;
  }
  CHECK(sum / std::size(suites) <= 0.055);
}

TEST_CASE("an unchanged model passes as often as planned") {
  Gate gate;
  gate.margin = 0.1;
  const Design design{within(rates_of(1000, 0)), 0, 4, 4};
  const auto n = static_cast<int>(*questions_for_margin(design, gate.margin)); // for a power of 90 %
  const double passed = judge(gate, n, 4, 0, 7).pass;
  MESSAGE(n << " x 4: passed " << passed);
  CHECK(std::abs(passed - 0.9) < 0.01 + noise_of(0.9));
}

TEST_CASE("a gate on latency is one on a percentile of the times of answers, interpolated") {
  RunFixture run;
  run.plan("t", 1, 10);
  run.question("t", "0");
  for (int s = 0; s < 10; ++s) {
    run.answer("t", "0", s, Verdict::correct, "7", 10, 1.0 + s);
  }
  const Summary summary = run.fold();
  auto verdict = [&](const char* rule) {
    return evaluate_gates({summary, nullptr, {*parse_threshold(rule, GateKind::max)}, 0, {}, 0}).verdict;
  };
  CHECK(verdict("seconds_p50<=5.5") == GateVerdict::pass);
  CHECK(verdict("seconds_p50<=5.4") == GateVerdict::regression);
  CHECK(verdict("seconds_p90<=9.1") == GateVerdict::pass);
  CHECK(verdict("seconds_p90<=9") == GateVerdict::regression);
  Gate bounded = *parse_threshold("seconds_p50<=9", GateKind::max);
  bounded.bound = GateBound::interval;
  const GateReport report = evaluate_gates({summary, nullptr, {bounded}, 0, {}, 0});
  CHECK(report.verdict == GateVerdict::inconclusive);
  CHECK(report.gates[0].why.find("seconds_p50 has no interval") != std::string::npos);
}
