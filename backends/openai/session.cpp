// SPDX-License-Identifier: MIT
#include "backends/openai/session.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <fmt/format.h>
#include <set>
#include <system_error>
#include <thread>

#include "backends/openai/delivery.h"
#include "backends/openai/watch.h"
#include "backends/openai/work.h"
#include "harness/say.h"
#include "harness/secrets.h"

namespace proctor {
namespace {

constexpr int kAttempts = 6;                  // of one sample, before it is given up
constexpr size_t kMostDeferred = 1024;        // jobs that wait for another attempt while new ones are begun
constexpr double kAtStart = 20, kLater = 300; // --retry-for by default, in seconds

// Idle keep-alive connections to one replica, the last used first.
class Pool {
 public:
  explicit Pool(const HttpTarget& target) : target_(target) {}

  std::unique_ptr<HttpConnection> take() {
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    return std::make_unique<HttpConnection>(target_);
  }

  void give_back(std::unique_ptr<HttpConnection> connection) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }

  const HttpTarget& target() const { return target_; }

 private:
  const HttpTarget& target_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpConnection>> idle_;
};

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
  case Outcome::answered: return "refused";
  case Outcome::busy: return "busy";
  case Outcome::failed: return "failed";
  case Outcome::unreachable: return "unreachable";
  case Outcome::aborted: return "dropped";
  }
  return {};
}

bool is_charged(const Usage& usage) { return usage.prompt_tokens || usage.completion_tokens || usage.reported_usd; }

std::vector<std::string> names_of(const std::vector<HttpTarget>& targets) {
  std::vector<std::string> names;
  for (const HttpTarget& target : targets) names.push_back(target.url().text());
  return names;
}

class Session {
 public:
  Session(const EndpointSettings& settings, WorkSource& source, CompletionSink& sink, Dialect& dialect,
          Traffic& traffic, WorkItem first)
      : settings_(settings), source_(source), sink_(sink), dialect_(dialect), traffic_(traffic), first_(first.key),
        jobs_(source, std::move(first), kMostDeferred), watch_(source),
        dispatcher_(names_of(settings.targets), settings.options.max_connections,
                    settings.options.retry_for.value_or(kAtStart), settings.options.retry_for.value_or(kLater)) {
    for (const HttpTarget& target : settings.targets) pools_.emplace_back(target);
  }

  Status run(ReplicaProbes probes) {
    double patience = settings_.options.retry_for.value_or(kAtStart);
    auto wanted = [&] { return source_.wanted(first_); };
    if (Status ready = preflight(settings_, std::move(probes), patience, wanted); !ready) return ready;
    auto begin = std::chrono::steady_clock::now();
    work();
    for (size_t i = 0; join(i); ++i) {
    }
    traffic_.concurrency(dispatcher_.most_at_once(),
                         std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    return dispatcher_.status();
  }

 private:
  // --- threads: each that finds work starts two, so that all are soon there and few are there for nothing
  void start_two() {
    for (int i = 0; i < 2; ++i) start_one();
  }

  void start_one() {
    std::lock_guard lock(threads_mutex_);
    if (threads_.size() + 1 >= static_cast<size_t>(settings_.options.max_connections) || no_more_threads_) return;
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      no_more_threads_ = true;
      say(fmt::format("note: the system allows no more than {} threads; fewer requests are in flight",
                      threads_.size() + 1));
    }
  }

  bool join(size_t i) {
    std::thread thread;
    {
      std::lock_guard lock(threads_mutex_);
      if (i >= threads_.size()) return false;
      thread = std::move(threads_[i]);
    }
    thread.join();
    return true;
  }

  void work() {
    for (bool first = true;; first = false) {
      auto job = jobs_.next(n_honoured_ ? static_cast<size_t>(settings_.options.samples_per_request) : 1);
      if (!job) return;
      if (first) start_two();
      if (!attempt(std::move(*job))) return;
    }
  }

