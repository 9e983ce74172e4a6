// SPDX-License-Identifier: MIT
#include "reports/tally.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "harness/hash.h"
#include "harness/parallel.h"

namespace proctor {
namespace {

// A vote key may be a whole program. Longer ones are kept as their beginning and their hash: equal keys stay equal.
constexpr size_t kLongestKey = 512;
constexpr size_t kKeyBeginning = 128;

void add_count(std::optional<int64_t>& sum, const std::optional<int64_t>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

// Logs of one worker are in order already.
template <class Row, class Key> void sort_by(std::vector<Row>& rows, Key key) {
  if (!std::ranges::is_sorted(rows, {}, key)) std::ranges::stable_sort(rows, {}, key);
}

// Keeps one row per run of equal keys: the first, until supersedes(kept, later) says that a later one takes its place;
// hands the others over. Stable order within a key is needed.
template <class Row, class Key, class Supersedes, class Other>
void keep_one_per_key(std::vector<Row>& rows, Key key, Supersedes supersedes, Other other) {
  size_t kept = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool same = kept > 0 && key(rows[kept - 1]) == key(rows[i]);
    if (!same) {
      rows[kept++] = rows[i];
      continue;
    }
    if (supersedes(rows[kept - 1], rows[i])) std::swap(rows[kept - 1], rows[i]);
    other(rows[i]);
  }
  rows.resize(kept);
}

int32_t small(std::optional<int64_t> n) {
  return n && *n >= 0 ? static_cast<int32_t>(std::min<int64_t>(*n, std::numeric_limits<int32_t>::max())) : -1;
}

int32_t small_stat(const Grade& grade, std::string_view key) { return small(get_int(grade.stats, key)); }

// An imported log may hold anything where money or time should be.
double amount(std::optional<double> value) { return value && std::isfinite(*value) && *value >= 0 ? *value : -1; }

float mean_logprob(const Completion& completion) {
  const int64_t tokens = completion.usage.completion_tokens.value_or(0);
  if (!completion.logprob_sum || !std::isfinite(*completion.logprob_sum) || *completion.logprob_sum > 0 || tokens <= 0) return 1;
  return static_cast<float>(*completion.logprob_sum / static_cast<double>(tokens));
}

void add_trace(const Grade& grade, GradeRow& row) {
  row.words = small_stat(grade, "words");
  row.foreign_words = small_stat(grade, "foreign_words");
  row.reflective = small_stat(grade, "reflective");
  row.aha = small_stat(grade, "aha");
  row.wait = small_stat(grade, "wait");
  row.reasoning_characters = small_stat(grade, "reasoning_characters");
  if (auto loop = get_bool(grade.stats, "loop")) row.loop = *loop ? 1 : 0;
  if (auto share = get_number(grade.stats, "overthinking"); share && *share >= 0 && *share <= 1) row.overthinking = static_cast<float>(*share);
}

} // namespace

Usage SampleRow::usage() const {
  auto known = [](int64_t n) { return n < 0 ? std::nullopt : std::optional(n); };
  return {known(prompt_tokens), known(cached_tokens), known(completion_tokens), known(reasoning_tokens),
          reported_usd < 0 ? std::nullopt : std::optional(reported_usd)};
}

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
    n_lost_grades_.push_back(0);
  }
  return static_cast<uint32_t>(it - tasks_.begin());
}

uint32_t RunTally::question_id(const std::string& task, const std::string& doc_id) {
  auto [it, fresh] = question_ids_.try_emplace(task + '\0' + doc_id, static_cast<uint32_t>(questions_.size()));
  if (fresh) questions_.push_back({task_id(task), doc_id, {}, {}, false, {}, {}});
  return it->second;
}

const QuestionFacts* RunTally::find_question(const std::string& task, const std::string& doc_id) const {
  auto known = question_ids_.find(task + '\0' + doc_id);
  return known == question_ids_.end() ? nullptr : &questions_[known->second];
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
  facts.prompt = ShortHash::of_hex(record.prompt_hash);
  facts.target = reference_hash(record.question.target);
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
  const Usage& usage = completion.usage;
  samples_.push_back({question, completion.key.sample_idx, names_.id(place.file), completion.status, place.offset,
                      std::max<int64_t>(-1, usage.completion_tokens.value_or(-1)), small(usage.prompt_tokens),
                      small(usage.cached_tokens), small(usage.reasoning_tokens), mean_logprob(completion), amount(usage.reported_usd),
                      static_cast<float>(amount(completion.seconds)), static_cast<float>(amount(completion.step_seconds))});
}

void RunTally::add(const Grade& grade, const RecordPlace& place) {
  GradeRow row;
  row.question = question_id(grade.key.task, grade.key.doc_id);
  row.slot = names_.id(grade.grader);
  row.sample_idx = grade.key.sample_idx;
  row.reason = names_.id(grade.reason);
  row.verdict = grade.verdict;
  row.basis = names_.id(credit_basis(grade));
  if (grade.format_ok) row.format_ok = *grade.format_ok ? 1 : 0;
  if (auto characters = get_int(grade.stats, "characters")) row.characters = static_cast<int32_t>(*characters);
  add_trace(grade, row);
  if (grade.vote_key) row.vote = vote_id(*grade.vote_key);
  const bool text_differs = grade.vote_key && grade.answer && *grade.answer != *grade.vote_key;
  if (text_differs && grade.answer->size() <= kLongestKey) row.answer = names_.id(*grade.answer);
  row.file = names_.id(place.file);
  row.offset = place.offset;
  grades_.push_back(row);
}

void RunTally::settle() {
  auto sample_key = [](const SampleRow& row) { return std::tuple(row.question, row.sample_idx); };
  auto grade_key = [](const GradeRow& row) { return std::tuple(row.question, row.slot, row.sample_idx); };
  parallel_for(2, 1, [&](size_t i) { i == 0 ? sort_by(samples_, sample_key) : sort_by(grades_, grade_key); });
  std::vector<std::tuple<uint32_t, int32_t>> twice; // finished more than once, in order
  keep_one_per_key(
      samples_, sample_key, [](const SampleRow& kept, const SampleRow&) { return kept.status == CompletionStatus::error; },
      [&](const SampleRow& row) {
        superseded_.push_back(row);
        if (row.status != CompletionStatus::error) twice.push_back(sample_key(row));
      });
  drop_lost_grades();
  auto judges = [](const GradeRow& row) { return row.verdict != Verdict::not_graded; };
  auto is_twice = [&](const GradeRow& row) { return std::ranges::binary_search(twice, std::tuple(row.question, row.sample_idx)); };
  keep_one_per_key(
      grades_, grade_key,
      [&](const GradeRow& kept, const GradeRow& later) { return !judges(kept) || (judges(later) && !is_twice(later)); }, [](const GradeRow&) {});
}

// Verdicts about texts that are not there.
void RunTally::drop_lost_grades() {
  std::erase_if(grades_, [&](const GradeRow& row) {
    if (row.verdict == Verdict::not_graded) return false;
    const SampleRow* sample = find_sample(row.question, row.sample_idx);
    const bool lost = sample == nullptr || sample->status == CompletionStatus::error;
    n_lost_grades_[questions_[row.question].task] += lost;
    return lost;
  });
}

const SampleRow* RunTally::find_sample(uint32_t question, int sample_idx) const {
  auto key = [](const SampleRow& row) { return std::tuple(row.question, row.sample_idx); };
  auto it = std::ranges::lower_bound(samples_, std::tuple(question, sample_idx), {}, key);
  return it != samples_.end() && key(*it) == std::tuple(question, sample_idx) ? &*it : nullptr;
}

} // namespace proctor
