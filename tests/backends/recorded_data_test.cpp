// SPDX-License-Identifier: MIT
// Real files of PROCTOR_TEST_DATA: each opens under its map and counts right.
#include <doctest/doctest.h>
#include <filesystem>

#include "tests/backends/recorded_files.h"

using namespace proctor;

namespace {

struct DataFile {
  std::string_view path;
  size_t n_questions, n_samples;
  RecordedMap map = {};
  std::string expect = {};
};

std::string first_text(const RecordedFile& file) {
  const std::string& id = file.questions()[0].doc_id;
  return replay(file, id, file.sample_indices(id).at(0)).text;
}

const RecordedMap kBbh = {{"doc_id", "item"}, {"completion", "prediction"}};

const DataFile kFiles[] = {
    {"code/lcb_o1mini_n1.json", 880, 880, {}, "graded_list"},
    {"code/llama3_humaneval_python_chat.jsonl", 164, 164},
    {"code/qwen25coder_1.5b-base_evalplus_humaneval.json", 164, 164, {}, "plus_status"},
    {"code/qwen25coder_1.5b-base_evalplus_mbpp.json", 399, 399, {}, "base_status"},
    {"logic/bbh_codex_cot_web_of_lies.jsonl", 250, 250, kBbh},
    {"logic/bbh_codex_cot_boolean_expressions.jsonl", 250, 250, kBbh},
    {"logic/bbh_codex_cot_formal_fallacies.jsonl", 250, 250, kBbh},
    {"logic/bbh_codex_cot_logical_deduction_five_objects.jsonl", 250, 250, kBbh},
    {"logic/bbh_codex_cot_temporal_sequences.jsonl", 250, 250, kBbh},
    {"logic/farel_deepseek-r1.jsonl", 450, 450, {{"prompt", "quiz"}}, "label_strict"},
    {"logic/farel_gpt-4o-2024-11-20.jsonl", 450, 450, {{"prompt", "quiz"}}, "label_lenient"},
    {"logic/lineage_deepseek-r1.jsonl", 800, 800, {{"prompt", "quiz"}}, "label_strict"},
    {"logic/lineage_o1-mini.jsonl", 800, 800, {{"doc_id", "size+item+relation"}}, "label_relaxed"},
    {"logic/rg_easy_deepseek-r1.jsonl", 2150, 6450, {{"target", "expected"}, {"doc_id", "dataset+item"}}},
    {"math/gsm8k_openai_example_model_solutions.jsonl",
     1319,
     1319,
     {{"prompt", "question"}, {"target", "ground_truth"}, {"completion", "175b_verification.solution"}},
     "175b_verification.is_correct"},
    {"math/qwen25_3b_instruct_aime24.jsonl", 30, 30, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"math/qwen25_3b_instruct_amc23.jsonl", 40, 40, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"math/qwen25_3b_instruct_gaokao2023en.jsonl", 385, 385, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"math/qwen25_3b_instruct_minerva_math.jsonl", 272, 272, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"math/qwen25_3b_instruct_olympiadbench.jsonl", 675, 675, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"math/qwen25_3b_rg_rlft_aime24.jsonl", 30, 30, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"math/qwen25_3b_rg_rlft_amc23.jsonl", 40, 40, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"math/qwen25_3b_rg_rlft_minerva_math.jsonl", 272, 272, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"math/qwen25_3b_rg_rlft_olympiadbench.jsonl", 675, 675, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"math/rg_llama3b_step400_aime24_k50.jsonl", 30, 1500, {{"doc_id", "item"}}, "label"},
    {"math/rho-math-1b-v0.1_math500.jsonl", 500, 500, {{"completion", "code"}, {"target", "gt"}}, "score"},
    {"plan/planbench_blocksworld_3_deepseek-r1-api.jsonl",
     100,
     100,
     {{"doc_id", "instance_id"}, {"target", "gold_plan"}},
     "label"},
    {"plan/planbench_blocksworld_3_gpt-4o.jsonl", 100, 100, {{"doc_id", "instance_id"}}, "label"},
    {"plan/planbench_blocksworld_3_o1-mini.jsonl", 100, 100, {{"doc_id", "instance_id"}}, "label"},
};

} // namespace

TEST_CASE("real recorded files open and count right") {
  const char* data = std::getenv("PROCTOR_TEST_DATA");
  if (data == nullptr) {
    MESSAGE("skipped: PROCTOR_TEST_DATA not set");
    return;
  }
  for (const DataFile& row : kFiles) {
    std::string path = std::string(data) + "/labelled/" + std::string(row.path);
    if (!std::filesystem::exists(path)) continue;
    CAPTURE(row.path);
    auto file = open_recorded(path, row.map, row.expect);
    std::string error = file ? "" : file.error().message;
    CHECK(error == "");
    if (!file) continue;
    CHECK(file->questions().size() == row.n_questions);
    CHECK(file->n_samples() == row.n_samples);
    CHECK(!first_text(*file).empty());
    size_t n_labelled = 0;
    for (const RecordedQuestion& question : file->questions())
      for (int sample : file->sample_indices(question.doc_id))
        n_labelled += file->label(question.doc_id, sample).has_value();
    CHECK(n_labelled == (row.expect.empty() ? 0 : row.n_samples));
  }
}

TEST_CASE("DeepSeek's API records bring their thinking and what it cost") {
  const char* data = std::getenv("PROCTOR_TEST_DATA");
  std::string path = data == nullptr ? "" : data;
  path += "/labelled/plan/planbench_blocksworld_3_deepseek-r1-api.jsonl";
  if (data == nullptr || !std::filesystem::exists(path)) {
    MESSAGE("skipped: PROCTOR_TEST_DATA not set");
    return;
  }
  auto file = open_recorded(path, {{"doc_id", "instance_id"}});
  REQUIRE(file);
  Completion completion = replay(*file, "1");
  CHECK(completion.usage.completion_tokens == 1683);
  CHECK(completion.usage.reasoning_tokens == 1543);
  CHECK(completion.usage.cached_tokens == 0);
  CHECK(completion.reasoning.size() > 6000);
  CHECK(completion.answer_text == completion.text);
}
