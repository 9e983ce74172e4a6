// SPDX-License-Identifier: MIT
#include "tasks/catalog.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

#include "tests/temp_dir.h"

using namespace proctor;

namespace {

// Nothing is found but what a test names itself.
void forget_data() {
  unsetenv("PROCTOR_DATA");
  setenv("PROCTOR_CACHE", "/nowhere", 1);
}

// The names a name stands for, or the error.
std::string resolved(std::string_view name) {
  auto names = resolve_task(name);
  if (names) return fmt::format("{}", fmt::join(*names, " "));
  CHECK(names.error().exit == ExitCode::usage);
  return names.error().message;
}

std::string ids_of(const Task& task) {
  std::string ids;
  for (const Question& question : task.questions) ids += (ids.empty() ? "" : " ") + question.doc_id;
  return ids;
}

// The ids that a load gives, or the error.
std::string loaded(const std::string& name, const TaskOptions& options) {
  auto task = load_task(name, options);
  if (task) return ids_of(*task);
  CHECK(task.error().exit == ExitCode::usage);
  return task.error().message;
}

TaskOptions with_limit(double limit) {
  TaskOptions options;
  options.limit = limit;
  return options;
}

// Ten questions with the ids q0 to q9.
TaskOptions ten_questions(const TempDir& dir) {
  std::string rows;
  for (int i = 0; i < 10; ++i)
    rows += fmt::format("{{\"id\":\"q{}\",\"problem\":\"{} + 1?\",\"answer\":{}}}\n", i, i, i + 1);
  TaskOptions options;
  options.data.files["aime24"] = dir.write("ten.jsonl", rows);
  return options;
}

} // namespace

TEST_CASE("a task is known by every spelling of its name") {
  for (std::string_view name : {"aime24", "AIME24", "aime_24", "aime-24", "aime2024", "AIME_2024", " aime24 "})
    CHECK(resolved(name) == "aime24");
  for (std::string_view name : {"math500", "math_500", "MATH-500", "MATH500"}) CHECK(resolved(name) == "math500");
  CHECK(resolved("math") == "math");
  CHECK(resolved("bbh/navigate") == "bbh/navigate");
  CHECK(resolved("BBH:Navigate") == "bbh/navigate");
  CHECK(resolved("kk") == "knights_knaves");
  CHECK(resolved("knights-knaves/3") == "knights_knaves/3");
  CHECK(resolved("gen/arith") == "gen/arith");
  CHECK(resolved("GEN/Arith/2") == "gen/arith/2");
}

TEST_CASE("a group stands for its tasks") {
  CHECK(resolved("gen") == "gen/arith gen/story gen/remainder gen/crt gen/recur gen/polygon gen/floorsum "
                           "gen/trace gen/func gen/strings gen/stdio gen/pairs gen/invert gen/fix "
                           "gen/order gen/knights gen/walk gen/swap gen/survey gen/boxes gen/kin");
  CHECK(resolve_task("gen/4")->size() == 21);
  CHECK(resolved("gen/5") == "gen/arith/5 gen/remainder/5 gen/trace/5");
  CHECK(resolved("@code") == "gen/trace gen/func gen/strings gen/stdio gen/pairs gen/invert gen/fix humaneval humaneval_plus mbpp mbpp_plus livecodebench code_contests codeforces humaneval_cpp leetcode cruxeval_o cruxeval_i");
  CHECK(resolved("@math") ==
        "gen/arith gen/story gen/remainder gen/crt gen/recur gen/polygon gen/floorsum aime24 aime25 amc23 gsm8k math500 minerva_math olympiadbench gaokao2023en olymmath/easy olymmath/hard aqua hmmt");
  CHECK(resolved("@r1") == "aime24 math500 livecodebench gpqa_diamond mmlu_pro");
  CHECK(resolved("olymmath") == "olymmath/easy olymmath/hard");
  CHECK(resolved("gpqa:diamond") == "gpqa_diamond");
  CHECK(resolved("@maths") == resolved("@math"));
  CHECK(resolve_task("bbh")->size() == 27);
  CHECK(resolve_task("@logic")->size() == 7 + 1 + 27 + 10);
}

TEST_CASE("an unknown task is answered with the nearest names") {
  CHECK(resolved("aime26").starts_with("unknown task aime26; did you mean aime2"));
  CHECK(resolved("bbh/navigat").find("bbh/navigate") != std::string::npos);
  for (std::string_view name : {"gen/arith/0", "gen/arith/6", "gen/arith/x", "gen/none", "gen/0", "gen/6", "gen/12", "aime24/2", "@", "", "/"})
    CHECK(resolved(name).starts_with(fmt::format("unknown task {}", name)));
}