  // --- one attempt at a job; what is left of it waits for the next. False: the run is over.
  bool attempt(Job job) {
    const SampleKey key = job.items.front().key;
    auto wanted = [&] { return source_.wanted(key); };
    double early = std::chrono::duration<double>(job.due - std::chrono::steady_clock::now()).count();
    if (early > 0 && !dispatcher_.pause(early, wanted)) return dispatcher_.status().has_value();
    if (job.attempts > 0 && !source_.allows_retry()) return true;
    auto slot = dispatcher_.acquire(wanted);
    if (!slot) return dispatcher_.status().has_value();
    const size_t before = job.items.size();
    ++job.attempts;
    Exchange exchange = ask(job, *slot);
    exchange.ending.question = key.task + "/" + key.doc_id;
    dispatcher_.release(*slot, exchange.ending);
    // Once others are answered, a refusal may be about this question alone.
    bool failed = exchange.next == Next::retry || exchange.next == Next::stop_run;
    job.failures = job.items.size() < before ? 0 : job.failures + failed;
    if (job.failures >= kAttempts && (run_has_answers() || exchange.next != Next::stop_run)) exchange.next = Next::give_up;
    if (exchange.next != Next::give_up) charge(exchange.aborted);
    return job.items.empty() || follow(exchange, std::move(job));
  }

  void charge(std::vector<Completion>& aborted) {
    for (Completion& attempt : aborted)
      if (is_charged(attempt.usage)) sink_.charged(std::move(attempt));
  }

  // What follows an exchange that left something to do.
  bool follow(const Exchange& exchange, Job job) {
    switch (exchange.next) {
    case Next::deliver:
    case Next::adapt: return again(std::move(job), 0);
    case Next::retry: return again(std::move(job), dispatcher_.backoff(job.failures));
    case Next::wait:
      return again(std::move(job), exchange.ending.outcome == Outcome::unreachable ? 0 : dispatcher_.backoff(1));
    case Next::give_up: return give_up(exchange, job);
    case Next::stop_run: return refused(exchange, std::move(job));
    case Next::drop: return true;
    }
    return false;
  }

