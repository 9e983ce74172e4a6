// SPDX-License-Identifier: MIT
#include "reports/run_facts.h"

#include <cmath>
#include <fmt/format.h>

#include "harness/text/duration.h"
#include "reports/text.h"

namespace proctor {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

void add_fact(Facts& facts, std::string name, std::string value) {
  if (!value.empty()) facts.emplace_back(std::move(name), std::move(value));
}

// "temperature 0.6, top_p 0.95": scalars and nested objects of scalars; null and empty values say nothing.
std::string members_text(const Json& object) {
  std::string out;
  if (!object.is_object()) return out;
  for (const auto& [name, value] : object.items()) {
    const std::string text =
        value.is_structured() ? (value.empty() ? "" : dump_json(value)) : scalar_text(value).value_or("");
    if (text.empty()) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, text);
  }
  return out;
}

Json without(const Json& object, std::string_view key) {
  Json rest = Json::object();
  if (!object.is_object()) return rest;
  for (const auto& [name, value] : object.items())
    if (name != key) rest[name] = value;
  return rest;
}

// "2026-11-23T18:20:05Z" -> "2026-11-23 18:20 UTC"; anything else as it is.
std::string readable_time(const std::string& iso) {
  if (iso.size() < 17 || iso[10] != 'T') return iso;
  return fmt::format("{} {}{}", iso.substr(0, 10), iso.substr(11, 5), iso.back() == 'Z' ? " UTC" : "");
}

std::string length_text(double value) { return grouped(static_cast<int64_t>(std::llround(value))); }

void add_sum(std::string& out, std::string_view name, const std::optional<int64_t>& sum) {
  if (sum) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, grouped(*sum));
}

} // namespace

std::string model_name(const Summary& summary) { return summary.model.empty() ? "unnamed model" : summary.model; }

std::vector<std::string> headline_facts(const Summary& summary) {
  std::vector<std::string> facts;
  if (!summary.created.empty()) facts.push_back(readable_time(summary.created));
  facts.push_back(plural(static_cast<int64_t>(summary.tasks.size()), "task"));
  if (summary.seconds) facts.push_back(duration_text(*summary.seconds));
  if (const Json* sampling = known_sampling(summary)) {
    if (auto temperature = get_number(*sampling, "temperature"))
      facts.push_back(fmt::format("temperature {}", *temperature));
    if (auto max_tokens = get_int(*sampling, "max_tokens"))
      facts.push_back("at most " + plural(*max_tokens, "token"));
  }
  if (!summary.run_id.empty()) facts.push_back("run " + summary.run_id);
  return facts;
}

Facts run_facts(const Summary& summary) {
  Facts facts;
  add_fact(facts, "Run", summary.run_id);
  add_fact(facts, "Started", readable_time(summary.created));
  add_fact(facts, "Took", summary.seconds ? duration_text(*summary.seconds) : "");
  add_fact(facts, "Model", summary.model);
  add_fact(facts, "Digest", summary.model_digest);
  add_fact(facts, "Model details", members_text(summary.model_details));
  if (const Json* sampling = known_sampling(summary))
    add_fact(facts, "Sampling", members_text(*sampling));
  add_fact(facts, "Options", members_text(without(summary.options, "sampling")));
  for (const TaskSummary& task : summary.tasks)
    if (!task.hash.empty())
      add_fact(facts, task.name, fmt::format("version {}, content {}", task.version, task.hash));
  add_fact(facts, "Host", members_text(summary.host));
  add_fact(facts, "proctor", summary.version);
  return facts;
}

std::vector<std::string> usage_lines(const TaskSummary& task) {
  std::vector<std::string> lines;
  if (const auto& lengths = task.lengths)
    lines.push_back(fmt::format("Completions: median {} {}, mean {}, 80% between {} and {}, longest {}.",
                                length_text(lengths->p50), lengths->unit, length_text(lengths->mean),
                                length_text(lengths->p10), length_text(lengths->p90), length_text(lengths->max)));
  if (const auto& seconds = task.seconds)
    lines.push_back(fmt::format("Seconds per sample: median {:.2f}, mean {:.2f}, 90% within {:.2f}, longest {:.2f}.", seconds->p50, seconds->mean, seconds->p90, seconds->max));
  std::string sums;
  add_sum(sums, "prompt", task.tokens.prompt);
  add_sum(sums, "of it cached", task.tokens.cached);
  add_sum(sums, "completion", task.tokens.completion);
  add_sum(sums, "of it reasoning", task.tokens.reasoning);
  if (!sums.empty())
    lines.push_back(fmt::format("Tokens of all {}: {}.", plural(task.tokens.n_attempts, "attempt"), sums));
  return lines;
}

} // namespace proctor
