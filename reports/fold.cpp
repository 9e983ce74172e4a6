// SPDX-License-Identifier: MIT
#include "reports/fold.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>

#include "reports/cost.h"
#include "reports/examples.h"
#include "reports/slot_fold.h"
#include "reports/tally.h"
#include "reports/text.h"
#include "reports/traces.h"

namespace proctor {
namespace {

// Whether grades still hold: made by the current grader, where it is known, against the current reference.
class StaleGrades {
 public:
  StaleGrades(const GraderLookup& graders, const Json& run, const RunTally& tally) : graders_(graders), run_(run), tally_(tally) {}
  bool operator()(const Grade& grade) const {
    const QuestionFacts* question = tally_.find_question(grade.key.task, grade.key.doc_id);
    if (question == nullptr || !question->asked) return false; // a log without questions says nothing against its grades
    if (question->target != hash_of(grade.target)) return true;
    const Grader* grader = graders_ ? graders_(grade.key.task, grade.grader) : nullptr;
    if (grader == nullptr || grade.fingerprint.empty()) return false;
    const Json* wanted = asked_for(grade);
    if (wanted != nullptr && *wanted != grade.fingerprint) return true;
    return rule(grader->fingerprint()) != rule(grade.fingerprint);
  }

 private:
  // Grades of one question follow one another.
  ShortHash hash_of(const std::string& target) const {
    if (!last_ || last_->first != target) last_ = {target, reference_hash(target)};
    return last_->second;
  }

  // "math@1" of "math@1+percent_bare=off": what a run asked of its grader stands behind the plus sign.
  static std::string_view rule(std::string_view fingerprint) { return fingerprint.substr(0, fingerprint.find('+')); }

  // The fingerprint that run.json has for the grade's slot.
  const Json* asked_for(const Grade& grade) const {
    const Json* place = &run_;
    for (std::string_view key : {std::string_view("tasks"), std::string_view(grade.key.task), std::string_view("graders"),
                                 std::string_view(grade.grader)}) {
      place = find_member(*place, key);
      if (place == nullptr) return nullptr;
    }
    return place->is_string() ? place : nullptr;
  }

