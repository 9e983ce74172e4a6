// SPDX-License-Identifier: MIT
#include "harness/cmd_loop.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <mutex>

#include "harness/cmd_report_files.h"
#include "harness/parallel.h"
#include "harness/run_reader.h"
#include "harness/runner.h"
#include "harness/say.h"
#include "reports/text.h"

namespace proctor {
namespace {

bool all_graded(const Graders& graders, const SampleKey& key, const LoggedState& state) {
  return std::all_of(graders.begin(), graders.end(), [&](const auto& grader) { return state.graded(key, grader->slot()); });
}

// Visits every logged sample of this process that some grader has not graded, each once.
Status for_each_ungraded(const Loop& loop, const std::function<void(Completion&&)>& visit) {
  auto reader = RunReader::open(loop.dir.path());
  if (!reader) return reader.error();
  SampleSet seen;                        // of two finished records of one sample the first counts
  std::map<SampleKey, Completion> failed; // the last error record of samples that never succeeded
  Status status = reader->samples(RecordParser::Texts::keep, [&](Completion&& completion, const RecordPlace&) {
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

// How many samples for_each_ungraded will visit. Failed ones are not counted: they are few, and only the log knows them.
size_t count_ungraded(const Loop& loop) {
  size_t count = 0;
  loop.state.samples.for_each([&](const SampleKey& key) {
    const GradingTable::Entry* entry = loop.table.find(key);
    count += entry != nullptr && !all_graded(*entry->graders, key, loop.state);
  });
  return count;
}

bool is_asked(const std::vector<AskedTask>& asked, const std::string& name) {
  return std::ranges::find(asked, name, &AskedTask::name) != asked.end();
}

std::vector<std::string> others_than(const std::vector<AskedTask>& asked, const Summary& summary) {
  std::vector<std::string> names;
  for (const TaskSummary& task : summary.tasks)
    if (!is_asked(asked, task.name)) names.push_back(task.name);
  return names;
}

Summary only(Summary summary, const std::vector<AskedTask>& asked) {
  for (const std::string& other : others_than(asked, summary)) // "TASK: ..." or "TASK,GRADER: ..."
    std::erase_if(summary.warnings, [&](const std::string& warning) {
      return warning.starts_with(other) && warning.substr(other.size(), 1).find_first_of(":, ") == 0;
    });
  std::erase_if(summary.tasks, [&](const TaskSummary& task) { return !is_asked(asked, task.name); });
  return summary;
}

// What a run directory holds of a task.
AskedTask held(const TaskSummary& task) {
  size_t most = 0;
  for (const SlotSummary& slot : task.slots)
    for (const QuestionRow& question : slot.questions) most = std::max(most, question.verdicts.size());
  return {task.name, static_cast<size_t>(task.n_questions - task.n_unasked), static_cast<int>(most)};
}

// An earlier session of the same run may have asked for more; nothing of that is left out.
void note_wider(const std::string& dir, const Summary& summary, const std::vector<AskedTask>& asked) {
  for (const AskedTask& task : asked) {
    const TaskSummary* found = find_task(summary, task.name);
    if (found == nullptr) continue;
    const AskedTask there = held(*found);
    if (there.n_questions <= task.n_questions && there.n_samples <= task.n_samples) continue;
    say(fmt::format("note: {} holds {} of {} with up to {} each, more than the {} with {} asked for; the report and its gates are about all of them",
                    dir, plural(static_cast<int64_t>(there.n_questions), "question"), task.name, plural(there.n_samples, "sample"),
                    task.n_questions, task.n_samples));
  }
}

bool too_much_truncated(const Summary& summary, std::optional<double> most) {
  bool any = false;
  for (const TaskSummary& task : summary.tasks)
    for (const SlotSummary& slot : task.slots) {
      const auto share = share_of_samples(slot, Verdict::truncated);
      if (!most || !share || *share <= *most) continue;
      any = true;
      say(fmt::format("proctor: {}: {} of the answers are truncated, more than --max-truncated {}", task.name, percent(*share), *most));
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

// What the backend said most often instead of an answer.
std::string commonest_error(const std::string& dir) {
  std::map<std::string, size_t> errors;
  auto reader = RunReader::open(dir);
  if (!reader) return {};
  Status read = reader->samples(RecordParser::Texts::skip, [&](Completion&& completion, const RecordPlace&) {
    if (completion.status == CompletionStatus::error) ++errors[completion.error];
    return Status();
  });
  auto most = std::ranges::max_element(errors, {}, &std::pair<const std::string, size_t>::second);
  return !read || most == errors.end() ? std::string() : fmt::format(" (most often: {})", one_line_text(most->first));
}

bool too_little_graded(const std::string& dir, const Summary& summary, double max_error_rate) {
  int64_t graded = 0, not_graded = 0;
  for (const TaskSummary& task : summary.tasks)
    for (const SlotSummary& slot : task.slots) {
      int64_t failed = count_of(slot.verdicts, Verdict::not_graded);
      not_graded += failed;
      graded += slot.n_graded - failed;
    }
  if (graded == 0) {
    say("proctor: nothing was graded" + first_reason(summary) + commonest_error(dir));
    return true;
  }
  double rate = static_cast<double>(not_graded) / static_cast<double>(graded + not_graded);
  if (rate <= max_error_rate) return false;
  say(fmt::format("proctor: {} of the samples could not be graded, more than --max-error-rate {}{}{}", percent(rate), max_error_rate, first_reason(summary), commonest_error(dir)));
  return true;
}

// Tells the meter what every new sample used, keeps which they are, and passes all on.
class MeteredObserver : public RunObserver {
 public:
  MeteredObserver(Meter* meter, RunObserver& inner) : meter_(meter), inner_(inner) {}
  void completed(const Completion& completion) override {
    if (meter_ != nullptr) meter_->finished(completion.key, completion.usage);
    {
      std::lock_guard lock(mutex_);
      arrived_.add(completion.key.task, completion.key.doc_id, completion.key.sample_idx);
    }
    inner_.completed(completion);
  }
  void charged(const Completion& attempt) override {
    if (meter_ != nullptr) meter_->charged(attempt.usage);
  }
  void graded(const Grade& grade) override { inner_.graded(grade); }
  const SampleSet& arrived() const { return arrived_; } // once nothing arrives any more

 private:
  Meter* meter_;
  RunObserver& inner_;
  std::mutex mutex_; // guards arrived_
  SampleSet arrived_;
};

// Generates until nothing is missing or a limit is reached. A backend that was refused work only because too much was
// under way, or because its grades decide what comes next, comes back for more.
Status generate_within(const Loop& loop, Runner& runner) {
  for (;;) {
    if (Status status = runner.generate(*loop.backend); !status) return status;
    loop.meter->nothing_runs();
    if (loop.stop.stop_requested()) return {};
    if (loop.meter->reached() == LimitReached::none) {
      runner.wait_graded();
      if (!loop.source->has_more()) return {};
      continue;
    }
    if (!loop.meter->allows_another()) return {};
    loop.meter->not_started();
  }
}

// Why not all samples of this session arrived.
LimitReached limit_of(const Loop& loop, size_t n_open) {
  if (loop.meter == nullptr || n_open == 0 || loop.stop.stop_requested()) return LimitReached::none;
  return loop.meter->time_is_over() ? LimitReached::time : loop.meter->reached();
}

} // namespace

std::string limit_text(LimitReached limit) {
  return limit == LimitReached::time ? "the time of --max-time is over" : "another answer would cost more than --budget leaves";
}

LoopResult run_loop(const Loop& loop, bool no_progress) {
  auto start = std::chrono::steady_clock::now();
  const size_t backlog = count_ungraded(loop);
  LoopResult result;
  const size_t missing = loop.source == nullptr ? 0 : loop.source->n_open({});
  {
    std::function<Activity()> activity;
    if (loop.backend != nullptr) activity = [&] { return loop.backend->activity(); };
    std::function<std::optional<double>()> spent;
    if (loop.meter != nullptr) spent = [&] { return loop.meter->spent(); };
    Progress progress(Progress::style_for_stderr(no_progress), missing + backlog, {activity, spent});
    RunnerOptions options;
    options.graders = 1 + static_cast<int>(n_processors()); // code graders wait at times
    MeteredObserver metered(loop.meter, progress);
    std::optional<LimitedSource> limited;
    if (loop.source != nullptr && loop.meter != nullptr) limited.emplace(*loop.source, *loop.meter);
    WorkSource* source = limited ? static_cast<WorkSource*>(&*limited) : loop.source;
    Runner runner(loop.log, record_file(loop.dir.path(), "samples", loop.shard), loop.table, source, metered, loop.stop, options);
    if (result.status && (backlog > 0 || loop.failed_samples_too))
      result.status = for_each_ungraded(loop, [&](Completion&& completion) {
        if (completion.status != CompletionStatus::error) progress.completed(completion);
        runner.grade_logged(std::move(completion), loop.state);
      });
    if (result.status && missing > 0) result.status = generate_within(loop, runner);
    Status finished = runner.finish();
    if (!finished) result.status = finished;
    result.counts = progress.counts();
    result.n_arrived = metered.arrived().size();
    if (loop.source != nullptr) result.n_open = loop.source->n_open(metered.arrived());
    progress.set_total(result.counts.completed + result.n_open);
    if (result.status) result.limit = limit_of(loop, result.n_open);
  }
  if (loop.backend != nullptr) result.activity = loop.backend->activity().details;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

Result<ExitCode> report_session(const std::string& dir, const std::vector<AskedTask>& tasks,
                                const EvaluateArgs& args, const OutputArgs& output) {
  auto extra_k = output.extra_k();
  if (!extra_k) return extra_k.error();
  auto summary = summarize(dir, *extra_k, args.prices);
  if (!summary) return summary.error();
  if (Status written = write_report_files(*summary, {"json", "md", "html", "junit"}, dir); !written) return written.error();
  Summary mine = only(*summary, tasks);
  if (output.json) fmt::print("{}", dump_json_pretty(results_with_dir(*summary)));
  else if (!output.quiet) print_table(mine);
  note_wider(dir, *summary, tasks);
  if (std::vector<std::string> others = others_than(tasks, *summary); !others.empty())
    say(fmt::format("note: {} also holds {}; `proctor report` shows all", dir, fmt::join(others, ", ")));
  say(fmt::format("report: {}/report.html", dir));
  bool truncated = too_much_truncated(mine, args.max_truncated);
  bool unreliable = too_little_graded(dir, mine, args.max_error_rate);
  return strongest({unreliable ? ExitCode::infrastructure : ExitCode::ok, truncated ? ExitCode::failed : ExitCode::ok});
}

void log_event(const std::string& dir, std::string_view text) {
  std::ofstream log(dir + "/log.txt", std::ios::app);
  log << fmt::format("{:%Y-%m-%dT%H:%M:%SZ} ", fmt::gmtime(std::time(nullptr))) << one_line_text(text) << "\n";
}

} // namespace proctor
