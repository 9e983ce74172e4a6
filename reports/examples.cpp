// SPDX-License-Identifier: MIT
#include "reports/examples.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "reports/slot_fold.h"
#include "reports/text.h"

namespace proctor {
namespace {

using QuestionKey = std::pair<std::string, std::string>; // (task, doc_id)
using Picks = std::map<QuestionKey, std::vector<Example*>>;

// Chooses within one task and one slot.
class Picker {
 public:
  Picker(const RunTally& tally, const TaskSummary& task, std::map<std::string, uint32_t> ids)
      : tally_(tally), slot_(task.slots.front()), ids_(std::move(ids)) {}

  void first_with(Verdict verdict, std::string why) {
    const QuestionRow* row = first_question(verdict, true);
    if (row == nullptr) row = first_question(verdict, false);
    if (row == nullptr) return;
    for (const GradeRow& grade : grades(*row))
      if (grade.verdict == verdict) return add(*row, grade, std::move(why));
  }

  // The smallest share for the largest class, among questions with at least two voters and two classes.
  void most_divided_vote() {
    const QuestionRow* best = nullptr;
    for (const QuestionRow& row : slot_.questions)
      if (row.n_classes >= 2 && (best == nullptr || share(row) < share(*best))) best = &row;
    if (best == nullptr) return;
    for (const GradeRow& grade : grades(*best))
      if (tally_.names().text(grade.vote) == best->top_votes.front().answer) {
        add(*best, grade, "The most divided vote");
        picked_.back().votes = best->top_votes;
        return;
      }
  }

  std::vector<Example> take() && { return std::move(picked_); }

 private:
  static double share(const QuestionRow& row) { return static_cast<double>(row.top_votes.front().n) / row.n_votes; }

  std::span<const GradeRow> grades(const QuestionRow& row) const {
    return grades_of(tally_, ids_.at(row.doc_id), slot_.slot);
  }

  const QuestionRow* first_question(Verdict verdict, bool unused) const {
    auto has = [&](const QuestionRow& row) {
      return std::ranges::count(row.verdicts, verdict) > 0 && !(unused && used_.contains(row.doc_id));
    };
    auto it = std::ranges::find_if(slot_.questions, has);
    return it == slot_.questions.end() ? nullptr : &*it;
  }

  void add(const QuestionRow& row, const GradeRow& grade, std::string why) {
    used_.insert(row.doc_id);
    Example example;
    example.why = std::move(why);
    example.doc_id = row.doc_id;
    example.level = row.level;
    example.sample_idx = grade.sample_idx;
    example.verdict = grade.verdict;
    picked_.push_back(std::move(example));
  }

  const RunTally& tally_;
  const SlotSummary& slot_;
  std::map<std::string, uint32_t> ids_; // doc_id -> question
  std::set<std::string> used_;
  std::vector<Example> picked_;
};

std::map<std::string, uint32_t> question_ids(const RunTally& tally, const std::string& task) {
  std::map<std::string, uint32_t> ids;
  for (uint32_t id = 0; id < tally.questions().size(); ++id)
    if (tally.tasks()[tally.questions()[id].task] == task) ids.emplace(tally.questions()[id].doc_id, id);
  return ids;
}

std::string prompt_text(const Question& question) {
  std::string text;
  for (const Message& message : question.messages) {
    if (!text.empty()) text += "\n\n";
    if (question.messages.size() > 1) text += message.role + ":\n";
    text += message.content;
  }
  return text;
}

Status fetch_completion(const RecordPlace& place, size_t limit, Example& example) {
  Result<Completion> completion = read_sample(place);
  if (!completion) return completion.error();
  example.reasoning = shorten_middle(completion->reasoning, limit);
  const bool split = !completion->reasoning.empty() || !completion->answer_text.empty();
  example.answer_text = shorten_middle(split ? completion->answer_text : completion->text, limit);
  example.completion_tokens = completion->usage.completion_tokens;
  return {};
}

// One more pass over questions.jsonl and one over grades.jsonl: their texts are too large to keep for all.
Status fetch_records(const RunReader& reader, const Picks& picks, const Summary& summary, size_t limit) {
  auto chosen = [&](const std::string& task, const std::string& doc_id) {
    auto it = picks.find({task, doc_id});
    return it == picks.end() ? std::vector<Example*>{} : it->second;
  };
  Status status = reader.questions([&](QuestionRecord&& record) -> Status {
    for (Example* example : chosen(record.task, record.question.doc_id)) {
      example->prompt = shorten_middle(prompt_text(record.question), limit);
      example->target = shorten_middle(record.question.target, limit);
    }
    return {};
  });
  if (!status) return status;
  std::map<std::string, std::string> slots;
  for (const TaskSummary& task : summary.tasks)
    if (!task.slots.empty()) slots.emplace(task.name, task.slots.front().slot);
  return reader.grades([&](Grade&& grade) -> Status {
    for (Example* example : chosen(grade.key.task, grade.key.doc_id)) {
      const bool same_record = example->sample_idx == grade.key.sample_idx && slots[grade.key.task] == grade.grader;
      if (!same_record || example->verdict != grade.verdict) continue;
      example->extracted = shorten_middle(grade.answer.value_or(""), limit);
      if (example->target.empty()) example->target = shorten_middle(grade.target, limit);
      example->reason = grade.reason;
      example->explanation = shorten_middle(grade.explanation, limit);
    }
    return {};
  });
}

std::vector<Example> pick_examples(const RunTally& tally, const TaskSummary& task) {
  if (task.slots.empty()) return {};
  Picker picker(tally, task, question_ids(tally, task.name));
  picker.first_with(Verdict::correct, "A correct answer");
  picker.first_with(Verdict::incorrect, "A wrong answer");
  picker.first_with(Verdict::truncated, "Cut off before an answer");
  picker.most_divided_vote();
  return std::move(picker).take();
}

} // namespace

Status add_examples(const RunReader& reader, const RunTally& tally, size_t max_text_bytes, Summary& summary) {
  Picks picks;
  for (TaskSummary& task : summary.tasks) {
    task.examples = pick_examples(tally, task);
    const std::map<std::string, uint32_t> ids = question_ids(tally, task.name);
    for (Example& example : task.examples) {
      picks[{task.name, example.doc_id}].push_back(&example);
      const SampleRow* row = tally.find_sample(ids.at(example.doc_id), example.sample_idx);
      if (row == nullptr) continue;
      if (Status status = fetch_completion(tally.place(*row), max_text_bytes, example); !status) return status;
    }
  }
  return picks.empty() ? Status{} : fetch_records(reader, picks, summary, max_text_bytes);
}

} // namespace proctor