  const GraderLookup& graders_;
  const Json& run_;
  const RunTally& tally_;
  mutable std::optional<std::pair<std::string, ShortHash>> last_;
};

using StaleCounts = std::map<std::string, int64_t, std::less<>>; // by task

Status read_records(const RunReader& reader, const GraderLookup& graders, RunTally& tally, StaleCounts& n_stale) {
  Status status = reader.questions([&](QuestionRecord&& record) -> Status { return tally.add(record), Status{}; });
  if (!status) return status;
  // A run may be going on: what was graded by now has its sample in what is read after it.
  const StaleGrades is_stale(graders, reader.run_json(), tally);
  status = reader.grades([&](Grade&& grade, const RecordPlace& place) -> Status {
    if (is_stale(grade)) ++n_stale[grade.key.task];
    else tally.add(grade, place);
    return {};
  });
  if (!status) return status;
  status =
      reader.samples(RecordParser::Texts::skip, [&](Completion&& completion, const RecordPlace& place) -> Status {
        return tally.add(completion, place), Status{};
      });
  if (status) tally.settle();
  return status;
}

// A member of a member, or null: run.json may be older or shorter than this program.
Json member(const Json& object, std::string_view key) {
  const Json* found = find_member(object, key);
  return found == nullptr ? Json::object() : *found;
}

std::string text_member(const Json& object, std::string_view key) {
  const Json* found = find_member(object, key);
  return found == nullptr ? "" : scalar_text(*found).value_or("");
}

Summary describe_run(const RunReader& reader) {
  const Json& run = reader.run_json();
  const Json model = member(run, "model");
  Summary summary;
  summary.run_dir = reader.dir();
  summary.run_id = text_member(run, "id");
  summary.created = text_member(run, "created");
  summary.command = text_member(run, "command");
  summary.version = text_member(run, "proctor_version");
  summary.model = text_member(model, "name");
  summary.model_digest = text_member(model, "digest");
  summary.model_note = text_member(model, "note");
  summary.model_details = member(model, "details");
  summary.options = member(run, "options");
  summary.host = member(run, "host");
  summary.seconds = get_number(run, "seconds");
  return summary;
}

// What every step needs and none changes.
struct FoldContext {
  const RunReader& reader;
  const RunTally& tally;
  const GraderLookup& graders;
  const FoldOptions& options;
  const AttemptCosts& costs;
  const StaleCounts& n_stale;
};

struct TaskRows {
  std::string name;
  std::vector<uint32_t> questions;
  std::vector<std::string> slots;
};

int most_samples(const RunTally& tally, const TaskRows& rows) {
  size_t most = 0;
  for (uint32_t question : rows.questions) {
    auto samples = std::ranges::equal_range(tally.samples(), question, {}, &SampleRow::question);
    most = std::max(most, samples.size());
    for (const std::string& slot : rows.slots) most = std::max(most, grades_of(tally, question, slot).size());
  }
  return static_cast<int>(most);
}

// The slots in the order of run.json's graders, then any others that graded.
std::vector<std::string> slots_in_order(const Json& run_task, const std::set<std::string>& seen) {
  std::vector<std::string> slots;
  const Json graders = member(run_task, "graders");
  for (const auto& [slot, fingerprint] : graders.items())
    if (seen.contains(slot)) slots.push_back(slot);
  for (const std::string& slot : seen)
    if (std::ranges::find(slots, slot) == slots.end()) slots.push_back(slot);
  return slots;
}

TaskRows task_rows(const RunTally& tally, const Json& run_task, const std::string& name) {
  TaskRows rows{name, {}, {}};
  const auto task = std::ranges::find(tally.tasks(), name) - tally.tasks().begin();
  auto is_mine = [&](uint32_t question) { return tally.questions()[question].task == task; };
  for (uint32_t id = 0; id < tally.questions().size(); ++id)
    if (is_mine(id)) rows.questions.push_back(id);
  std::set<uint32_t> slot_ids;
  for (const GradeRow& row : tally.grades())
    if (is_mine(row.question)) slot_ids.insert(row.slot);
  std::set<std::string> seen;
  for (uint32_t id : slot_ids) seen.emplace(tally.names().text(id));
  rows.slots = slots_in_order(run_task, seen);
  return rows;
}

TaskSummary describe_task(const RunReader& reader, const RunTally& tally, const TaskRows& rows) {
  const Json facts = member(member(reader.run_json(), "tasks"), rows.name);
  const Json plan = member(member(reader.run_json(), "plan"), rows.name);
  TaskSummary task;
  task.name = rows.name;
  task.version = text_member(facts, "version");
  task.hash = text_member(facts, "hash");
  task.source = text_member(facts, "source");
  task.kind = text_member(facts, "kind");
  task.suite = text_member(facts, "suite");
  task.shots = static_cast<int>(get_int(facts, "shots").value_or(0));
  task.from_file = facts.contains("task_file");
  const auto n_seen = static_cast<int64_t>(rows.questions.size());
  task.n_questions = std::max(n_seen, get_int(plan, "n_questions").value_or(n_seen)); // the plan may have shrunk
  task.n_unasked = task.n_questions - n_seen;
  task.n_available = std::max(task.n_questions, get_int(plan, "n_available").value_or(0));
  task.n_samples = static_cast<int>(get_int(plan, "n_samples").value_or(most_samples(tally, rows)));
  return task;
}

double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(at);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  const double part = at - static_cast<double>(low);
  return sorted[low] * (1 - part) + sorted[high] * part;
}

std::optional<Lengths> lengths_from(std::string unit, std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  double sum = 0;
  for (double value : values) sum += value;
  return Lengths{std::move(unit),
                 static_cast<int64_t>(values.size()),
                 sum / static_cast<double>(values.size()),
                 quantile(values, 0.1),
                 quantile(values, 0.5),
                 quantile(values, 0.9),
                 values.back()};
}

// In tokens where the backend told them, else in characters where the grades did.
std::optional<Lengths> completion_lengths(const RunTally& tally, const TaskRows& rows, int n_counted) {
  std::vector<double> tokens, characters;
  for (uint32_t question : rows.questions) {
    for (const SampleRow& row : std::ranges::equal_range(tally.samples(), question, {}, &SampleRow::question))
      if (row.status != CompletionStatus::error && row.completion_tokens >= 0 && row.sample_idx < n_counted)
        tokens.push_back(static_cast<double>(row.completion_tokens));
    if (rows.slots.empty()) continue;
    for (const GradeRow& row : grades_of(tally, question, rows.slots.front()))
      if (row.characters >= 0 && row.sample_idx < n_counted) characters.push_back(row.characters);
  }
  if (!tokens.empty()) return lengths_from("tokens", std::move(tokens));
  return lengths_from("characters", std::move(characters));
}

// Of one sample, not of the run: many are under way at once.
std::optional<Lengths> sample_seconds(const RunTally& tally, const TaskRows& rows, int n_counted) {
  std::vector<double> seconds;
  for (uint32_t question : rows.questions)
    for (const SampleRow& row : std::ranges::equal_range(tally.samples(), question, {}, &SampleRow::question))
      if (row.status != CompletionStatus::error && row.seconds >= 0 && row.sample_idx < n_counted) seconds.push_back(static_cast<double>(row.seconds));
  return lengths_from("seconds", std::move(seconds));
}

// What a gate may ask of the time that samples took.
void add_latency_metrics(TaskSummary& task) {
  if (!task.seconds) return;
  for (SlotSummary& slot : task.slots) {
    slot.extra_metrics.emplace_back("seconds_p50", task.seconds->p50);
    slot.extra_metrics.emplace_back("seconds_p90", task.seconds->p90);
  }
}

void warn_about_usage(const TaskSummary& task, std::vector<Warning>& warnings) {
  const TokenSums& tokens = task.tokens;
  if (tokens.n_known == 0 || tokens.n_known == tokens.n_attempts) return;
  warnings.push_back(
      {Warning::usage, fmt::format("{}: token counts are known for {} of {} attempts; the sums are lower bounds.",
                                   task.name, grouped(tokens.n_known), grouped(tokens.n_attempts))});
}

void warn_about_lost_samples(const std::string& task, int64_t n_lost_grades, std::vector<Warning>& warnings) {
  if (n_lost_grades == 0) return;
  warnings.push_back({Warning::gaps, fmt::format("{}: {} {} without a finished sample in the log; such verdicts count nowhere.", task,
                                                 plural(n_lost_grades, "grade"), n_lost_grades == 1 ? "is" : "are")});
}

void warn_about_cost(const TaskSummary& task, std::vector<Warning>& warnings) {
  const CostSummary& cost = task.cost;
  if (cost.n_priced == 0 || cost.n_priced == cost.n_attempts) return;
  warnings.push_back({Warning::usage, fmt::format("{}: {} of {} attempts have no cost, for want of usage; the sums of money are lower bounds.",
                                                  task.name, grouped(cost.n_attempts - cost.n_priced), grouped(cost.n_attempts))});
}

// A gate that looks again and again ends a run where the answers happen to be far from the baseline's.
void warn_about_early_end(const Json& plan, const TaskSummary& task, std::vector<Warning>& warnings) {
  const auto n = get_int(plan, "ended_after");
  if (!n || task.slots.empty() || task.slots.front().n_short == 0) return;
  warnings.push_back({Warning::gaps, fmt::format("{}: ended by its gate after {}; pass@1 and its intervals are not corrected for that.", task.name, plural(*n, "question"))});
}

// The tasks of run.json first, in its order; then any others that left records.
std::vector<std::string> task_names(const Json& run, const RunTally& tally) {
  std::vector<std::string> names;
  auto add = [&](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  const Json planned = member(run, "plan"), facts = member(run, "tasks");
  for (const auto& [name, plan] : planned.items()) add(name);
  for (const auto& [name, fact] : facts.items()) add(name);
  for (const std::string& name : tally.tasks()) add(name);
  return names;
}

TaskSummary fold_task(const FoldContext& context, const std::string& name, std::vector<Warning>& warnings) {
  const RunTally& tally = context.tally;
  const TaskRows rows = task_rows(tally, member(member(context.reader.run_json(), "tasks"), name), name);
  TaskSummary task = describe_task(context.reader, tally, rows);
  int64_t n_lost_grades = 0;
  for (size_t i = 0; i < tally.tasks().size(); ++i)
    if (tally.tasks()[i] == name) task.tokens = tally.tokens(i), n_lost_grades = tally.n_lost_grades(i);
  for (const std::string& slot : rows.slots) {
    const std::string label = rows.slots.size() == 1 ? name : fmt::format("{} ({})", name, slot);
    const Grader* same = context.graders ? context.graders(name, slot) : nullptr;
    const SlotFold fold{tally, task, rows.questions, slot, same, context.options.extra_k, context.options.truncated_warning,
                        adaptive_of(member(member(context.reader.run_json(), "plan"), name)), label};
    task.slots.push_back(fold_slot(fold, warnings));
    task.slots.back().grader = text_member(member(member(member(context.reader.run_json(), "tasks"), name), "graders"), slot);
  }
  task.lengths = completion_lengths(tally, rows, counted_samples(task));
  task.seconds = sample_seconds(tally, rows, counted_samples(task));
  add_latency_metrics(task);
  fold_cost(tally, context.costs, rows.questions, task);
  if (!rows.slots.empty()) fold_traces(tally, rows.questions, rows.slots.front(), task);
  if (const auto stale = context.n_stale.find(name); stale != context.n_stale.end()) task.n_stale_grades = stale->second;
  if (task.slots.empty()) warnings.push_back({Warning::gaps, fmt::format("{}: {}.", name, why_ungraded(task))});
  warn_about_early_end(member(member(context.reader.run_json(), "plan"), name), task, warnings);
  warn_about_lost_samples(name, n_lost_grades, warnings);
  warn_about_usage(task, warnings);
  warn_about_cost(task, warnings);
  return task;
}

// What settled votes saved, under the first grader of each task.
void note_savings(const Summary& summary, std::vector<Warning>& warnings) {
  Saving sum;
  double tokens = 0;
  std::string tasks;
  for (const TaskSummary& task : summary.tasks) {
    if (task.slots.empty() || !task.slots.front().saving) continue;
    const Saving& saving = *task.slots.front().saving;
    tasks = tasks.empty() ? task.name + ": the" : "The";
    sum.n_settled += saving.n_settled, sum.n_samples += saving.n_samples, sum.n_planned += saving.n_planned;
    tokens += saving.tokens.value_or(0);
  }
  if (sum.n_samples == 0) return;
  const double share = static_cast<double>(sum.n_samples) / static_cast<double>(sum.n_planned);
  const std::string about = tokens > 0 ? fmt::format(", about {} tokens", grouped(std::llround(tokens))) : "";
  warnings.push_back({Warning::credits,
                      fmt::format("{} vote of {} was settled early: {} of {} planned samples ({}{}) were not needed. maj@k of all planned "
                                  "samples is that vote; everything else is from samples that every question has.",
                                  tasks, plural(sum.n_settled, "question"), grouped(sum.n_samples), grouped(sum.n_planned), percent(share), about)});
}

bool is_complete(const TaskSummary& task) {
  return !task.slots.empty() &&
         std::ranges::all_of(task.slots, [](const SlotSummary& slot) { return slot.n_empty_questions == 0; });
}

} // namespace

Result<Summary> fold_run(const RunReader& reader, const GraderLookup& graders, const FoldOptions& options) {
  RunTally tally;
  StaleCounts n_stale;
  if (Status status = read_records(reader, graders, tally, n_stale); !status) return status.error();
  Summary summary = describe_run(reader);
  const AttemptCosts costs(tally, options.pricing.value_or(pricing_from_json(member(reader.run_json(), "pricing"))), reader.run_json());
  const FoldContext context{reader, tally, graders, options, costs, n_stale};
  std::vector<Warning> warnings;
  for (const std::string& name : task_names(reader.run_json(), tally))
    summary.tasks.push_back(fold_task(context, name, warnings));
  note_savings(summary, warnings);
  std::ranges::stable_sort(warnings, {}, &Warning::rank);
  for (Warning& warning : warnings) summary.warnings.push_back(std::move(warning.text));
  summary.complete = !summary.tasks.empty() && std::ranges::all_of(summary.tasks, is_complete);
  summary.suites = suite_means(summary.tasks);
  summary.published = compare_with_published(summary, options.reference.empty() ? text_member(summary.options, "reference") : options.reference);
  if (Status status = add_examples(reader, tally, options.max_text_bytes, summary); !status) return status.error();
  return summary;
}

} // namespace proctor
