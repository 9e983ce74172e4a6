// SPDX-License-Identifier: MIT
#include "harness/cmd_recorded.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "harness/text/nearest.h"
#include "harness/text/number.h"
#include "reports/text.h"
#include "tasks/select.h"
#include "tasks/task_file.h"

namespace proctor {
namespace {

// The file's own questions, for tasks that have no data.
Result<Task> task_from_file(const std::string& name, const TaskOptions& options, const RecordedFile& file) {
  Task task;
  task.name = name;
  task.version = "1";
  task.source = file.path();
  auto graders = task_graders(name, options.graders);
  if (!graders) return graders.error();
  task.graders = std::move(*graders);
  for (const RecordedQuestion& recorded : file.questions()) {
    if (!recorded.target)
      return usage_error(fmt::format("{}: question {} has no reference answer; name its key with --map target=KEY",
                                     file.path(), recorded.doc_id));
    Question question;
    question.doc_id = recorded.doc_id;
    question.messages = recorded.messages;
    question.target = *recorded.target;
    task.questions.push_back(std::move(question));
  }
  task.n_available = task.questions.size();
  return task;
}

// What --samples and --limit leave of the recorded questions.
Status select(const TaskOptions& options, Task& task) {
  if (Status kept = keep_doc_ids(options.doc_ids, task); !kept) return kept.error();
  auto count = limited(options.limit, task.questions.size());
  if (!count) return count.error();
  task.questions.resize(*count);
  return {};
}

// All of a task's questions: the file's are found among them before any limit. Generated ones are without end.
TaskOptions unlimited(const std::string& task, TaskOptions options) {
  if (task.starts_with("gen/")) return options;
  options.limit.reset();
  options.doc_ids.clear();
  return options;
}

// For a message: at most 40 columns of a reference.
std::string shorten(const std::string& text) { return fit_width(visible_line(text), 40); }

// Whether the file's reference is the task's, as the task's own grader sees it, boxed.
bool same_reference(const Task& task, const Question& question, const std::string& recorded) {
  if (recorded == question.target) return true;
  Completion completion;
  completion.text = completion.answer_text = "\\boxed{" + recorded + "}";
  return task.graders.front()->grade(question, completion).verdict == Verdict::correct;
}

// Positions are a guess, and a wrong one is a wrong number: most references that the file has must agree.
Status check_positions(const Task& task, const RecordedFile& file, const std::vector<size_t>& positions) {
  size_t compared = 0, differing = 0;
  std::string first;
  for (size_t i = 0; i < positions.size(); ++i) {
    const RecordedQuestion& recorded = file.questions()[i];
    if (!recorded.target) continue;
    ++compared;
    if (same_reference(task, task.questions[positions[i]], *recorded.target)) continue;
    if (differing++ == 0)
      first = fmt::format("{} has {}, {} has {}", file.path(), shorten(*recorded.target), task.source, shorten(task.questions[positions[i]].target));
  }
  if (2 * differing <= compared) return {};
  return usage_error(fmt::format("{}: its ids are not those of {}, and taken as positions {} of {} references disagree (question {}: "
                                 "{}); map the id with --map doc_id=KEY, give the file whose rows it counts with --data, or use a generic task (--task "
                                 "aime, math, ...)",
                                 file.path(), task.source, differing, compared, file.questions().front().doc_id, first));
}

// Data without ids of its own numbers its rows; equal numbers may then be those of another order, which shows where the
// file's references are the task's, but of other questions.
bool numbers_rows(const Task& task, const RecordedFile& file, const std::vector<size_t>& positions) {
  if (!std::ranges::all_of(positions, [&](size_t i) { return task.questions[i].doc_id == std::to_string(i); })) return false;
  std::set<std::string> targets;
  for (const Question& question : task.questions) targets.insert(question.target);
  const auto known = std::ranges::count_if(file.questions(), [&](const RecordedQuestion& recorded) { return recorded.target && targets.contains(*recorded.target); });
  return 2 * static_cast<size_t>(known) > file.questions().size();
}

// Which question of the task each question of the file is: by id when every id is the task's, else by position when
// every id is a position.
Result<std::vector<size_t>> match(const Task& task, const RecordedFile& file, std::vector<std::string>& notes) {
  std::map<std::string, size_t> by_id;
  std::vector<std::string> ids;
  for (size_t i = 0; i < task.questions.size(); ++i) {
    by_id[task.questions[i].doc_id] = i;
    ids.push_back(task.questions[i].doc_id);
  }
  std::vector<size_t> by_name, by_position;
  const std::string* stranger = nullptr;
  for (const RecordedQuestion& recorded : file.questions()) {
    auto known = by_id.find(recorded.doc_id);
    if (known != by_id.end())
      by_name.push_back(known->second);
    else if (stranger == nullptr)
      stranger = &recorded.doc_id;
    auto position = parse_number<size_t>(recorded.doc_id);
    if (position && *position < task.questions.size()) by_position.push_back(*position);
  }
  if (stranger == nullptr) {
    if (numbers_rows(task, file, by_name))
      if (Status agree = check_positions(task, file, by_name); !agree) return agree.error();
    return by_name;
  }
  if (by_position.size() == file.questions().size()) {
    if (Status agree = check_positions(task, file, by_position); !agree) return agree.error();
    notes.push_back(fmt::format("{}: the ids of {} are positions in {}", task.name, file.path(), task.source));
    return by_position;
  }
  return usage_error(fmt::format("{}: question {} is not one of {}{}; name the id's key with --map doc_id=KEY",
                                 file.path(), shorten(*stranger), task.source, did_you_mean(*stranger, ids)));
}

// The task's own reference wins; a file that disagrees was made for other data.
void note_other_targets(const Task& task, const RecordedFile& file, std::vector<std::string>& notes) {
  std::map<std::string, const std::string*> targets;
  for (const RecordedQuestion& recorded : file.questions())
    if (recorded.target) targets[recorded.doc_id] = &*recorded.target;
  size_t differing = 0;
  std::string first;
  for (const Question& question : task.questions) {
    auto recorded = targets.find(question.doc_id);
    if (recorded == targets.end() || *recorded->second == question.target) continue;
    if (differing++ == 0)
      first = fmt::format("question {}: {} against {}", question.doc_id, shorten(*recorded->second),
                          shorten(question.target));
  }
  if (differing > 0)
    notes.push_back(fmt::format(
        "{}: {} of {} reference answers in {} are spelled otherwise than in {} ({}); the task's own are used",
        task.name, differing, task.questions.size(), file.path(), task.source, first));
}

// Keeps the task's questions that the file answers, in the task's order, under the file's ids.
Status keep_recorded(Task& task, const RecordedFile& file, std::vector<std::string>& notes) {
  auto matches = match(task, file, notes);
  if (!matches) return matches.error();
  std::map<size_t, std::string> names;
  for (size_t i = 0; i < matches->size(); ++i) names[(*matches)[i]] = file.questions()[i].doc_id;
  std::vector<Question> kept;
  for (auto& [position, name] : names) {
    kept.push_back(std::move(task.questions[position]));
    kept.back().doc_id = name;
  }
  if (kept.size() < task.questions.size())
    notes.push_back(fmt::format("{}: {} answers {} of {} questions; the score is about those", task.name, file.path(),
                                kept.size(), task.questions.size()));
  task.questions = std::move(kept);
  note_other_targets(task, file, notes);
  return {};
}

void plan_recorded_samples(LoadedTask& loaded, const RecordedFile& file, std::optional<int> count) {
  bool consecutive = true;
  for (const Question& question : loaded.task.questions) {
    std::vector<int> indices = file.sample_indices(question.doc_id);
    if (count && indices.size() > static_cast<size_t>(*count)) indices.resize(static_cast<size_t>(*count));
    for (size_t i = 0; i < indices.size(); ++i) consecutive = consecutive && indices[i] == static_cast<int>(i);
    loaded.samples.push_back(static_cast<int>(indices.size()));
    loaded.indices.push_back(std::move(indices));
  }
  if (consecutive) loaded.indices.clear();
}

} // namespace

Result<LoadedTask> load_recorded_task(const TaskSpec& spec, const TaskOptions& options, const RecordedFile& file,
                                      std::vector<std::string>& notes) {
  LoadedTask loaded;
  auto infos = task_catalog();
  auto info =
      std::find_if(infos.begin(), infos.end(), [&](const TaskInfo& known) { return known.name == spec.name; });
  bool generic = info != infos.end() && info->generic;
  bool has_data = !generic && task_data_available(spec.name, options);
  bool has_targets = std::all_of(file.questions().begin(), file.questions().end(),
                                 [](const RecordedQuestion& question) { return question.target.has_value(); });
  if (!generic && !has_data && has_targets)
    notes.push_back(
        fmt::format("{}: no data file found, so the reference answers of {} are used", spec.name, file.path()));

  bool from_file = generic || (!has_data && has_targets);
  auto task = from_file ? task_from_file(spec.name, options, file) : load_task(spec.name, unlimited(spec.name, options));
  if (!task) return task.error();
  loaded.task = std::move(*task);
  auto definition = task_definition(spec.name);
  if (!definition) return definition.error();
  loaded.definition = std::move(*definition);
  if (!from_file)
    if (Status kept = keep_recorded(loaded.task, file, notes); !kept) return kept.error();
  if (Status selected = select(options, loaded.task); !selected) return selected.error();
  plan_recorded_samples(loaded, file, spec.count);
  return loaded;
}

} // namespace proctor
