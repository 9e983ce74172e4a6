// SPDX-License-Identifier: MIT
#include "reports/gate.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>

#include "reports/compare.h"
#include "reports/compare_text.h"
#include "reports/metrics.h"
#include "reports/resample.h"
#include "reports/text.h"

namespace proctor {
namespace {

// A gate on one task under one grader.
struct Applied {
  const Gate& gate;
  const TaskSummary* task;
  const SlotSummary* slot;
  const TaskSummary* base_task = nullptr;
  const SlotSummary* base_slot = nullptr;
};

GateResult result_of(const Applied& applied) {
  GateResult result;
  result.gate = applied.gate;
  result.scope = applied.gate.scope;
  if (applied.task != nullptr) result.task = applied.task->name;
  if (applied.slot != nullptr) result.slot = applied.slot->slot;
  return result;
}

GateResult& end(GateResult& result, GateVerdict verdict, std::string why) {
  result.verdict = verdict;
  result.why = std::move(why);
  return result;
}

bool is_money(std::string_view metric) { return metric.starts_with("usd"); }
bool is_share(std::string_view metric) { return parse_metric_name(metric).has_value(); }
bool lower_is_better(std::string_view metric) {
  const auto name = parse_metric_name(metric);
  return name && !higher_is_better(name->kind);
}

std::string value_text(std::string_view metric, double value) {
  return is_share(metric) ? percent(value) : is_money(metric) ? fmt::format("${:.4g}", value) : fmt::format("{:.4g}", value);
}

std::string bounds_text(std::string_view metric, const Interval& interval) {
  return is_share(metric) ? interval_text(interval) : fmt::format("[{:.4g}, {:.4g}]", interval.lo, interval.hi);
}

// --- is the run a measurement of this task at all?

std::string why_invalid(const Applied& applied, double min_coverage) {
  const double planned = double(applied.task->n_questions) * applied.task->n_samples;
  if (applied.slot->n_graded == count_of(applied.slot->verdicts, Verdict::not_graded)) return "nothing is graded";
  if (planned > 0 && double(applied.slot->n_short) > (1 - min_coverage) * planned + 1e-9)
    return fmt::format("{} of {} planned samples are missing or not graded, more than {}", grouped(applied.slot->n_short),
                       grouped(static_cast<int64_t>(planned)), percent(1 - min_coverage));
  if (applied.task->needs_attestation && !applied.task->attested)
    return "the run has no attestation of the sandbox that ran its code; grade it again (proctor grade RUN)";
  return "";
}

// --- min and max

// Below by more than the rounding of sums: 7 of 10 right on each of 30 questions is 70 %, though their mean is 0.6999999999999996.
bool is_below(double a, double b) { return a < b - 1e-9 * std::max(std::abs(a), std::abs(b)); }

struct Value {
  double value = 0;
  std::optional<Interval> interval;
  GateScope scope = GateScope::fixed; // of the interval
  std::string why_none = {};          // where there is no interval
};

std::string_view scope_name(GateScope scope) { return scope == GateScope::fixed ? "rerun" : "generalise"; }
constexpr std::string_view kTooFewClusters = "fewer than two clusters of questions";

struct Part {
  double numerator = 0, denominator = 0;
};

// A ratio of sums over questions; part: of one question, nullopt where it is not known, and then the whole is not.
std::optional<Value> ratio_value(const SlotSummary& slot, const std::function<std::optional<Part>(const QuestionRow&)>& part, Resampling how) {
  RatioOfSums sums(Scale::log);
  for (const QuestionRow& row : slot.questions) {
    const auto one = part(row);
    if (!one) return std::nullopt;
    sums.add(row.cluster, one->numerator, one->denominator);
  }
  const auto value = sums.value();
  return value ? std::optional(Value{*value, sums.interval(how), GateScope::generalise, "too few clusters of questions"}) : std::nullopt;
}

std::optional<Value> per_question(const std::string& metric, const SlotSummary& slot, Resampling how) {
  if (metric == "tokens")
    return ratio_value(slot, [](const QuestionRow& row) { return std::optional(Part{row.tokens.sum, double(row.tokens.n)}); }, how);
  if (metric == "tokens_per_correct")
    return ratio_value(slot, [](const QuestionRow& row) {
      const bool known = row.n == 0 || row.counted_tokens;
      return known ? std::optional(Part{row.counted_tokens.value_or(0), double(row.c)}) : std::nullopt;
    }, how);
  const bool per_correct = metric == "usd_per_correct";
  if (!per_correct && metric != "usd_per_question") return std::nullopt;
  return ratio_value(slot, [&](const QuestionRow& row) {
    if (!row.usd) return std::optional<Part>();
    return std::optional(per_correct ? Part{*row.counted_usd, double(row.c)} : Part{*row.usd, 1});
  }, how);
}

std::optional<Value> share_value(const Gate& gate, const SlotSummary& slot, double level) {
  const auto metric = parse_metric_name(gate.metric);
  std::vector<Observation> observations;
  for (const QuestionRow& row : slot.questions) {
    if (row.n == 0) continue;
    auto part = observe(*metric, tally_of(row));
    if (part) observations.push_back(*part);
    else if (!share_of(*metric, tally_of(row)) && metric->k > 0) return std::nullopt; // k is larger than n
  }
  if (observations.empty()) return std::nullopt;
  double sum = 0;
  for (const Observation& one : observations) sum += one.value;
  Value value{sum / double(observations.size()), std::nullopt, gate.scope, std::string(kTooFewClusters)};
  value.interval = gate.scope == GateScope::fixed ? rerun_interval(observations, level) : generalise_interval(observations, level);
  return value;
}

// The metrics that are not shares of samples, and why one is not there.
std::optional<Value> value_of(const Applied& applied, double level, uint64_t seed) {
  const std::string& metric = applied.gate.metric;
  if (is_share(metric)) return share_value(applied.gate, *applied.slot, level);
  if (const auto value = per_question(metric, *applied.slot, {level, seed})) return value;
  for (const auto& [name, value] : applied.slot->extra_metrics)
    if (name == metric) return Value{value, std::nullopt, applied.gate.scope, metric + " has no interval"};
  return std::nullopt;
}

GateResult threshold(const Applied& applied, uint64_t seed) {
  const Gate& gate = applied.gate;
  GateResult result = result_of(applied);
  const auto value = value_of(applied, 1 - 2 * gate.alpha, seed);
  if (!value) return end(result, GateVerdict::invalid, fmt::format("{} cannot be computed from this run", gate.metric));
  result.value = value->value;
  result.interval = value->interval;
  result.scope = value->scope;
  const bool min = gate.kind == GateKind::min;
  const std::string wanted = fmt::format("{} {}", min ? "at least" : "at most", value_text(gate.metric, gate.value));
  const std::string is = fmt::format("{} is {}", gate.metric, value_text(gate.metric, value->value));
  if (gate.bound == GateBound::point) {
    const bool fails = min ? is_below(value->value, gate.value) : is_below(gate.value, value->value);
    return end(result, fails ? GateVerdict::regression : GateVerdict::pass,
               fmt::format("{}, {} is wanted", is, wanted));
  }
  if (!value->interval)
    return end(result, GateVerdict::inconclusive, fmt::format("{}, but how sure that is cannot be said ({})", is, value->why_none));
  const std::string shown = fmt::format("{}, {} {:.0f}% {}, {} is wanted", is, scope_name(value->scope), 100 * (1 - 2 * gate.alpha),
                                        bounds_text(gate.metric, *value->interval), wanted);
  const double lo = value->interval->lo, hi = value->interval->hi;
  if (min ? !is_below(lo, gate.value) : !is_below(gate.value, hi)) return end(result, GateVerdict::pass, shown);
  if (min ? is_below(hi, gate.value) : is_below(gate.value, lo)) return end(result, GateVerdict::regression, shown);
  return end(result, GateVerdict::inconclusive, shown + "; the interval holds both");
}

// --- against the baseline

// The difference so turned that positive is better.
struct Turned {
  double difference;
  std::optional<double> lo, hi, p;
};

Turned turn(const TaskComparison& comparison, const Gate& gate) {
  const ScopeResult& scope = gate.scope == GateScope::fixed ? comparison.fixed : comparison.generalise;
  Turned turned{comparison.difference, std::nullopt, std::nullopt, scope.p_less};
  if (scope.interval) turned.lo = scope.interval->lo, turned.hi = scope.interval->hi;
  if (!lower_is_better(gate.metric)) return turned;
  turned.difference = -turned.difference;
  if (scope.interval) turned.lo = -scope.interval->hi, turned.hi = -scope.interval->lo;
  if (scope.p && scope.p_less) // the other tail: both sum to one but for the mid-p's half and ties
    turned.p = comparison.difference > 0 ? std::min(1.0, *scope.p / 2) : 1 - *scope.p / 2;
  return turned;
}

// All of one non-inferiority gate but the verdict, which needs the p-values of the others (Holm).
struct Pending {
  GateResult result;
  Turned turned;
  bool decided = false;
  std::string why_no_interval = {};
  int64_t too_few_clusters = 0; // so many, and no difference could be significant; 0: there are enough
};

Pending prepare_non_inferior(const Applied& applied, uint64_t seed) {
  Pending pending{result_of(applied), {}, false};
  GateResult& result = pending.result;
  CompareOptions options;
  options.metric = applied.gate.metric;
  options.level = 1 - 2 * applied.gate.alpha;
  options.seed = seed;
  const TaskComparison comparison =
      compare_slots(*applied.base_task, *applied.base_slot, *applied.task, *applied.slot, options);
  if (!comparison.incomparable.empty()) {
    end(result, GateVerdict::incomparable, comparison.incomparable);
    pending.decided = true;
    return pending;
  }
  result.value = comparison.cand;
  result.baseline = comparison.base;
  result.difference = comparison.difference;
  const ScopeResult& scope = applied.gate.scope == GateScope::fixed ? comparison.fixed : comparison.generalise;
  result.interval = scope.interval;
  result.test = scope.test;
  pending.why_no_interval = scope.why_none;
  if (applied.gate.scope == GateScope::generalise && comparison.too_few_clusters) pending.too_few_clusters = comparison.n_clusters;
  pending.turned = turn(comparison, applied.gate);
  result.p = pending.turned.p;
  return pending;
}

std::string change_text(const GateResult& result) {
  std::string text = fmt::format("{} {} -> {} ({} points", result.gate.metric, percent(*result.baseline), percent(*result.value),
                                 points(*result.difference));
  if (result.interval)
    text += fmt::format(", {} {:.0f}% {}", result.gate.scope == GateScope::fixed ? "fixed" : "generalise",
                        100 * result.interval->level, points_interval(*result.interval));
  if (result.p) text += fmt::format(", one-sided {} by {}", p_is(*result.p), result.test);
  return text + ")";
}

// What keeps the gate from a verdict, and what would help.
std::string why_inconclusive(const Pending& pending) {
  const Gate& gate = pending.result.gate;
  if (pending.too_few_clusters > 0 && gate.warn_margin <= 0)
    return fmt::format("{} of questions cannot show a drop at alpha {}: questions of other templates are needed",
                       plural(pending.too_few_clusters, "cluster"), gate.alpha);
  if (!pending.turned.lo) return pending.why_no_interval + ", so how sure this is cannot be said";
  return fmt::format("a drop of {:.1f} points is not excluded: more questions or samples are needed", 100 * gate.margin);
}

void judge_non_inferior(Pending& pending) {
  GateResult& result = pending.result;
  const Gate& gate = result.gate;
  const Turned& turned = pending.turned;
  const double min_drop = gate.min_drop.value_or(gate.margin);
  const std::string change = change_text(result);
  const bool significant = gate.warn_margin > 0 ? turned.hi && *turned.hi < -gate.warn_margin : result.p && *result.p <= gate.alpha;
  const bool within = turned.lo && *turned.lo > -gate.margin;
  if (significant && turned.difference < 0 && !is_below(-min_drop, turned.difference)) {
    end(result, GateVerdict::regression,
        change + (within ? fmt::format("; a regression, though within the margin of {:.1f}", 100 * gate.margin) : "; a regression"));
    return;
  }
  if (within) {
    end(result, GateVerdict::pass, change + fmt::format("; a drop of {:.1f} points is excluded", 100 * gate.margin));
    return;
  }
  end(result, GateVerdict::inconclusive, change + "; " + why_inconclusive(pending));
}

GateResult ratio(const Applied& applied) {
  const Gate& gate = applied.gate;
  GateResult result = result_of(applied);
  CompareOptions options;
  options.level = 1 - 2 * gate.alpha;
  const TaskComparison comparison =
      compare_slots(*applied.base_task, *applied.base_slot, *applied.task, *applied.slot, options);
  if (!comparison.incomparable.empty()) return end(result, GateVerdict::incomparable, comparison.incomparable);
  if (!comparison.tokens)
    return end(result, GateVerdict::invalid, "token counts are not known for every question of both runs");
  const auto& [value, interval] = *comparison.tokens;
  result.value = value;
  result.interval = interval;
  result.scope = GateScope::generalise;
  const std::string text = fmt::format("tokens x {}, at most x {:.3f} is wanted", ratio_text(*comparison.tokens), gate.value);
  if (gate.bound == GateBound::point)
    return end(result, is_below(gate.value, value) ? GateVerdict::regression : GateVerdict::pass, text);
  if (!interval) return end(result, GateVerdict::inconclusive, fmt::format("{}, but how sure that is cannot be said ({})", text, kTooFewClusters));
  if (!is_below(gate.value, interval->hi)) return end(result, GateVerdict::pass, text);
  if (is_below(gate.value, interval->lo)) return end(result, GateVerdict::regression, text);
  return end(result, GateVerdict::inconclusive, text + "; the interval holds both");
}

// A watched run: the verdict is the sequential test's, wherever it stopped.
GateResult sequential(const Applied& applied, const SequentialLook& look) {
  GateResult result = result_of(applied);
  result.test = "sequential likelihood ratio";
  if (look.n == 0) return end(result, GateVerdict::inconclusive, "the run ended before a question of this task was finished");
  result.value = look.cand;
  result.baseline = look.base;
  result.difference = look.cand - look.base;
  const std::string change = fmt::format("{} {} -> {} ({} points over {} of {}, {} {:.2f}, bounds {:.2f} and {:.2f})", applied.gate.metric,
                                         percent(look.base), percent(look.cand), points(*result.difference), grouped(look.n),
                                         plural(look.n_planned, "question"), result.test, look.llr, look.lower, look.upper);
  const double margin = 100 * applied.gate.margin;
  switch (look.state) {
    case Gsprt::State::unchanged: return end(result, GateVerdict::pass, change + fmt::format("; a drop of {:.1f} points is excluded", margin));
    case Gsprt::State::dropped: return end(result, GateVerdict::regression, change + "; a regression");
    case Gsprt::State::running: break;
  }
  return end(result, GateVerdict::inconclusive, change + fmt::format("; a drop of {:.1f} points is not excluded: more questions are needed", margin));
}

// --- which gates apply to what

bool against_baseline(const Gate& gate) { return gate.kind == GateKind::non_inferior || gate.kind == GateKind::max_ratio; }

GateResult unmatched(const Gate& gate, const std::string& task, std::string why) {
  GateResult result;
  result.gate = gate;
  result.scope = gate.scope;
  result.task = task;
  return end(result, GateVerdict::incomparable, std::move(why));
}

class Evaluation {
 public:
  explicit Evaluation(const GateInput& input) : input_(input) {}

