// SPDX-License-Identifier: MIT
#include "reports/examples.h"

#include <algorithm>
#include <map>
#include <set>

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

  // The wrong answer that the largest share of a question's samples agree on; of equal shares that of the most samples.
  void surest_mistake() {
    auto surer = [](const QuestionRow& a, const QuestionRow& b) { return std::pair(share(a), a.n_votes) > std::pair(share(b), b.n_votes); };
    add_vote(best_question([](const QuestionRow& row) { return row.n_votes >= 2 && !row.top_votes.front().correct; }, surer), "The surest mistake");
  }

  // The smallest share for the largest class, among questions with at least two voters and two classes.
  void most_divided_vote() {
    auto more_divided = [](const QuestionRow& a, const QuestionRow& b) { return share(a) < share(b); };
    add_vote(best_question([](const QuestionRow& row) { return row.n_classes >= 2; }, more_divided), "The most divided vote");
  }

  // A correct sample of the question that is solved least often.
  void rarest_success() {
    auto rarer = [](const QuestionRow& a, const QuestionRow& b) { return a.pass_1 < b.pass_1; };
    const QuestionRow* row = best_question([](const QuestionRow& one) { return one.c > 0; }, rarer);
    if (row == nullptr) return first_with(Verdict::correct, "A correct answer");
    const auto found = std::ranges::find(grades(*row), Verdict::correct, &GradeRow::verdict);
    if (found != grades(*row).end()) add(*row, *found, *row->pass_1 < 0.5 ? "A rare success" : "A correct answer");
  }

  std::vector<Example> take() && { return std::move(picked_); }

 private:
  // The first by `better` of the questions not shown yet that are `fit`.
  const QuestionRow* best_question(auto fit, auto better) const {
    const QuestionRow* best = nullptr;
    for (const QuestionRow& row : slot_.questions)
      if (!used_.contains(row.doc_id) && fit(row) && (best == nullptr || better(row, *best))) best = &row;
    return best;
  }

  // A sample that gave the largest class's answer, with the votes.
  void add_vote(const QuestionRow* row, std::string why) {
    if (row == nullptr) return;
    for (const GradeRow& grade : grades(*row))
      if (tally_.names().text(grade.answer != 0 ? grade.answer : grade.vote) == row->top_votes.front().answer) {
        add(*row, grade, std::move(why));
        picked_.back().votes = row->top_votes;
        return;
      }
  }

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

Status fetch_grade(const RecordPlace& place, size_t limit, Example& example) {
  Result<Grade> grade = read_grade(place);
  if (!grade) return grade.error();
  example.extracted = shorten_middle(grade->answer.value_or(""), limit);
  example.target = shorten_middle(grade->target, limit);
  example.reason = grade->reason;
  example.explanation = shorten_middle(grade->explanation, limit);
  return {};
}

// Another pass over questions.jsonl: its texts are too large to keep for all.
Status fetch_prompts(const RunReader& reader, const Picks& picks, size_t limit) {
  return reader.questions([&](QuestionRecord&& record) -> Status {
    auto chosen = picks.find({record.task, record.question.doc_id});
    if (chosen == picks.end()) return {};
    for (Example* example : chosen->second) {
      example->prompt = shorten_middle(prompt_text(record.question), limit);
      example->target = shorten_middle(record.question.target, limit);
    }
    return {};
  });
}

std::vector<Example> pick_examples(const RunTally& tally, const TaskSummary& task) {
  if (task.slots.empty()) return {};
  Picker picker(tally, task, question_ids(tally, task.name));
  picker.surest_mistake();
  picker.most_divided_vote();
  picker.rarest_success();
  picker.first_with(Verdict::incorrect, "A wrong answer");
  picker.first_with(Verdict::truncated, "Cut off before an answer");
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
      const uint32_t question = ids.at(example.doc_id);
      const auto grades = grades_of(tally, question, task.slots.front().slot);
      const auto grade = std::ranges::find(grades, example.sample_idx, &GradeRow::sample_idx);
      if (Status status = fetch_grade(tally.place(*grade), max_text_bytes, example); !status) return status;
      const SampleRow* sample = tally.find_sample(question, example.sample_idx);
      if (sample == nullptr) continue;
      if (Status status = fetch_completion(tally.place(*sample), max_text_bytes, example); !status) return status;
    }
  }
  return picks.empty() ? Status{} : fetch_prompts(reader, picks, max_text_bytes);
}

} // namespace proctor
