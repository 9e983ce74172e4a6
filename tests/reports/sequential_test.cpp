// SPDX-License-Identifier: MIT
#include "reports/sequential.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "harness/random.h"
#include "tests/fakes.h"

using namespace proctor;

namespace {

constexpr int kQuestions = 400, kSamples = 2;

// A baseline in which every question is right once of two answers, and a watch on it.
struct Watched {
  explicit Watched(Gate gate = {}) : task(echo_task("t", kQuestions)) {
    planned = {{&task, std::vector<int>(kQuestions, kSamples), {}}};
    for (size_t q = 0; q < kQuestions; ++q) planned[0].order.push_back((q * 7) % kQuestions);
    TaskSummary& base = baseline.tasks.emplace_back();
    base.name = "t";
    SlotSummary& slot = base.slots.emplace_back();
    slot.slot = std::string(task.graders.front()->slot());
    for (const Question& question : task.questions) {
      QuestionRow& row = slot.questions.emplace_back();
      row.doc_id = question.doc_id, row.n = 2, row.c = 1;
    }
    gates = SequentialGates::make({gate}, baseline, planned);
  }
  void grade(size_t question, int sample, bool right) {
    Grade grade;
    grade.key = {"t", task.questions[question].doc_id, sample};
    grade.grader = task.graders.front()->slot();
    grade.verdict = right ? Verdict::correct : Verdict::incorrect;
    gates->seen(grade);
  }
  SequentialLook look() const { return gates->looks().at(0); }

  Task task;
  std::vector<PlannedTask> planned;
  Summary baseline;
  std::unique_ptr<SequentialGates> gates;
};

Gate margin_of(double margin) {
  Gate gate;
  gate.margin = margin;
  return gate;
}

} // namespace

TEST_CASE("a model that fails everything is stopped long before the end, and nothing more is needed") {
  Watched watched(margin_of(0.1));
  REQUIRE(watched.gates);
  size_t turn = 0;
  for (; turn < kQuestions && watched.gates->needed({"t", "0", 0}); ++turn)
    for (int s = 0; s < kSamples; ++s) watched.grade(watched.planned[0].question(turn), s, false);
  CHECK(watched.look().state == Gsprt::State::dropped);
  CHECK(turn >= 20);
  CHECK(turn < kQuestions / 4);
}

TEST_CASE("the order of finishing does not count: what is asked later waits for what was asked before") {
  Watched watched(margin_of(0.1));
  for (size_t turn = 1; turn < kQuestions; ++turn)
    for (int s = 0; s < kSamples; ++s) watched.grade(watched.planned[0].question(turn), s, false);
  CHECK(watched.look().n == 0);
  for (int s = 0; s < kSamples; ++s) watched.grade(watched.planned[0].question(0), s, true);
  CHECK(watched.look().state == Gsprt::State::dropped);
  CHECK(watched.look().n < kQuestions / 4);
}

TEST_CASE("an unchanged model fails at most at alpha, and is passed on about half of a fixed design's questions") {
  int failed = 0, passed = 0;
  double asked = 0;
  constexpr int kRuns = 300;
  for (uint64_t run = 0; run < kRuns; ++run) {
    Watched watched(margin_of(0.1));
    SplitMix64 random(run);
    for (size_t turn = 0; turn < kQuestions && watched.look().state == Gsprt::State::running; ++turn)
      for (int s = 0; s < kSamples; ++s) watched.grade(watched.planned[0].question(turn), s, random.uniform() < 0.5);
    failed += watched.look().state == Gsprt::State::dropped;
    passed += watched.look().state == Gsprt::State::unchanged;
    asked += watched.look().n;
  }
  CHECK(failed <= 24); // 5 % of 300, and two standard deviations
  CHECK(passed >= 264);
  // A fixed design of power 95 % wants (2 x 1.645 / 0.1)^2 x 0.125 = 135 questions.
  CHECK(asked / kRuns < 0.7 * 135);
}

TEST_CASE("what the test does not test is left to the end") {
  Gate other = margin_of(0.1);
  other.metric = "maj@2";
  CHECK(Watched(other).gates == nullptr);
  other = margin_of(0.1);
  other.kind = GateKind::min;
  CHECK(Watched(other).gates == nullptr);
  other = margin_of(0.1);
  other.task = "another";
  CHECK(Watched(other).gates == nullptr);
}
