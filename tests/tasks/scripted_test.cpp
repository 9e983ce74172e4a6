// SPDX-License-Identifier: MIT
#include "backends/scripted/scripted.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <doctest/doctest.h>
#include <map>
#include <mutex>

#include "tasks/catalog.h"
#include "tasks/gen/family.h"

using namespace proctor;

namespace {

GeneratedQuestion question_of(std::string_view name, int level, uint64_t seed, uint64_t index) {
  const Family& family = *find_family(name);
  return generate(family, {std::string(name), family.version, level, seed, index});
}

constexpr std::string_view kRequest = "\nPlease reason step by step, and put your final answer within \\boxed{}.";

ScriptedOptions flawless() {
  ScriptedOptions options;
  options.slip = options.truncate = options.no_format = 0;
  return options;
}

class FakeSource : public WorkSource {
 public:
  explicit FakeSource(std::deque<WorkItem> items) : items_(std::move(items)) {}
  std::optional<WorkItem> next() override {
    std::lock_guard lock(mutex_);
    if (items_.empty()) return std::nullopt;
    WorkItem item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  bool wanted(const SampleKey& key) const override { return key.sample_idx != unwanted; }
  void seen(const Grade&) override {}
  std::atomic<int> unwanted = -1;

 private:
  std::mutex mutex_;
  std::deque<WorkItem> items_;
};

class FakeSink : public CompletionSink {
 public:
  void put(Completion completion) override {
    std::lock_guard lock(mutex_);
    done[completion.key] = std::move(completion);
  }
  std::map<SampleKey, Completion> done;

