// SPDX-License-Identifier: MIT
// The benchmarks of logic and of multiple choice. Prompts are proctor's own but for those that a file brings along.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "tasks/choice_recipes.h"
#include "tasks/entry.h"
#include "tasks/shots.h"

namespace proctor {
namespace {

Entry knights_knaves(int people) {
  std::vector<std::string> files;
  for (int n = 2; n <= 8; ++n)
    if (people == 0 || people == n) files.push_back(fmt::format("knights_knaves_{}ppl_test.jsonl", n));
  std::string name = people == 0 ? "knights_knaves" : fmt::format("knights_knaves/{}", people);
  std::string who = people == 0 ? "2 to 8 people" : fmt::format("{} people", people);
  std::vector<std::string> aliases = {people == 0 ? "kk" : fmt::format("kk/{}", people)};
  Entry entry = benchmark(info_of(std::move(name), "logic", "knights_knaves", "who tells the truth: " + who),
                          std::move(aliases), {{files, false}}, read_knights_knaves_row);
  entry.info.source = "K&K (arXiv 2410.23123) as Logic-RL has it; prompt: proctor";
  if (people != 0) entry.level = std::to_string(people);
  entry.by_name_only = people != 0;
  return entry;
}

struct BbhSubset {
  std::string_view name;
  std::string_view grader;
};

// Graded by letter where every target is an option letter, as a number where every target is one.
constexpr std::array<BbhSubset, 27> kBbh = {{
    {"boolean_expressions", "exact"},
    {"causal_judgement", "exact"},
    {"date_understanding", "choice"},
    {"disambiguation_qa", "choice"},
    {"dyck_languages", "tag"},
    {"formal_fallacies", "exact"},
    {"geometric_shapes", "choice"},
    {"hyperbaton", "choice"},
    {"logical_deduction_five_objects", "choice"},
    {"logical_deduction_seven_objects", "choice"},
    {"logical_deduction_three_objects", "choice"},
    {"movie_recommendation", "choice"},
    {"multistep_arithmetic_two", "number"},
    {"navigate", "exact"},
    {"object_counting", "number"},
    {"penguins_in_a_table", "choice"},
    {"reasoning_about_colored_objects", "choice"},
    {"ruin_names", "choice"},
    {"salient_translation_error_detection", "choice"},
    {"snarks", "choice"},
    {"sports_understanding", "exact"},
    {"temporal_sequences", "choice"},
    {"tracking_shuffled_objects_five_objects", "choice"},
    {"tracking_shuffled_objects_seven_objects", "choice"},
    {"tracking_shuffled_objects_three_objects", "choice"},
    {"web_of_lies", "exact"},
    {"word_sorting", "exact"},
}};

Entry bbh(const BbhSubset& subset) {
  RowReader read = subset.grader == "choice" ? read_bbh_choice_row
                   : subset.grader == "tag"  ? read_bbh_tag_row
                                             : read_bbh_box_row;
  std::string words(subset.name);
  std::replace(words.begin(), words.end(), '_', ' ');
  Entry entry = benchmark(
      info_of(fmt::format("bbh/{}", subset.name), "logic", std::string(subset.grader), "BIG-Bench Hard: " + words),
      {}, single_files({fmt::format("{}.json", subset.name)}), read);
  entry.shots = {fmt::format("{}.txt", subset.name)};
  entry.read_shots = read_bbh_shots;
  entry.suite = "bbh";
  entry.info.source = "suzgunmirac/BIG-Bench-Hard (arXiv 2210.09261); prompt: proctor";
  return entry;
}

Entry logic(std::string name, std::string grader, std::string summary, std::string_view source,
            const std::vector<std::string>& files, RowReader read, std::vector<std::string> aliases = {}) {
  Entry entry = benchmark(info_of(std::move(name), "logic", std::move(grader), std::move(summary)),
                          std::move(aliases), single_files(files), read);
  entry.info.source = std::string(source);
  return entry;
}

Entry logiqa(std::string name, std::string summary, std::string_view source, const std::vector<std::string>& files) {
  Entry entry = logic(std::move(name), "choice", std::move(summary), source, files, read_logiqa_row);
  entry.form = FileForm::logiqa;
  return entry;
}

// Multiple choice over knowledge and reasoning, as the DeepSeek-R1 report measures it.
Entry choice(std::string name, std::string summary, std::string_view source, const std::vector<std::string>& files,
             RowReader read, std::vector<std::string> aliases) {
  Entry entry = logic(std::move(name), "choice", std::move(summary), source, files, read, std::move(aliases));
  entry.info.kind = "choice";
  entry.in_r1 = true;
  return entry;
}

Entry mmlu_pro() {
  Entry entry =
      choice("mmlu_pro", "MMLU-Pro: 12,032 questions with up to ten options",
             "TIGER-Lab/MMLU-Pro (arXiv 2406.01574); prompt: simple-evals' last line",
             {"mmlu_pro.jsonl", "mmlu_pro_test.jsonl", "mmlu_pro_test.json"}, read_mmlu_pro_row, {"mmlu-pro"});
  entry.shots = {"mmlu_pro_validation.jsonl", "mmlu_pro_val.jsonl"};
  entry.read_shots = read_mmlu_pro_shots;
  return entry;
}

} // namespace

std::vector<Entry> logic_tasks() {
  std::vector<Entry> table;
  for (int people : {0, 2, 3, 4, 5, 6, 7, 8}) table.push_back(knights_knaves(people));
  for (const BbhSubset& subset : kBbh) table.push_back(bbh(subset));
  constexpr std::string_view kLogicLlm = "as Logic-LLM (arXiv 2305.12295) has it; prompt: proctor";
  std::vector<Entry> more = {
      logic("folio", "choice", "FOLIO: does a conclusion follow in first-order logic",
            "Yale-LILY/FOLIO (arXiv 2209.00840); prompt: proctor",
            {"folio_v0_validation.jsonl", "folio-validation.jsonl", "folio_v2_validation.jsonl", "folio.jsonl",
             "folio_dev.json"},
            read_folio_row),
      logic("prontoqa", "choice", "ProntoQA: chains of made-up facts, true or false",
            fmt::format("ProntoQA (arXiv 2210.01240) {}", kLogicLlm), {"prontoqa_dev.json", "prontoqa.jsonl"},
            read_choice_row),
      logic("proofwriter", "choice", "ProofWriter: true, false or unknown",
            fmt::format("ProofWriter (arXiv 2012.13048) {}", kLogicLlm),
            {"proofwriter_dev.json", "proofwriter_test.json", "proofwriter.jsonl"}, read_choice_row),
      logic("logical_deduction", "choice", "who stands where: 3, 5 and 7 objects",
            fmt::format("BIG-bench {}", kLogicLlm), {"logicaldeduction_dev.json", "logical_deduction.json"},
            read_choice_row, {"logicaldeduction"}),
      logic("ar_lsat", "choice", "AR-LSAT: analytical reasoning of the law school test",
            fmt::format("AR-LSAT (arXiv 2104.06598) {}", kLogicLlm),
            {"ar_lsat_test.json", "ar_lsat.jsonl", "lsat-ar.jsonl"}, read_choice_row, {"lsat_ar"}),
      logiqa("logiqa", "LogiQA: 651 questions of the civil servants' examination",
             "lgw863/LogiQA-dataset (arXiv 2007.08124); prompt: proctor",
             {"logiqa_test.txt", "logiqa.jsonl", "logiqa-en.jsonl"}),
      logiqa("logiqa2", "LogiQA 2.0: 1,572 questions", "csitfun/LogiQA2.0; prompt: proctor",
             {"logiqa2_test.jsonl", "logiqa2.jsonl"}),
      logic("lineage", "tag", "lineage-bench: relations in a family tree of 8 to 64 people",
            "fairydreaming/lineage-bench; the quiz is the prompt",
            {"lineage.jsonl", "lineage.csv", "lineage_bench.csv"}, read_quiz_row, {"lineage_bench"}),
      logic("farel", "tag", "farel-bench: 450 family relations", "fairydreaming/farel-bench; the quiz is the prompt",
            {"farel.jsonl", "farel.csv", "farel_bench.csv"}, read_quiz_row, {"farel_bench"}),
      logic("planbench", "plan", "PlanBench: plans, checked by executing them",
            "karthikv792/LLMs-Planning (arXiv 2206.10498); the query is the prompt",
            {"planbench.jsonl", "planbench.json", "task_1_plan_generation_zero_shot.json",
             "task_1_plan_generation.json"},
            read_plan_row, {"blocksworld"}),
      choice("gpqa_diamond", "GPQA diamond: 198 graduate questions; the order of options is drawn by --gen-seed",
             "idavidrein/gpqa (arXiv 2311.12022); prompt: simple-evals' last line",
             {"gpqa_diamond.csv", "gpqa_diamond.jsonl", "gpqa_diamond.json"}, read_gpqa_row,
             {"gpqa", "gpqa/diamond"}),
      mmlu_pro(),
  };
  for (Entry& entry : more) table.push_back(std::move(entry));
  return table;
}

} // namespace proctor
