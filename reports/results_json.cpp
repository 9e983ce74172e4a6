// SPDX-License-Identifier: MIT
#include "reports/results_json.h"

#include <chrono>
#include <fmt/format.h>
#include <sstream>

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

Json higher_is_better(const TaskSummary& task) {
  Json better = Json::object();
  for (const SlotSummary& slot : task.slots)
    for (const Metric& metric : slot.metrics) better[metric.name] = metric.kind != MetricKind::truncated;
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
  set_known(json, "reasoning", tokens.reasoning);
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
  if (const Json* sampling = find_member(summary.options, "sampling")) config["generation_kwargs"] = *sampling;
  if (!task.version.empty()) config["metadata"] = {{"version", task.version}};
  return config;
}

Json run_config(const Summary& summary) {
  Json config = Json::object();
  set_text(config, "model", summary.model);
  if (!summary.model_digest.empty()) config["model_args"] = {{"digest", summary.model_digest}};
  if (const Json* sampling = find_member(summary.options, "sampling")) config["gen_kwargs"] = *sampling;
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

// The members that lm-eval has, one object per subject, each keyed by task.
void add_task(Json& json, const TaskSummary& task, const Summary& summary) {
  json["results"][task.name] = task_results(task);
  json["n-samples"][task.name] = {{"original", task.n_available}, {"effective", task.n_questions - task.n_unasked}};
  json["n-shot"][task.name] = 0;
  set_text(json["versions"], task.name.c_str(), task.version);
  json["configs"][task.name] = task_config(task, summary);
  json["higher_is_better"][task.name] = higher_is_better(task);
  set_text(json["task_hashes"], task.name.c_str(), task.hash);
}

void add_task_to_proctor(Json& proctor, const TaskSummary& task) {
  set_by_slot(proctor["verdict_counts"], task, verdicts_json);
  set_by_slot(proctor["reasons"], task, reasons_json);
  proctor["metrics"][task.name] = task_metrics(task);
  proctor["tokens"][task.name] = tokens_json(task.tokens);
  if (task.lengths) proctor["lengths"][task.name] = lengths_json(*task.lengths);
}

Json proctor_json(const Summary& summary) {
  Json proctor = Json::object();
  for (const char* key : {"verdict_counts", "metrics", "tokens", "reasons", "lengths"}) proctor[key] = Json::object();
  for (const TaskSummary& task : summary.tasks) add_task_to_proctor(proctor, task);
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
  return json;
}

} // namespace proctor