 private:
  std::mutex mutex_;
};

std::deque<WorkItem> items_for(const std::string& task_name, int samples, const TaskOptions& options = {}) {
  auto task = load_task(task_name, options);
  REQUIRE(task);
  std::deque<WorkItem> items;
  for (const Question& question : task->questions)
    for (int sample = 0; sample < samples; ++sample) {
      WorkItem item;
      item.key = {task_name, question.doc_id, sample};
      item.messages = question.messages;
      item.assistant_prefix = question.assistant_prefix;
      item.prompt_hash = prompt_hash(question);
      item.seed = static_cast<uint64_t>(sample) * 1000 + 17;
      items.push_back(std::move(item));
    }
  return items;
}

std::map<SampleKey, Completion> generate(const ScriptedOptions& options, std::deque<WorkItem> items) {
  FakeSource source(std::move(items));
  FakeSink sink;
  CHECK(make_scripted_backend(options)->generate(source, sink));
  return std::move(sink.done);
}

// The last complete box of the answer part.
std::string boxed(std::string_view answer) {
  size_t begin = answer.rfind("\\boxed{");
  size_t end = begin == answer.npos ? begin : answer.find('}', begin);
  return end == answer.npos ? "" : std::string(answer.substr(begin + 7, end - begin - 7));
}

struct Profile {
  double pass1 = 0;
  double maj16 = 0;
};

Profile measure(const std::string& task_name) {
  constexpr int kSamples = 16;
  auto task = load_task(task_name, {});
  REQUIRE(task);
  auto done = generate({}, items_for(task_name, kSamples));
  Profile profile;
  for (const Question& question : task->questions) {
    std::map<std::string, int> votes;
    for (int sample = 0; sample < kSamples; ++sample)
      ++votes[boxed(done[{task_name, question.doc_id, sample}].answer_text)];
    profile.pass1 += votes[question.target] / static_cast<double>(kSamples);
    votes.erase("");
    auto top = std::max_element(votes.begin(), votes.end(), [](auto& a, auto& b) { return a.second < b.second; });
    profile.maj16 += top->first == question.target ? 1 : 0;
  }
  const auto n = static_cast<double>(task->questions.size());
  return {profile.pass1 / n, profile.maj16 / n};
}

} // namespace

TEST_CASE("without slips it solves the arithmetic, programs and orders that it knows, from the printed text") {
  for (const char* name : {"arith", "trace", "order"})
    for (int level = 1; level <= find_family(name)->levels; ++level)
      for (uint64_t index = 0; index < 200; ++index) {
        GeneratedQuestion question = question_of(name, level, 21, index);
        ScriptedReply reply = scripted_reply(question.text + std::string(kRequest), false, index, flawless());
        if (boxed(reply.text) != question.answer) FAIL_CHECK(question.text << "\n" << reply.text);
      }
}

TEST_CASE("it says so when it cannot read a question") {
  for (std::string_view prompt :
       {"", "What is the capital of Peru?", "Work out the exact value of happiness.", "Let x be odd. What is odd?",
        "Who is it?", "Program print\n\nif", "What does this Python program print?\n\nimport os\nprint(os)"}) {
    ScriptedReply reply = scripted_reply(prompt, false, 1, {});
    CHECK(reply.text.ends_with("I cannot read this question."));
    CHECK(!reply.cut);
  }
}

TEST_CASE("a reply is a function of seed and prompt") {
  std::string prompt = question_of("arith", 3, 0, 0).text;
  CHECK(scripted_reply(prompt, false, 5, {}).text == scripted_reply(prompt, false, 5, {}).text);
  std::map<std::string, int> texts;
  for (uint64_t seed = 0; seed < 50; ++seed) ++texts[scripted_reply(prompt, false, seed, {}).text];
  CHECK(texts.size() > 10);
}

TEST_CASE("workers and their order change nothing") {
  ScriptedOptions many;
  many.workers = 8;
  auto items = items_for("gen/order", 3);
  auto one_by_one = generate({}, items);
  std::reverse(items.begin(), items.end());
  auto together = generate(many, items);
  REQUIRE(one_by_one.size() == items.size());
  REQUIRE(together.size() == items.size());
  for (const auto& [key, completion] : one_by_one) CHECK(together[key].text == completion.text);
}

TEST_CASE("a completion carries its item's key, hash and seed, its split and its tokens") {
  auto items = items_for("gen/arith", 1);
  WorkItem item = items.front();
  auto done = generate(flawless(), {item});
  const Completion& completion = done.at(item.key);
  CHECK(completion.prompt_hash == item.prompt_hash);
  CHECK(completion.seed == item.seed);
  CHECK(completion.finish_reason == FinishReason::stop);
  CHECK(completion.status == CompletionStatus::complete);
  CHECK(!completion.reasoning.empty());
  CHECK(completion.answer_text.find("boxed") != std::string::npos);
  CHECK(*completion.usage.prompt_tokens > 20);
  CHECK(*completion.usage.reasoning_tokens > 0);
  CHECK(*completion.usage.completion_tokens > *completion.usage.reasoning_tokens);
  CHECK(!completion.seconds);
}

TEST_CASE("the token limit cuts a completion off") {
  auto items = items_for("gen/arith", 1);
  items.front().sampling.max_tokens = 7;
  auto done = generate(flawless(), {items.front()});
  const Completion& completion = done.begin()->second;
  CHECK(completion.finish_reason == FinishReason::length);
  CHECK(completion.status == CompletionStatus::truncated_thinking);
  CHECK(completion.usage.completion_tokens == 7);
}

TEST_CASE("cut off and unformatted completions come as often as asked for") {
  ScriptedOptions options = flawless();
  options.truncate = 1;
  std::string prompt = question_of("trace", 2, 0, 0).text + std::string(kRequest);
  CHECK(scripted_reply(prompt, false, 1, options).cut);
  options = flawless();
  options.no_format = 1;
  ScriptedReply reply = scripted_reply(prompt, false, 1, options);
  CHECK(reply.text.find("boxed") == std::string::npos);
  CHECK(reply.text.find("So the answer is " + question_of("trace", 2, 0, 0).answer) != std::string::npos);
}

TEST_CASE("it keeps to the R1-Zero template and to a prompt that opened the thinking") {
  TaskOptions zero;
  zero.prompt_style = PromptStyle::r1_zero;
  zero.limit = 8;
  for (const char* name : {"gen/arith", "gen/trace", "gen/order"}) {
    auto task = load_task(name, zero);
    REQUIRE(task);
    auto done = generate(flawless(), items_for(name, 1, zero));
    for (const Question& question : task->questions) {
      const Completion& completion = done.at({name, question.doc_id, 0});
      CHECK(completion.text.starts_with("<think>"));
      CHECK(completion.text.ends_with("<answer> " + question.target + " </answer>"));
    }
  }
  std::string prompt = question_of("arith", 1, 0, 0).text;
  CHECK(!scripted_reply(prompt, true, 1, flawless()).text.starts_with("<think>"));
}

TEST_CASE("a sample that nobody wants any more is dropped") {
  auto items = items_for("gen/arith/1", 2);
  FakeSource source(items);
  FakeSink sink;
  source.unwanted = 1;
  CHECK(make_scripted_backend({})->generate(source, sink));
  CHECK(sink.done.size() == items.size() / 2);
  for (const auto& [key, completion] : sink.done) CHECK(key.sample_idx == 0);
}

TEST_CASE("at a given speed a completion takes its seconds") {
  ScriptedOptions options = flawless();
  options.tokens_per_second = 20000;
  auto items = items_for("gen/arith/1", 1);
  auto done = generate(options, {items.front()});
  const Completion& completion = done.begin()->second;
  REQUIRE(completion.seconds);
  CHECK(*completion.seconds == doctest::Approx(static_cast<double>(*completion.usage.completion_tokens) / 20000));
}

TEST_CASE("its profile is a plausible model's: votes help and levels tell") {
  for (const char* name : {"gen/arith", "gen/trace", "gen/order"}) {
    Profile profile = measure(name);
    MESSAGE(std::string(name) << ": pass@1 " << profile.pass1 << ", maj@16 " << profile.maj16);
    CHECK(profile.pass1 > 0.35);
    CHECK(profile.pass1 < 0.85);
    CHECK(profile.maj16 > profile.pass1 + 0.05);
    CHECK(measure(std::string(name) + "/1").pass1 > measure(std::string(name) + "/4").pass1 + 0.05);
  }
}

TEST_CASE("it describes itself as what it is, and its options are part of its digest") {
  ScriptedOptions worse;
  worse.slip = 0.5;
  ScriptedOptions busier;
  busier.workers = 4;
  Description description = make_scripted_backend({})->describe();
  CHECK(description.name == "scripted");
  CHECK(description.note.find("not a neural model") != std::string::npos);
  CHECK(description.digest != make_scripted_backend(worse)->describe().digest);
  CHECK(description.digest == make_scripted_backend(busier)->describe().digest);
}

TEST_CASE("options out of range are refused by name") {
  ScriptedOptions options;
  CHECK(validate(options));
  options.slip = 1.5;
  CHECK(validate(options).error().message == "slip 1.5: expected a probability, 0 to 1");
  options = {};
  options.workers = 0;
  CHECK(validate(options).error().message == "workers 0: expected 1 to 1024");
  options = {};
  options.tokens_per_second = -1;
  CHECK(validate(options).error().exit == ExitCode::usage);
}
