// SPDX-License-Identifier: MIT
#include "graders/code/code_sandbox.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "graders/code/sources.h"
#include "harness/parallel.h"

namespace proctor {
namespace {

constexpr std::string_view kHandle("\0object", 7), kDigest("\0digest", 7), kOutOfTime = "out of time"; // as candidate.py writes them

TypedValue list_of(std::vector<TypedValue> items) { return TypedValue::sequence(TypedKind::list, std::move(items)); }

bool is_text(const TypedValue& value, std::string_view text) { return value.kind == TypedKind::text && value.bytes == text; }

std::string text_at(const TypedValue& list, size_t i) {
  return i < list.items.size() && list.items[i].kind == TypedKind::text ? list.items[i].bytes : "";
}

int64_t integer_at(const TypedValue& list, size_t i) {
  return i < list.items.size() ? list.items[i].as_int64().value_or(0) : 0;
}

// Wall time that CPU time of `cpu_s` may take on a busy machine, with room for our own part.
double patience(double cpu_s) { return 4 * cpu_s + 10; }

constexpr double kTesterShare = 4; // CPU time of the tests, in limits of one call
constexpr int kMostRuns = 100;     // of a tester: the compiled tests that it keeps stay few

// What the tester is told of a call: as tester.py's _ask reads it.
TypedValue answer_of(const Candidate::Reply& reply) {
  const CallResult& result = reply.result;
  if (reply.object >= 0) return list_of({TypedValue::text("object"), TypedValue::integer(reply.object)});
  if (result.status == CallStatus::value) return list_of({TypedValue::text("value"), result.value});
  if (result.status == CallStatus::not_plain) return list_of({TypedValue::text("not_plain"), TypedValue::text(result.error_text)});
  if (result.status == CallStatus::exception && !reply.out_of_time)
    return list_of({TypedValue::text("exception"), TypedValue::text(result.error_type), TypedValue::text(result.error_text)});
  return list_of({TypedValue::text("gone")});
}

// Or what it said is nothing that tests can go on with.
bool is_gone(const Candidate::Reply& reply) {
  return reply.out_of_time || !reply.digest.empty() || reply.result.status == CallStatus::timed_out || reply.result.status == CallStatus::ended ||
         reply.result.status == CallStatus::protocol;
}

TestsOutcome tester_gone(CallSession& tester) {
  TestsOutcome outcome;
  outcome.tester = tester.finish();
  return outcome;
}

TestsOutcome outcome_of(const TypedValue& said) {
  TestsOutcome outcome;
  std::string end = text_at(said, 0);
  using End = TestsOutcome::End;
  if (end == "passed") {
    outcome.end = End::passed;
    outcome.n_asserts = integer_at(said, 1);
    outcome.n_held = integer_at(said, 2);
  } else if (end == "broken") {
    outcome.end = End::broken;
    outcome.error_type = text_at(said, 1);
    outcome.error_text = text_at(said, 2);
  } else if (end == "failed" || end == "error") {
    outcome.end = end == "failed" ? End::failed : End::error;
    outcome.line = static_cast<int>(integer_at(said, 1));
    outcome.text = text_at(said, 2);
    outcome.n_asserts = integer_at(said, 3);
    outcome.n_held = integer_at(said, 4);
    outcome.input = text_at(said, 5);
    outcome.expected = text_at(said, 6);
    outcome.got = text_at(said, 7);
    outcome.error_type = text_at(said, 8);
    outcome.error_text = text_at(said, 9);
  }
  return outcome;
}

} // namespace

CodeSandbox::CodeSandbox(SandboxOptions options) : at_once_(1 + static_cast<int>(n_processors())) {
  configure(options);
}

void CodeSandbox::configure(const SandboxOptions& options) {
  options_ = options;
  options_.n_slots = 3 * at_once_;
  options_.prepared = {kCandidateSource, kTesterSource};
}

CodeSandbox::~CodeSandbox() = default;

CodeSandbox::Turn::Turn(CodeSandbox& of, bool alone) : of_(of), alone_(alone) {
  std::unique_lock lock(of_.mutex_);
  of_.waiting_alone_ += alone;
  of_.changed_.wait(lock, [&] {
    return !of_.alone_ && (alone ? of_.running_ == 0 : of_.waiting_alone_ == 0 && of_.running_ < of_.at_once_);
  });
  of_.waiting_alone_ -= alone;
  of_.alone_ = alone;
  ++of_.running_;
}

CodeSandbox::Turn::~Turn() {
  {
    std::lock_guard lock(of_.mutex_);
    of_.alone_ = false;
    --of_.running_;
  }
  of_.changed_.notify_all();
}

size_t CodeSandbox::at_once() const {
  std::lock_guard lock(mutex_);
  return alone_ ? 1 : std::max<size_t>(1, n_processors() / static_cast<size_t>(std::max(1, running_)));
}

Result<Sandbox*> CodeSandbox::start() {
  std::lock_guard lock(mutex_);
  if (!sandbox_) {
    auto sandbox = Sandbox::start(options_);
    if (!sandbox) return sandbox.error();
    sandbox_ = std::move(*sandbox);
  }
  return sandbox_.get();
}

void CodeSandbox::end() {
  std::lock_guard lock(mutex_);
  if (!sandbox_) return;
  ending_ = std::jthread([testers = std::exchange(testers_, {}), sandbox = std::move(sandbox_)]() mutable {
    testers.clear();
    sandbox.reset();
  });
}

std::unique_ptr<Tester> CodeSandbox::take_tester(const TesterSpec& spec, bool fresh) {
  if (!fresh) {
    std::lock_guard lock(mutex_);
    auto found = std::ranges::find_if(testers_, [&](const auto& tester) { return tester->call_cpu_s() == spec.cpu_s && tester->can_run_again(); });
    if (found != testers_.end()) {
      std::unique_ptr<Tester> tester = std::move(*found);
      testers_.erase(found);
      return tester;
    }
  }
  return std::make_unique<Tester>(*sandbox_, spec.cpu_s);
}

void CodeSandbox::keep_tester(std::unique_ptr<Tester> tester) {
  if (!tester->can_run_again()) return;
  std::unique_ptr<Tester> oldest; // ends without the lock
  std::lock_guard lock(mutex_);
  testers_.push_back(std::move(tester));
  if (testers_.size() <= static_cast<size_t>(at_once_)) return;
  oldest = std::move(testers_.front());
  testers_.pop_front();
}

bool is_out_of_time(const CallResult& result) { return result.status == CallStatus::exception && result.error_type == kOutOfTime; }

Limits code_limits(double cpu_s) {
  Limits limits;
  limits.cpu_s = cpu_s;
  limits.wall_s = patience(cpu_s);
  limits.memory_bytes = uint64_t{4} << 30; // EvalPlus' and LiveCodeBench's
  return limits;
}

Candidate::Candidate(Sandbox& sandbox, Limits limits) : session_(sandbox, [&] {
  BoxJob job = python_job(kCandidateSource);
  job.limits = limits;
  return job;
}()) {}

CallResult Candidate::load(const std::string& source, double cpu_s) {
  return ask("load", {TypedValue::text(source), TypedValue::number(cpu_s), TypedValue::integer(50000)}, cpu_s);
}

CallResult Candidate::ask(const std::string& target, std::vector<TypedValue> args, double cpu_s) {
  CallResult result = session_.call(target, std::move(args), {}, patience(cpu_s));
  if (result.seconds <= cpu_s) short_wall_s_ += result.seconds;
  else long_cpu_s_ += 1.25 * cpu_s + 0.25; // our own part, too: a large value takes its time to hand over
  return result;
}

BoxOutcome Candidate::finish() {
  BoxOutcome outcome = session_.finish();
  const bool late = long_cpu_s_ > 0 && outcome.cpu_s > short_wall_s_ + long_cpu_s_;
  if (late && outcome.verdict == RunVerdict::ok) outcome.verdict = RunVerdict::timed_out, outcome.timeout = TimeLimit::cpu;
  return outcome;
}

Candidate::Reply Candidate::reply_of(CallResult result) const {
  Reply reply{std::move(result)};
  reply.out_of_time = is_out_of_time(reply.result);
  if (reply.result.status != CallStatus::value) return reply;
  TypedValue& said = reply.result.value;
  if (said.items.size() == 2 && is_text(said.items[0], kHandle)) {
    reply.object = static_cast<int>(integer_at(said, 1));
  } else if (said.items.size() == 3 && is_text(said.items[0], kDigest)) {
    reply.digest = text_at(said, 1);
    reply.result.status = CallStatus::not_plain;
    reply.result.error_text = fmt::format("value of {} MiB", integer_at(said, 2) >> 20);
  } else if (said.kind == TypedKind::list && said.items.size() == 1) {
    TypedValue value = std::move(said.items[0]);
    said = std::move(value);
  } else {
    reply.result.status = CallStatus::protocol;
  }
  return reply;
}

Candidate::Reply Candidate::call(const std::string& target, TypedValue args, TypedValue named, double cpu_s) {
  return reply_of(ask("call", {TypedValue::text(target), std::move(args), std::move(named), TypedValue::number(cpu_s)}, cpu_s));
}

Candidate::Reply Candidate::evaluate(const std::string& expression, double cpu_s) {
  return reply_of(ask("evaluate", {TypedValue::text(expression), TypedValue::number(cpu_s)}, cpu_s));
}

Candidate::Reply Candidate::arguments(const std::string& text, const std::string& function, double cpu_s) {
  return reply_of(ask("arguments", {TypedValue::text(text), TypedValue::text(function), TypedValue::number(cpu_s)}, cpu_s));
}

std::optional<double> Candidate::cpu_seconds() {
  CallResult result = session_.call("cpu_seconds", {}, {}, patience(1));
  return result.status == CallStatus::value && result.value.kind == TypedKind::real ? std::optional(result.value.real) : std::nullopt;
}

Tester::Tester(Sandbox& sandbox, double call_cpu_s) : call_cpu_s_(call_cpu_s), session_(sandbox, [&] {
  BoxJob job = python_job(kTesterSource);
  job.limits = code_limits(kTesterShare * call_cpu_s); // waits for the candidate, and has work of its own
  return job;
}()) {}

// In the first quarter of its box's time: no candidate lives longer than the rest.
bool Tester::can_run_again() const {
  const std::chrono::duration<double> age = std::chrono::steady_clock::now() - start_;
  return left_nothing_ && n_runs_ < kMostRuns && cpu_s_ < call_cpu_s_ && age.count() < patience(kTesterShare * call_cpu_s_) / 4;
}

TestsOutcome Tester::run(const TesterSpec& spec, Candidate& candidate) {
  ++n_runs_;
  left_nothing_ = false;
  std::vector<TypedValue> names;
  for (const std::string& name : spec.under_test) names.push_back(TypedValue::text(name));
  CallResult said = session_.call("start", {TypedValue::text(spec.setup), TypedValue::text(spec.tests), list_of(std::move(names))}, {}, patience(spec.cpu_s));
  while (said.status == CallStatus::value && text_at(said.value, 0) == "call" && said.value.items.size() == 4) {
    auto& ask = said.value.items;
    Candidate::Reply reply = candidate.call(ask[1].bytes, std::move(ask[2]), std::move(ask[3]), spec.cpu_s);
    if (is_gone(reply)) {
      TestsOutcome outcome;
      outcome.end = TestsOutcome::End::candidate_gone;
      outcome.last = std::move(reply);
      return outcome;
    }
    said = session_.call("resume", {answer_of(reply)}, {}, patience(spec.cpu_s));
  }
  const bool ended = said.status == CallStatus::value && text_at(said.value, 0) == "ended" && said.value.items.size() == 4;
  if (!ended) return tester_gone(session_);
  cpu_s_ = said.value.items[1].real;
  left_nothing_ = said.value.items[2].kind == TypedKind::boolean && said.value.items[2].flag;
  return outcome_of(said.value.items[3]);
}

} // namespace proctor
