// SPDX-License-Identifier: MIT
// The mathematics benchmarks. Prompts: DeepSeek-R1's model card; choices as prompt.h says.
#include <fmt/format.h>

#include "tasks/choice_recipes.h"
#include "tasks/entry.h"
#include "tasks/shots.h"

namespace proctor {
namespace {

Entry maths(std::string name, std::string grader, std::string summary, std::string_view source,
            const std::vector<std::string>& files, RowReader read, std::vector<std::string> aliases = {}) {
  return with_source(benchmark(info_of(std::move(name), "maths", std::move(grader), std::move(summary)),
                               std::move(aliases), single_files(files), read),
                     source);
}

Entry part_of(Entry entry, RowFilter belongs, std::string part) {
  entry.belongs = std::move(belongs);
  entry.part = std::move(part);
  return entry;
}

Entry by_name(Entry entry) {
  entry.by_name_only = true;
  return entry;
}

Entry in_r1(Entry entry) {
  entry.in_r1 = true;
  return entry;
}

Entry with_shots(Entry entry, std::vector<std::string> files, ShotReader read) {
  entry.shots = std::move(files);
  entry.read_shots = read;
  return entry;
}

// YEAR's two contests as MathArena has them, or the files that other collections made of them.
Entry aime(int year, const std::vector<std::string>& more_files) {
  const std::string name = fmt::format("aime{}", year % 100);
  std::vector<std::string> files = {name + ".jsonl", name + ".json", fmt::format("aime_{}.jsonl", year)};
  Entry entry = maths(name, "aime", fmt::format("AIME {}: 30 competition problems, integers 0-999", year),
                      fmt::format("American Invitational Mathematics Examination {}", year), files, read_aime_row,
                      {fmt::format("aime{}", year)});
  DataForm contests = {
      {fmt::format("aime_{}_I_matharena.jsonl", year), fmt::format("aime_{}_II_matharena.jsonl", year)}};
  entry.info.files.insert(entry.info.files.end(), contests.files.begin(), contests.files.end());
  entry.forms.push_back(std::move(contests));
  for (const std::string& file : more_files) {
    entry.forms.push_back({{file}});
    entry.info.files.push_back(file);
  }
  return part_of(std::move(entry), rows_of_years(year, year), fmt::format("AIME {}", year));
}

} // namespace

std::vector<Entry> maths_tasks() {
  return {
      in_r1(aime(2024, {"aime24_nemo.jsonl", "aime24_qwen.jsonl", "aime24_rllm.json", "aime24_qwq.jsonl",
                        "aime_2022_2024_aimo_validation.jsonl", "aime_2021_2024_logicrl.jsonl",
                        "comp_math_24_25_nemo.jsonl"})),
      aime(2025, {"aime25_nemo.jsonl", "aime25_qwen.jsonl", "aime25_rllm.json", "aime25_qwq.jsonl",
                  "comp_math_24_25_nemo.jsonl"}),
      by_name(part_of(maths("aime_1983_2023", "aime", "AIME 1983 to 2023",
                            "American Invitational Mathematics Examination, as DeepScaleR has it",
                            {"aime_1983_2023.jsonl", "aime_1983_2023.json", "aime_1983_2023_rllm.json",
                             "aime_2021_2024_logicrl.jsonl"},
                            read_aime_row, {"aime_old"}),
                      rows_of_years(1983, 2023), "AIME 1983 to 2023")),
      part_of(maths("amc23", "math", "AMC 12 2023: 40 competition problems", "American Mathematics Competitions 2023",
                    {"amc23.jsonl", "amc23.json", "amc_2023.jsonl", "amc_2022_2023_rllm.json"}, read_maths_row,
                    {"amc2023"}),
              rows_of_years(2023, 2023), "AMC 12 2023"),
      by_name(maths(
          "amc_2022_2023", "math", "AMC 12 2022 and 2023: 83 competition problems", "AI-MO/aimo-validation-amc",
          {"amc_2022_2023.jsonl", "amc_2022_2023_rllm.json", "aimo-validation-amc.jsonl"}, read_maths_row, {"amc"})),
      with_shots(maths("gsm8k", "math", "grade school maths, 1,319 test problems",
                       "openai/grade-school-math (arXiv 2110.14168)", {"gsm8k_test.jsonl", "gsm8k.jsonl"},
                       read_gsm8k_row),
                 {"gsm8k_train.jsonl", "train.jsonl"}, read_gsm8k_shots),
      in_r1(maths("math500", "math", "500 problems of MATH", "HuggingFaceH4/MATH-500 (arXiv 2305.20050)",
                  {"math500.jsonl", "math_500.jsonl", "math500.json"}, read_maths_row)),
      by_name(
          with_shots(maths("hendrycks_math", "math", "MATH: 5,000 competition problems", "MATH (arXiv 2103.03874)",
                           {"math_test_5000.jsonl", "hendrycks_math.jsonl", "math_test.jsonl",
                            "mario_math_testset_annotation.json"},
                           read_hendrycks_row, {"math_test"}),
                     {"math_train.jsonl", "hendrycks_math_train.jsonl"}, read_maths_shots)),
      maths("minerva_math", "math_rounded", "272 problems of undergraduate science", "OCWCourses (arXiv 2206.14858)",
            {"minerva_math.jsonl"}, read_solution_row, {"minerva"}),
      maths("olympiadbench", "math_rounded", "OlympiadBench, maths, English, 675 problems",
            "OlympiadBench OE_TO_maths_en_COMP (arXiv 2402.14008)",
            {"olympiadbench_oe_to_maths_en.jsonl", "olympiadbench.jsonl"}, read_olympiad_row,
            {"olympiadbench_maths_en"}),
      maths("gaokao2023en", "math", "Gaokao 2023 in English, 385 problems",
            "Chinese college entrance examination 2023, as Qwen2.5-Math has it", {"gaokao2023en.jsonl"},
            read_gaokao_row, {"gaokao"}),
      maths("olymmath/easy", "math", "OlymMATH, English, 100 easier problems", "OlymMATH (arXiv 2503.21380)",
            {"olymmath_en_easy.jsonl", "OlymMATH-EN-EASY.jsonl"}, read_maths_row),
      maths("olymmath/hard", "math", "OlymMATH, English, 100 harder problems", "OlymMATH (arXiv 2503.21380)",
            {"olymmath_en_hard.jsonl", "OlymMATH-EN-HARD.jsonl"}, read_maths_row),
      maths("aqua", "choice", "AQuA-RAT: 254 word problems with five options",
            "google-deepmind/AQuA (arXiv 1705.04146)", {"aqua.jsonl", "aqua_test.jsonl", "aqua_test.json"},
            read_choice_row, {"aqua_rat"}),
      part_of(
          maths("hmmt", "math", "HMMT 2024 and 2025",
                "Harvard-MIT Mathematics Tournament, as NeMo-Skills and MathArena have it",
                {"hmmt.jsonl", "hmmt_feb_2025.jsonl", "hmmt_feb_2025_matharena.jsonl", "comp_math_24_25_nemo.jsonl"},
                read_maths_row),
          rows_of_subset("hmmt"), "HMMT"),
      by_name(maths("comp_math_24_25", "math", "AIME and HMMT 2024 and 2025: 256 problems",
                    "NeMo-Skills comp-math-24-25 (arXiv 2504.16891)",
                    {"comp_math_24_25.jsonl", "comp_math_24_25_nemo.jsonl", "comp-math-24-25.jsonl"},
                    read_maths_row)),
  };
}

} // namespace proctor
