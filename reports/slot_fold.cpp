// SPDX-License-Identifier: MIT
#include "reports/slot_fold.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <tuple>

#include "harness/hash.h"
#include "harness/parallel.h"
#include "harness/text/ascii.h"
#include "reports/metrics.h"
#include "reports/traces.h"
#include "reports/text.h"
#include "reports/votes.h"

namespace proctor {
namespace {

// A question stops because one answer is ahead, so what is estimated from more than the fixed prefix would be biased.
int n_counted(const SlotFold& fold) { return fold.adaptive ? fold.adaptive->prefix : std::numeric_limits<int>::max(); }

bool votes(const GradeRow& row) { return row.vote != 0 && is_vote(row.verdict); }

// What is worth a warning, counted over questions.
struct VoteTroubles {
  int mixed = 0, not_transitive = 0, not_compared = 0;
};

// One ballot per vote key. The text is the smallest of the key's answers, so that file order does not matter.
std::vector<Ballot> ballots_of(const StringPool& names, std::span<const GradeRow> grades) {
  std::map<uint32_t, Ballot> ballots;
  for (const GradeRow& row : grades) {
    if (!votes(row)) continue;
    const std::string_view text = names.text(row.answer != 0 ? row.answer : row.vote);
    auto [it, fresh] = ballots.try_emplace(row.vote, Ballot{names.text(row.vote), text, 0, 0});
    it->second.text = std::min(it->second.text, text);
    ++it->second.n;
    if (row.verdict == Verdict::correct) ++it->second.n_correct;
  }
  std::vector<Ballot> list;
  for (auto& [id, ballot] : ballots) list.push_back(ballot);
  return list;
}

void count_grade(const GradeRow& row, QuestionRow& tally) {
  if (!in_denominator(row.verdict)) return;
  if (row.format_ok >= 0) {
    ++tally.n_format;
    tally.n_format_ok += row.format_ok;
  }
  if (row.loop >= 0) {
    ++tally.n_traced;
    tally.n_loop += row.loop;
    tally.n_mixed += is_mixed(row) ? 1 : 0;
  }
  ++tally.n;
  if (row.verdict == Verdict::correct) ++tally.c;
  if (row.verdict == Verdict::truncated) ++tally.n_truncated;
}

std::vector<VoteClass> vote_classes(const Classes& classes, int& n_votes) {
  std::vector<VoteClass> list;
  for (const VoteRow& vote : classes.rows) {
    list.push_back({vote.n, vote.correct, hash_number(vote.answer)});
    n_votes += vote.n;
  }
  return list;
}

void add_votes(QuestionRow& row, std::vector<Ballot> ballots, const Grader* same, VoteTroubles& troubles) {
  Classes classes = form_classes(std::move(ballots), same);
  row.n_classes = static_cast<int>(classes.rows.size());
  row.classes = vote_classes(classes, row.n_votes);
  row.silent = row.n - row.n_votes;
  if (classes.rows.size() > kMaxTopVotes) classes.rows.resize(kMaxTopVotes);
  row.top_votes = std::move(classes.rows);
  troubles.mixed += classes.mixed ? 1 : 0;
  troubles.not_transitive += classes.not_transitive ? 1 : 0;
  troubles.not_compared += classes.not_compared ? 1 : 0;
}

// The samples that the question's n counts, each with its mean token log-probability; none where one has no such.
std::vector<ScoredSample> scored_samples(const RunTally& tally, uint32_t question, std::span<const GradeRow> counted) {
  std::vector<ScoredSample> scored;
  auto samples = std::ranges::equal_range(tally.samples(), question, {}, &SampleRow::question);
  auto sample = samples.begin();
  for (const GradeRow& grade : counted) { // both by sample index
    if (!in_denominator(grade.verdict)) continue;
    while (sample != samples.end() && sample->sample_idx < grade.sample_idx) ++sample;
    if (sample == samples.end() || sample->sample_idx != grade.sample_idx || sample->mean_logprob > 0) return {};
    scored.push_back({static_cast<double>(sample->mean_logprob), grade.verdict == Verdict::correct ? 1.0 : 0.0});
  }
  return scored;
}

// Planned samples behind the last that was asked for. One before it without a grade in the denominator failed or is
// missing; it is not one that nobody needs.
int n_not_asked(const SlotFold& fold, std::span<const GradeRow> grades) {
  const int n_asked = grades.empty() ? 0 : grades.back().sample_idx + 1;
  return std::max(0, fold.task.n_samples - std::max(n_asked, fold.adaptive->prefix));
}

// Of a question whose samples may have stopped early: the vote of all that came, if that is the vote of all planned ones.
// No vote is asked before the whole prefix is there.
void add_settled_vote(const SlotFold& fold, std::span<const GradeRow> grades, QuestionRow& row) {
  row.n_arrived = static_cast<int>(std::ranges::count_if(grades, [](const GradeRow& grade) { return in_denominator(grade.verdict); }));
  if (std::ranges::count_if(grades, [&](const GradeRow& grade) { return grade.sample_idx < n_counted(fold); }) < fold.adaptive->prefix) return;
  const Classes classes = form_classes(ballots_of(fold.tally.names(), grades), fold.same);
  const int k = fold.task.n_samples;
  const auto [leader, runner_up] = first_two(classes);
  if (fold.adaptive->rule.missing(leader, runner_up, row.n_arrived, k) > 0) return;
  row.n_saved = n_not_asked(fold, grades);
  int n_votes = 0;
  const std::vector<VoteClass> counted = vote_classes(classes, n_votes);
  if (const auto credit = maj_at_k(counted, row.n_arrived - n_votes, row.n_arrived)) row.settled = SettledVote{k, row.n_arrived, *credit};
}

TokenUse tokens_of(const RunTally& tally, uint32_t question, int n_counted) {
  TokenUse use;
  for (const SampleRow& row : std::ranges::equal_range(tally.samples(), question, {}, &SampleRow::question)) {
    if (row.status == CompletionStatus::error || row.completion_tokens < 0 || row.sample_idx >= n_counted) continue;
    const auto tokens = static_cast<double>(row.completion_tokens);
    ++use.n, use.sum += tokens, use.squares += tokens * tokens;
  }
  return use;
}

QuestionRow fold_question(const SlotFold& fold, uint32_t id, VoteTroubles& troubles) {
  const QuestionFacts& facts = fold.tally.questions()[id];
  QuestionRow row;
  row.doc_id = facts.doc_id;
  row.level = facts.level;
  row.cluster = facts.cluster;
  row.prompt = facts.prompt;
  row.target = facts.target;
  row.tokens = tokens_of(fold.tally, id, n_counted(fold));
  const std::span<const GradeRow> grades = grades_of(fold.tally, id, fold.slot);
  const std::span<const GradeRow> counted(grades.begin(), std::ranges::find_if(grades, [&](const GradeRow& grade) { return grade.sample_idx >= n_counted(fold); }));
  for (const GradeRow& grade : grades) row.verdicts.push_back(grade.verdict);
  for (const GradeRow& grade : counted) count_grade(grade, row);
  row.pass_1 = pass_at_k(row.n, row.c, 1);
  row.scored = scored_samples(fold.tally, id, counted);
  row.n_arrived = row.n;
  add_votes(row, ballots_of(fold.tally.names(), counted), fold.same, troubles);
  if (fold.adaptive) add_settled_vote(fold, grades, row);
  return row;
}

// "Level 2" before "Level 10": runs of digits compare as numbers.
bool natural_less(std::string_view a, std::string_view b) {
  auto digits = [](std::string_view text) {
    return static_cast<size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  };
  while (!a.empty() && !b.empty()) {
    const size_t na = digits(a), nb = digits(b);
    if (na > 0 && nb > 0) {
      if (na != nb) return na < nb;
      if (int order = a.substr(0, na).compare(b.substr(0, nb)); order != 0) return order < 0;
      a.remove_prefix(na), b.remove_prefix(nb);
    } else {
      if (a[0] != b[0]) return a[0] < b[0];
      a.remove_prefix(1), b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

std::vector<LevelRow> levels_of(const std::vector<QuestionRow>& questions) {
  auto less = [](const std::string& a, const std::string& b) { return natural_less(a, b); };
  std::map<std::string, LevelRow, decltype(less)> levels(less);
  bool any = false;
  for (const QuestionRow& question : questions) {
    any = any || !question.level.empty();
    if (!question.pass_1) continue;
    LevelRow& row = levels[question.level];
    ++row.n_questions;
    row.n_samples += question.n;
    row.pass_1 += *question.pass_1;
  }
  std::vector<LevelRow> rows;
  for (auto& [level, row] : levels) {
    row.level = level.empty() ? "no level" : level;
    row.pass_1 /= static_cast<double>(row.n_questions);
    rows.push_back(row);
  }
  return any ? rows : std::vector<LevelRow>{};
}

// False when the grader named no answers although there were some to name.
bool has_votes(const SlotFold& fold) {
  bool judged = false;
  for (uint32_t id : fold.questions)
    for (const GradeRow& row : grades_of(fold.tally, id, fold.slot)) {
      if (row.vote != 0) return true;
      judged = judged || row.verdict == Verdict::correct || row.verdict == Verdict::incorrect;
    }
  return !judged;
}

void count_verdicts(const SlotFold& fold, SlotSummary& slot) {
  std::map<uint32_t, int64_t> reasons;
  CreditCount credits;
  for (uint32_t id : fold.questions)
    for (const GradeRow& row : grades_of(fold.tally, id, fold.slot)) {
      ++slot.verdicts[static_cast<size_t>(row.verdict)];
      ++slot.n_graded;
      if (in_denominator(row.verdict) && row.sample_idx < n_counted(fold)) ++slot.counted[static_cast<size_t>(row.verdict)];
      if (row.reason != 0) ++reasons[row.reason];
      if (row.basis != 0) credits.add(fold.tally.names().text(row.basis));
    }
  slot.credits = credits.take();
  for (size_t i = 0; i < slot.shares.size(); ++i) slot.shares[i] = share_of_samples(slot, static_cast<Verdict>(i)).value_or(0);
  for (auto& [id, n] : reasons) slot.reasons.emplace_back(fold.tally.names().text(id), n);
  std::ranges::sort(slot.reasons, [](const auto& a, const auto& b) {
    return std::tie(b.second, a.first) < std::tie(a.second, b.first);
  });
}

// Planned samples outside every denominator: of questions that were asked, and of those that never were.
int64_t count_short(const TaskSummary& task, const std::vector<QuestionRow>& questions) {
  int64_t n_short = 0;
  for (const QuestionRow& question : questions) n_short += std::max(0, task.n_samples - question.n_arrived - question.n_saved);
  const int64_t n_missing = task.n_questions - static_cast<int64_t>(questions.size());
  return n_short + std::max<int64_t>(0, n_missing) * task.n_samples;
}

void warn_about_gaps(const SlotFold& fold, const SlotSummary& slot, std::vector<Warning>& warnings) {
  if (slot.n_empty_questions > 0)
    warnings.push_back(
        {Warning::gaps,
         fmt::format("{}: {} without any graded sample: the run is incomplete, and no mean includes {}.", fold.label,
                     plural(slot.n_empty_questions, "question"), slot.n_empty_questions == 1 ? "it" : "them")});
  if (slot.n_short > 0)
    warnings.push_back(
        {Warning::gaps,
         fmt::format("{}: {} of {} planned samples are missing or not graded ({} not graded); they are in "
                     "no denominator.",
                     fold.label, grouped(slot.n_short), grouped(fold.task.n_questions * fold.task.n_samples),
                     grouped(count_of(slot.verdicts, Verdict::not_graded)))});
}

void warn_about_truncation(const SlotFold& fold, const SlotSummary& slot, std::vector<Warning>& warnings) {
  const auto truncated = share_of_samples(slot, Verdict::truncated), correct = share_of_samples(slot, Verdict::correct);
  if (!truncated || *truncated <= fold.truncated_warning) return;
  warnings.push_back(
      {Warning::truncation,
       fmt::format("{}: {} of samples were cut off before an answer and count as wrong{}.", fold.label,
                   percent(*truncated),
                   *truncated < 1 ? "; of the completed ones " + percent(*correct / (1 - *truncated)) + " are correct" : "")});
}

void warn_about_votes(const SlotFold& fold, const VoteTroubles& troubles, std::vector<Warning>& warnings) {
  auto warn = [&](int n, std::string_view what) {
    if (n > 0)
      warnings.push_back({Warning::votes, fmt::format("{}: in {} {}.", fold.label, plural(n, "question"), what)});
  };
  warn(troubles.mixed,
       "equal answers were graded both correct and incorrect (mixed_classes); such a class counts as most "
       "of its samples do");
  warn(troubles.not_transitive,
       "the grader's notion of equal answers is not transitive; chains of equal answers were "
       "joined for the vote");
  warn(troubles.not_compared,
       fmt::format("more than {} different answers were given; only equal keys were joined for "
                   "the vote",
                   kMaxComparedKeys));
}

void note_credits(const SlotFold& fold, const SlotSummary& slot, std::vector<Warning>& warnings) {
  auto undecided = std::ranges::find(slot.reasons, "undecided", [](const auto& reason) { return reason.first; });
  std::string text = credit_sentence(slot.credits, fold.label, count_of(slot.verdicts, Verdict::correct),
                                     undecided == slot.reasons.end() ? 0 : undecided->second);
  if (!text.empty()) warnings.push_back({Warning::credits, std::move(text)});
}

// Whether settled votes left samples out: without any it is an ordinary run, as where there are no votes to settle.
bool left_out(const SlotFold& fold) {
  if (!has_votes(fold)) return false;
  return std::ranges::any_of(fold.questions, [&](uint32_t id) {
    return grades_of(fold.tally, id, fold.slot).size() < static_cast<size_t>(fold.task.n_samples);
  });
}

Saving saving_of(const SlotFold& fold, const SlotSummary& slot) {
  Saving saving;
  saving.prefix = fold.adaptive->prefix;
  saving.k = fold.task.n_samples;
  saving.n_planned = fold.task.n_questions * fold.task.n_samples;
  double tokens = 0;
  bool known = true;
  for (const QuestionRow& question : slot.questions) {
    if (question.n_saved == 0) continue;
    ++saving.n_settled;
    saving.n_samples += question.n_saved;
    known = known && question.tokens.n > 0;
    if (question.tokens.n > 0) tokens += question.n_saved * question.tokens.sum / static_cast<double>(question.tokens.n);
  }
  if (known && saving.n_samples > 0) saving.tokens = tokens;
  return saving;
}

} // namespace

std::span<const GradeRow> grades_of(const RunTally& tally, uint32_t question, std::string_view slot) {
  auto rows = std::ranges::equal_range(tally.grades(), question, {}, &GradeRow::question);
  auto is_slot = [&](const GradeRow& row) { return tally.names().text(row.slot) == slot; };
  auto begin = std::ranges::find_if(rows, is_slot);
  return {begin, std::find_if_not(begin, rows.end(), is_slot)};
}

SlotSummary fold_slot(const SlotFold& given, std::vector<Warning>& warnings) {
  SlotFold fold = given;
  if (fold.adaptive && !left_out(fold)) fold.adaptive.reset();
  SlotSummary slot;
  slot.slot = fold.slot;
  slot.questions.reserve(fold.questions.size());
  count_verdicts(fold, slot);
  std::vector<QuestionTally> tallies;
  VoteTroubles troubles;
  for (uint32_t id : fold.questions) {
    slot.questions.push_back(fold_question(fold, id, troubles));
    if (slot.questions.back().n == 0) ++slot.n_empty_questions;
  }
  for (const QuestionRow& row : slot.questions) tallies.push_back(tally_of(row));
  slot.n_empty_questions += std::max<int64_t>(0, fold.task.n_questions - static_cast<int64_t>(slot.questions.size()));
  slot.levels = levels_of(slot.questions);
  slot.n_short = count_short(fold.task, slot.questions);
  if (fold.adaptive) {
    slot.saving = saving_of(fold, slot);
    fold.extra_k.push_back(fold.task.n_samples);
  }
  slot.metrics = compute_metrics(tallies, {std::min(n_counted(fold), fold.task.n_samples), slot.n_short, has_votes(fold), fold.extra_k});
  if (const Metric* maj = headline_metric(slot, MetricKind::maj_at))
    parallel_for(tallies.size(), 256, [&](size_t i) { slot.questions[i].maj_headline = value_at({MetricKind::maj_at, maj->k}, tallies[i]); });
  warn_about_gaps(fold, slot, warnings);
  warn_about_truncation(fold, slot, warnings);
  warn_about_votes(fold, troubles, warnings);
  note_credits(fold, slot, warnings);
  return slot;
}

} // namespace proctor
