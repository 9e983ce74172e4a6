// SPDX-License-Identifier: MIT
#include "harness/runner.h"

#include <algorithm>
#include <chrono>
#include <doctest/doctest.h>
#include <fstream>
#include <map>
#include <semaphore>
#include <thread>

#include "tests/fakes.h"
#include "tests/temp_dir.h"

using namespace proctor;

namespace {

// One run directory with its log, ready to be run (again).
struct RunFixture {
  TempDir dir;
  Task task;
  std::stop_source stop;
  SilentObserver observer;
  RunnerOptions options;
  std::function<void()> before_opening = [] {};

  explicit RunFixture(int n_questions, std::unique_ptr<Grader> grader = std::make_unique<EqualsGrader>())
      : task(echo_task("t", n_questions, std::move(grader))) {
    dir.write("run.json", "{}");
    options.graders = 2;
  }

  GradingTable table() {
    GradingTable result;
    for (const Question& question : task.questions) result.add(task, question);
    return result;
  }

  LoggedState state() {
    auto logged = read_logged_state(dir.path(), table());
    REQUIRE(logged.has_value());
    return std::move(*logged);
  }

  Status run(Backend& backend, int n) {
    LoggedState before = state();
    before_opening();
    auto log = RunLog::open(dir.path(), "id", {});
    REQUIRE(log.has_value());
    PlanSource source({{&task, std::vector<int>(task.questions.size(), n), {}}}, {}, 0, {}, before.samples,
                      stop.get_token());
    const GradingTable graded = table();
    Runner runner(*log, record_file(dir.path(), "samples", {}), graded, &source, observer, stop, options);
    Status generated = runner.generate(backend);
    Status finished = runner.finish();
    return generated ? finished : generated;
  }

  // How often each key stands in the log.
  std::map<SampleKey, int> counts(bool grades) {
    std::map<SampleKey, int> seen;
    auto reader = RunReader::open(dir.path());
    REQUIRE(reader.has_value());
    Status status =
        grades ? reader->grades([&](Grade&& grade, const RecordPlace&) {
          ++seen[grade.key];
          return Status();
        })
               : reader->samples(RecordParser::Texts::skip, [&](Completion&& completion, const RecordPlace&) {
                   ++seen[completion.key];
                   return Status();
                 });
    REQUIRE(status.has_value());
    return seen;
  }
};

bool all_once(const std::map<SampleKey, int>& counts) {
  return std::all_of(counts.begin(), counts.end(), [](auto& entry) { return entry.second == 1; });
}

} // namespace

TEST_CASE("every planned sample is logged and graded once, whatever the threads") {
  for (int threads : {1, 4}) {
    RunFixture fixture(50);
    EchoBackend backend(threads);
    REQUIRE(fixture.run(backend, 4));
    CHECK(fixture.counts(false).size() == 200);
    CHECK(all_once(fixture.counts(false)));
    CHECK(fixture.counts(true).size() == 200);
    CHECK(all_once(fixture.counts(true)));
    CHECK(fixture.observer.n_correct == 200);
  }
}

TEST_CASE("a second run generates nothing, a wider one only what is missing") {
  RunFixture fixture(5);
  EchoBackend backend;
  REQUIRE(fixture.run(backend, 8));
  REQUIRE(fixture.run(backend, 8));
  CHECK(fixture.observer.n_completed == 40);
  REQUIRE(fixture.run(backend, 64));
  CHECK(fixture.observer.n_completed == 320);
  CHECK(all_once(fixture.counts(false)));
}

TEST_CASE("an error record is not done: the next run asks again and the answer counts") {
  RunFixture fixture(3);
  EchoBackend backend;
  backend.change = [](Completion& completion) {
    if (completion.key.doc_id == "1") completion.status = CompletionStatus::error;
  };
  REQUIRE(fixture.run(backend, 1));
  CHECK(fixture.state().samples.size() == 2);
  backend.change = nullptr;
  REQUIRE(fixture.run(backend, 1));
  CHECK(fixture.observer.n_completed == 4);
  CHECK(fixture.counts(false)[{"t", "1", 0}] == 2);
  CHECK(fixture.state().samples.size() == 3);
}

TEST_CASE("a grade whose sample is lost is never that of the sample generated in its place") {
  RunFixture fixture(3);
  EchoBackend backend;
  REQUIRE(fixture.run(backend, 2));
  const std::string dir = fixture.dir.path();
  const std::string samples = TempDir::read(dir + "/samples.jsonl");
  std::istringstream lines(samples);
  std::string kept;
  for (std::string line; std::getline(lines, line);)
    if (line.find("\"doc_id\":\"1\"") == line.npos) kept += line + "\n";
  fixture.dir.write("samples.jsonl", kept);
  CHECK(fixture.state().n_lost_grades == 2);

  CHECK(*set_aside_lost_grades(dir, {1, 2}, fixture.state().samples) == 0); // another's file
  CHECK(*set_aside_lost_grades(dir, {}, fixture.state().samples) == 2);
  CHECK(TempDir::read(dir + "/grades.1.jsonl") != TempDir::read(dir + "/grades.jsonl"));
  CHECK(fixture.counts(true).size() == 4);
  CHECK(fixture.state().n_lost_grades == 0);

  fixture.dir.write("samples.jsonl", samples); // as if it were generated again and killed before it was graded
  CHECK_FALSE(fixture.state().graded({"t", "1", 0}, "none"));
  CHECK(fixture.state().graded({"t", "2", 0}, "none"));
}

