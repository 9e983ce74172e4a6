// SPDX-License-Identifier: MIT
#include "reports/published.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "harness/random.h"
#include "harness/text/ascii.h"
#include "reports/html.h"
#include "reports/markdown.h"
#include "reports/results_json.h"
#include "reports/table.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

constexpr char kModel[] = "DeepSeek-R1-Distill-Qwen-7B";

std::string guessed(std::string_view name) {
  const PublishedModel* model = guess_published_model(name);
  return model == nullptr ? "" : model->name;
}

// AIME 2024 as the protocol r1 asks it: `correct` of 64 answers to each of 30 questions are right.
struct AimeRun {
  RunFixture run;
  int questions = 30, samples = 64;

  explicit AimeRun(const std::string& model = kModel) {
    run.run = {{"model", {{"name", model}}},
               {"options", {{"preset", "r1"}, {"sampling", {{"temperature", 0.6}, {"top_p", 0.95}, {"top_k", 0}, {"min_p", 0.0}, {"max_tokens", 32768}}}}},
               {"tasks", {{"aime24", {{"version", "1"}, {"shots", 0}}}}}};
  }

  Summary with_correct(int correct) {
    run.plan("aime24", questions, samples);
    for (int q = 0; q < questions; ++q) {
      run.question("aime24", std::to_string(q));
      for (int i = 0; i < samples; ++i)
        run.answer("aime24", std::to_string(q), i, i < correct ? Verdict::correct : Verdict::incorrect, i < correct ? "7" : std::to_string(100 + i));
    }
    return run.fold();
  }
};

const PublishedComparison& pass_1(const Summary& summary) {
  REQUIRE(!summary.published.empty());
  CHECK(summary.published.front().metric == "pass@1");
  return summary.published.front();
}

std::string oracle_benchmark(std::string name) {
  const std::map<std::string, std::string> kNames = {{"AIME24 pass@1", "AIME 2024 pass@1"},     {"AIME24 cons@64", "AIME 2024 cons@64"},
                                                     {"MATH-500", "MATH-500 pass@1"},            {"GPQA-D", "GPQA Diamond pass@1"},
                                                     {"LCB", "LiveCodeBench pass@1-CoT"},        {"Codeforces", "Codeforces rating"}};
  auto known = kNames.find(name);
  return known == kNames.end() ? name : known->second;
}

using Numbers = std::set<std::tuple<std::string, std::string, double>>; // model, benchmark, value

// The tables of the report, and what only its second version and Nature say.
Numbers oracle_numbers(const Json& oracle) {
  Numbers numbers;
  const Json& headline = oracle["headline_table"];
  for (auto& [benchmark, values] : headline["rows"].items())
    for (size_t i = 0; i < values.size(); ++i)
      if (!values[i].is_null()) numbers.emplace(headline["columns"][i], benchmark, values[i]);
  for (const char* table : {"r1_zero_table", "distill_table"})
    for (auto& [model, values] : oracle[table].items()) {
      if (!values.is_array() || model == "source" || model == "columns") continue;
      const std::string name = model.substr(0, model.find(" ("));
      for (size_t i = 0; i < values.size(); ++i)
        if (!values[i].is_null()) numbers.emplace(name, oracle_benchmark(oracle[table]["columns"][i]), values[i]);
    }
  const Json &zero = oracle["r1_zero_nature"], &more = oracle["r1_more"];
  numbers.emplace("DeepSeek-R1-Zero", "AIME 2024 pass@1 (step 10,400)", zero["AIME24 pass@1 end"]);
  numbers.emplace("DeepSeek-R1-Zero", "GPQA Diamond pass@1 (step 10,400)", zero["GPQA-D"]);
  numbers.emplace("DeepSeek-R1-Zero", "Codeforces percentile", zero["Codeforces percentile"]);
  numbers.emplace("DeepSeek-R1-Zero", "CNMO 2024 pass@1", zero["CNMO 2024"]);
  numbers.emplace("DeepSeek-R1", "AIME 2024 pass@64", more["AIME24 pass@64"]);
  numbers.emplace("DeepSeek-R1", "AIME 2024 cons@64", more["AIME24 majority vote"]);
  numbers.emplace("DeepSeek-R1", "AIME 2025 pass@1", more["AIME25 pass@1 (percent)"]);
  return numbers;
}

