// SPDX-License-Identifier: MIT
// Generated code questions: what their tests let through.
#include <atomic>
#include <thread>
#include <vector>

#include "tasks/gen/family.h"
#include "tests/code/graded.h"

using namespace proctor;

namespace {

constexpr uint64_t kQuestionsPerLevel = 3;

template <class Visit> void visit_code_families(Visit visit) {
  for (const Family* family : families())
    if (family->runs_code())
      for (int level = 1; level <= family->levels; ++level)
        for (uint64_t index = 0; index < kQuestionsPerLevel; ++index) {
          const GeneratedId id{std::string(family->name), family->version, level, 29, index};
          CAPTURE(to_string(id));
          visit(*family, generate(*family, id));
        }
}

Grade graded(const Family& family, const GeneratedQuestion& question, const std::string& answer) {
  auto grader = make_code_grader(family.grader, test_sandbox());
  REQUIRE(grader);
  return grade_with(*grader, question.code, answer);
}

// Of `pairs`: those with up to three digits of n.
Json short_tests(const GeneratedQuestion& question) {
  Json tests = Json::array();
  for (const Json& test : question.code["tests"])
    if (test["input"].get<std::string>().find(' ') < 4) tests.push_back(test);
  return tests;
}

} // namespace

TEST_CASE("generated code: the second program passes, the plausible mistake does not") {
  if (!test_sandbox()) return;
  visit_code_families([](const Family& family, const GeneratedQuestion& question) {
    const Grade right = graded(family, question, question.program);
    CHECK_MESSAGE(right.verdict == Verdict::correct, right.explanation);
    const Grade wrong = graded(family, question, question.wrong);
    CHECK_MESSAGE(wrong.verdict == Verdict::incorrect, question.wrong);
    CHECK(wrong.reason != "runtime_error");
  });
}

TEST_CASE("generated code: comparing every pair is right and out of time") {
  if (!test_sandbox()) return;
  const Family& pairs = *find_family("pairs");
  for (int level : {1, 4}) {
    GeneratedQuestion question = generate(pairs, {"pairs", pairs.version, level, 29, 0});
    CHECK(graded(pairs, question, question.slow).verdict == Verdict::timed_out);
    question.code["tests"] = short_tests(question);
    CHECK(graded(pairs, question, question.slow).verdict == Verdict::correct);
  }
}

TEST_CASE("generated code: a test with another result refuses the right program") {
  if (!test_sandbox()) return;
  visit_code_families([](const Family& family, GeneratedQuestion question) {
    if (question.code.contains("expected")) {
      question.code["expected"] = question.code["expected"].get<std::string>() + "1";
    } else {
      Json& last = question.code["tests"].back();
      const std::string output = last["output"].get<std::string>();
      last["output"] = family.grader == "stdin" ? output + " 1" : "[" + output + ", 1]"; // a value, of a function
    }
    CHECK(graded(family, question, question.program).verdict == Verdict::incorrect);
  });
}

// Minutes of programs: scripts/test --all runs this one; --subcase=NAME takes one family.
TEST_CASE("long: two independent methods agree on 10,000 questions of every code family" * doctest::skip()) {
  if (!test_sandbox()) return;
  constexpr uint64_t kQuestions = 10'000, kThreads = 4, kWhole = 200; // of pairs; a long input takes 0.1 s, and tells no more
  for (const Family* family : families()) {
    if (!family->runs_code()) continue;
    SUBCASE(std::string(family->name).c_str()) {
      std::atomic<int> wrong{0};
      auto check = [&](uint64_t index) {
        const GeneratedId id{std::string(family->name), family->version, 1 + static_cast<int>(index % static_cast<uint64_t>(family->levels)), 37, index};
        GeneratedQuestion question = generate(*family, id);
        if (family->name == "pairs" && index >= kWhole) question.code["tests"] = short_tests(question);
        if (graded(*family, question, question.program).verdict != Verdict::correct) ++wrong;
      };
      {
        std::vector<std::jthread> threads;
        for (uint64_t first = 0; first < kThreads; ++first)
          threads.emplace_back([&, first] {
            for (uint64_t index = first; index < kQuestions; index += kThreads) check(index);
          });
      }
      CHECK(wrong == 0);
    }
  }
}