TEST_CASE("a slow grader never holds up the backend: samples wait in the journal") {
  auto grader = std::make_unique<EqualsGrader>();
  std::counting_semaphore<1000> may_grade(0);
  grader->before_grading = [&] { may_grade.acquire(); };
  RunFixture fixture(40, std::move(grader));
  fixture.options.memory_bytes = 8000; // a few samples
  EchoBackend backend;
  backend.change = [](Completion& completion) { completion.text = std::string(2000, 'x'); };
  std::jthread release([&] {
    // Nothing is graded before everything is generated; a backend that waited for graders would never get there.
    while (fixture.observer.n_completed < 40) std::this_thread::yield();
    may_grade.release(40);
  });
  REQUIRE(fixture.run(backend, 1));
  CHECK(fixture.observer.n_graded == 40);
  CHECK(fixture.observer.n_correct == 40); // those read back from the journal too
}

TEST_CASE("a backend that waits for graders is never far ahead of them") {
  auto grader = std::make_unique<EqualsGrader>();
  std::function<void()>& before_grading = grader->before_grading;
  RunFixture fixture(40, std::move(grader));
  std::atomic<int> most = 0;
  before_grading = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    most = std::max<int>(most, fixture.observer.n_completed - fixture.observer.n_graded);
  };
  fixture.options.memory_bytes = 8000;
  EchoBackend backend;
  backend.change = [](Completion& completion) { completion.text = std::string(2000, 'x'); };
  backend.waits = true;
  REQUIRE(fixture.run(backend, 1));
  CHECK(fixture.observer.n_correct == 40);
  CHECK(most <= 4); // half of memory holds one and a half
}

TEST_CASE("after a stop everything finished is on disk and the next run does the rest") {
  RunFixture fixture(100);
  EchoBackend backend;
  backend.change = [&, n = 0](Completion&) mutable {
    if (++n == 30) fixture.stop.request_stop();
  };
  REQUIRE(fixture.run(backend, 1));
  CHECK(fixture.counts(false).size() == 30);
  fixture.stop = std::stop_source();
  backend.change = nullptr;
  REQUIRE(fixture.run(backend, 1));
  CHECK(fixture.counts(false).size() == 100);
  CHECK(all_once(fixture.counts(false)));
}

TEST_CASE("a full disk stops the run with an infrastructure error and without hanging") {
  RunFixture fixture(1000);
  fixture.before_opening = [&] {
    std::filesystem::create_symlink("/dev/full", fixture.dir.path() + "/grades.jsonl");
  };
  EchoBackend backend(2);
  Status status = fixture.run(backend, 1);
  REQUIRE(!status);
  CHECK(status.error().exit == ExitCode::infrastructure);
  CHECK(status.error().message.find("No space left") != std::string::npos);
}

namespace {

// Wants nothing and remembers what it was told.
struct Listener : WorkSource {
  std::optional<WorkItem> next() override { return std::nullopt; }
  bool wanted(const SampleKey&) const override { return true; }
  void seen(const Grade& grade) override { told.emplace_back(grade.key, grade.verdict); }
  std::vector<std::pair<SampleKey, Verdict>> told;
};

} // namespace

TEST_CASE("what earlier sessions graded is told to the source again, each grade once, stale ones never") {
  RunFixture fixture(3);
  EchoBackend backend;
  backend.change = [](Completion& completion) {
    if (completion.key.doc_id == "1") completion.answer_text = "wrong";
  };
  REQUIRE(fixture.run(backend, 2));
  const std::string journal = fixture.dir.path() + "/grades.jsonl";
  std::string first;
  std::getline(std::ifstream(journal), first);
  std::ofstream(journal, std::ios::app) << first << "\n"; // of two grades of one sample the first counts

  Listener source;
  REQUIRE(replay_grades(fixture.dir.path(), fixture.table(), fixture.state(), source));
  std::sort(source.told.begin(), source.told.end());
  std::vector<std::pair<SampleKey, Verdict>> wanted;
  for (const char* doc_id : {"0", "1", "2"})
    for (int i : {0, 1}) wanted.push_back({{"t", doc_id, i}, doc_id[0] == '1' ? Verdict::incorrect : Verdict::correct});
  CHECK(source.told == wanted);

  fixture.task.questions[0].target = "another"; // its grades are stale now
  source.told.clear();
  REQUIRE(replay_grades(fixture.dir.path(), fixture.table(), fixture.state(), source));
  CHECK(source.told.size() == 4);
}
