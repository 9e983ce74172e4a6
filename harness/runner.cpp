// SPDX-License-Identifier: MIT
#include "harness/runner.h"

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <variant>

#include "harness/bounded_queue.h"
#include "harness/text/trace_stats.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

using CompletionPtr = std::shared_ptr<const Completion>;

// For the writer: a sample to journal and then grade, an attempt or grades to journal.
struct SampleWrite {
  std::string line;
  CompletionPtr completion;
};
struct AttemptWrite { // one that is not graded: another follows
  std::string line;
};
struct GradeWrite {
  std::vector<std::string> lines;
};
using Write = std::variant<SampleWrite, AttemptWrite, GradeWrite>;

// For the graders: a sample in memory, or where to read it when memory is short.
struct GradeJob {
  CompletionPtr completion;
  RecordPlace place;
  const LoggedState* already = nullptr; // slots graded in an earlier session, for logged samples
  size_t weight = 0;                    // of its texts, in memory or not
};

size_t weight_of(const Completion& completion) {
  return completion.text.size() + completion.reasoning.size() + completion.answer_text.size() + 512;
}

void add_stats(Json& stats, const Completion& completion) {
  stats["characters"] = count_characters(completion.text);
  const Usage& usage = completion.usage;
  if (usage.prompt_tokens) stats["prompt_tokens"] = *usage.prompt_tokens;
  if (usage.completion_tokens) stats["completion_tokens"] = *usage.completion_tokens;
  if (usage.reasoning_tokens) stats["reasoning_tokens"] = *usage.reasoning_tokens;
}

// The thinking, or all of the text where none is told apart.
std::string_view trace_of(const Completion& completion) {
  return completion.reasoning.empty() ? std::string_view(completion.text) : std::string_view(completion.reasoning);
}

// What the graders of one sample share: its trace is read once.
struct Trace {
  TraceCounts counts;
  int64_t n_foreign = 0;
};

Trace read_trace(const Question& question, const Completion& completion) {
  Trace trace{count_trace(trace_of(completion)), 0};
  if (!completion.reasoning.empty()) trace.counts.loop = trace.counts.loop || count_trace(completion.answer_text).loop;
  std::string prompt;
  for (const Message& message : question.messages) prompt += message.content + "\n";
  trace.n_foreign = foreign_words(trace.counts, count_trace(prompt));
  return trace;
}

void add_trace(Grade& grade, const Trace& trace, const Completion& completion) {
  Json& stats = grade.stats;
  stats["words"] = trace.counts.n_words();
  stats["foreign_words"] = trace.n_foreign;
  stats["reflective"] = trace.counts.reflective;
  stats["aha"] = trace.counts.aha;
  stats["wait"] = trace.counts.wait;
  stats["loop"] = trace.counts.loop;
  if (!completion.reasoning.empty()) stats["reasoning_characters"] = count_characters(completion.reasoning);
  if (!completion.reasoning.empty() && grade.answer)
    if (auto share = share_after(completion.reasoning, *grade.answer)) stats["overthinking"] = std::round(*share * 1e4) / 1e4;
}

Grade grade_with(const Grader& grader, const Question& question, const Completion& completion, const Trace& trace) {
  Grade grade = grader.grade(question, completion);
  grade.key = completion.key;
  grade.grader = std::string(grader.slot());
  grade.target = question.target;
  grade.fingerprint = std::string(grader.fingerprint());
  add_stats(grade.stats, completion);
  if (completion.status != CompletionStatus::error) add_trace(grade, trace, completion);
  return grade;
}

} // namespace

struct Runner::Impl : CompletionSink {
  RunLog& log;
  std::string log_file;
  const GradingTable& table;
  WorkSource* const source;
  RunObserver& observer;
  std::stop_source stop;
  RunnerOptions options;

  BoundedQueue<Write> writes;
  BoundedQueue<GradeJob> jobs;

  std::mutex mutex; // guards the three below
  std::condition_variable all_graded, fewer_ungraded;
  size_t ungraded = 0, ungraded_bytes = 0; // put in, neither graded nor dropped
  Status failure;                          // of the writer

  std::vector<std::jthread> graders;
  std::jthread writer;

  Impl(RunLog& log_, std::string log_file_, const GradingTable& table_, WorkSource* source_, RunObserver& observer_,
       std::stop_source stop_, RunnerOptions options_)
      : log(log_), log_file(std::move(log_file_)), table(table_), source(source_), observer(observer_),
        stop(std::move(stop_)), options(options_), writes(options.memory_bytes), jobs(options.memory_bytes) {
    writer = std::jthread([this] { write_all(); });
    for (int i = 0; i < options.graders; ++i) graders.emplace_back([this] { grade_all(); });
  }

  // CompletionSink: on the backend's threads.
  void put(Completion completion) override {
    observer.completed(completion);
    auto shared = std::make_shared<const Completion>(std::move(completion));
    const size_t weight = weight_of(*shared);
    begin_one(weight);
    std::string line = sample_line(*shared);
    const size_t with_line = line.size() + weight;
    writes.push(SampleWrite{std::move(line), std::move(shared)}, with_line);
  }