  GateReport run() {
    note_mismatches();
    for (const Gate& gate : input_.gates) apply(gate);
    judge_pending();
    for (const GateResult& result : report_.gates) report_.verdict = graver(report_.verdict, result.verdict);
    return std::move(report_);
  }

 private:
  // Incomparable before invalid before a regression before "cannot tell".
  static GateVerdict graver(GateVerdict a, GateVerdict b) {
    constexpr GateVerdict kOrder[] = {GateVerdict::incomparable, GateVerdict::invalid, GateVerdict::regression,
                                      GateVerdict::inconclusive, GateVerdict::pass};
    for (GateVerdict one : kOrder)
      if (a == one || b == one) return one;
    return a;
  }

  bool allowed(const std::string& field) const {
    return std::ranges::find(input_.allowed_mismatches, field) != input_.allowed_mismatches.end();
  }

  void note_mismatches() {
    if (input_.baseline == nullptr) return;
    mismatches_ = fingerprint_mismatches(*input_.baseline, input_.run);
    for (const Mismatch& one : mismatches_)
      if (allowed(one.field))
        report_.notes.push_back(fmt::format("allowed: {}{}", one.task.empty() ? "" : one.task + ": ", one.text));
  }

  // Why the task is not what the baseline is of; empty when it is.
  std::string why_mismatched(const std::string& task) const {
    for (const Mismatch& one : mismatches_)
      if ((one.task.empty() || one.task == task) && !allowed(one.field))
        return fmt::format("{}; the baseline is of something else (--allow-mismatch {} compares all the same)", one.text, one.field);
    return "";
  }

