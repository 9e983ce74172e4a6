// SPDX-License-Identifier: MIT
#include "reports/published_comparison.h"

#include <cmath>
#include <fmt/format.h>

#include "harness/sampling.h"
#include "reports/published.h"
#include "reports/summary.h"
#include "reports/text.h"

namespace proctor {
namespace {

constexpr double kRounding = 0.0005;    // published with one digit after the point, in percent
constexpr double kCritical = 1.9599640; // of the normal distribution at kLevel

// --- was it done in the same way?

std::string option_text(const Summary& summary, std::string_view key) { return get_string(summary.options, key).value_or(""); }

void compare_sampling(const Summary& summary, const Protocol& protocol, std::vector<std::string>& differs) {
  const Json* sampling = known_sampling(summary);
  if (sampling == nullptr) return differs.push_back("how it was sampled is not known");
  auto same = [&](const char* key, const char* words, std::optional<double> wanted) {
    const auto had = get_number(*sampling, key);
    if (wanted && had && std::abs(*had - *wanted) > 1e-9) differs.push_back(fmt::format("{} {} instead of {}", words, *had, *wanted));
  };
  same("temperature", "temperature", protocol.temperature);
  same("top_p", "top-p", protocol.top_p);
  same("top_k", "top-k", 0);
  same("min_p", "min-p", 0);
  same("max_tokens", "at most tokens:", protocol.max_tokens);
}

void compare_prompt(const Summary& summary, const TaskSummary& task, const Protocol& protocol, std::vector<std::string>& differs) {
  const Protocol* preset = find_protocol(option_text(summary, "preset"));
  const bool r1_zero = preset != nullptr && preset->r1_zero_prompt;
  if (r1_zero != protocol.r1_zero_prompt) differs.push_back(r1_zero ? "asked in the R1-Zero template" : "not asked in the R1-Zero template (--preset r1-zero)");
  if (!option_text(summary, "system").empty()) differs.push_back("with system text");
  if (task.shots > 0) differs.push_back(plural(task.shots, "worked example"));
}

void compare_questions(const TaskSummary& task, const Protocol& protocol, std::vector<std::string>& differs) {
  const auto known = protocol.tasks.find(task.name);
  if (known == protocol.tasks.end() || !known->second.questions) return differs.push_back("which questions were asked is not published");
  if (!task.version.empty() && task.version != known->second.version) differs.push_back(fmt::format("version {} of the task instead of {}", task.version, known->second.version));
  const int64_t asked = task.n_questions - task.n_unasked;
  if (asked != *known->second.questions) differs.push_back(fmt::format("{} instead of {} questions", grouped(asked), grouped(*known->second.questions)));
}

// Recorded answers were sampled elsewhere; a preset says that it was done by its protocol.
void compare_protocol(const Summary& summary, const TaskSummary& task, const PublishedModel& model, std::vector<std::string>& differs) {
  const Protocol* protocol = find_protocol(model.protocol);
  if (protocol == nullptr) return differs.push_back("how it was asked is not published");
  if (!is_recorded(summary))
    compare_sampling(summary, *protocol, differs);
  else if (option_text(summary, "preset").empty())
    differs.push_back(fmt::format("how recorded answers were sampled is not known (--preset {} says: like that)", protocol->name));
  compare_prompt(summary, task, *protocol, differs);
  compare_questions(task, *protocol, differs);
}

// --- is the difference more than chance?

double allowance_of(const PublishedComparison& one) {
  const double ratio = one.samples ? *one.samples / one.n_samples : 0;
  return chance_difference(one.value, one.interval, one.published, ratio) + kRounding;
}

PublishedComparison compare_number(const Summary& summary, const TaskSummary& task, const PublishedModel& model, const PublishedNumber& number, const Metric& metric) {
  PublishedComparison one;
  one.task = task.name;
  one.slot = task.slots.front().slot;
  one.metric = metric.name;
  one.model = model.name;
  one.benchmark = number.benchmark;
  one.source = number.source;
  one.published = number.value / 100;
  one.value = metric.value;
  one.n_questions = metric.n_questions;
  one.n_samples = metric.n_questions == 0 ? 0 : static_cast<double>(metric.n_samples) / static_cast<double>(metric.n_questions);
  one.interval = *metric.rerun;
  if (const Protocol* protocol = find_protocol(model.protocol))
    if (auto known = protocol->tasks.find(task.name); known != protocol->tasks.end()) one.samples = known->second.samples;
  compare_protocol(summary, task, model, one.differs);
  if (!one.differs.empty()) return one;
  one.allowance = allowance_of(one);
  const double difference = one.value - one.published;
  one.standing = std::abs(difference) <= *one.allowance ? Standing::within : difference > 0 ? Standing::above : Standing::below;
  return one;
}

std::string joined(const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, "; ")); }

} // namespace

