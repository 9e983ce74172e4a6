// SPDX-License-Identifier: MIT
#include "tasks/gen/family.h"

#include <chrono>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
#include <set>

#include "harness/hash.h"
#include "tasks/gen/random.h"

using namespace proctor;

namespace {

template <class Visit> void for_each_question(uint64_t n_per_level, uint64_t seed, Visit visit) {
  for (const Family& family : families())
    for (int level = 1; level <= family.levels; ++level)
      for (uint64_t index = 0; index < n_per_level; ++index)
        visit(family, level, family.generate(level, seed, index));
}

std::string golden_hash(const Family& family) {
  Hasher hasher;
  for (int level = 1; level <= family.levels; ++level)
    for (uint64_t index = 0; index < 100; ++index) {
      GeneratedQuestion question = family.generate(level, 7, index);
      hasher.field(question.text).field(question.answer).field(question.cluster);
    }
  return hasher.hex();
}

// The share of the most common answer in 1,000 draws over all levels.
double top_answer_share(const Family& family) {
  std::map<std::string, int> counts;
  for (int i = 0; i < 1000; ++i) ++counts[family.generate(1 + i % family.levels, 3, static_cast<uint64_t>(i)).answer];
  int top = 0;
  for (const auto& [answer, count] : counts) top = std::max(top, count);
  return top / 1000.0;
}

} // namespace

TEST_CASE("the random numbers are SplitMix64's") {
  SplitMix64 random(1234567); // the reference implementation's first outputs for this seed
  CHECK(random.next() == 6457827717110365317u);
  CHECK(random.next() == 3203168211198807973u);
  CHECK(random.next() == 9817491932198370423u);
}

TEST_CASE("a bounded draw is uniform") {
  SplitMix64 random(5);
  std::map<uint32_t, int> counts;
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  CHECK(counts.size() == 7);
  for (const auto& [value, count] : counts) CHECK(std::abs(count - 10000) < 400);
}

TEST_CASE("two independent methods agree on 10,000 questions of every family") {
  std::map<std::string_view, int> wrong;
  for_each_question(2500, 11, [&](const Family& family, int, const GeneratedQuestion& question) {
    if (family.solve_text(question.text) != question.answer) ++wrong[family.name];
  });
  CHECK(wrong.empty());
}

TEST_CASE("the second method refuses a question that it cannot read, and one without a single answer") {
  for (const Family& family : families()) {
    CHECK(family.solve_text("") == std::nullopt);
    CHECK(family.solve_text("Why is the sky blue?") == std::nullopt);
  }
  const Family& order = *find_family("order");
  std::string setting = "Three people wait in a queue, counted from the front: Ada, Bela and Cleo. ";
  std::string asked = " Who is number 1 in the queue?";
  CHECK(order.solve_text(setting + "Ada is directly ahead of Bela. Bela is directly ahead of Cleo." + asked) ==
        "Ada");
  CHECK(order.solve_text(setting + "Ada is directly ahead of Bela." + asked) == std::nullopt);
  CHECK(order.solve_text(setting + "Ada is directly ahead of Bela. Bela is directly ahead of Ada." + asked) ==
        std::nullopt);
}

TEST_CASE("the second method knows precedence, brackets and both program languages") {
  const Family& arith = *find_family("arith");
  CHECK(arith.solve_text("Work out the exact value of 2 + 3 * (8 - 4) / 6 - 1.") == "3");
  CHECK(arith.solve_text("Work out the exact value of 7 / 2.") == std::nullopt);
  CHECK(arith.solve_text("Write down the number 5. Add 7. Divide by 4. Subtract 9. What number do you end with?") ==
        "-6");
  CHECK(arith.solve_text("Let a = 4, b = a * 5, c = b - a. What is c + 1?") == "17");
  const Family& trace = *find_family("trace");
  CHECK(trace.solve_text("What?\n\nx = 3\nfor i in range(1, 4):\n    if x % 2 == 1:\n        x = x + i\n    else:\n"
                         "        x = (x * 5 + 1) % 50\nprint(x)") == "24");
  CHECK(trace.solve_text("What?\n\nSET x TO 3\nREPEAT 2 TIMES, COUNTING i FROM 1\n  SET x TO |x - 10|\nEND REPEAT\n"
                         "SHOW x + x") == "6");
  CHECK(trace.solve_text("What?\n\nx = y + 1\nprint(x)") == std::nullopt);
}