  void charged(Completion attempt) override {
    observer.charged(attempt);
    AttemptWrite write{sample_line(attempt)};
    const size_t weight = write.line.size();
    writes.push(std::move(write), weight);
  }

  void wait_for_graders() override {
    std::unique_lock lock(mutex);
    fewer_ungraded.wait(lock, [&] { return ungraded_bytes <= options.memory_bytes / 2; });
  }

  void begin_one(size_t weight) {
    std::lock_guard lock(mutex);
    ++ungraded;
    ungraded_bytes += weight;
  }

  void done_with_one(size_t weight) {
    std::lock_guard lock(mutex);
    ungraded_bytes -= weight;
    fewer_ungraded.notify_all();
    if (--ungraded == 0) all_graded.notify_all();
  }

  void fail(const Error& error) {
    {
      std::lock_guard lock(mutex);
      if (failure) failure = error;
    }
    stop.request_stop();
  }

  bool failed() {
    std::lock_guard lock(mutex);
    return !failure;
  }

  // --- the writer's thread
  void write_all() {
    const auto interval = std::chrono::duration<double>(options.sync_seconds);
    auto last_sync = std::chrono::steady_clock::now();
    for (;;) {
      bool some = writes.wait(interval); // also wakes to sync what came before a pause
      if (some) {
        auto write = writes.pop();
        if (!write) break;
        std::visit([this](auto& what) { journal(what); }, *write);
      }
      auto now = std::chrono::steady_clock::now();
      if (some && now - last_sync < interval) continue;
      last_sync = now;
      if (Status status = log.sync(); !status) fail(status.error());
    }
    if (Status status = log.sync(); !status) fail(status.error());
  }

  void journal(SampleWrite& write) {
    uint64_t offset = log.samples_size();
    Status status = failed() ? Status() : log.append_sample(write.line);
    if (!status) fail(status.error());
    const size_t weight = weight_of(*write.completion);
    if (failed()) return done_with_one(weight);
    if (jobs.has_room(weight)) return jobs.push({std::move(write.completion), {}, nullptr, weight}, weight);
    jobs.push({nullptr, {log_file, offset}, nullptr, weight}, 0);
  }

  void journal(AttemptWrite& write) {
    if (failed()) return;
    if (Status status = log.append_sample(write.line); !status) fail(status.error());
  }

  void journal(GradeWrite& write) {
    for (const std::string& line : write.lines) {
      if (failed()) return;
      if (Status status = log.append_grade(line); !status) fail(status.error());
    }
  }

  // --- the graders' threads
  void grade_all() {
    while (auto job = jobs.pop()) {
      if (!stop.stop_requested()) grade(*job);
      done_with_one(job->weight);
    }
  }

  void grade(GradeJob& job) {
    if (!job.completion) {
      auto completion = read_sample(job.place);
      if (!completion) return fail(completion.error());
      job.completion = std::make_shared<const Completion>(std::move(*completion));
    }
    const SampleKey& key = job.completion->key;
    const GradingTable::Entry* entry = table.find(key);
    if (entry == nullptr) return;
    GradeWrite write;
    size_t weight = 0;
    const Trace trace = read_trace(*entry->question, *job.completion);
    for (const auto& grader : *entry->graders) {
      if (job.already != nullptr && job.already->graded(key, grader->slot())) continue;
      Grade grade = grade_with(*grader, *entry->question, *job.completion, trace);
      write.lines.push_back(grade_line(grade));
      weight += write.lines.back().size();
      if (grader == entry->graders->front()) observer.graded(grade);
      if (source != nullptr) source->seen(grade);
    }
    if (!write.lines.empty()) writes.push(std::move(write), weight);
  }
};

Runner::Runner(RunLog& log, std::string log_file, const GradingTable& table, WorkSource* source, RunObserver& observer,
               std::stop_source stop, RunnerOptions options)
    : impl_(std::make_unique<Impl>(log, std::move(log_file), table, source, observer, std::move(stop), options)) {}

Runner::~Runner() {
  impl_->jobs.close();
  impl_->writes.close();
}

void Runner::grade_logged(Completion completion, const LoggedState& state) {
  const size_t weight = weight_of(completion);
  impl_->begin_one(weight);
  impl_->jobs.push({std::make_shared<const Completion>(std::move(completion)), {}, &state, weight}, weight);
}

Status Runner::generate(Backend& backend) {
  PROCTOR_CHECK(impl_->source != nullptr);
  return backend.generate(*impl_->source, *impl_);
}

void Runner::wait_graded() {
  std::unique_lock lock(impl_->mutex);
  impl_->all_graded.wait(lock, [&] { return impl_->ungraded == 0; });
}

Status Runner::finish() {
  wait_graded();
  impl_->jobs.close();
  for (std::jthread& grader : impl_->graders) grader.join();
  impl_->writes.close();
  impl_->writer.join();
  return impl_->failure;
}

} // namespace proctor