TEST_CASE("every task of the table has a name, a kind, a grader and graders that exist") {
  std::set<std::string> names;
  for (const TaskInfo& info : task_catalog()) {
    CAPTURE(info.name);
    CHECK(names.insert(info.name).second);
    CHECK(!info.summary.empty());
    CHECK(!info.source.empty());
    CHECK(std::set<std::string>{"maths", "logic", "choice", "code", "generic"}.contains(info.kind));
    CHECK(resolved(info.name) == info.name);
    for (const std::string& alias : info.aliases) CHECK(resolved(alias) == info.name);
    auto graders = task_graders(info.name);
    REQUIRE(graders);
    CHECK(graders->size() == (info.name.ends_with("_plus") ? 2 : 1)); // base and plus
  }
}

TEST_CASE("a generic task comes with a grader and without questions") {
  for (const char* name : {"math", "aime", "choice", "tag", "exact"}) {
    auto task = load_task(name, {});
    REQUIRE(task);
    CHECK(task->questions.empty());
    CHECK(task->graders.size() == 1);
  }
}

TEST_CASE("generated tasks take their levels in turn") {
  CHECK(loaded("gen/arith", with_limit(6)) ==
        "arith@2/1/1000000/0 arith@2/2/1000000/0 arith@2/3/1000000/0 arith@2/4/1000000/0 arith@2/5/1000000/0 arith@2/1/1000000/1");
  CHECK(loaded("gen/order/3", with_limit(2)) == "order@2/3/1000000/0 order@2/3/1000000/1");
  auto task = load_task("gen/trace", {});
  REQUIRE(task);
  CHECK(task->questions.size() == 60);
  CHECK(task->questions[1].level == "2");
  CHECK(task->questions[1].cluster.starts_with("trace/"));
  CHECK(task->questions[1].messages.at(0).content.ends_with(
      "Please reason step by step, and put your final answer within \\boxed{}."));
}

TEST_CASE("a seed chooses the generated questions") {
  TaskOptions options = with_limit(1);
  options.gen_seed = 1'000'001;
  auto other = load_task("gen/arith", options);
  auto first = load_task("gen/arith", with_limit(1));
  REQUIRE(other);
  REQUIRE(first);
  CHECK(other->questions[0].doc_id == "arith@2/1/2000001/0");
  CHECK(other->questions[0].messages != first->questions[0].messages);
}

TEST_CASE("a generated question is rebuilt from its id") {
  TaskOptions options;
  options.doc_ids = {"arith@2/2/9/500", "arith@2/4/0/0", "arith@2/2/9/500"};
  CHECK(loaded("gen/arith", options) == "arith@2/2/9/500 arith@2/4/0/0");
  for (const char* bad : {"arith@1/2/0/0", "arith@2/6/0/0", "order@2/1/0/0", "arith@2/1/0/x"}) {
    options.doc_ids = {bad};
    CHECK(loaded("gen/arith", options).find("no question " + std::string(bad)) != std::string::npos);
  }
  options.doc_ids = {"arith@2/2/0/0"};
  CHECK(loaded("gen/arith/3", options).find("no question") != std::string::npos);
}

TEST_CASE("a limit is a number of questions or a fraction of them") {
  TempDir dir;
  TaskOptions options = ten_questions(dir);
  const std::pair<double, size_t> kCases[] = {{1, 1}, {3, 3}, {10, 10}, {99, 10}, {0.25, 3}, {0.001, 1}, {0.999, 10}};
  for (auto [limit, n] : kCases) {
    options.limit = limit;
    auto task = load_task("aime24", options);
    REQUIRE(task);
    CHECK(task->questions.size() == n);
    CHECK(task->questions[0].doc_id == "q0");
  }
  for (double bad : {0.0, -1.0, 2.5, 1e300}) {
    options.limit = bad;
    CHECK(loaded("aime24", options).find("expected a number of questions or a fraction") != std::string::npos);
    CHECK(loaded("gen/arith", options).find("expected a number of questions or a fraction") != std::string::npos);
  }
}

TEST_CASE("named questions are asked in the data's order, and an unknown one is answered with its neighbours") {
  TempDir dir;
  TaskOptions options = ten_questions(dir);
  options.doc_ids = {"q7", "q2"};
  CHECK(loaded("aime24", options) == "q2 q7");
  options.doc_ids = {"q2", "q77"};
  CHECK(loaded("aime24", options).starts_with("aime24: no question q77; did you mean q7"));
}

TEST_CASE("a file may be named under any spelling of its task") {
  TempDir dir;
  TaskOptions options;
  options.data.files["AIME-2024"] = ten_questions(dir).data.files["aime24"];
  CHECK(loaded("aime24", options).starts_with("q0 q1"));
}

TEST_CASE("two contests of one year are loaded together") {
  forget_data();
  TempDir dir;
  dir.write("a/aime_2024_II_matharena.jsonl", R"({"id":"2024-II-1","problem":"p","answer":"073"})");
  TaskOptions options;
  options.data.dir = dir.path();
  CHECK(!task_data_available("aime24", options));
  dir.write("a/aime_2024_I_matharena.jsonl", R"({"id":"2024-I-1","problem":"p","answer":"204"})");
  CHECK(task_data_available("aime24", options));
  CHECK(loaded("aime24", options) == "2024-I-1 2024-II-1");
  options.data.files["aime24"] = dir.path() + "/a/aime_2024_II_matharena.jsonl";
  CHECK(loaded("aime24", options) == "2024-II-1");
}