TEST_CASE("a question is a function of its id alone") {
  for_each_question(20, 5, [](const Family& family, int level, const GeneratedQuestion&) {
    GeneratedQuestion first = family.generate(level, 1000, 3);
    GeneratedQuestion again = family.generate(level, 1000, 3);
    CHECK(first.text == again.text);
    CHECK(first.answer == again.answer);
  });
}

TEST_CASE("other seeds, levels and indices give other questions") {
  for (const Family& family : families()) {
    std::set<std::string> texts;
    for (uint64_t seed : {0, 1, 1'000'000})
      for (int level = 2; level <= family.levels; ++level)
        for (uint64_t index = 0; index < 50; ++index) texts.insert(family.generate(level, seed, index).text);
    CHECK(texts.size() == 3 * 50 * static_cast<size_t>(family.levels - 1));
  }
}

TEST_CASE("a version of a family never changes its questions") {
  CHECK(golden_hash(*find_family("arith")) == "174d29bc0a8d98ae6690f17c288383f3");
  CHECK(golden_hash(*find_family("trace")) == "9b8b08fec528a2a39953714e4c599fa7");
  CHECK(golden_hash(*find_family("order")) == "046319054d968b44d20bedee70c1a509");
}

TEST_CASE("no answer is worth guessing") {
  CHECK(top_answer_share(*find_family("arith")) < 0.02);
  CHECK(top_answer_share(*find_family("trace")) < 0.03);
  CHECK(top_answer_share(*find_family("order")) < 0.08); // the guess among the printed names is worth 1/6 to 1/3
}

TEST_CASE("harder levels take more steps") {
  for (const Family& family : families()) {
    int before = 0;
    for (int level = 1; level <= family.levels; ++level) {
      int effort = family.generate(level, 0, 0).effort;
      CHECK(effort > before);
      before = effort;
    }
  }
}

TEST_CASE("every wording of a family occurs and is its own cluster") {
  std::map<std::string_view, std::set<std::string>> clusters;
  for_each_question(60, 1, [&](const Family& family, int, const GeneratedQuestion& question) {
    CHECK(question.cluster.starts_with(fmt::format("{}/", family.name)));
    clusters[family.name].insert(question.cluster);
  });
  CHECK(clusters["arith"].size() == 4);
  CHECK(clusters["trace"].size() == 4);
  CHECK(clusters["order"].size() == 3);
}

TEST_CASE("arithmetic answers are integers from 0 to 999, as the question says") {
  for (uint64_t index = 0; index < 500; ++index) {
    GeneratedQuestion question = find_family("arith")->generate(1 + static_cast<int>(index % 4), 2, index);
    CHECK(question.answer.size() <= 3);
    CHECK(question.answer.find_first_not_of("0123456789") == std::string::npos);
    CHECK(question.text.ends_with("The answer is an integer from 0 to 999."));
  }
}

TEST_CASE("1,000 questions of a family take less than a second") {
  for (const Family& family : families()) {
    auto start = std::chrono::steady_clock::now();
    for (uint64_t i = 0; i < 1000; ++i) family.generate(1 + static_cast<int>(i % 4), 9, i);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
  }
}

TEST_CASE("an id is read back exactly, and nothing else is an id") {
  GeneratedId id{"arith", 1, 2, 0, 17};
  CHECK(to_string(id) == "arith@1/2/0/17");
  CHECK(parse_generated_id("arith@1/2/0/17") == id);
  for (std::string_view bad :
       {"", "arith", "arith@1", "arith@1/2/0", "arith@1/2/0/17/3", "arith@1/2/0/-1", "arith@1/02/0/17",
        "arith@1/2/0/17 ", "arith/2/0/17", "arith@x/2/0/17", "arith@1/2/0/99999999999999999999999"})
    CHECK(parse_generated_id(bad) == std::nullopt);
}
