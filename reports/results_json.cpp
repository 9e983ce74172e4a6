// SPDX-License-Identifier: MIT
#include "reports/results_json.h"

#include <algorithm>

#include <chrono>
#include <fmt/format.h>
#include <sstream>

#include "reports/metrics.h"

namespace proctor {
namespace {

void set_text(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

template <class T> void set_known(Json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

std::string metric_key(const Metric& metric, const SlotSummary& slot) { return metric.name + "," + slot.slot; }

Json task_results(const TaskSummary& task) {
  Json results{{"alias", task.name}};
  for (const SlotSummary& slot : task.slots)
    for (const Metric& metric : slot.metrics) {
      results[metric_key(metric, slot)] = metric.value;
      set_known(results, (metric.name + "_stderr," + slot.slot).c_str(), metric.se);
    }
  return results;
}

void set_interval(Json& object, const char* key, const std::optional<Interval>& interval) {
  if (interval)
    object[key] = {
        {"lo", interval->lo}, {"hi", interval->hi}, {"level", interval->level}, {"method", interval->method}};
}

Json metric_json(const Metric& metric) {
  Json json{{"value", metric.value},
            {"n_questions", metric.n_questions},
            {"n_samples", metric.n_samples},
            {"n_short", metric.n_short},
            {"definition", metric.definition}};
  set_text(json, "flag", metric.flag);
  set_interval(json, "rerun", metric.rerun);
  set_interval(json, "generalise", metric.generalise);
  set_known(json, "stderr", metric.se);
  return json;
}

Json task_metrics(const TaskSummary& task) {
  Json metrics = Json::object();
  for (const SlotSummary& slot : task.slots)
    for (const Metric& metric : slot.metrics) metrics[metric_key(metric, slot)] = metric_json(metric);
  return metrics;
}

Json better_of(const TaskSummary& task) {
  Json better = Json::object();
  for (const SlotSummary& slot : task.slots)
    for (const Metric& metric : slot.metrics) better[metric.name] = higher_is_better(metric.kind);
  return better;
}

Json verdicts_json(const SlotSummary& slot) {
  Json counts = Json::object();
  for (Verdict verdict : kAllVerdicts) counts[std::string(to_string(verdict))] = count_of(slot.verdicts, verdict);
  return counts;
}

Json reasons_json(const SlotSummary& slot) {
  Json reasons = Json::object();
  for (const auto& [reason, n] : slot.reasons) reasons[reason] = n;
  return reasons;
}

// Correct verdicts by what they rest on beyond proof.
Json credits_json(const SlotSummary& slot) {
  Json credits = {{"lenient", slot.credits.n_lenient}};
  for (const auto& [label, n] : slot.credits.labels) credits[label] = n;
  return credits;
}

// By task, and by "TASK,SLOT" too where a task has several graders.
template <class Make> void set_by_slot(Json& object, const TaskSummary& task, Make make) {
  if (task.slots.empty()) return;
  object[task.name] = make(task.slots.front());
  if (task.slots.size() < 2) return;
  for (const SlotSummary& slot : task.slots) object[task.name + "," + slot.slot] = make(slot);
}

Json tokens_json(const TokenSums& tokens) {
  Json json = Json::object();
  set_known(json, "prompt", tokens.prompt);
  set_known(json, "cached", tokens.cached);
  set_known(json, "completion", tokens.completion);
  set_known(json, tokens.reasoning_by_text ? "reasoning_by_text" : "reasoning", tokens.reasoning);
  set_known(json, "answer", tokens.answer);
  return json;
}

// Money in dollars; tokens per question and per correct answer always, where they are known.
void set_ratio(Json& object, const std::string& key, const std::optional<Ratio>& ratio) {
  if (!ratio) return;
  object[key] = ratio->value;
  set_interval(object, (key + "_interval").c_str(), ratio->interval);
}

Json cost_json(const CostSummary& cost) {
  Json json{{"basis", to_string(cost.basis)}};
  set_known(json, "usd", cost.usd);
  set_ratio(json, "usd_per_question", cost.usd_per_question);
  set_ratio(json, "usd_per_sample", cost.usd_per_sample);
  set_ratio(json, "usd_per_correct", cost.usd_per_correct);
  if (cost.usd_per_solved) json["solved_k"] = cost.solved_k;
  set_ratio(json, "usd_per_solved", cost.usd_per_solved);
  set_known(json, "median_usd_per_correct", cost.median_usd_per_correct);
  set_known(json, "share_unsolved", cost.share_unsolved);
  set_known(json, "waste_usd", cost.waste_usd);
  set_known(json, "truncated_usd", cost.truncated_usd);
  set_known(json, "overhead_usd", cost.overhead_usd);
  set_known(json, "prompt_usd", cost.prompt_usd);
  set_known(json, "cached_usd", cost.cached_usd);
  set_known(json, "completion_usd", cost.completion_usd);
  json["n_attempts"] = cost.n_attempts;
  json["n_priced"] = cost.n_priced;
  set_ratio(json, "tokens_per_question", cost.tokens_per_question);
  set_ratio(json, "tokens_per_sample", cost.tokens_per_sample);
  set_ratio(json, "tokens_per_correct", cost.tokens_per_correct);
  set_text(json, "price", cost.what);
  set_text(json, "source", cost.source);
  return json;
}

Json traces_json(const TraceSummary& traces) {
  Json json{{"n", traces.n}};
  set_known(json, "consistency", traces.consistency);
  json["reflective_per_answer"] = traces.reflective_per_answer;
  json["aha_per_answer"] = traces.aha_per_answer;
  json["wait_per_answer"] = traces.wait_per_answer;
  set_known(json, "reflective_per_1k_tokens", traces.reflective_per_1k);
  set_known(json, "aha_per_1k_tokens", traces.aha_per_1k);
  set_known(json, "wait_per_1k_tokens", traces.wait_per_1k);
  json["n_wait"] = traces.n_wait;
  set_known(json, "accuracy_with_wait", traces.accuracy_wait);
  set_known(json, "accuracy_without_wait", traces.accuracy_no_wait);
  set_known(json, "overthinking", traces.overthinking);
  json["n_overthinking"] = traces.n_overthinking;
  return json;
}

Json lengths_by_json(const LengthsBy& lengths) {
  Json json{{"n", lengths.n}};
  if (lengths.n == 0) return json;
  json["mean"] = lengths.mean;
  json["p50"] = lengths.p50;
  json["p90"] = lengths.p90;
  json["p99"] = lengths.p99;
  json["bins"] = lengths.bins;
  return json;
}

Json length_split_json(const LengthSplit& split) {
  return {{"unit", split.unit}, {"edges", split.edges}, {"correct", lengths_by_json(split.correct)}, {"wrong", lengths_by_json(split.wrong)}};
}

Json limits_json(const LimitCurve& curve) {
  Json json{{"unit", curve.unit}};
  set_known(json, "area", curve.area);
  set_known(json, "b90", curve.b90);
  json["points"] = Json::array();
  for (const LimitPoint& point : curve.points)
    json["points"].push_back({{"limit", point.limit}, {"accuracy", point.accuracy}, {"used", point.used}});
  return json;
}

Json lengths_json(const Lengths& lengths) {
  return {{"unit", lengths.unit}, {"n", lengths.n},     {"mean", lengths.mean}, {"p10", lengths.p10},
          {"p50", lengths.p50},   {"p90", lengths.p90}, {"max", lengths.max}};
}

Json task_config(const TaskSummary& task, const Summary& summary) {
  Json config{{"task", task.name}};
  set_text(config, "dataset_path", task.source);
  config["output_type"] = "generate_until";
  config["repeats"] = task.n_samples;
  if (const Json* sampling = known_sampling(summary)) config["generation_kwargs"] = *sampling;
  if (!task.version.empty()) config["metadata"] = {{"version", task.version}};
  return config;
}

Json run_config(const Summary& summary) {
  Json config = Json::object();
  set_text(config, "model", summary.model);
  if (!summary.model_digest.empty()) config["model_args"] = {{"digest", summary.model_digest}};
  if (const Json* sampling = known_sampling(summary)) config["gen_kwargs"] = *sampling;
  if (const Json* seed = find_member(summary.options, "seed")) config["random_seed"] = *seed;
  if (const Json* limit = find_member(summary.options, "limit")) config["limit"] = *limit;
  if (const Json* system = find_member(summary.options, "system")) config["system_instruction"] = *system;
  return config;
}

// Seconds since 1970 of "2025-01-20T12:34:56Z"; nullopt when it is not such a text.
std::optional<int64_t> unix_seconds(const std::string& iso) {
  std::istringstream in(iso);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  char dash1 = 0, dash2 = 0, t = 0, colon1 = 0, colon2 = 0;
  in >> year >> dash1 >> month >> dash2 >> day >> t >> hour >> colon1 >> minute >> colon2 >> second;
  if (!in || dash1 != '-' || dash2 != '-' || (t != 'T' && t != ' ') || colon1 != ':' || colon2 != ':')
    return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return sys_seconds{sys_days{date} + hours{hour} + minutes{minute} + seconds{second}}.time_since_epoch().count();
}

// As lm-eval's groups.
void add_suite(Json& json, const SuiteSummary& suite) {
  Json& results = json["groups"][suite.name] = {{"alias", suite.name}};
  for (const SuiteMetric& metric : suite.metrics) {
    results[metric.name] = metric.value;
    const size_t comma = metric.name.find(',');
    set_known(results, (metric.name.substr(0, comma) + "_stderr" + metric.name.substr(comma)).c_str(), metric.se);
    Json& detail = json["proctor"]["suites"][suite.name][metric.name] = {{"value", metric.value}, {"n_tasks", suite.tasks.size()}};
    set_interval(detail, "rerun", metric.rerun);
    set_interval(detail, "generalise", metric.generalise);
  }
  json["group_subtasks"][suite.name] = suite.tasks;
}

// The members that lm-eval has, one object per subject, each keyed by task.
void add_task(Json& json, const TaskSummary& task, const Summary& summary) {
  json["results"][task.name] = task_results(task);
  json["n-samples"][task.name] = {{"original", task.n_available}, {"effective", task.n_questions - task.n_unasked}};
  json["n-shot"][task.name] = task.shots;
  set_text(json["versions"], task.name.c_str(), task.version);
  json["configs"][task.name] = task_config(task, summary);
  json["higher_is_better"][task.name] = better_of(task);
  set_text(json["task_hashes"], task.name.c_str(), task.hash);
}

Json saving_json(const SlotSummary& slot) {
  if (!slot.saving) return Json::object();
  const Saving& saving = *slot.saving;
  Json json{{"prefix", saving.prefix}, {"n_settled", saving.n_settled}, {"n_samples_saved", saving.n_samples}, {"n_samples_planned", saving.n_planned}};
  set_known(json, "tokens_saved", saving.tokens);
  return json;
}

void add_task_to_proctor(Json& proctor, const TaskSummary& task) {
  set_by_slot(proctor["verdict_counts"], task, verdicts_json);
  set_by_slot(proctor["reasons"], task, reasons_json);
  const bool counted = std::ranges::any_of(task.slots, [](const SlotSummary& slot) { return slot.credits.n_lenient > 0; });
  if (counted) set_by_slot(proctor["credits"], task, credits_json);
  if (std::ranges::any_of(task.slots, [](const SlotSummary& slot) { return slot.saving.has_value(); }))
    set_by_slot(proctor["adaptive"], task, saving_json);
  proctor["metrics"][task.name] = task_metrics(task);
  proctor["tokens"][task.name] = tokens_json(task.tokens);
  proctor["cost"][task.name] = cost_json(task.cost);
  if (task.traces) proctor["reasoning"][task.name] = traces_json(*task.traces);
  if (task.length_split) proctor["lengths_by_verdict"][task.name] = length_split_json(*task.length_split);
  if (task.limits) proctor["token_limits"][task.name] = limits_json(*task.limits);
  if (task.lengths) proctor["lengths"][task.name] = lengths_json(*task.lengths);
  if (task.seconds) proctor["seconds"][task.name] = lengths_json(*task.seconds);
}

Json proctor_json(const Summary& summary) {
  Json proctor = Json::object();
  for (const char* key : {"verdict_counts", "metrics", "tokens", "cost", "reasons", "lengths"}) proctor[key] = Json::object();
  for (const TaskSummary& task : summary.tasks) add_task_to_proctor(proctor, task);
  if (!summary.published.empty()) proctor["published"] = to_json(summary.published);
  set_text(proctor, "run", summary.run_id);
  set_text(proctor, "version", summary.version);
  set_text(proctor, "model_note", summary.model_note);
  proctor["complete"] = summary.complete;
  proctor["warnings"] = summary.warnings;
  return proctor;
}

} // namespace

Json results_json(const Summary& summary) {
  Json json{{"schema_version", 1}};
  for (const char* key : {"results", "n-samples", "n-shot", "versions", "configs"}) json[key] = Json::object();
  json["config"] = run_config(summary);
  for (const char* key : {"higher_is_better", "task_hashes"}) json[key] = Json::object();
  for (const TaskSummary& task : summary.tasks) add_task(json, task, summary);
  set_text(json, "model_name", summary.model);
  set_known(json, "date", unix_seconds(summary.created));
  if (summary.seconds) json["total_evaluation_time_seconds"] = fmt::format("{}", *summary.seconds);
  json["proctor"] = proctor_json(summary);
  for (const SuiteSummary& suite : summary.suites) add_suite(json, suite);
  return json;
}

} // namespace proctor
