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
#include "reports/intervals.h"

namespace proctor {

// Index: static_cast<size_t>(Verdict).
using VerdictCounts = std::array<int64_t, kAllVerdicts.size()>;

inline int64_t count_of(const VerdictCounts& counts, Verdict verdict) { return counts[static_cast<size_t>(verdict)]; }

enum class MetricKind { pass_at, maj_at, pass_hat, mg_pass, format, truncated, accuracy_completed };

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

// One question under one grader.
struct QuestionRow {
  std::string doc_id;
  std::string level;
  std::string cluster;
  int n = 0;                      // samples in the denominator
  int c = 0;                      // correct ones
  std::optional<double> pass_1;   // absent when n = 0
  std::vector<Verdict> verdicts;  // of the samples that arrived, by sample index
  std::vector<VoteRow> top_votes; // the largest classes, largest first, ties by answer; at most kMaxTopVotes
  int n_votes = 0;
  int n_classes = 0;
};

inline constexpr size_t kMaxTopVotes = 5;

struct LevelRow {
  std::string level;
  int64_t n_questions = 0;
  int64_t n_samples = 0;
  double pass_1 = 0;
};

// Everything that one grader says about one task.
struct SlotSummary {
  std::string slot; // "none", "base", "plus"
  VerdictCounts verdicts{};
  int64_t n_graded = 0;                                 // sum of verdicts, not_graded included
  std::array<double, kAllVerdicts.size()> shares{};     // of n_graded; all 0 where nothing is graded
  std::vector<std::pair<std::string, int64_t>> reasons; // "wrong_answer" and how often, most frequent first
  std::vector<Metric> metrics;                          // in the order of results.json
  std::vector<QuestionRow> questions;                   // in the order of questions.jsonl
  std::vector<LevelRow> levels;                         // easiest name first; empty when no question has a level
  int64_t n_short = 0;
  int64_t n_empty_questions = 0; // questions without any sample in the denominator
};

// What all attempts used, superseded and failed ones included. Absent: no attempt reported it.
struct TokenSums {
  std::optional<int64_t> prompt, cached, completion, reasoning;
  int64_t n_attempts = 0;
  int64_t n_known = 0; // attempts that reported completion tokens
};

// How long the counted completions are.
struct Lengths {
  std::string unit; // "tokens" or "characters"
  int64_t n = 0;
  double mean = 0;
  double p10 = 0, p50 = 0, p90 = 0;
  double max = 0;
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
  TokenSums tokens;
  std::optional<Lengths> lengths;
  std::vector<SlotSummary> slots; // the order of run.json, else of appearance
  std::vector<Example> examples;
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
  bool complete = true;              // every question has a sample in its denominator
  std::vector<std::string> warnings; // sentences for a person, the gravest first
};

// The metric of that name, or nullptr.
const Metric* find_metric(const SlotSummary& slot, std::string_view name);

// The metric of that kind with the largest k; for votes the largest k without a flag, if there is one with k > 1.
// nullptr when only k = 1 is there (it says no more than pass@1).
const Metric* headline_metric(const SlotSummary& slot, MetricKind kind);

} // namespace proctor
