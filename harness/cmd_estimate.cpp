// SPDX-License-Identifier: MIT
#include "harness/cmd_estimate.h"

#include <cstdio>
#include <fmt/format.h>
#include <numeric>

#include "harness/cmd_report_files.h"
#include "harness/cmd_run_json.h"
#include "harness/random.h"
#include "harness/run_dir.h"
#include "harness/run_reader.h"
#include "harness/say.h"
#include "harness/text/duration.h"
#include "reports/estimate.h"
#include "reports/text.h"

namespace proctor {
namespace {

constexpr int kPilotSamples = 2; // per question: the least that tells its noise

WholePlan plan_of(const LoadedTask& loaded) {
  return {static_cast<int64_t>(loaded.task.questions.size()), std::accumulate(loaded.samples.begin(), loaded.samples.end(), int64_t{0})};
}

// Questions drawn by the run's seed: at a fixed stride some levels would never be asked.
void cut_to_pilot(LoadedTask& loaded, size_t n_pilot, uint64_t seed) {
  const size_t n = loaded.task.questions.size();
  for (int& samples : loaded.samples) samples = std::min(samples, kPilotSamples);
  for (std::vector<int>& indices : loaded.indices)
    if (indices.size() > kPilotSamples) indices.resize(kPilotSamples);
  if (n <= n_pilot) return;
  std::vector<size_t> drawn(n);
  std::iota(drawn.begin(), drawn.end(), size_t{0});
  SplitMix64 random(seed);
  random.shuffle(drawn);
  drawn.resize(n_pilot);
  std::ranges::sort(drawn);
  for (size_t i = 0; i < n_pilot; ++i) {
    const size_t from = drawn[i];
    if (from == i) continue;
    loaded.task.questions[i] = std::move(loaded.task.questions[from]);
    loaded.samples[i] = loaded.samples[from];
    if (!loaded.indices.empty()) loaded.indices[i] = std::move(loaded.indices[from]);
  }
  loaded.task.questions.resize(n_pilot);
  loaded.samples.resize(n_pilot);
  if (!loaded.indices.empty()) loaded.indices.resize(n_pilot);
}

const TaskSummary* find_task(const Summary& summary, const std::string& name) {
  auto it = std::ranges::find(summary.tasks, name, &TaskSummary::name);
  return it == summary.tasks.end() || it->cost.n_attempts == 0 ? nullptr : &*it;
}

// Answers to all tasks are in the directory already.
Result<bool> holds_all(const std::string& dir, const std::vector<LoadedTask>& tasks) {
  if (dir.empty()) return false;
  auto summary = summarize(dir, {});
  if (!summary) return summary.error();
  return std::ranges::all_of(tasks, [&](const LoadedTask& loaded) { return find_task(*summary, loaded.task.name) != nullptr; });
}

// The run directory that holds the pilot's answers.
Result<std::string> run_pilot(EvaluateRequest& request, int n_pilot) {
  const std::string dir = find_run_dir(request.output.root, run_identity(request, request.backend->describe()));
  auto there = holds_all(dir, request.tasks);
  if (!there) return there.error();
  if (*there) {
    say(fmt::format("from the answers in {}", dir));
    return dir;
  }
  for (LoadedTask& loaded : request.tasks) cut_to_pilot(loaded, static_cast<size_t>(n_pilot), request.seed);
  request.output.quiet = true;
  request.output.json = false;
  auto evaluated = evaluate(request);
  if (!evaluated) return evaluated.error();
  if (evaluated->code == ExitCode::ok || evaluated->code == ExitCode::failed) return evaluated->run_dir;
  return Error{evaluated->code, "the pilot did not come to its end; see above"};
}

// As long as the pilot's samples took together: what a run takes that has no more samples under way at once.
std::optional<double> seconds_per_sample(const Summary& summary) {
  int64_t n = 0;
  for (const TaskSummary& task : summary.tasks) n += task.cost.n_attempts;
  if (!summary.seconds || n == 0) return std::nullopt;
  return *summary.seconds / static_cast<double>(n);
}

// ---- what is printed

std::string amount(const std::optional<Expected>& expected, std::string (*text)(double)) {
  if (!expected) return "?";
  if (!expected->interval) return text(expected->value);
  return fmt::format("{} [{}, {}]", text(expected->value), text(expected->interval->lo), text(expected->interval->hi));
}

using Row = std::vector<std::string>;

void print_rows(const std::vector<Row>& rows) {
  std::vector<int> widths(rows.front().size());
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string gap(static_cast<size_t>(widths[i] - display_width(row[i])), ' ');
      line += i == 0 ? row[i] + gap : "  " + gap + row[i];
    }
    fmt::print("{}\n", line);
  }
}