std::optional<Json> oracle() {
  const char* data = std::getenv("PROCTOR_TEST_DATA");
  if (data == nullptr) {
    MESSAGE("skipped: PROCTOR_TEST_DATA not set");
    return std::nullopt;
  }
  std::ifstream file(std::string(data) + "/oracles/r1_numbers.json");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  auto json = parse_json(text, "r1_numbers.json");
  REQUIRE(json);
  return *json;
}

} // namespace

TEST_CASE("the published numbers are those of the report's tables, all of them and no others") {
  const auto json = oracle();
  if (!json) return;
  const Numbers wanted = oracle_numbers(*json);
  Numbers held;
  for (const PublishedModel& model : published().models)
    for (const PublishedNumber& number : model.numbers) held.emplace(model.name, number.benchmark, number.value);
  CHECK(wanted.size() > 180);
  for (const auto& [model, benchmark, value] : wanted) CHECK_MESSAGE(held.contains({model, benchmark, value}), model << " " << benchmark << " " << value);
  for (const auto& [model, benchmark, value] : held) CHECK_MESSAGE(wanted.contains({model, benchmark, value}), model << " " << benchmark << " " << value);
}

TEST_CASE("the protocol r1 is the report's") {
  const auto json = oracle();
  if (!json) return;
  const Json& wanted = (*json)["eval_protocol"];
  const Protocol* r1 = find_protocol("r1");
  REQUIRE(r1);
  CHECK(*r1->temperature == wanted["temperature"].get<double>());
  CHECK(*r1->top_p == wanted["top_p"].get<double>());
  CHECK(*r1->max_tokens == wanted["max_generation_tokens"].get<int>());
  const std::map<std::string, std::string> kTasks = {{"AIME 2024", "aime24"}, {"GPQA Diamond", "gpqa_diamond"}, {"MATH-500", "math500"}, {"Codeforces", "codeforces"}, {"LiveCodeBench", "livecodebench"}};
  for (auto& [benchmark, samples] : wanted["samples_per_question_v2"].items()) {
    CAPTURE(benchmark);
    CHECK(*r1->tasks.at(kTasks.at(benchmark)).samples == samples.get<int>());
  }
}

TEST_CASE("every published number of a task is of a metric that proctor has") {
  for (const PublishedModel& model : published().models)
    for (const PublishedNumber& number : model.numbers) {
      CAPTURE(number.benchmark);
      CHECK(number.task.empty() == number.metric.empty());
      CHECK_FALSE(number.source.empty());
      if (!number.task.empty()) CHECK((number.value > 0 && number.value <= 100));
      CHECK((model.protocol.empty() || find_protocol(model.protocol) != nullptr));
    }
}

TEST_CASE("a model's name means a published model when there is no doubt") {
  for (const char* name : {kModel, "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "/models/DeepSeek-R1-Distill-Qwen-7B/", "deepseek_r1_distill_qwen_7b",
                           "DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf", "DeepSeek-R1-Distill-Qwen-7B.i1-IQ4_XS.gguf", "unsloth/DeepSeek-R1-Distill-Qwen-7B-GGUF",
                           "DeepSeek-R1-Distill-Qwen-7B-bf16", "DeepSeek-R1-Distill-Qwen-7B-AWQ"}) {
    CAPTURE(name);
    const bool imatrix = std::string_view(name).find("i1") != std::string_view::npos;
    CHECK(guessed(name) == (imatrix ? "" : kModel)); // "i1" is no kind of storage that is known
  }
  CHECK(guessed("DeepSeek-R1") == "DeepSeek-R1");
  CHECK(guessed("deepseek-reasoner") == "DeepSeek-R1");
  CHECK(guessed("o1-mini") == "OpenAI-o1-mini");
  for (const char* name : {"DeepSeek-R1-0528", "DeepSeek-R1-0528-Qwen3-8B", "DeepSeek-R1-Distill-Qwen-7B-abliterated", "my-DeepSeek-R1", "DeepSeek-R1-Distill", "demo", "", "/", "gguf"})
    CHECK_MESSAGE(guessed(name).empty(), name);
}

