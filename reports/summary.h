// SPDX-License-Identifier: MIT
#pragma once

// Summary: all that a report says about one run, every number already computed. Writers (table, results_json,
// markdown, html) only lay it out. Plain values; what is not known is absent, never 0.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/completion.h"
#include "harness/grade.h"
#include "reports/credits.h"
#include "reports/estimators.h"
#include "reports/intervals.h"
#include "reports/pricing.h"
#include "reports/published_comparison.h"
#include "reports/short_hash.h"
#include "reports/suites.h"

namespace proctor {

// Index: static_cast<size_t>(Verdict).
using VerdictCounts = std::array<int64_t, kAllVerdicts.size()>;

inline int64_t count_of(const VerdictCounts& counts, Verdict verdict) { return counts[static_cast<size_t>(verdict)]; }

enum class MetricKind { pass_at, maj_at, pass_hat, best_of, mg_pass, format, truncated, accuracy_completed, loop, mixed };

struct Metric {
  std::string name; // as in results.json before the comma: "pass@8", "accuracy|completed"
  MetricKind kind = MetricKind::pass_at;
  int k = 0; // 0 where there is no k
  double value = 0;
  int64_t n_questions = 0; // that it averages over
  int64_t n_samples = 0;   // of those questions, in its denominator
  int64_t n_short = 0;     // planned samples of the task outside the denominators: not graded or missing
  std::string definition;  // "avg-of-50"
  std::string flag;        // "n<2k": a vote averaged over hardly any subsets; usually empty
  std::optional<Interval> rerun;      // these questions again
  std::optional<Interval> generalise; // questions like these; absent where there are fewer than two clusters
  std::optional<double> se;           // standard error of `generalise`
};

// The answers of one question that count as one, and who gave them.
struct VoteRow {
  std::string answer; // the smallest vote key of the class
  int n = 0;
  bool correct = false;
};

// Completion tokens of one question's finished samples, where the backend told them.
struct TokenUse {
  int64_t n = 0; // samples with a count
  double sum = 0, squares = 0;
};

// A vote of k samples that is known from n of them.
struct SettledVote {
  int k = 0, n = 0;
  double credit = 0; // for being right, ties split
};

// One question under one grader.
struct QuestionRow {
  std::string doc_id;
  std::string level;
  std::string cluster;
  int n = 0;                      // samples in the denominator
  int c = 0;                      // correct ones
  int n_truncated = 0;            // of n
  int n_format = 0;               // samples whose format was judged
  int n_format_ok = 0;
  int n_traced = 0;               // samples whose trace was counted, for loops and for language
  int n_loop = 0;
  int n_mixed = 0;                // more than 5 % of the words in another script than the question's
  std::vector<VoteClass> classes; // what the samples voted for, largest first
  int silent = 0;                 // n less all votes
  std::vector<ScoredSample> scored; // the n samples by their mean token log-probability; empty where one has none
  // Where samples stop when a vote is settled, all counts above are of the fixed prefix.
  int n_arrived = 0;                  // samples in the denominator, of the prefix or not
  int n_saved = 0;                    // planned samples that were not needed
  std::optional<SettledVote> settled; // the vote of all planned samples; absent: open
  ShortHash prompt, target;       // what was asked, and the reference
  TokenUse tokens;                // of finished samples
  std::optional<double> pass_1;   // absent when n = 0
  std::vector<Verdict> verdicts;  // of the samples that arrived, by sample index
  std::vector<VoteRow> top_votes; // the largest classes, largest first, ties by answer; at most kMaxTopVotes
  int n_votes = 0;
  int n_classes = 0;
  std::optional<double> maj_headline; // the vote of the headline's k on this question
  // Of attempts, failed and superseded ones too; absent: not known.
  std::optional<double> usd;                         // of all
  std::optional<double> counted_usd, counted_tokens; // of those whose samples n and c count; of completions
};

inline constexpr size_t kMaxTopVotes = 5;

// What stopping at settled votes left out (adaptive.h).
struct Saving {
  int prefix = 0;        // samples of every question, from which all but the vote is estimated
  int k = 0;             // planned samples of every question, whose vote is known where it is settled
  int64_t n_settled = 0; // questions that did without some
  int64_t n_samples = 0; // that they did without
  int64_t n_planned = 0; // samples of the task
  std::optional<double> tokens; // that these would have taken, by the mean of each question
};

struct LevelRow {
  std::string level;
  int64_t n_questions = 0;
  int64_t n_samples = 0;
  double pass_1 = 0;
};

// Everything that one grader says about one task.
struct SlotSummary {
  std::string slot;   // "none", "base", "plus"
  std::string grader; // its fingerprint in run.json; may be empty
  VerdictCounts verdicts{};
  VerdictCounts counted{};                              // of the samples that some n_i counts; none is not_graded
  int64_t n_graded = 0;                                 // sum of verdicts, not_graded included
  std::array<double, kAllVerdicts.size()> shares{};     // of the sum of counted; all 0 where that is 0
  std::vector<std::pair<std::string, int64_t>> reasons; // "wrong_answer" and how often, most frequent first
  Credits credits;                                      // of correct verdicts of maths tasks
  std::vector<Metric> metrics;                          // in the order of results.json
  std::vector<QuestionRow> questions;                   // in the order of questions.jsonl
  std::vector<LevelRow> levels;                         // easiest name first; empty when no question has a level
  // Numbers of a run that are no shares of samples, for gates: "seconds_p90", "usd_per_correct".
  std::vector<std::pair<std::string, double>> extra_metrics;
  std::optional<Saving> saving; // where samples were left out
  int64_t n_short = 0;
  int64_t n_empty_questions = 0; // questions without any sample in the denominator
};

// Of the samples that some n_i counts, the share with this verdict; nullopt where there are none. A metric is a mean over
// questions instead, and another number where these have unequal numbers of samples.
std::optional<double> share_of_samples(const SlotSummary& slot, Verdict verdict);

// What all attempts used, superseded and failed ones included. Absent: no attempt reported it.
struct TokenSums {
  std::optional<int64_t> prompt, cached, completion, reasoning;
  std::optional<int64_t> answer; // completion less reasoning
  bool reasoning_by_text = false; // reasoning is the completion times the share of characters that are thinking
  int64_t n_attempts = 0;
  int64_t n_known = 0; // attempts that reported completion tokens
};

// How long the counted completions are, or how long they took.
struct Lengths {
  std::string unit; // "tokens", "characters" or "seconds"
  int64_t n = 0;
  double mean = 0;
  double p10 = 0, p50 = 0, p90 = 0;
  double max = 0;
};

// A ratio of sums over questions.
struct Ratio {
  double value = 0;
  std::optional<Interval> interval; // if other questions like these were asked
};

// Money and tokens of one task, under its first grader. usd is absent where no basis applies.
struct CostSummary {
  CostBasis basis = CostBasis::none;
  std::string what, source; // of the price
  std::optional<double> usd;
  std::optional<double> waste_usd;     // of attempts that failed or were superseded
  std::optional<double> truncated_usd; // of samples cut off before an answer
  std::optional<double> overhead_usd;  // by hours: of time in which no sample's steps ran (loading, waiting)
  std::optional<double> prompt_usd, cached_usd, completion_usd; // parts of usd, by a price list
  int64_t n_attempts = 0, n_priced = 0;
  std::optional<Ratio> usd_per_question, usd_per_sample, usd_per_correct;
  int solved_k = 0;                   // samples of the vote of the next
  std::optional<Ratio> usd_per_solved; // cost of k samples / questions that the vote of k solves
  std::optional<double> median_usd_per_correct; // over questions with a correct sample (cost of pass, arXiv 2504.13359)
  std::optional<double> share_unsolved;         // questions without any
  std::optional<Ratio> tokens_per_question, tokens_per_sample, tokens_per_correct;
};

// What the traces of a task's samples hold (docs/reasoning.md).
struct TraceSummary {
  int64_t n = 0; // samples whose trace was counted
  std::optional<double> consistency; // words in the question's script / words
  double reflective_per_answer = 0, aha_per_answer = 0, wait_per_answer = 0;
  std::optional<double> reflective_per_1k, aha_per_1k, wait_per_1k; // per 1,000 completion tokens
  int64_t n_wait = 0, n_no_wait = 0;                               // graded samples with a "wait", and without
  std::optional<double> accuracy_wait, accuracy_no_wait;           // correct / graded of the two kinds
  std::optional<double> overthinking; // mean share of the thinking after the answer was first there
  int64_t n_overthinking = 0;
};

// Lengths of the samples of one kind, with counts in bins that both kinds share.
struct LengthsBy {
  int64_t n = 0;
  double mean = 0, p50 = 0, p90 = 0, p99 = 0;
  std::vector<int64_t> bins;
};

struct LengthSplit {
  std::string unit;
  std::vector<double> edges; // one more than bins, each sqrt 2 above the one before
  LengthsBy correct, wrong;
};

// Accuracy when only samples of at most `limit` count: what a run with that limit would reach at least.
struct LimitPoint {
  double limit = 0;
  double accuracy = 0;
  double used = 0; // mean of min(length, limit)
};

struct LimitCurve {
  std::string unit;
  std::vector<LimitPoint> points; // ascending
  std::optional<double> area;     // mean height over log2 limit
  std::optional<double> b90;      // the smallest limit with 90 % of the final accuracy
};

// One sample shown in full on the page, its texts shortened.
struct Example {
  std::string why; // "A wrong answer", "The most divided vote"
  std::string doc_id;
  std::string level;
  int sample_idx = 0;
  std::string prompt;
  std::string reasoning;
  std::string answer_text;
  std::string extracted; // what the grader read; may be empty
  std::string target;
  Verdict verdict = Verdict::not_graded;
  std::string reason;
  std::string explanation;
  std::optional<int64_t> completion_tokens;
  std::vector<VoteRow> votes; // only where the vote is the point
};

struct TaskSummary {
  std::string name;
  std::string version, hash, source, kind; // from run.json; may be empty
  int64_t n_questions = 0;                 // planned; where unknown, those seen
  int n_samples = 0;                       // planned per question; where unknown, the most seen
  int64_t n_available = 0;                 // that the data holds, before any limit; at least n_questions
  int64_t n_unasked = 0;                   // planned questions that left no record
  std::string suite;                       // whose mean it is a part of; usually empty
  int shots = 0;                           // worked examples before every question
  bool from_file = false;                  // described by a task file, whatever its name
  TokenSums tokens;
  std::optional<Lengths> lengths;
  std::optional<Lengths> seconds; // from request to finish, where the backend told them
  std::vector<SlotSummary> slots; // the order of run.json, else of appearance
  int64_t n_stale_grades = 0;     // made by other rules, or against other references, than this program has; none counts
  bool needs_attestation = false; // its graders run code written by the model
  bool attested = false;          // run.json holds what confined it (sandbox level and self-test)
  std::vector<Example> examples;
  CostSummary cost;
  std::optional<TraceSummary> traces;
  std::optional<LengthSplit> length_split;
  std::optional<LimitCurve> limits;
};

struct Summary {
  std::string run_id;
  std::string run_dir;
  std::string created; // ISO 8601, UTC
  std::string command; // reproduces the run; may be empty
  std::string version; // of proctor
  std::string model;
  std::string model_digest;
  std::string model_note; // must be shown
  Json model_details = Json::object();
  Json options = Json::object(); // as run.json holds them
  Json host = Json::object();
  std::optional<double> seconds;
  std::vector<TaskSummary> tasks;
  std::vector<SuiteSummary> suites;
  std::vector<PublishedComparison> published; // in the order of tasks
  bool complete = true;              // every question has a sample in its denominator
  std::vector<std::string> warnings; // sentences for a person, the gravest first
};

// Whether the answers were made elsewhere: then nothing is known of how they were sampled.
bool is_recorded(const Summary& summary);

// How the answers were sampled, or nullptr where that is not known.
const Json* known_sampling(const Summary& summary);

// Samples below this index are those that n, c, costs and times count: of a run that stopped early its fixed prefix.
int counted_samples(const TaskSummary& task);

// The metric of that name, or nullptr.
const Metric* find_metric(const SlotSummary& slot, std::string_view name);
const SlotSummary* find_slot(const TaskSummary& task, std::string_view slot);
const TaskSummary* find_task(const Summary& summary, std::string_view task);

// Of a task without slots: "nothing is graded", or that its grades are stale and what helps.
std::string why_ungraded(const TaskSummary& task);

// The metric of that kind with the largest k; for votes the largest k without a flag, if there is one with k > 1, but
// the settled vote of all planned samples before any other.
// nullptr when only k = 1 is there (it says no more than pass@1).
const Metric* headline_metric(const SlotSummary& slot, MetricKind kind);

} // namespace proctor