  void apply(const Gate& gate) {
    size_t applied = 0;
    for (const TaskSummary& task : input_.run.tasks)
      if (matches(gate.task, task.name)) applied += apply_to(gate, task);
    if (against_baseline(gate) && input_.baseline != nullptr)
      for (const TaskSummary& task : input_.baseline->tasks)
        if (matches(gate.task, task.name) && find_task(input_.run, task.name) == nullptr) {
          report_.gates.push_back(unmatched(gate, task.name, "the baseline has this task, the run does not"));
          ++applied;
        }
    if (applied == 0)
      report_.gates.push_back(unmatched(gate, gate.task, fmt::format("the run has no task {}{}", gate.task,
                                                                     gate.grader.empty() ? "" : " graded by " + gate.grader)));
  }

  size_t apply_to(const Gate& gate, const TaskSummary& task) {
    size_t applied = 0;
    for (const SlotSummary& slot : task.slots)
      if (gate.grader.empty() || gate.grader == slot.slot) ++applied, apply_to(gate, task, slot);
    if (task.slots.empty()) {
      Applied nothing{gate, &task, nullptr};
      GateResult result = result_of(nothing);
      report_.gates.push_back(end(result, GateVerdict::invalid, why_ungraded(task)));
      ++applied;
    }
    return applied;
  }

