// SPDX-License-Identifier: MIT
#include "harness/cmd_loop.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <thread>

#include "harness/cmd_report_files.h"
#include "harness/run_reader.h"
#include "harness/runner.h"
#include "harness/say.h"

namespace proctor {
namespace {

bool all_graded(const Graders& graders, const SampleKey& key, const LoggedState& state) {
  return std::all_of(graders.begin(), graders.end(), [&](const auto& grader) { return state.graded(key, grader->slot()); });
}

// Visits every logged sample of this process that some grader has not graded, each once.
Status for_each_ungraded(const Loop& loop, RecordParser::Texts texts, const std::function<void(Completion&&)>& visit) {
  auto reader = RunReader::open(loop.dir.path());
  if (!reader) return reader.error();
  SampleSet seen;                        // of two finished records of one sample the first counts
  std::map<SampleKey, Completion> failed; // the last error record of samples that never succeeded
  Status status = reader->samples(texts, [&](Completion&& completion, const RecordPlace&) {
    const SampleKey key = completion.key;
    const GradingTable::Entry* entry = loop.table.find(key);
    if (entry == nullptr || loop.stop.stop_requested()) return Status();
    if (completion.status == CompletionStatus::error) {
      if (loop.failed_samples_too) failed[key] = std::move(completion);
      return Status();
    }
    if (seen.contains(key.task, key.doc_id, key.sample_idx) || all_graded(*entry->graders, key, loop.state)) return Status();
    seen.add(key.task, key.doc_id, key.sample_idx);
    visit(std::move(completion));
    return Status();
  });
  for (auto& [key, completion] : failed)
    if (status && !loop.state.samples.contains(key.task, key.doc_id, key.sample_idx)) visit(std::move(completion));
  return status;
}

std::vector<std::string> names_of(const Summary& summary, const std::vector<std::string>& tasks, bool wanted) {
  std::vector<std::string> names;
  for (const TaskSummary& task : summary.tasks)
    if ((std::find(tasks.begin(), tasks.end(), task.name) != tasks.end()) == wanted) names.push_back(task.name);
  return names;
}

Summary only(Summary summary, const std::vector<std::string>& tasks) {
  for (const std::string& other : names_of(summary, tasks, false)) // "TASK: ..." or "TASK,GRADER: ..."
    std::erase_if(summary.warnings, [&](const std::string& warning) {
      return warning.starts_with(other) && warning.substr(other.size(), 1).find_first_of(":, ") == 0;
    });
  std::erase_if(summary.tasks, [&](const TaskSummary& task) {
    return std::find(tasks.begin(), tasks.end(), task.name) == tasks.end();
  });
  return summary;
}

bool too_much_truncated(const Summary& summary, std::optional<double> most) {
  bool any = false;
  for (const TaskSummary& task : summary.tasks)
    for (const SlotSummary& slot : task.slots) {
      const Metric* share = find_metric(slot, "truncated");
      if (!most || share == nullptr || share->value <= *most) continue;
      any = true;
      say(fmt::format("proctor: {}: {:.1f} % of the answers are truncated, more than --max-truncated {}", task.name,
                      100 * share->value, *most));
    }
  return any;
}

// Why samples could not be graded, when the graders say so.
std::string first_reason(const Summary& summary) {
  for (const TaskSummary& task : summary.tasks)
    for (const SlotSummary& slot : task.slots)
      for (const auto& [reason, n] : slot.reasons)
        if (reason == "grader_error") return fmt::format(" ({}: the reference answers are not of the kind this task's grader reads)", task.name);
  return {};
}

bool too_little_graded(const Summary& summary, double max_error_rate) {
  int64_t graded = 0, not_graded = 0;
  for (const TaskSummary& task : summary.tasks)
    for (const SlotSummary& slot : task.slots) {
      int64_t failed = count_of(slot.verdicts, Verdict::not_graded);
      not_graded += failed;
      graded += slot.n_graded - failed;
    }
  if (graded == 0) {
    say("proctor: nothing was graded" + first_reason(summary));
    return true;
  }
  double rate = static_cast<double>(not_graded) / static_cast<double>(graded + not_graded);
  if (rate <= max_error_rate) return false;
  say(fmt::format("proctor: {:.1f} % of the samples could not be graded, more than --max-error-rate {}{}", 100 * rate,
                  max_error_rate, first_reason(summary)));
  return true;
}

} // namespace

LoopResult run_loop(const Loop& loop, bool no_progress) {
  auto start = std::chrono::steady_clock::now();
  size_t backlog = 0;
  LoopResult result;
  result.status = for_each_ungraded(loop, RecordParser::Texts::skip, [&](Completion&&) { ++backlog; });
  size_t missing = loop.source == nullptr ? 0 : loop.source->missing();
  {
    std::function<Activity()> activity;
    if (loop.backend != nullptr) activity = [&] { return loop.backend->activity(); };
    Progress progress(Progress::style_for_stderr(no_progress), missing + backlog, activity);
    RunnerOptions options;
    options.graders = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    Runner runner(loop.log, record_file(loop.dir.path(), "samples", loop.shard), loop.table, loop.source, progress, loop.stop, options);
    if (result.status && backlog > 0)
      result.status = for_each_ungraded(loop, RecordParser::Texts::keep, [&](Completion&& completion) {
        progress.completed(completion);
        runner.grade_logged(std::move(completion), loop.state);
      });
    if (result.status && missing > 0) result.status = runner.generate(*loop.backend);
    Status finished = runner.finish();
    if (!finished) result.status = finished;
    result.counts = progress.counts();
  }
  if (loop.backend != nullptr) result.activity = loop.backend->activity().details;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

Result<ExitCode> report_session(const std::string& dir, const std::vector<std::string>& tasks,
                                const EvaluateArgs& args, const OutputArgs& output) {
  auto extra_k = output.extra_k();
  if (!extra_k) return extra_k.error();
  auto summary = summarize(dir, *extra_k);
  if (!summary) return summary.error();
  if (Status written = write_report_files(*summary, {"json", "md", "html"}, dir); !written) return written.error();
  Summary mine = only(*summary, tasks);
  if (output.json) fmt::print("{}", dump_json_pretty(results_with_dir(*summary)));
  else print_table(mine);
  if (std::vector<std::string> others = names_of(*summary, tasks, false); !others.empty())
    say(fmt::format("note: {} also holds {}; `proctor report` shows all", dir, fmt::join(others, ", ")));
  say(fmt::format("report: {}/report.html", dir));
  bool truncated = too_much_truncated(mine, args.max_truncated);
  bool unreliable = too_little_graded(mine, args.max_error_rate);
  return strongest({unreliable ? ExitCode::infrastructure : ExitCode::ok, truncated ? ExitCode::failed : ExitCode::ok});
}

void log_event(const std::string& dir, std::string_view text) {
  std::ofstream log(dir + "/log.txt", std::ios::app);
  log << fmt::format("{:%Y-%m-%dT%H:%M:%SZ} ", fmt::gmtime(std::time(nullptr))) << one_line_text(text) << "\n";
}

} // namespace proctor