TEST_CASE("a reference is found in any spelling, and an unknown one is answered with the nearest") {
  auto model = find_published_model("deepseek_r1_distill_qwen_7b");
  REQUIRE(model);
  CHECK((*model)->name == kModel);
  auto unknown = find_published_model("DeepSeek-R1-Distil-Qwen-7B");
  REQUIRE(!unknown);
  CHECK(unknown.error().exit == ExitCode::usage);
  CHECK(unknown.error().message.find("did you mean DeepSeek-R1-Distill-Qwen-7B") != std::string::npos);
  CHECK(find_published_model("grok-3").error().message.find("there are Claude-3.5-Sonnet-1022, ") != std::string::npos);
}

TEST_CASE("a run by the published protocol is within, below or above what its questions and samples allow") {
  const Summary same = AimeRun().with_correct(35); // 54.7 %, published 55.5 %
  const PublishedComparison& one = pass_1(same);
  CHECK(one.standing == Standing::within);
  CHECK(one.published == doctest::Approx(0.555));
  CHECK(one.value == doctest::Approx(35.0 / 64));
  CHECK(one.samples == 64);
  const Metric& metric = *find_metric(same.tasks[0].slots[0], "pass@1");
  const double own = metric.rerun->hi - metric.value; // 64 samples against 64: twice the variance
  CHECK(*one.allowance == doctest::Approx(own * std::sqrt(2.0) + 0.0005).epsilon(0.005));
  CHECK(pass_1(AimeRun().with_correct(25)).standing == Standing::below);
  CHECK(pass_1(AimeRun().with_correct(45)).standing == Standing::above);
}

TEST_CASE("a score of 100 % leaves the published number its own error") {
  const Interval all = wilson(1, 30, 1.96);
  CHECK(chance_difference(1, all, 0.833, 1) == doctest::Approx(std::hypot(1 - all.lo, wilson(0.833, 30, 1.96).hi - 0.833)).epsilon(0.001));
  CHECK(chance_difference(1, all, 0.833, 0) == doctest::Approx(1 - all.lo));
}

TEST_CASE("fewer samples allow a larger difference") {
  AimeRun few;
  few.samples = 4;
  const Summary summary = few.with_correct(2);
  const PublishedComparison& one = pass_1(summary);
  CHECK(one.standing == Standing::within); // 50 %
  CHECK(*one.allowance > 0.05);
  AimeRun single;
  single.samples = 1;
  const Summary once = single.with_correct(1); // no variance can be seen
  CHECK(pass_1(once).allowance.has_value());
}

TEST_CASE("chance alone is called more than chance in about one run of twenty") {
  SplitMix64 random(3);
  int apart = 0;
  constexpr int kRuns = 400, kSamples = 16;
  for (int run = 0; run < kRuns; ++run) {
    double published_mean = 0;
    std::vector<Observation> questions;
    for (int q = 0; q < 30; ++q) {
      const double p = random.uniform();
      int theirs = 0, ours = 0;
      for (int i = 0; i < 64; ++i) theirs += random.uniform() < p;
      for (int i = 0; i < kSamples; ++i) ours += random.uniform() < p;
      published_mean += theirs / 64.0 / 30;
      const double share = static_cast<double>(ours) / kSamples;
      questions.push_back({share, kSamples, share * (1 - share) / (kSamples - 1), ""});
    }
    double mean = 0;
    for (const Observation& question : questions) mean += question.value / 30;
    const auto interval = rerun_interval(questions);
    REQUIRE(interval);
    apart += std::abs(published_mean - mean) > chance_difference(mean, *interval, published_mean, 64.0 / kSamples);
  }
  MESSAGE(apart << " of " << kRuns << " called apart");
  CHECK(apart <= 0.09 * kRuns);
  CHECK(apart >= 0.02 * kRuns);
}