std::string_view to_string(Standing standing) {
  constexpr std::string_view kNames[] = {"within", "above", "below", "not_comparable"};
  return kNames[static_cast<size_t>(standing)];
}

double chance_difference(double value, const Interval& interval, double other, double ratio) {
  const bool other_above = other > value;
  const double own = other_above ? interval.hi - value : value - interval.lo;
  if (ratio <= 0 || interval.n_eff <= 0) return own;
  const Interval theirs = wilson(other, interval.n_eff * ratio, kCritical, interval.level);
  return std::hypot(own, other_above ? other - theirs.lo : theirs.hi - other);
}

std::vector<PublishedComparison> compare_with_published(const Summary& summary, std::string_view reference) {
  std::vector<PublishedComparison> comparisons;
  const PublishedModel* model = nullptr;
  if (reference.empty())
    model = guess_published_model(summary.model);
  else if (auto named = find_published_model(reference))
    model = *named;
  if (model == nullptr) return comparisons;
  for (const TaskSummary& task : summary.tasks)
    for (const PublishedNumber& number : model->numbers) {
      if (number.task.empty() || number.task != task.name || task.from_file || task.slots.empty()) continue;
      const Metric* metric = find_metric(task.slots.front(), number.metric);
      if (metric != nullptr && metric->rerun) comparisons.push_back(compare_number(summary, task, *model, number, *metric));
    }
  return comparisons;
}

std::string comparison_text(const PublishedComparison& one) {
  const std::string samples = one.samples ? " of " + plural(*one.samples, "sample") : "";
  std::string text = fmt::format("published {} ({}, {}{}; {}), this run {} {}: ", percent(one.published), one.model, one.metric, samples, one.source,
                                 percent(one.value), interval_text(one.interval));
  if (!one.allowance) return text + "not comparable: " + joined(one.differs);
  text += fmt::format("{} what {} and {} allow ({:.1f} points", to_string(one.standing), plural(one.n_questions, "question"),
                      plural(std::llround(one.n_samples), "sample"), *one.allowance * 100);
  return text + (one.samples ? ")" : "; the published number's own sampling error is not known)");
}

Json to_json(const std::vector<PublishedComparison>& comparisons) {
  Json json = Json::object();
  for (const PublishedComparison& one : comparisons) {
    Json entry = {{"metric", one.metric + "," + one.slot},
                  {"model", one.model},
                  {"benchmark", one.benchmark},
                  {"source", one.source},
                  {"published", one.published}};
    if (one.samples) entry["samples"] = *one.samples;
    entry["value"] = one.value;
    entry["difference"] = one.value - one.published;
    entry["interval"] = {{"lo", one.interval.lo}, {"hi", one.interval.hi}, {"level", one.interval.level}, {"method", one.interval.method}};
    if (one.allowance) entry["allowance"] = *one.allowance;
    entry["standing"] = to_string(one.standing);
    if (!one.differs.empty()) entry["differs"] = one.differs;
    json[one.task].push_back(std::move(entry));
  }
  return json;
}

} // namespace proctor
