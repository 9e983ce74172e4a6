// SPDX-License-Identifier: MIT
#include "reports/tally.h"

#include <algorithm>
#include <tuple>

#include "harness/hash.h"

namespace proctor {
namespace {

// A vote key may be a whole program. Longer ones are kept as their beginning and their hash: equal keys stay equal.
constexpr size_t kLongestKey = 512;
constexpr size_t kKeyBeginning = 128;

void add_count(std::optional<int64_t>& sum, const std::optional<int64_t>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

// Keeps one row per run of equal keys: the first that is done, else the last. Stable order within a key is needed.
template <class Row, class Key, class Done> void keep_one_per_key(std::vector<Row>& rows, Key key, Done done) {
  size_t kept = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool same = kept > 0 && key(rows[kept - 1]) == key(rows[i]);
    if (!same)
      rows[kept++] = rows[i];
    else if (!done(rows[kept - 1]))
      rows[kept - 1] = rows[i];
  }
  rows.resize(kept);
}

} // namespace

uint32_t StringPool::id(std::string_view text) {
  if (auto it = ids_.find(text); it != ids_.end()) return it->second;
  const std::string& kept = texts_.emplace_back(text);
  const auto id = static_cast<uint32_t>(texts_.size() - 1);
  ids_.emplace(kept, id);
  return id;
}

uint32_t RunTally::task_id(const std::string& task) {
  auto it = std::ranges::find(tasks_, task); // a run has few tasks
  if (it == tasks_.end()) {
    it = tasks_.insert(tasks_.end(), task);
    tokens_.emplace_back();
  }
  return static_cast<uint32_t>(it - tasks_.begin());
}

uint32_t RunTally::question_id(const std::string& task, const std::string& doc_id) {
  auto [it, fresh] = question_ids_.try_emplace(task + '\0' + doc_id, static_cast<uint32_t>(questions_.size()));
  if (fresh) questions_.push_back({task_id(task), doc_id, {}, {}, false});
  return it->second;
}

uint32_t RunTally::vote_id(std::string_view key) {
  if (key.size() <= kLongestKey) return names_.id(key.empty() ? " " : key); // 0 stands for no vote
  return names_.id(std::string(key.substr(0, kKeyBeginning)) + "… #" + hash_hex({key}));
}

void RunTally::add(const QuestionRecord& record) {
  QuestionFacts& facts = questions_[question_id(record.task, record.question.doc_id)];
  facts.level = record.question.level;
  facts.cluster = record.question.cluster;
  facts.asked = true;
}

void RunTally::add(const Completion& completion, const RecordPlace& place) {
  const uint32_t question = question_id(completion.key.task, completion.key.doc_id);
  TokenSums& sums = tokens_[questions_[question].task];
  add_count(sums.prompt, completion.usage.prompt_tokens);
  add_count(sums.cached, completion.usage.cached_tokens);
  add_count(sums.completion, completion.usage.completion_tokens);
  add_count(sums.reasoning, completion.usage.reasoning_tokens);
  ++sums.n_attempts;
  if (completion.usage.completion_tokens) ++sums.n_known;
  samples_.push_back({question, completion.key.sample_idx, names_.id(place.file), completion.status, place.offset,
                      completion.usage.completion_tokens.value_or(-1)});
}

void RunTally::add(const Grade& grade) {
  GradeRow row;
  row.question = question_id(grade.key.task, grade.key.doc_id);
  row.slot = names_.id(grade.grader);
  row.sample_idx = grade.key.sample_idx;
  row.reason = names_.id(grade.reason);
  row.verdict = grade.verdict;
  row.basis = names_.id(credit_basis(grade));
  if (grade.format_ok) row.format_ok = *grade.format_ok ? 1 : 0;
  if (auto characters = get_int(grade.stats, "characters")) row.characters = static_cast<int32_t>(*characters);
  if (grade.vote_key) row.vote = vote_id(*grade.vote_key);
  const bool text_differs = grade.vote_key && grade.answer && *grade.answer != *grade.vote_key;
  if (text_differs && grade.answer->size() <= kLongestKey) row.answer = names_.id(*grade.answer);
  grades_.push_back(row);
}

void RunTally::settle() {
  auto sample_key = [](const SampleRow& row) { return std::tuple(row.question, row.sample_idx); };
  auto grade_key = [](const GradeRow& row) { return std::tuple(row.question, row.slot, row.sample_idx); };
  std::ranges::stable_sort(samples_, {}, sample_key);
  std::ranges::stable_sort(grades_, {}, grade_key);
  keep_one_per_key(samples_, sample_key, [](const SampleRow& row) { return row.status != CompletionStatus::error; });
  keep_one_per_key(grades_, grade_key, [](const GradeRow& row) { return row.verdict != Verdict::not_graded; });
}

const SampleRow* RunTally::find_sample(uint32_t question, int sample_idx) const {
  auto key = [](const SampleRow& row) { return std::tuple(row.question, row.sample_idx); };
  auto it = std::ranges::lower_bound(samples_, std::tuple(question, sample_idx), {}, key);
  return it != samples_.end() && key(*it) == std::tuple(question, sample_idx) ? &*it : nullptr;
}

} // namespace proctor