TEST_CASE("nothing is concluded from a run that was made in another way, and it is said in which") {
  auto differs = [](auto change, int questions = 30) {
    AimeRun aime;
    aime.questions = questions;
    change(aime.run.run);
    const Summary summary = aime.with_correct(35);
    const PublishedComparison& one = pass_1(summary);
    CHECK(one.standing == Standing::not_comparable);
    CHECK_FALSE(one.allowance.has_value());
    CHECK(comparison_text(one).find("not comparable: ") != std::string::npos);
    return fmt::format("{}", fmt::join(one.differs, "; "));
  };
  CHECK(differs([](Json& run) { run["options"]["sampling"]["temperature"] = 0; }) == "temperature 0 instead of 0.6");
  CHECK(differs([](Json& run) { run["options"]["sampling"]["top_p"] = 1.0; }) == "top-p 1 instead of 0.95");
  CHECK(differs([](Json& run) { run["options"]["sampling"]["max_tokens"] = 4096; }) == "at most tokens: 4096 instead of 32768");
  CHECK(differs([](Json& run) { run["options"]["sampling"]["top_k"] = 20; }) == "top-k 20 instead of 0");
  CHECK(differs([](Json& run) { run["options"]["system"] = "Be brief."; }) == "with system text");
  CHECK(differs([](Json& run) { run["options"]["preset"] = "r1-zero"; }) == "asked in the R1-Zero template");
  CHECK(differs([](Json& run) { run["tasks"]["aime24"]["shots"] = 4; }) == "4 worked examples");
  CHECK(differs([](Json& run) { run["tasks"]["aime24"]["version"] = "2"; }) == "version 2 of the task instead of 1");
  CHECK(differs([](Json&) {}, 10) == "10 instead of 30 questions");
  CHECK(differs([](Json& run) { run["options"].erase("sampling"); }) == "how it was sampled is not known");
  CHECK(differs([](Json& run) { run["model"]["name"] = "DeepSeek-R1-Zero"; }) == "not asked in the R1-Zero template (--preset r1-zero)");
  CHECK(differs([](Json& run) { run["model"]["name"] = "OpenAI-o1-mini"; }) == "how it was asked is not published");
}

TEST_CASE("recorded answers are comparable when a preset says how they were made") {
  AimeRun silent("outputs"), said("outputs");
  for (AimeRun* aime : {&silent, &said}) {
    aime->run.run["model"]["details"]["backend"] = "recorded";
    aime->run.run["options"]["reference"] = kModel;
    aime->run.run["options"]["sampling"]["temperature"] = 0.1; // of no meaning: they were made elsewhere
  }
  silent.run.run["options"]["preset"] = "";
  CHECK(pass_1(silent.with_correct(35)).differs.at(0).starts_with("how recorded answers were sampled is not known (--preset r1"));
  const Summary summary = said.with_correct(35);
  CHECK(pass_1(summary).standing == Standing::within);
  CHECK(write_markdown(summary).find("temperature") == std::string::npos); // no report says what it does not know
  CHECK_FALSE(results_json(summary)["config"].contains("gen_kwargs"));
}

TEST_CASE("a task file's task of the same name is another task") {
  AimeRun aime;
  aime.run.run["tasks"]["aime24"]["task_file"] = {{"path", "aime24.json"}};
  CHECK(aime.with_correct(35).published.empty());
}

TEST_CASE("every report shows the published number and what follows, and none shows anything where nothing is published") {
  const Summary summary = AimeRun().with_correct(35);
  const std::string text = comparison_text(pass_1(summary));
  CHECK(text.starts_with("published 55.5% (DeepSeek-R1-Distill-Qwen-7B, pass@1 of 64 samples; report v1, table 5), this run 54.7% [52.4, 56.9]: within what 30 questions and 64 samples allow (3.2 points)"));
  const std::string table = write_table(summary, {});
  CHECK(table.find("aime24: published 55.5%") != std::string::npos);
  CHECK(table.find("pass@1 of 64 samples") != std::string::npos);
  CHECK(table.find("published 83.3%") != std::string::npos); // maj@64
  CHECK(write_markdown(summary).find("- aime24: published 55\\.5%") != std::string::npos);
  const std::string page = write_html(summary);
  CHECK(page.find("Beside published numbers") != std::string::npos);
  CHECK(page.find("within (± 3.2 points)") != std::string::npos);
  const Json list = results_json(summary)["proctor"]["published"]["aime24"];
  REQUIRE(list.size() == 2);
  CHECK(list[0]["standing"] == "within");
  CHECK(list[0]["metric"] == "pass@1,none");
  CHECK(list[0]["published"] == 0.555);
  CHECK(list[0]["samples"] == 64);
  CHECK(list[1]["metric"] == "maj@64,none");
  const Summary other = AimeRun("demo").with_correct(35);
  CHECK_FALSE(results_json(other)["proctor"].contains("published"));
  CHECK(write_table(other, {}).find("published") == std::string::npos);
  CHECK(write_html(other).find("published numbers") == std::string::npos);
}