  void apply_to(const Gate& gate, const TaskSummary& task, const SlotSummary& slot) {
    Applied applied{gate, &task, &slot};
    GateResult result = result_of(applied);
    if (against_baseline(gate)) {
      if (std::string why = find_in_baseline(applied); !why.empty()) {
        report_.gates.push_back(end(result, GateVerdict::incomparable, why));
        return;
      }
    }
    const SequentialLook* look = find_look(gate, task.name, slot.slot);
    // What an early end left out is not missing.
    if (std::string why = why_invalid(applied, ended_early() ? 0 : input_.min_coverage); !why.empty()) {
      report_.gates.push_back(end(result, GateVerdict::invalid, why));
      return;
    }
    if (look != nullptr) {
      report_.gates.push_back(sequential(applied, *look));
      return;
    }
    if (gate.kind == GateKind::non_inferior) {
      pending_at_.push_back(report_.gates.size());
      pending_.push_back(prepare_non_inferior(applied, input_.seed));
      report_.gates.push_back(pending_.back().result);
      return;
    }
    report_.gates.push_back(gate.kind == GateKind::max_ratio ? ratio(applied) : threshold(applied, input_.seed));
  }

  const SequentialLook* find_look(const Gate& gate, const std::string& task, const std::string& slot) const {
    const auto index = static_cast<size_t>(&gate - input_.gates.data());
    auto found = std::ranges::find_if(input_.looks, [&](const SequentialLook& look) { return look.gate == index && look.task == task && look.slot == slot; });
    return found == input_.looks.end() ? nullptr : &*found;
  }

