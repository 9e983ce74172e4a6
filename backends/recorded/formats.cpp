// SPDX-License-Identifier: MIT
#include "backends/recorded/formats.h"

#include <algorithm>

namespace proctor {
namespace {

using Paths = std::span<const std::string_view>;
constexpr std::string_view kDocId[] = {"doc_id", "id", "task_id", "idx"};
constexpr std::string_view kSampleIdx[] = {"sample_idx", "sample", "repeat"};
constexpr std::string_view kCompletion[] = {"completion", "response", "generation", "output", "resps"};
constexpr std::string_view kTarget[] = {"target", "gold", "answer"};
constexpr std::string_view kPrompt[] = {"prompt"};
constexpr std::string_view kFinishReason[] = {"finish_reason"};
constexpr std::string_view kUsage[] = {"usage"};
constexpr std::string_view kReasoning[] = {"reasoning", "reasoning_content"};
constexpr std::string_view kPrefilledThink[] = {"prefilled_think"};
constexpr Format kGeneric{
    FormatName::generic,
    {kDocId, kSampleIdx, kCompletion, kTarget, kPrompt, kFinishReason, kUsage, kReasoning, kPrefilledThink},
    0,
    {}};

constexpr std::string_view kLmEvalDocId[] = {"doc_id"};
constexpr std::string_view kLmEvalCompletion[] = {"resps"};
constexpr std::string_view kLmEvalTarget[] = {"target"};
constexpr std::string_view kLmEvalPrompt[] = {"arguments.gen_args_0.arg_0", "arguments.0.0", "arguments.0.arg_0"};
constexpr Format kLmEval{
    FormatName::lm_eval, {kLmEvalDocId, {}, kLmEvalCompletion, kLmEvalTarget, kLmEvalPrompt, {}, {}, {}, {}}, 0, {}};

constexpr std::string_view kBatchDocId[] = {"custom_id"};
constexpr std::string_view kBatchCompletion[] = {"response.body.choices", "response.body.output"};
constexpr std::string_view kBatchUsage[] = {"response.body.usage"};
constexpr Format kOpenAiBatch{
    FormatName::openai_batch, {kBatchDocId, {}, kBatchCompletion, {}, {}, {}, kBatchUsage, {}, {}}, 0, {}};

constexpr std::string_view kLcbDocId[] = {"question_id"};
constexpr std::string_view kLcbCompletion[] = {"output_list", "code_list"};
constexpr std::string_view kLcbPrompt[] = {"question_content"};
constexpr std::string_view kLcbDropped[] = {"code_list", "metadata"};
constexpr Format kLiveCodeBench{
    FormatName::live_code_bench, {kLcbDocId, {}, kLcbCompletion, {}, kLcbPrompt, {}, {}, {}, {}}, 0, kLcbDropped};

constexpr std::string_view kInspectDocId[] = {"id"};
constexpr std::string_view kInspectSample[] = {"epoch"};
constexpr std::string_view kInspectCompletion[] = {"output.choices"};
constexpr std::string_view kInspectPrompt[] = {"input"};
constexpr std::string_view kInspectUsage[] = {"output.usage"};
constexpr std::string_view kInspectDropped[] = {"messages", "events",    "events_data", "attachments",
                                                "store",    "timelines", "sandbox",     "files",
                                                "setup",    "output",    "model_usage", "role_usage"};
constexpr Format kInspect{
    FormatName::inspect,
    {kInspectDocId, kInspectSample, kInspectCompletion, kLmEvalTarget, kInspectPrompt, {}, kInspectUsage, {}, {}},
    1,
    kInspectDropped};

HasKey keys_of(JsonValue object) {
  return [object](std::string_view key) { return object.at_key(key).error() == simdjson::SUCCESS; };
}

const Format& format_with(const HasKey& has) {
  if (has("resps") && (has("doc") || has("arguments"))) return kLmEval;
  if (has("custom_id") && (has("response") || has("error"))) return kOpenAiBatch;
  if (has("question_id") && (has("output_list") || has("code_list"))) return kLiveCodeBench;
  return kGeneric;
}

} // namespace

const Format& format_of(JsonValue record) { return format_with(keys_of(record)); }

const Format& inspect_format() { return kInspect; }

bool looks_like_record(const HasKey& has, const KeyMap& map) {
  if (const std::string* path = map.path(Role::completion))
    return has(*path) || has(path->substr(0, path->find('.')));
  if (format_with(has).name != FormatName::generic) return true;
  if (has("task_id") && has("solution")) return true;
  return std::any_of(std::begin(kCompletion), std::end(kCompletion), has);
}

bool looks_like_record(JsonValue object, const KeyMap& map) { return looks_like_record(keys_of(object), map); }

bool is_known_key(std::string_view key) {
  for (Paths paths : kGeneric.paths)
    if (std::find(paths.begin(), paths.end(), key) != paths.end()) return true;
  return false;
}

} // namespace proctor
