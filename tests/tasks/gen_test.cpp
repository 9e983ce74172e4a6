// SPDX-License-Identifier: MIT
#include "tasks/gen/family.h"

#include <ctime>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
#include <set>

#include "harness/hash.h"
#include "harness/json.h"
#include "harness/random.h"
#include "graders/graders.h"
#include "tasks/generated.h"

using namespace proctor;

namespace {

GeneratedId id_of(const Family& family, int level, uint64_t seed, uint64_t index) {
  return {std::string(family.name), family.version, level, seed, index};
}

// n questions of a family, its levels in turn.
template <class Visit> void visit_questions(const Family& family, uint64_t n, uint64_t seed, Visit visit) {
  const auto levels = static_cast<uint64_t>(family.levels);
  for (uint64_t i = 0; i < n; ++i) {
    const GeneratedId id = id_of(family, static_cast<int>(1 + i % levels), seed, i / levels);
    visit(id, generate(family, id));
  }
}

std::string golden_hash(const Family& family) {
  Hasher hasher;
  visit_questions(family, 400, 7, [&](const GeneratedId&, const GeneratedQuestion& question) {
    hasher.field(question.text).field(question.answer).field(question.skeleton).field(dump_json(question.code));
  });
  return hasher.hex();
}

// What there is to answer: words, and the tests of a program.
std::string asked(const GeneratedQuestion& question) { return question.text + dump_json(question.code); }

// The share of the most common answer in 1,000 draws over all levels.
double top_answer_share(const Family& family) {
  std::map<std::string, int> counts;
  visit_questions(family, 1000, 3, [&](const GeneratedId&, const GeneratedQuestion& question) { ++counts[question.answer]; });
  int top = 0;
  for (const auto& [answer, count] : counts) top = std::max(top, count);
  return top / 1000.0;
}

std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

// Other answers of the same kind: the last digit changed, a letter too many, the first one missing.
std::vector<std::string> perturbed(const std::string& answer) {
  std::vector<std::string> others;
  const size_t last = answer.find_last_of("0123456789");
  if (last == answer.npos) return {answer + "a", answer.substr(1), answer == "none" ? "A" : "none"};
  for (int step : {1, 9}) { // one up, one down
    others.push_back(answer);
    others.back()[last] = static_cast<char>('0' + (answer[last] - '0' + step) % 10);
  }
  if (answer.size() > 1) others.push_back(answer.substr(1));
  return others;
}

Verdict verdict_of(const Family& family, const GeneratedId& id, const std::string& gold) {
  Question question = generated_question(family, id, {});
  Completion completion;
  completion.text = completion.answer_text = fmt::format("\\boxed{{{}}}", question.target);
  completion.finish_reason = FinishReason::stop;
  question.target = gold;
  return make_grader(std::string(family.grader))->grade(question, completion).verdict;
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

TEST_CASE("there are at least six families of maths, of code and of logic, as many of each") {
  std::map<std::string_view, int> kinds;
  for (const Family* family : families()) ++kinds[family->kind];
  CHECK(kinds.size() == 3);
  for (const auto& [kind, count] : kinds) CHECK(count == 7);
}

TEST_CASE("two independent methods agree on 10,000 questions of every family") {
  for (const Family* family : families()) {
    if (family->solve_text == nullptr) continue; // answered by programs: tests/code/gen_code_test.cpp
    CAPTURE(family->name);
    int wrong = 0;
    visit_questions(*family, 10'000, 11, [&](const GeneratedId&, const GeneratedQuestion& question) {
      if (family->solve_text(question.text) != question.answer) ++wrong;
    });
    CHECK(wrong == 0);
  }
}

TEST_CASE("the grader of a family takes its answer and refuses every other gold") {
  for (const Family* family : families()) {
    if (family->runs_code()) continue; // tests/code/gen_code_test.cpp
    CAPTURE(family->name);
    std::string before;
    visit_questions(*family, 200, 31, [&](const GeneratedId& id, const GeneratedQuestion& question) {
      CAPTURE(question.answer);
      CHECK(verdict_of(*family, id, question.answer) == Verdict::correct);
      for (const std::string& gold : perturbed(question.answer)) CHECK_MESSAGE(verdict_of(*family, id, gold) == Verdict::incorrect, gold);
      if (!before.empty() && before != question.answer) CHECK(verdict_of(*family, id, before) == Verdict::incorrect);
      before = question.answer;
    });
  }
}

TEST_CASE("the second method refuses a question that it cannot read, and one without a single answer") {
  for (const Family* family : families()) {
    if (family->solve_text == nullptr) continue;
    CAPTURE(family->name);
    CHECK(family->solve_text("") == std::nullopt);
    CHECK(family->solve_text("Why is the sky blue?") == std::nullopt);
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
  for (const Family* family : families())
    visit_questions(*family, 80, 5, [&](const GeneratedId& id, const GeneratedQuestion& question) {
      const GeneratedQuestion again = generate(*family, id);
      CHECK(again.text == question.text);
      CHECK(again.answer == question.answer);
      CHECK(again.program == question.program);
    });
}

TEST_CASE("other seeds, levels and indices give other questions") {
  for (const Family* family : families()) {
    CAPTURE(family->name);
    std::set<std::string> texts;
    for (uint64_t seed : {0, 1, 1'000'000})
      for (int level = 2; level <= family->levels; ++level)
        for (uint64_t index = 0; index < 50; ++index) texts.insert(asked(generate(*family, id_of(*family, level, seed, index))));
    CHECK(texts.size() >= static_cast<size_t>(3 * 49 * (family->levels - 1)));
  }
}

TEST_CASE("a twin has the structure of its question and other numbers") {
  for (const Family* family : families()) {
    CAPTURE(family->name);
    int same = 0;
    visit_questions(*family, 100, 17, [&](GeneratedId id, const GeneratedQuestion& question) {
      for (id.twin = 1; id.twin <= 2; ++id.twin) {
        const GeneratedQuestion twin = generate(*family, id);
        CHECK(twin.skeleton == question.skeleton);
        same += asked(twin) == asked(question);
        if (family->solve_text != nullptr) CHECK(family->solve_text(twin.text) == twin.answer);
      }
    });
    CHECK(same <= 4);
  }
  visit_questions(*find_family("remainder"), 100, 17, [&](GeneratedId id, const GeneratedQuestion& question) {
    id.twin = 1;
    CHECK(without_digits(generate(*find_family("remainder"), id).text) == without_digits(question.text));
  });
}

TEST_CASE("a sentence that changes nothing changes no answer") {
  for (const Family* family : families()) {
    CAPTURE(family->name);
    visit_questions(*family, 40, 19, [&](GeneratedId id, const GeneratedQuestion& question) {
      id.noop = true;
      const GeneratedQuestion noop = generate(*family, id);
      CHECK(noop.text.size() > question.text.size());
      CHECK(noop.answer == question.answer);
      CHECK(noop.code == question.code);
    });
  }
}

TEST_CASE("a version of a family never changes its questions") {
  const std::map<std::string_view, std::string_view> golden = {
      {"arith", "38a027406301147edff4eb9a81151703"},
      {"story", "b2c23022ffbf984abff769526e5d13b8"},
      {"remainder", "b7994b3ffcd8b3ec12313db8805e02c0"},
      {"crt", "08a9a1c05cda2719b3af223ddff88aac"},
      {"recur", "e943c72e0954d92c3eeb596eb4316a62"},
      {"polygon", "adc7d624a89736065666755e61a18b58"},
      {"floorsum", "24c436c71aa14027f3810fdd4235b5a3"},
      {"trace", "c74ae18ee8b34a63375e5ba1dffabe78"},
      {"func", "a5e5b72488e0f3445f3fb489add68a42"},
      {"strings", "e155f42405c360dcb7757fa427cfb769"},
      {"stdio", "3f6ef298b61c6adb64b0dbf5efffd3e3"},
      {"pairs", "e68c8ad310d65f8f88572ff24223c8a6"},
      {"invert", "09249a661d3d0f34c439096fbbd6f6b3"},
      {"fix", "28c955cf2bfbc51d773d0599fc937c34"},
      {"order", "8adcb713e7d4d7643c0acbd3d1c8bcbb"},
      {"knights", "f0a6aba08b96cac45e6d471a8fb315af"},
      {"walk", "0f21380c4313e61910da39904e2b0c47"},
      {"swap", "c4046c44102300b7c963019d8a7f97ec"},
      {"survey", "dc6b07a453a1ba92b3b2ed4afa88bd51"},
      {"boxes", "8e3566ae8531b9830e04b0b6f226c86f"},
      {"kin", "5351118c7520e265411922981b445d1f"},
  };
  for (const Family* family : families()) {
    CAPTURE(family->name);
    CHECK(golden_hash(*family) == golden.at(family->name));
  }
}

TEST_CASE("no answer is worth guessing") {
  for (const Family* family : families()) {
    const double share = top_answer_share(*family);
    MESSAGE(std::string(family->name) << ": the most common answer is right in " << 100 * share << " % of 1,000 draws");
    CHECK(share < (family->kind == "maths" ? 0.03 : 0.10)); // names: one of those printed is a guess worth 1/8 to 1/3
  }
}

TEST_CASE("harder levels take more steps") {
  for (const Family* family : families()) {
    CAPTURE(family->name);
    int before = 0;
    for (int level = 1; level <= family->levels; ++level) {
      int effort = 0; // of 20 questions
      for (uint64_t index = 0; index < 20; ++index) effort += generate(*family, id_of(*family, level, 0, index)).effort;
      CHECK(effort > before);
      before = effort;
    }
  }
}

TEST_CASE("every family has several wordings") {
  for (const Family* family : families()) {
    CAPTURE(family->name);
    std::set<std::string> skeletons;
    visit_questions(*family, 240, 1, [&](const GeneratedId&, const GeneratedQuestion& question) { skeletons.insert(question.skeleton); });
    CHECK(skeletons.size() >= 3);
  }
}

TEST_CASE("answers of maths are integers from 0 to 999, as the question says") {
  for (const Family* family : families()) {
    if (family->grader != "aime") continue;
    CAPTURE(family->name);
    visit_questions(*family, 500, 2, [&](const GeneratedId&, const GeneratedQuestion& question) {
      CHECK(question.answer.size() <= 3);
      CHECK(question.answer.find_first_not_of("0123456789") == std::string::npos);
    });
  }
}

TEST_CASE("a written answer ends with what the question asks for") {
  for (const Family* family : families()) {
    if (family->runs_code()) continue;
    CAPTURE(family->name);
    visit_questions(*family, 200, 23, [&](const GeneratedId& id, const GeneratedQuestion& question) {
      CHECK((!question.working.empty() || id.level > 1));
      if (question.working.empty()) return;
      const size_t last = question.working.rfind('\n', question.working.size() - 2);
      const std::string line = question.working.substr(last == question.working.npos ? 0 : last + 1);
      if (line.find(question.answer) == line.npos) FAIL_CHECK(to_string(id) << ": " << question.answer << "\n" << question.working);
    });
  }
}

TEST_CASE("1,000 questions of a family take less than a second") {
#if defined(__SANITIZE_THREAD__)
  MESSAGE("skipped: ThreadSanitizer takes time of its own");
  return;
#endif
  for (const Family* family : families()) {
    CAPTURE(family->name);
    const std::clock_t start = std::clock(); // CPU time, whatever else the machine does
    visit_questions(*family, 1000, 9, [](const GeneratedId&, const GeneratedQuestion&) {});
    CHECK(std::clock() - start < CLOCKS_PER_SEC);
  }
}

TEST_CASE("an id is read back exactly, and nothing else is an id") {
  GeneratedId id{"arith", 1, 2, 0, 17};
  CHECK(to_string(id) == "arith@1/2/0/17");
  CHECK(parse_generated_id("arith@1/2/0/17") == id);
  id.twin = 3;
  CHECK(parse_generated_id("arith@1/2/0/17/twin3") == id);
  id.noop = true;
  CHECK(to_string(id) == "arith@1/2/0/17/twin3/noop");
  CHECK(parse_generated_id("arith@1/2/0/17/twin3/noop") == id);
  for (std::string_view bad :
       {"", "arith", "arith@1", "arith@1/2/0", "arith@1/2/0/17/3", "arith@1/2/0/-1", "arith@1/02/0/17",
        "arith@1/2/0/17 ", "arith/2/0/17", "arith@x/2/0/17", "arith@1/2/0/99999999999999999999999",
        "arith@1/2/0/17/twin0", "arith@1/2/0/17/twin-1", "arith@1/2/0/17/noop/twin1", "arith@1/2/0/17/noop/noop"})
    CHECK(parse_generated_id(bad) == std::nullopt);
}
