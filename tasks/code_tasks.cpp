// SPDX-License-Identifier: MIT
// The benchmarks whose answers are programs, or what programs do.
#include <fmt/format.h>

#include "tasks/code_recipes.h"
#include "tasks/entry.h"
#include "tasks/shots.h"

namespace proctor {
namespace {

// A benchmark whose answers are programs; the first file name is upstream's.
Entry coding(std::string name, std::string grader, std::string summary, std::string_view source,
             const std::vector<std::string>& files, RowReader read) {
  Entry entry = benchmark(info_of(std::move(name), "code", std::move(grader), std::move(summary)), {},
                          single_files(files), read);
  entry.info.source = fmt::format("{}; prompt: proctor", source);
  entry.info.runs_code = true;
  return entry;
}

Entry evalplus(std::string name, std::string summary, std::string_view source,
               const std::vector<std::string>& files) {
  Entry entry =
      coding(std::move(name), "evalplus_base,evalplus_plus", std::move(summary), source, files, read_evalplus_row);
  entry.form = FileForm::python_json;
  return entry;
}

Entry in_r1(Entry entry) {
  entry.in_r1 = true;
  return entry;
}

Entry with_shots(Entry entry, ShotReader read) {
  entry.read_shots = read;
  return entry;
}

Entry with_level(Entry entry, std::string level) {
  entry.level = std::move(level);
  return entry;
}

} // namespace

std::vector<Entry> code_tasks() {
  return {
      coding("humaneval", "check", "HumanEval: 164 Python functions", "openai/human-eval (arXiv 2107.03374)",
             {"HumanEval.jsonl", "human-eval-v2-20210705.jsonl", "humaneval.jsonl"}, read_humaneval_row),
      evalplus("humaneval_plus", "HumanEval+: HumanEval with 80 times the tests",
               "evalplus/humanevalplus_release (arXiv 2305.01210)",
               {"HumanEvalPlus.jsonl", "HumanEvalPlus-v0.1.10.jsonl", "HumanEvalPlus-v0.1.9.jsonl"}),
      with_shots(with_level(coding("mbpp", "check", "MBPP: 500 basic Python problems (test split)",
                                   "google-research/mbpp (arXiv 2108.07732)", {"mbpp.jsonl", "sanitized-mbpp.json"},
                                   read_mbpp_row),
                            "test"),
                 read_mbpp_shots),
      evalplus("mbpp_plus", "MBPP+: MBPP with 35 times the tests", "evalplus/mbppplus_release (arXiv 2305.01210)",
               {"MbppPlus.jsonl", "MbppPlus-v0.2.0.jsonl", "MbppPlus-v0.1.0.jsonl"}),
      in_r1(coding("livecodebench", "livecodebench", "LiveCodeBench: contest problems by date",
                   "livecodebench/code_generation_lite (arXiv 2403.07974)",
                   {"livecodebench.jsonl", "test6.jsonl", "test5.jsonl", "test.jsonl", "lcb_stdin_public_tests.jsonl",
                    "livecodebench_v5_qwq_prompts.jsonl", "livecodebench_v5.jsonl"},
                   read_livecodebench_row)),
      coding("code_contests", "stdin", "CodeContests: contest problems, stdin to stdout",
             "deepmind/code_contests (arXiv 2203.07814)", {"code_contests.jsonl", "code_contests_rllm_test.json"},
             read_stdin_row),
      coding("codeforces", "stdin", "Codeforces problems, stdin to stdout", "Codeforces, as open-r1 and rLLM have it",
             {"codeforces.jsonl", "codeforces_rllm_test.json"}, read_stdin_row),
      coding("humaneval_cpp", "cpp_check", "HumanEval in C++ (MultiPL-E)", "nuprl/MultiPL-E (arXiv 2208.08227)",
             {"humaneval_cpp.jsonl", "humaneval-cpp.jsonl"}, read_humaneval_cpp_row),
      coding("leetcode", "check", "LeetCode problems, by asserts", "LeetCode, as DeepSeek-Coder and rLLM have it",
             {"leetcode.jsonl", "leetcode_rllm_test.json", "leetcode_20240121_jul_deepseek.jsonl"},
             read_leetcode_row),
      coding("cruxeval_o", "predict", "CRUXEval: what a Python function returns",
             "facebookresearch/cruxeval (arXiv 2401.03065)", {"cruxeval.jsonl"}, read_cruxeval_output_row),
      coding("cruxeval_i", "predict", "CRUXEval: an input for which a Python function returns this",
             "facebookresearch/cruxeval (arXiv 2401.03065)", {"cruxeval.jsonl"}, read_cruxeval_input_row),
  };
}

} // namespace proctor