  bool again(Job job, double pause) {
    job.due = std::chrono::steady_clock::now() +
              std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(pause));
    jobs_.defer(std::move(job));
    return true;
  }

  bool give_up(const Exchange& exchange, const Job& job) {
    bool first = !run_has_answers() && job.items.front().key == first_ && exchange.ending.outcome == Outcome::answered;
    if (first) return end_run(exchange);
    for (const WorkItem& item : job.items)
      if (source_.wanted(item.key)) sink_.put(last_attempt(exchange, item));
    return true;
  }

  static Completion last_attempt(const Exchange& exchange, const WorkItem& item) {
    auto found = std::ranges::find(exchange.aborted, item.key, &Completion::key);
    return found == exchange.aborted.end() ? failed_completion(item, exchange.ending.why) : *found;
  }

  // Before the first answer this is how the command is wrong; later it is trouble that may pass, or the question's own.
  bool refused(const Exchange& exchange, Job job) {
    return run_has_answers() ? again(std::move(job), dispatcher_.backoff(4)) : end_run(exchange);
  }

  bool run_has_answers() const { return answered_ || source_.answered_before(); }

  bool end_run(const Exchange& exchange) {
    dispatcher_.fail(usage_error(exchange.ending.why));
    watch_.cancel();
    return false;
  }

  // --- one exchange
  Exchange ask(Job& job, const Slot& slot) {
    Pool& pool = pools_[slot.replica];
    const WorkItem& item = job.items.front();
    const size_t n = n_honoured_ ? job.items.size() : 1;
    Asked asked{dialect_.known(), {}};
    asked.body = request_body(settings_.options.request, asked.dialect, item, static_cast<int>(n));
    auto connection = pool.take();
    Exchange exchange = exchange_over(*connection, item, asked, pool.target().url());
    const size_t before = job.items.size();
    if (exchange.next == Next::deliver)
      deliver(job.items, {exchange, settings_.options.request, asked.dialect, n, job.attempts,
                          pools_.size() > 1 ? pool.target().url().text() : std::string()}, exchange.aborted);
    if (exchange.next == Next::deliver && job.items.size() == before) all_aborted(exchange, pool.target().url());
    if (exchange.next != Next::deliver) traffic_.failed(std::string(name_of(exchange.ending.outcome)));
    pool.give_back(std::move(connection));
    return exchange;
  }

  // An answer of nothing but choices that the server gave up on is none.
  static void all_aborted(Exchange& exchange, const Url& url) {
    exchange.next = Next::retry;
    exchange.ending.outcome = Outcome::failed;
    exchange.ending.why = fmt::format("{}: the server aborted the answer (finish_reason {})", url.text(),
                                      one_line_text(exchange.reply.choices.front().finish_reason));
  }

  // A server may close an idle connection at the moment at which we use it: that is no failure, once.
  Exchange exchange_over(HttpConnection& connection, const WorkItem& item, const Asked& asked, const Url& url) {
    for (;;) {
      traffic_.sent();
      Flight flight(connection, item.key, patience(item));
      ReplyReader reader;
      std::optional<double> ttft;
      HttpReply http;
      {
        Watch::Guard guard(watch_, flight);
        http = connection.send(request_path(settings_.options.request.api), dump_json(asked.body),
                               [&](int status, std::string_view bytes) {
                                 flight.alive();
                                 bool go_on = reader.feed(status, bytes);
                                 if (!ttft && reader.began()) ttft = flight.seconds();
                                 return go_on;
                               });
      }
      bool stale = http.fault == HttpFault::cut && http.status == 0 && http.reused && flight.stopped() == Stopped::no;
      if (stale) continue;
      double seconds = flight.seconds();
      Reply reply = std::move(reader).finish(http.fault != HttpFault::none);
      reply.why = without_words(std::move(reply.why), settings_.secrets);
      reply.error.message = without_words(std::move(reply.error.message), settings_.secrets);
      if (reply.kind == Reply::Kind::broken) connection.close(); // what is left in it may not be an answer
      Exchange exchange = judge(http, std::move(reply), flight.stopped(), asked, dialect_, url);
      exchange.seconds = seconds;
      exchange.ttft = ttft;
      return exchange;
    }
  }

  Patience patience(const WorkItem& item) const {
    const OpenAiOptions& options = settings_.options;
    double total = total_patience(options.first_seconds, item.sampling.max_tokens);
    bool streams = options.request.stream && !dialect_.known().refused.contains("stream");
    return streams ? Patience{options.first_seconds, options.idle_seconds, total} : Patience{total, total, total};
  }

  // Puts the choices and takes their items off the job. aborted: gets those that are no answers.
  void deliver(std::vector<WorkItem>& items, const Answered& answered, std::vector<Completion>& aborted) {
    const size_t choices = std::min(answered.exchange.reply.choices.size(), answered.n);
    if (answered.n > 1 && choices < answered.n && !answered.exchange.reply.cut) ignores_n();
    std::vector<WorkItem> left;
    for (size_t i = 0; i < items.size(); ++i)
      if (i >= choices || !deliver_one(items[i], i, answered, aborted)) left.push_back(std::move(items[i]));
    items = std::move(left);
  }

  // False: the choice is no answer, and its item is still to be had.
  bool deliver_one(const WorkItem& item, size_t i, const Answered& answered, std::vector<Completion>& aborted) {
    const std::string& finish = answered.exchange.reply.choices[i].finish_reason;
    note_unknown(finish);
    Completion completion = completion_of(item, i, answered);
    if (is_aborted(finish)) {
      aborted.push_back(std::move(completion));
      return false;
    }
    answered_ = true;
    traffic_.answered(completion);
    if (source_.wanted(item.key)) sink_.put(std::move(completion));
    return true;
  }

  void note_unknown(const std::string& finish) {
    if (is_known_finish(finish)) return;
    std::lock_guard lock(unknown_mutex_);
    if (unknown_.insert(finish).second)
      say(fmt::format("note: the server says finish_reason {}, which is not known here; such an answer is read as it is", one_line_text(finish)));
  }

  void ignores_n() {
    dialect_.ignored("n");
    if (n_honoured_.exchange(false)) say("note: the server ignores n; one sample is asked for in each request");
  }

  const EndpointSettings& settings_;
  WorkSource& source_;
  CompletionSink& sink_;
  Dialect& dialect_;
  Traffic& traffic_;
  const SampleKey first_;
  Jobs jobs_;
  Watch watch_;
  Dispatcher dispatcher_;
  std::deque<Pool> pools_;
  std::atomic<bool> answered_{false}, n_honoured_{true};
  std::mutex unknown_mutex_; // guards the next
  std::set<std::string> unknown_; // finish reasons
  std::mutex threads_mutex_; // guards the two below
  std::deque<std::thread> threads_;
  bool no_more_threads_ = false;
};

} // namespace

Status run_session(const EndpointSettings& settings, ReplicaProbes probes, WorkSource& source, CompletionSink& sink,
                   Dialect& dialect, Traffic& traffic) {
  auto first = source.next();
  if (!first) return {};
  return Session(settings, source, sink, dialect, traffic, std::move(*first)).run(std::move(probes));
}

} // namespace proctor