  bool ended_early() const {
    return std::ranges::any_of(input_.looks, [](const SequentialLook& look) { return look.state != Gsprt::State::running; });
  }

  std::string find_in_baseline(Applied& applied) const {
    if (input_.baseline == nullptr) return "there is no baseline (--baseline FILE)";
    applied.base_task = find_task(*input_.baseline, applied.task->name);
    if (applied.base_task == nullptr) return "the baseline does not have this task; write it again (proctor baseline write)";
    applied.base_slot = find_slot(*applied.base_task, applied.slot->slot);
    if (applied.base_slot == nullptr) return fmt::format("the baseline has no grades by {}", applied.slot->slot);
    return why_mismatched(applied.task->name);
  }

  // Several gates are several chances of a false alarm: their p-values are adjusted together.
  void judge_pending() {
    std::vector<double> p;
    for (const Pending& one : pending_)
      if (!one.decided && one.result.p) p.push_back(*one.result.p);
    const std::vector<double> adjusted = holm(p);
    size_t next = 0;
    for (size_t i = 0; i < pending_.size(); ++i) {
      Pending& one = pending_[i];
      if (one.decided) continue;
      if (one.result.p) one.result.p = adjusted[next++];
      judge_non_inferior(one);
      report_.gates[pending_at_[i]] = one.result;
    }
  }