void print_table(const std::vector<Estimate>& all, std::optional<double> per_sample) {
  std::vector<Row> rows = {{"task", "questions", "samples", "pilot", "tokens/sample", "tokens", "USD", "time up to", "pass@1 within"}};
  int64_t n_samples = 0, n_pilot = 0;
  auto time = [&](int64_t n) { return per_sample ? duration_text(*per_sample * static_cast<double>(n)) : "?"; };
  for (const Estimate& one : all) {
    n_samples += one.plan.n_samples, n_pilot += one.n_pilot;
    rows.push_back({visible_line(one.task), grouped(one.plan.n_questions), grouped(one.plan.n_samples), grouped(one.n_pilot), amount(one.tokens_per_sample, count_text),
                    amount(one.tokens, count_text), amount(one.usd, usd_text), time(one.plan.n_samples),
                    one.half_width ? fmt::format("± {:.1f} points", 100 * *one.half_width) : "?"});
  }
  if (all.size() > 1)
    rows.push_back({"all", "", grouped(n_samples), grouped(n_pilot), "", amount(total(all, &Estimate::tokens), count_text), amount(total(all, &Estimate::usd), usd_text), time(n_samples), ""});
  print_rows(rows);
}

void set(Json& json, const std::string& key, const std::optional<Expected>& expected) {
  if (!expected) return;
  json[key] = expected->value;
  if (expected->interval) json[key + "_lo"] = expected->interval->lo, json[key + "_hi"] = expected->interval->hi;
}

void print_json(const std::vector<Estimate>& all, std::optional<double> per_sample) {
  for (const Estimate& one : all) {
    Json json = {{"task", one.task}, {"questions", one.plan.n_questions}, {"samples", one.plan.n_samples}, {"pilot", one.n_pilot}};
    set(json, "tokens_per_sample", one.tokens_per_sample);
    set(json, "tokens", one.tokens);
    set(json, "usd", one.usd);
    if (per_sample) json["seconds"] = *per_sample * static_cast<double>(one.plan.n_samples);
    if (one.half_width) json["pass@1_within"] = *one.half_width;
    fmt::print("{}\n", dump_json(json));
  }
}

} // namespace

Result<ExitCode> estimate(EvaluateRequest& request, int n_pilot) {
  std::vector<WholePlan> plans;
  for (const LoadedTask& loaded : request.tasks) plans.push_back(plan_of(loaded));
  const bool json = request.output.json;
  auto dir = run_pilot(request, n_pilot);
  if (!dir) return dir.error();
  if (dir->empty()) return ExitCode::ok; // --dry-run
  auto summary = summarize(*dir, {}, request.args.prices);
  if (!summary) return summary.error();
  std::vector<Estimate> all;
  for (size_t i = 0; i < plans.size(); ++i)
    if (const TaskSummary* task = find_task(*summary, request.tasks[i].task.name)) all.push_back(estimate_task(*task, plans[i]));
  if (all.empty()) return infrastructure_error("the pilot left no answers to estimate from");
  const std::optional<double> per_sample = seconds_per_sample(*summary);
  if (json) print_json(all, per_sample);
  else print_table(all, per_sample);
  const std::optional<Expected> usd = total(all, &Estimate::usd);
  if (!usd) say("note: no price is known for this model (--prices, --gpu-hour-usd, --core-hour-usd); tokens are what it costs");
  if (usd && request.limits.budget && usd->value > *request.limits.budget)
    say(fmt::format("note: the whole run would pass --budget {}: it would stop there with exit code 5", usd_text(*request.limits.budget)));
  return ExitCode::ok;
}

} // namespace proctor
