// SPDX-License-Identifier: MIT
// Graders against recorded model outputs whose labels others assigned. Where our verdict differs from a label, the
// row is listed here by its id with the reason. The files are read from PROCTOR_TEST_DATA and never copied.

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "harness/text/ascii.h"
#include "tests/graders/grade_text.h"

using namespace proctor;

namespace {

// Calls visit for each record of labelled/NAME; false when the data is not there.
bool for_each_record(const std::string& name, const std::function<void(const Json&)>& visit) {
  const char* root = std::getenv("PROCTOR_TEST_DATA");
  if (root == nullptr) {
    MESSAGE("skipped: PROCTOR_TEST_DATA not set");
    return false;
  }
  std::ifstream in(std::string(root) + "/labelled/" + name);
  REQUIRE_MESSAGE(in.good(), "cannot read labelled/" << name);
  for (std::string line; std::getline(in, line);) {
    auto record = parse_json(line, name);
    REQUIRE(record.has_value());
    visit(*record);
  }
  return true;
}

std::string text_of(const Json& record, std::string_view key) {
  const Json* member = find_member(record, key);
  return member == nullptr ? "" : scalar_text(*member).value_or("");
}

std::string id_of(const Json& record) {
  std::string sample = text_of(record, "sample");
  std::string id = text_of(record, "item") + text_of(record, "idx");
  return sample.empty() ? id : id + "#" + sample;
}

bool is_correct(const Grade& grade) { return grade.verdict == Verdict::correct; }

struct Tally {
  int n = 0;
  std::map<Verdict, int> verdicts;
  std::set<std::string> differing; // ids

  void add(const Grade& grade, bool label, const std::string& id) {
    ++n;
    ++verdicts[grade.verdict];
    if (is_correct(grade) == label) return;
    differing.insert(id);
    MESSAGE(id << ": label " << label << ", verdict " << to_string(grade.verdict) << ": " << grade.explanation);
  }
};

void check_boxed_run(const std::string& file, std::string_view grader, int n_correct) {
  CAPTURE(file);
  Tally tally;
  bool there = for_each_record(file, [&](const Json& record) {
    bool label = record["score"][0].get<bool>();
    Grade grade = grade_text(grader, text_of(record, "gt"), record["code"][0].get<std::string>());
    tally.add(grade, label, id_of(record));
  });
  if (!there) return;
  CHECK(tally.differing.empty());
  CHECK(tally.verdicts[Verdict::correct] == n_correct);
}

// The reference of BIG-Bench Hard's own evaluation: what follows the last "answer is ", without its period.
bool said_by_convention(const std::string& text, const std::string& target) {
  size_t at = text.rfind("answer is ");
  if (at == text.npos) return false;
  std::string_view said = trim(std::string_view(text).substr(at + 10));
  if (said.ends_with('.')) said.remove_suffix(1);
  return said == target;
}

void check_bbh(const std::string& subset, std::string_view grader, double published) {
  CAPTURE(subset);
  Tally tally;
  bool there = for_each_record("logic/bbh_codex_cot_" + subset + ".jsonl", [&](const Json& record) {
    std::string text = text_of(record, "prediction"), target = text_of(record, "target");
    tally.add(grade_text(grader, target, text), said_by_convention(text, target), id_of(record));
  });
  if (!there) return;
  CHECK(tally.n == 250);
  CHECK(tally.differing.empty());
  CHECK(100.0 * tally.verdicts[Verdict::correct] / tally.n == doctest::Approx(published));
}

} // namespace

TEST_CASE("aime: 1,500 answers of an RL checkpoint on AIME 2024 are graded as labelled") {
  Tally tally;
  bool there = for_each_record("math/rg_llama3b_step400_aime24_k50.jsonl", [&](const Json& record) {
    Grade grade = grade_text("aime", text_of(record, "gold"), text_of(record, "response"));
    tally.add(grade, text_of(record, "label") == "1", id_of(record));
  });
  if (!there) return;
  CHECK(tally.n == 1500);
  CHECK(tally.differing.empty());
  CHECK(tally.verdicts[Verdict::correct] == 36);
  CHECK(tally.verdicts[Verdict::truncated] == 115);
  CHECK(tally.verdicts[Verdict::no_answer] == 0);
}