TEST_CASE("islands of every size are one task, and each size is a task too") {
  forget_data();
  TempDir dir;
  dir.write("knights_knaves_2ppl_test.jsonl", R"({"quiz":"q","names":["A","B"],"solution":[true,false],"index":1})");
  dir.write("knights_knaves_3ppl_test.jsonl",
            R"({"quiz":"q","names":["A","B","C"],"solution":[true,false,true],"index":1})");
  TaskOptions options;
  options.data.dir = dir.path();
  CHECK(loaded("knights_knaves", options) == "2/1 3/1");
  CHECK(loaded("knights_knaves/3", options) == "3/1");
  CHECK(!task_data_available("knights_knaves/4", options));
}

TEST_CASE("missing data is a usage error that names the files") {
  forget_data();
  CHECK(loaded("gsm8k", {}).find("gsm8k_test.jsonl") != std::string::npos);
  CHECK(!task_data_available("gsm8k", {}));
  CHECK(task_data_available("gen/arith", {}));
  CHECK(task_data_available("exact", {}));
  CHECK(!task_data_available("nothing", {}));
}

TEST_CASE("data is looked for below --data, then PROCTOR_DATA, then where it is pulled to") {
  forget_data();
  const std::string row = R"({"id":"ID","problem":"p","answer":1})";
  auto with_id = [&](std::string id) { return std::string(row).replace(row.find("ID"), 2, id); };
  TempDir cache, variable, given;
  cache.write("data/aime24.jsonl", with_id("cached"));
  setenv("PROCTOR_CACHE", cache.path().c_str(), 1);
  CHECK(loaded("aime24", {}) == "cached");
  variable.write("aime24.jsonl", with_id("variable"));
  setenv("PROCTOR_DATA", variable.path().c_str(), 1);
  CHECK(loaded("aime24", {}) == "variable");
  given.write("aime24.jsonl", with_id("given"));
  TaskOptions options;
  options.data.dir = given.path();
  CHECK(loaded("aime24", options) == "given");
  forget_data();
}

TEST_CASE("of a larger collection a task takes its own rows") {
  forget_data();
  TempDir dir;
  TaskOptions options;
  const std::string rows = R"({"id":"2023-I-1","problem":"p","answer":1}
{"id":"2024-I-1","problem":"q","answer":2}
)";
  options.data.files["aime24"] = dir.write("years.jsonl", rows);
  CHECK(loaded("aime24", options) == "2024-I-1");
  options.data.files["aime_1983_2023"] = options.data.files["aime24"];
  CHECK(loaded("aime_1983_2023", options) == "2023-I-1");
  options.data.files["aime25"] = options.data.files["aime24"];
  CHECK(loaded("aime25", options).find("years.jsonl:1: none of its 2 rows is of AIME 2025: another split or file?") != std::string::npos);
  options.data.files["aime24"] = dir.write("urls.jsonl", R"({"id":60,"url":"https://w/index.php/2024_AIME_I_Problems/Problem_1","problem":"q","answer":2}
{"id":61,"url":"https://w/index.php/2022_AIME_I_Problems/Problem_1","problem":"r","answer":2})");
  CHECK(loaded("aime24", options) == "60");
}

TEST_CASE("worked examples come from the benchmark's own file of them, as turns of the conversation") {
  forget_data();
  TempDir dir;
  dir.write("gsm8k_test.jsonl", R"({"question":"One and two?","answer":"1+2=3\n#### 3"})");
  dir.write("gsm8k_train.jsonl", R"({"question":"One and one?","answer":"1+1=2\n#### 2"})");
  TaskOptions options;
  options.data.dir = dir.path();
  options.shots = 1;
  auto task = load_task("gsm8k", options);
  REQUIRE(task);
  const auto& messages = task->questions.at(0).messages;
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].content.starts_with("One and one?\nPlease reason"));
  CHECK(messages[1] == Message{"assistant", "1+1=2\n#### 2"});
  CHECK(messages[2].content.starts_with("One and two?"));
  options.shots = 2;
  CHECK(loaded("gsm8k", options).find("holds 1 worked examples, --num-fewshot asks for 2") != std::string::npos);
  options.data.files["minerva_math"] = dir.write("m.jsonl", R"({"problem":"p","solution":"\\boxed{1}"})");
  CHECK(loaded("minerva_math", options) == "minerva_math: has no file of worked examples; ask it without --num-fewshot");
  options.shots = 0;
  options.data.files["gsm8k"] = dir.path() + "/gsm8k_train.jsonl";
  CHECK(loaded("gsm8k", options).find("gsm8k_train.jsonl:1: this is the split that examples come from") != std::string::npos);
}
