// SPDX-License-Identifier: MIT
#include "tasks/catalog.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "graders/code/code_graders.h"
#include "graders/graders.h"
#include "harness/text/ascii.h"
#include "harness/text/nearest.h"
#include "tasks/code_recipes.h"
#include "tasks/dataset.h"
#include "tasks/generated.h"
#include "tasks/recipes.h"
#include "tasks/select.h"

namespace proctor {
namespace {

// One line of the table. Exactly one of read, family and info.generic says where questions come from.
struct Entry {
  TaskInfo info;
  std::string version = "1";
  DataForms forms = {};
  RowReader read = nullptr;
  const Family* family = nullptr;
  bool by_name_only = false; // in no group: large, or repeats another task's questions
  std::string level = {};    // only questions of that level; empty: all
  NumberForm numbers = NumberForm::json;
};

constexpr std::string_view kBoxSource = "prompt: DeepSeek-R1 model card";

TaskInfo info_of(std::string name, std::string kind, std::string grader, std::string summary) {
  TaskInfo info;
  info.name = std::move(name);
  info.kind = std::move(kind);
  info.grader = std::move(grader);
  info.summary = std::move(summary);
  return info;
}

Entry generic(const std::string& grader, std::string summary) {
  Entry entry{info_of(grader, "generic", grader, std::move(summary))};
  entry.info.generic = true;
  entry.info.source = "recorded completions";
  return entry;
}

void set_forms(Entry& entry, DataForms forms) {
  entry.forms = std::move(forms);
  for (const DataForm& form : entry.forms)
    entry.info.files.insert(entry.info.files.end(), form.files.begin(), form.files.end());
}

Entry benchmark(TaskInfo info, std::vector<std::string> aliases, DataForms forms, RowReader read) {
  Entry entry{std::move(info)};
  entry.info.aliases = std::move(aliases);
  entry.read = read;
  set_forms(entry, std::move(forms));
  return entry;
}

Entry with_source(Entry entry, std::string_view source) {
  entry.info.source = fmt::format("{}; {}", source, kBoxSource);
  return entry;
}

DataForms single_files(const std::vector<std::string>& names) {
  DataForms forms = {};
  for (const std::string& name : names) forms.push_back({{name}});
  return forms;
}

// YEAR's two contests as MathArena has them, or the files that other collections made of them.
Entry aime(std::string_view year, const std::vector<std::string>& collections) {
  const std::string name = fmt::format("aime{}", year);
  DataForms forms = single_files({name + ".jsonl", name + ".json", fmt::format("aime_20{}.jsonl", year)});
  forms.push_back(
      {{fmt::format("aime_20{}_I_matharena.jsonl", year), fmt::format("aime_20{}_II_matharena.jsonl", year)}});
  for (const std::string& collection : collections) forms.push_back({{fmt::format("aime{}_{}", year, collection)}});
  TaskInfo info =
      info_of(name, "maths", "aime", fmt::format("AIME 20{}: 30 competition problems, integers 0-999", year));
  return with_source(benchmark(std::move(info), {fmt::format("aime20{}", year)}, std::move(forms), read_aime_row),
                     fmt::format("American Invitational Mathematics Examination 20{}", year));
}

Entry knights_knaves(int people) {
  std::vector<std::string> files;
  for (int n = 2; n <= 8; ++n)
    if (people == 0 || people == n) files.push_back(fmt::format("knights_knaves_{}ppl_test.jsonl", n));
  std::string name = people == 0 ? "knights_knaves" : fmt::format("knights_knaves/{}", people);
  std::string who = people == 0 ? "2 to 8 people" : fmt::format("{} people", people);
  std::vector<std::string> aliases = {people == 0 ? "kk" : fmt::format("kk/{}", people)};
  Entry entry = benchmark(info_of(std::move(name), "logic", "knights_knaves", "who tells the truth: " + who),
                          std::move(aliases), {{files, false}}, read_knights_knaves_row);
  entry.info.source = "K&K (arXiv 2410.23123) as Logic-RL has it; prompt: proctor";
  if (people != 0) entry.level = std::to_string(people);
  entry.by_name_only = people != 0;
  return entry;
}

struct BbhSubset {
  std::string_view name;
  std::string_view grader;
};

// Graded by letter where every target is an option letter, as a number where every target is one.
constexpr std::array<BbhSubset, 27> kBbh = {{
    {"boolean_expressions", "exact"},
    {"causal_judgement", "exact"},
    {"date_understanding", "choice"},
    {"disambiguation_qa", "choice"},
    {"dyck_languages", "tag"},
    {"formal_fallacies", "exact"},
    {"geometric_shapes", "choice"},
    {"hyperbaton", "choice"},
    {"logical_deduction_five_objects", "choice"},
    {"logical_deduction_seven_objects", "choice"},
    {"logical_deduction_three_objects", "choice"},
    {"movie_recommendation", "choice"},
    {"multistep_arithmetic_two", "number"},
    {"navigate", "exact"},
    {"object_counting", "number"},
    {"penguins_in_a_table", "choice"},
    {"reasoning_about_colored_objects", "choice"},
    {"ruin_names", "choice"},
    {"salient_translation_error_detection", "choice"},
    {"snarks", "choice"},
    {"sports_understanding", "exact"},
    {"temporal_sequences", "choice"},
    {"tracking_shuffled_objects_five_objects", "choice"},
    {"tracking_shuffled_objects_seven_objects", "choice"},
    {"tracking_shuffled_objects_three_objects", "choice"},
    {"web_of_lies", "exact"},
    {"word_sorting", "exact"},
}};

Entry bbh(const BbhSubset& subset) {
  RowReader read = subset.grader == "choice" ? read_bbh_choice_row
                   : subset.grader == "tag"  ? read_bbh_tag_row
                                             : read_bbh_box_row;
  std::string words(subset.name);
  std::replace(words.begin(), words.end(), '_', ' ');
  Entry entry = benchmark(info_of(fmt::format("bbh/{}", subset.name), "logic", std::string(subset.grader),
                                  "BIG-Bench Hard, zero-shot: " + words),
                          {}, single_files({fmt::format("{}.json", subset.name)}), read);
  entry.info.source = "suzgunmirac/BIG-Bench-Hard (arXiv 2210.09261); prompt: proctor, zero-shot";
  return entry;
}

// A benchmark whose answers are programs; the first file name is upstream's.
Entry coding(std::string name, std::string grader, std::string summary, std::string_view source, const std::vector<std::string>& files,
             RowReader read) {
  Entry entry = benchmark(info_of(std::move(name), "code", std::move(grader), std::move(summary)), {}, single_files(files), read);
  entry.info.source = fmt::format("{}; prompt: proctor", source);
  entry.info.runs_code = true;
  return entry;
}

Entry evalplus(std::string name, std::string summary, std::string_view source, const std::vector<std::string>& files) {
  Entry entry = coding(std::move(name), "evalplus_base,evalplus_plus", std::move(summary), source, files, read_evalplus_row);
  entry.numbers = NumberForm::python;
  return entry;
}

Entry with_level(Entry entry, std::string level) {
  entry.level = std::move(level);
  return entry;
}

std::vector<Entry> coding_tasks() {
  return {
      coding("humaneval", "check", "HumanEval: 164 Python functions", "openai/human-eval (arXiv 2107.03374)",
             {"HumanEval.jsonl", "human-eval-v2-20210705.jsonl", "humaneval.jsonl"}, read_humaneval_row),
      evalplus("humaneval_plus", "HumanEval+: HumanEval with 80 times the tests", "evalplus/humanevalplus_release (arXiv 2305.01210)",
               {"HumanEvalPlus.jsonl", "HumanEvalPlus-v0.1.10.jsonl", "HumanEvalPlus-v0.1.9.jsonl"}),
      with_level(coding("mbpp", "check", "MBPP: 500 basic Python problems (test split)", "google-research/mbpp (arXiv 2108.07732)",
                        {"mbpp.jsonl", "sanitized-mbpp.json"}, read_mbpp_row),
                 "test"),
      evalplus("mbpp_plus", "MBPP+: MBPP with 35 times the tests", "evalplus/mbppplus_release (arXiv 2305.01210)",
               {"MbppPlus.jsonl", "MbppPlus-v0.2.0.jsonl", "MbppPlus-v0.1.0.jsonl"}),
      coding("livecodebench", "livecodebench", "LiveCodeBench: contest problems by date", "livecodebench/code_generation_lite (arXiv 2403.07974)",
             {"livecodebench.jsonl", "test6.jsonl", "test5.jsonl", "test.jsonl", "lcb_stdin_public_tests.jsonl"}, read_livecodebench_row),
      coding("code_contests", "stdin", "CodeContests: contest problems, stdin to stdout", "deepmind/code_contests (arXiv 2203.07814)",
             {"code_contests.jsonl", "code_contests_rllm_test.json"}, read_stdin_row),
      coding("codeforces", "stdin", "Codeforces problems, stdin to stdout", "Codeforces, as open-r1 and rLLM have it",
             {"codeforces.jsonl", "codeforces_rllm_test.json"}, read_stdin_row),
      coding("humaneval_cpp", "cpp_check", "HumanEval in C++ (MultiPL-E)", "nuprl/MultiPL-E (arXiv 2208.08227)", {"humaneval_cpp.jsonl", "humaneval-cpp.jsonl"},
             read_humaneval_cpp_row),
      coding("leetcode", "check", "LeetCode problems, by asserts", "LeetCode, as DeepSeek-Coder and rLLM have it",
             {"leetcode.jsonl", "leetcode_rllm_test.json", "leetcode_20240121_jul_deepseek.jsonl"}, read_leetcode_row),
      coding("cruxeval_o", "predict", "CRUXEval: what a Python function returns", "facebookresearch/cruxeval (arXiv 2401.03065)", {"cruxeval.jsonl"},
             read_cruxeval_output_row),
      coding("cruxeval_i", "predict", "CRUXEval: an input for which a Python function returns this", "facebookresearch/cruxeval (arXiv 2401.03065)",
             {"cruxeval.jsonl"}, read_cruxeval_input_row),
  };
}

Entry generated(std::string_view family, std::string kind, std::string summary) {
  const Family* found = find_family(family);
  PROCTOR_CHECK(found != nullptr);
  Entry entry{
      info_of(fmt::format("gen/{}", family), std::move(kind), std::string(found->grader), std::move(summary))};
  entry.info.source = fmt::format("generated: {}@{}; {}", family, found->version, kBoxSource);
  entry.version = std::to_string(found->version);
  entry.family = found;
  return entry;
}

// Benchmarks that are run by name: large, or with questions of others.
std::vector<Entry> more_maths() {
  std::vector<Entry> table = {
      with_source(benchmark(info_of("hendrycks_math", "maths", "math", "MATH: 5,000 competition problems"),
                            {"math_test"},
                            single_files({"math_test_5000.jsonl", "hendrycks_math.jsonl", "math_test.jsonl"}),
                            read_solution_row),
                  "MATH (arXiv 2103.03874)"),
      with_source(benchmark(info_of("minerva_math", "maths", "math_rounded", "272 problems of undergraduate science"),
                            {"minerva"}, single_files({"minerva_math.jsonl"}), read_solution_row),
                  "OCWCourses (arXiv 2206.14858)"),
      with_source(
          benchmark(info_of("olympiadbench", "maths", "math_rounded", "OlympiadBench, maths, English, 675 problems"),
                    {"olympiadbench_maths_en"},
                    single_files({"olympiadbench_oe_to_maths_en.jsonl", "olympiadbench.jsonl"}), read_olympiad_row),
          "OlympiadBench OE_TO_maths_en_COMP (arXiv 2402.14008)"),
      with_source(benchmark(info_of("olymmath/easy", "maths", "math", "OlymMATH, English, 100 easier problems"), {},
                            single_files({"olymmath_en_easy.jsonl"}), read_maths_row),
                  "OlymMATH (arXiv 2503.21380)"),
      with_source(benchmark(info_of("olymmath/hard", "maths", "math", "OlymMATH, English, 100 harder problems"), {},
                            single_files({"olymmath_en_hard.jsonl"}), read_maths_row),
                  "OlymMATH (arXiv 2503.21380)"),
  };
  for (Entry& entry : table) entry.by_name_only = true;
  return table;
}

std::vector<Entry> make_table() {
  std::vector<Entry> table = {
      generated("arith", "maths", "nested exact arithmetic, 4 levels, integers 0-999"),
      generated("trace", "code", "what a small program prints, 4 levels"),
      generated("order", "logic", "who stands where, 3 to 6 names, 4 levels"),
      aime("24", {"nemo.jsonl", "qwen.jsonl", "rllm.json", "qwq.jsonl"}),
      aime("25", {"nemo.jsonl", "qwen.jsonl", "rllm.json", "qwq.jsonl"}),
      with_source(benchmark(info_of("amc23", "maths", "math", "AMC 12 2023: 40 competition problems"), {"amc2023"},
                            single_files({"amc23.jsonl", "amc23.json", "amc_2023.jsonl"}), read_maths_row),
                  "American Mathematics Competitions 2023"),
      with_source(benchmark(info_of("gsm8k", "maths", "math", "grade school maths, 1,319 test problems"), {},
                            single_files({"gsm8k_test.jsonl", "gsm8k.jsonl"}), read_gsm8k_row),
                  "openai/grade-school-math (arXiv 2110.14168)"),
      with_source(benchmark(info_of("math500", "maths", "math", "500 problems of MATH"), {},
                            single_files({"math500.jsonl", "math_500.jsonl", "math500.json"}), read_maths_row),
                  "HuggingFaceH4/MATH-500 (arXiv 2305.20050)"),
  };
  for (Entry& entry : more_maths()) table.push_back(std::move(entry));
  for (int people : {0, 2, 3, 4, 5, 6, 7, 8}) table.push_back(knights_knaves(people));
  for (const BbhSubset& subset : kBbh) table.push_back(bbh(subset));
  for (Entry& entry : coding_tasks()) table.push_back(std::move(entry));
  table.push_back(generic("math", "recorded answers: any mathematical answer"));
  table.push_back(generic("aime", "recorded answers: an integer 0-999"));
  table.push_back(generic("choice", "recorded answers: an option letter"));
  table.push_back(generic("tag", "recorded answers: the exact text of the last answer tag"));
  table.push_back(generic("exact", "recorded answers: the exact final answer"));
  return table;
}

const std::vector<Entry>& table() {
  static const std::vector<Entry> kTable = make_table();
  return kTable;
}

// "MATH-500", "math_500" and "gpqa:diamond" as "math500", "math500" and "gpqa/diamond".
std::string folded(std::string_view name) {
  std::string result;
  for (char c : trim(name))
    if (c != '-' && c != '_') result += c == ':' ? '/' : to_lower(c);
  return result;
}

const Entry* find_folded(std::string_view name) {
  const std::string wanted = folded(name);
  for (const Entry& entry : table()) {
    if (folded(entry.info.name) == wanted) return &entry;
    for (const std::string& alias : entry.info.aliases)
      if (folded(alias) == wanted) return &entry;
  }
  return nullptr;
}

// A task, with the one level of it that was asked for (0: all).
struct Found {
  const Entry* entry = nullptr;
  int level = 0;
};

// "gen/arith/2" -> gen/arith at level 2. entry is nullptr for a name that is neither a task nor a level of one.
Found find_task(std::string_view name) {
  if (const Entry* entry = find_folded(name)) return {entry, 0};
  const size_t slash = name.rfind('/');
  if (slash == name.npos || name.size() != slash + 2 || !is_digit(name.back())) return {};
  const Entry* entry = find_folded(name.substr(0, slash));
  const int level = name.back() - '0';
  if (entry == nullptr || entry->family == nullptr || level < 1 || level > entry->family->levels) return {};
  return {entry, level};
}

std::string canonical_name(const Found& found) {
  if (found.level == 0) return found.entry->info.name;
  return fmt::format("{}/{}", found.entry->info.name, found.level);
}

// A group holds whole tasks only: knights_knaves, not its sizes again.
bool in_group(const Entry& entry, std::string_view group) {
  if (group == "@r1") return entry.info.name == "aime24" || entry.info.name == "math500";
  const std::string_view kind = group == "@math" ? "maths" : group.substr(1);
  return entry.info.kind == kind && !entry.info.generic && !entry.by_name_only;
}

// "gen", "bbh", "@maths" -> every task they stand for; empty for anything else.
std::vector<std::string> expand_group(std::string_view name) {
  const std::string group = folded(name);
  std::vector<std::string> names;
  for (const Entry& entry : table()) {
    const bool suite = (group == "gen" || group == "bbh") && entry.info.name.starts_with(group + "/");
    const bool kind =
        group == "@math" || group == "@maths" || group == "@logic" || group == "@code" || group == "@r1";
    if (suite || (kind && in_group(entry, group))) names.push_back(entry.info.name);
  }
  return names;
}

std::vector<std::string> every_name() {
  std::vector<std::string> names = {"gen", "bbh", "@maths", "@logic", "@code", "@r1"};
  for (const Entry& entry : table()) {
    names.push_back(entry.info.name);
    names.insert(names.end(), entry.info.aliases.begin(), entry.info.aliases.end());
    for (int level = 1; entry.family != nullptr && level <= entry.family->levels; ++level)
      names.push_back(fmt::format("{}/{}", entry.info.name, level));
  }
  return names;
}

Error unknown_task(std::string_view name) {
  return usage_error(
      fmt::format("unknown task {}{} (proctor ls tasks lists them)", name, did_you_mean(name, every_name())));
}

// --data TASK=FILE takes any spelling of a task's name.
DataOptions with_canonical_names(const DataOptions& given) {
  DataOptions data = given;
  for (const auto& [name, file] : given.files)
    if (const Entry* entry = find_folded(name)) data.files.try_emplace(entry->info.name, file);
  return data;
}

Result<std::vector<std::string>> data_of(const Entry& entry, const TaskOptions& options) {
  return find_data(entry.info.name, entry.forms, with_canonical_names(options.data));
}

Status load_data(const Entry& entry, const TaskOptions& options, Task& task) {
  auto paths = data_of(entry, options);
  if (!paths) return paths.error();
  auto questions = load_questions(*paths, entry.read, entry.level, options, entry.numbers);
  if (!questions) return in_context("loading " + task.name, questions.error());
  task.questions = std::move(*questions);
  task.source = fmt::format("{}", fmt::join(*paths, ", "));
  if (!options.doc_ids.empty()) return keep_doc_ids(options.doc_ids, task);
  auto n = limited(options.limit, task.questions.size());
  if (!n) return n.error();
  task.questions.resize(*n);
  return {};
}

Status load_generated(const Found& found, const TaskOptions& options, Task& task) {
  auto questions = generate_questions(*found.entry->family, found.level, options);
  if (!questions) return questions.error();
  task.questions = std::move(*questions);
  task.source = fmt::format("generated, seed {}", options.gen_seed);
  return {};
}

Status load_into(const Found& found, const TaskOptions& options, Task& task) {
  if (found.entry->family != nullptr) return load_generated(found, options, task);
  if (found.entry->read != nullptr) return load_data(*found.entry, options, task);
  task.source = found.entry->info.source;
  return {};
}

Result<Graders> graders_of(const Entry& entry, const GraderOptions& options) {
  Graders graders;
  auto sandbox = options.sandbox;
  if (entry.info.runs_code && !sandbox) sandbox = make_code_sandbox();
  for (std::string_view name : split(entry.info.grader, ',')) {
    auto grader = entry.info.runs_code ? make_code_grader(name, sandbox) : nullptr;
    graders.push_back(grader ? std::move(grader) : make_grader(name, options));
    if (graders.back() == nullptr)
      return usage_error(fmt::format("{}: this build has no grader {}", entry.info.name, name));
  }
  return graders;
}

} // namespace

std::vector<TaskInfo> task_catalog() {
  std::vector<TaskInfo> infos;
  for (const Entry& entry : table()) infos.push_back(entry.info);
  return infos;
}

Result<std::vector<std::string>> resolve_task(std::string_view name) {
  if (Found found = find_task(name); found.entry != nullptr) return std::vector<std::string>{canonical_name(found)};
  std::vector<std::string> names = expand_group(name);
  if (names.empty()) return unknown_task(name);
  return names;
}

Result<Task> load_task(const std::string& name, const TaskOptions& options) {
  Found found = find_task(name);
  if (found.entry == nullptr) return unknown_task(name);
  Task task;
  task.name = canonical_name(found);
  task.version = found.entry->version;
  auto graders = graders_of(*found.entry, options.graders);
  if (!graders) return graders.error();
  task.graders = std::move(*graders);
  if (auto loaded = load_into(found, options, task); !loaded) return loaded.error();
  return task;
}

bool runs_code(const std::string& name) {
  Found found = find_task(name);
  return found.entry != nullptr && found.entry->info.runs_code;
}

bool task_data_available(const std::string& name, const TaskOptions& options) {
  Found found = find_task(name);
  if (found.entry == nullptr) return false;
  return found.entry->read == nullptr || data_of(*found.entry, options).has_value();
}

Result<Graders> task_graders(const std::string& name, const GraderOptions& options) {
  Found found = find_task(name);
  if (found.entry == nullptr) return unknown_task(name);
  return graders_of(*found.entry, options);
}

} // namespace proctor