TEST_CASE("tag: 900 answers to kinship quizzes are graded as labelled") {
  for (std::string file : {"logic/farel_deepseek-r1.jsonl", "logic/farel_gpt-4o-2024-11-20.jsonl"}) {
    CAPTURE(file);
    Tally tally;
    bool there = for_each_record(file, [&](const Json& record) {
      Grade grade = grade_text("tag", text_of(record, "gold"), text_of(record, "response"));
      tally.add(grade, text_of(record, "label_strict") == "1", id_of(record));
    });
    if (!there) return;
    CHECK(tally.n == 450);
    CHECK(tally.differing.empty());
  }
}

TEST_CASE("tag: 1,600 answers to lineage quizzes are graded as labelled") {
  for (std::string file : {"logic/lineage_deepseek-r1.jsonl", "logic/lineage_o1-mini.jsonl"}) {
    CAPTURE(file);
    Tally tally;
    bool there = for_each_record(file, [&](const Json& record) {
      Grade grade = grade_text("tag", text_of(record, "gold"), text_of(record, "response"));
      tally.add(grade, text_of(record, "label_strict") == "1", text_of(record, "size") + "/" + id_of(record));
    });
    if (!there) return;
    CHECK(tally.n == 800);
    CHECK(tally.differing.empty());
  }
}

TEST_CASE("number: 5,276 solutions of grade school problems are graded as labelled") {
  Tally tally;
  int row = 0;
  bool there = for_each_record("math/gsm8k_openai_example_model_solutions.jsonl", [&](const Json& record) {
    std::string truth = text_of(record, "ground_truth");
    std::string target(trim(std::string_view(truth).substr(truth.rfind("A:") + 2)));
    for (std::string model : {"6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"}) {
      const Json& answer = record[model];
      Grade grade = grade_text("number", target, text_of(answer, "solution"));
      tally.add(grade, answer["is_correct"].get<bool>(), std::to_string(row) + "/" + model);
    }
    ++row;
  });
  if (!there) return;
  CHECK(tally.n == 5276);
  CHECK(tally.differing.empty());
}

TEST_CASE("boxed answers of a small model are graded as the Qwen harness graded them") {
  check_boxed_run("math/qwen25_3b_instruct_aime24.jsonl", "aime", 2);
  check_boxed_run("math/qwen25_3b_rg_rlft_aime24.jsonl", "aime", 4);
  check_boxed_run("math/qwen25_3b_instruct_amc23.jsonl", "number", 17);
  check_boxed_run("math/qwen25_3b_rg_rlft_amc23.jsonl", "number", 15);
}

TEST_CASE("published accuracies of code-davinci-002 with chain of thought are reproduced") {
  check_bbh("boolean_expressions", "exact", 92.8);
  check_bbh("formal_fallacies", "exact", 50.4);
  check_bbh("web_of_lies", "exact", 95.2);
  check_bbh("logical_deduction_five_objects", "choice", 54.8);
  check_bbh("temporal_sequences", "choice", 96.8);
}

TEST_CASE("plan: 300 plans for three blocks are graded as VAL graded them") {
  // Right plans that the label's own extraction read wrongly (it lost or doubled actions).
  const std::map<std::string, std::set<std::string>> misread = {
      {"deepseek-r1-api", {"93"}}, {"gpt-4o", {}}, {"o1-mini", {"65", "89", "91"}}};
  for (const auto& [model, ids] : misread) {
    CAPTURE(model);
    Tally tally;
    bool there = for_each_record("plan/planbench_blocksworld_3_" + model + ".jsonl", [&](const Json& record) {
      Question question = question_with(text_of(record, "gold_plan"));
      question.metadata["statement"] = text_of(record, "query");
      tally.add(grade_text("plan", question, text_of(record, "response")), record["label"].get<bool>(), text_of(record, "instance_id"));
    });
    if (!there) return;
    CHECK(tally.n == 100);
    CHECK(tally.differing == ids);
  }
}