  const GateInput& input_;
  GateReport report_;
  std::vector<Mismatch> mismatches_;
  std::vector<Pending> pending_;
  std::vector<size_t> pending_at_; // in report_.gates
};

std::string gate_line(const GateResult& result) {
  const std::string slot = result.slot.empty() || result.slot == "none" ? "" : " (" + result.slot + ")";
  return fmt::format("  {:<12} {}{}: {}\n", to_string(result.verdict), visible_line(result.task), visible_line(slot),
                     visible_line(result.why));
}

} // namespace

std::string_view to_string(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::pass: return "pass";
    case GateVerdict::regression: return "regression";
    case GateVerdict::inconclusive: return "inconclusive";
    case GateVerdict::invalid: return "invalid";
    case GateVerdict::incomparable: return "incomparable";
  }
  return "";
}

std::string_view to_string(GateKind kind) {
  switch (kind) {
    case GateKind::non_inferior: return "non_inferior";
    case GateKind::min: return "min";
    case GateKind::max: return "max";
    case GateKind::max_ratio: return "max_ratio";
  }
  return "";
}

bool matches(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == pattern.npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  pattern.remove_prefix(star + 1);
  text.remove_prefix(star);
  for (size_t skip = 0; skip <= text.size(); ++skip)
    if (matches(pattern, text.substr(skip))) return true;
  return false;
}

GateReport evaluate_gates(const GateInput& input) { return Evaluation(input).run(); }

int gate_exit_code(GateVerdict verdict, int fail_code, bool soft) {
  switch (verdict) {
    case GateVerdict::pass: return 0;
    case GateVerdict::regression: return soft ? 0 : fail_code;
    case GateVerdict::inconclusive: return soft ? 0 : static_cast<int>(ExitCode::inconclusive);
    case GateVerdict::invalid: return static_cast<int>(ExitCode::infrastructure);
    case GateVerdict::incomparable: return static_cast<int>(ExitCode::usage);
  }
  return static_cast<int>(ExitCode::infrastructure);
}

GateDecision decide(GateReport report, int fail_code, bool soft) {
  GateDecision decision;
  decision.exit_code = gate_exit_code(report.verdict, fail_code, soft);
  const bool softened = soft && (report.verdict == GateVerdict::regression || report.verdict == GateVerdict::inconclusive);
  decision.text = fmt::format("gate: {}{} (exit {})\n", to_string(report.verdict), softened ? ", softened" : "", decision.exit_code);
  for (const GateResult& result : report.gates) decision.text += gate_line(result);
  for (const std::string& note : report.notes) decision.text += "  note: " + visible_line(note) + "\n";
  decision.report = std::move(report);
  return decision;
}

} // namespace proctor
