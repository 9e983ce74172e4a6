// SPDX-License-Identifier: MIT
#include "graders/math/compare.h"

#include <algorithm>

#include "graders/math/comparer.h"
#include "graders/math/interval_set.h"
#include "graders/math/words.h"

namespace proctor::math {
namespace {

constexpr int kMaxNesting = 40; // of comparisons inside comparisons

bool is_collection(Kind kind) { return kind == Kind::sequence || kind == Kind::set; }

bool is_list_like(Term term) { return is_collection(term.kind()) || term.kind() == Kind::plus_minus; }

// "x > a and y > b" against "x > a or y > b"; of values both say which there are.
bool is_opposite(Term gold, Term pred) {
  if (gold.kind() != Kind::sequence || pred.kind() != Kind::sequence || !is_interval_like(gold.kid(0))) return false;
  auto says = [](Term list, char gap) { return list.name().find(gap) != std::string_view::npos; };
  return (says(gold, 'a') && says(pred, 'o')) || (says(gold, 'o') && says(pred, 'a'));
}

// [1,2) is no pair whose parts a list could name.
bool is_interval_against_list(Term a, Term b) {
  if (a.kind() != Kind::tuple) std::swap(a, b);
  return a.kind() == Kind::tuple && is_interval_like(a) && b.kind() == Kind::sequence;
}

// Strength of a certificate of equality: the lower the weaker.
int strength(std::string_view certificate) {
  if (certificate.starts_with("numeric")) return 0;
  if (certificate.starts_with("identity")) return 1;
  return certificate == "structural" ? 4 : 3;
}

bool any_node(const Expr& expr, Kind kind, std::string_view name) {
  for (Ref node = 0; node < expr.tree.size(); ++node)
    if (expr.tree.kind(node) == kind && (name.empty() || expr.tree.name(node) == name)) return true;
  return false;
}

} // namespace

void combine(Outcome& total, const Outcome& part) {
  total.common_domain = total.common_domain || part.common_domain;
  if (total.equality == Equality::different) return;
  if (part.equality != Equality::equal) {
    if (part.equality == Equality::different || total.equality == Equality::equal) {
      total.equality = part.equality;
      total.certificate = part.certificate;
      total.witness = part.witness;
    }
    return;
  }
  if (total.equality == Equality::equal && strength(part.certificate) < strength(total.certificate))
    total.certificate = part.certificate;
}

Comparer::Comparer(Expr gold, Expr pred, const Policies& policies, const NumericKernel& kernel,
                   const Deadline& deadline)
    : gold_(std::move(gold)), pred_(std::move(pred)), policies_(policies) {
  context_.kernel = &kernel;
  context_.deadline = &deadline;
}

// j, or I, is the imaginary unit where the other side writes i and neither uses the letter otherwise.
void Comparer::share_imaginary_unit(std::string_view letter) {
  for (auto [one, other] : {std::pair(&gold_, &pred_), std::pair(&pred_, &gold_)}) {
    if (!any_node(*one, Kind::symbol, letter) || any_node(*other, Kind::symbol, letter)) continue;
    bool power_of_e = letter == "I" && any_node(*one, Kind::euler, {});
    if (any_node(*one, Kind::imaginary, {}) || (!any_node(*other, Kind::imaginary, {}) && !power_of_e)) continue;
    for (Ref node = 0; node < one->tree.size(); ++node)
      if (one->tree.kind(node) == Kind::symbol && one->tree.name(node) == letter)
        one->tree.at(node).kind = Kind::imaginary;
  }
}

// A bare \log is ln where the pair also speaks of ln or e, else log to base ten; both sides alike.
void Comparer::choose_logarithm() {
  auto natural = [](const Expr& e) { return any_node(e, Kind::call, "ln") || any_node(e, Kind::euler, {}); };
  context_.options.natural_log = natural(gold_) || natural(pred_);
}

MathVerdict Comparer::run() {
  share_imaginary_unit("j");
  share_imaginary_unit("I");
  choose_logarithm();
  Outcome outcome = compare({&gold_.tree, gold_.root}, {&pred_.tree, pred_.root});
  if (is_equal(outcome) && outcome.common_domain) outcome = accept("common_domain", policies_.common_domain, outcome);
  MathVerdict verdict{outcome.equality, std::move(outcome.certificate), std::move(outcome.witness), {}};
  if (verdict.equality == Equality::equal) {
    std::sort(used_.begin(), used_.end());
    used_.erase(std::unique(used_.begin(), used_.end()), used_.end());
    verdict.policies = std::move(used_);
  }
  return verdict;
}

Outcome Comparer::accept(std::string_view policy, bool allowed, Outcome outcome) {
  if (!is_equal(outcome)) return outcome;
  if (!allowed) return different("policy " + std::string(policy) + " is off");
  used_.emplace_back(policy);
  return outcome;
}

Term Comparer::prepared(Term term) {
  term.ref = evaluate_matrices(tree_of(term), term.ref);
  if (term.kind() == Kind::matrix && term.count() == 1) return term.kid(0);
  return term;
}

Outcome Comparer::compare(Term gold, Term pred) {
  if (depth_ > kMaxNesting || context_.deadline->passed()) return {Equality::unknown, "time", {}, false};
  if (gold.kind() >= Kind::sequence && canonical(*gold.tree, gold.ref) == canonical(*pred.tree, pred.ref))
    return {Equality::equal, "structural", {}, false};
  ++depth_;
  Outcome outcome = compare_shapes(prepared(gold), prepared(pred));
  --depth_;
  return outcome;
}

Outcome Comparer::compare_shapes(Term gold, Term pred) {
  bool mod_a = gold.kind() == Kind::call && gold.name() == "pmod",
       mod_b = pred.kind() == Kind::call && pred.name() == "pmod";
  if (mod_a && mod_b) return in_order({gold.kid(0), gold.kid(1)}, {pred.kid(0), pred.kid(1)});
  if (mod_a) return compare(gold.kid(0), pred);
  if (mod_b) return compare(gold, pred.kid(0));
  auto has = [&](Kind kind) { return gold.kind() == kind || pred.kind() == kind; };
  if (has(Kind::text)) return compare_text(gold, pred);
  if (has(Kind::relation) && !is_list_like(gold) && !is_list_like(pred)) return compare_relations(gold, pred);
  if (is_interval_like(gold) || is_interval_like(pred)) {
    Outcome outcome = compare_sets(gold, pred);
    if (outcome.equality == Equality::unknown && is_interval_against_list(gold, pred)) return different("shape");
    bool pair = gold.kind() == Kind::tuple && pred.kind() == Kind::tuple; // with ends that cannot be ordered
    if (outcome.equality != Equality::unknown || (!has(Kind::sequence) && !pair)) return outcome;
  }
  if (is_opposite(gold, pred)) return different("and against or");
  if (is_list_like(gold) || is_list_like(pred)) return compare_collections(gold, pred);
  if (has(Kind::based)) return compare_based(gold, pred);
  if (as_clock(gold) && as_clock(pred)) return compare_clocks(gold, pred);
  if (has(Kind::ratio)) return compare_ratios(gold, pred);
  if (auto outcome = compare_vectors(gold, pred)) return *outcome;
  if (has(Kind::dots))
    return gold.kind() == pred.kind() ? Outcome{Equality::equal, "structural", {}, false} : different("shape");
  return compare_scalars(gold, pred);
}

Outcome Comparer::compare_text(Term gold, Term pred) {
  bool same = gold.kind() == pred.kind() && text_key(gold.name()) == text_key(pred.name());
  return same ? Outcome{Equality::equal, "text", {}, false} : different("text");
}

Outcome Comparer::compare_clocks(Term gold, Term pred) {
  Clock a = *as_clock(gold), b = *as_clock(pred);
  if (a.seconds == b.seconds) return {Equality::equal, "exact", {}, false};
  constexpr int kHalfDay = 12 * 3600;
  bool said_once = a.half_day != b.half_day && (a.seconds - b.seconds) % kHalfDay == 0;
  Clock bare = a.half_day ? b : a;
  if (said_once && bare.seconds < kHalfDay + 3600) // 4:30 for 4:30 p.m.
    return accept("units_optional", policies_.units_optional, {Equality::equal, "exact", {}, false});
  return different("time");
}

Outcome Comparer::compare_based(Term gold, Term pred) {
  if (gold.kind() == pred.kind()) {
    bool same = gold.name() == pred.name() && gold.value() == pred.value();
    return same ? Outcome{Equality::equal, "structural", {}, false} : different("base");
  }
  Term based = gold.kind() == Kind::based ? gold : pred, other = gold.kind() == Kind::based ? pred : gold;
  bool digits = other.kind() == Kind::number && other.value() == 0 && other.name() == based.name();
  if (!digits) return different("base");
  return accept("base_drop", policies_.base_drop, {Equality::equal, "structural", {}, false});
}

// a:b = c:d where ad = bc; a ratio of two against a value is their quotient.
Outcome Comparer::compare_ratios(Term gold, Term pred) {
  bool both = gold.kind() == Kind::ratio && pred.kind() == Kind::ratio;
  auto product = [&](Tape& tape, Term a, Term b) {
    compile(*a.tree, a.ref, context_.options, tape);
    compile(*b.tree, b.ref, context_.options, tape);
    tape.step(PROCTOR_MUL);
  };
  if (!both) {
    Term ratio = gold.kind() == Kind::ratio ? gold : pred, value = gold.kind() == Kind::ratio ? pred : gold;
    if (ratio.count() != 2 || value.kind() >= Kind::sequence) return different("shape");
    Tape tape;
    product(tape, ratio.kid(1), value);
    compile(*ratio.tree, ratio.kid(0).ref, context_.options, tape);
    tape.step(PROCTOR_SUB);
    return tape_is_zero(tape, context_);
  }
  if (gold.count() != pred.count()) return different("number of parts");
  Outcome total{Equality::equal, "structural", {}, false};
  for (size_t i = 1; i < gold.count(); ++i) {
    if (gold.kid(i).kind() == Kind::dots || pred.kid(i).kind() == Kind::dots) {
      combine(total, compare(gold.kid(i), pred.kid(i)));
      continue;
    }
    Tape tape;
    product(tape, gold.kid(i), pred.kid(0));
    product(tape, pred.kid(i), gold.kid(0));
    tape.step(PROCTOR_SUB);
    combine(total, tape_is_zero(tape, context_));
  }
  return total;
}

MathVerdict compare_answers(Expr gold, Expr pred, const Policies& policies, const NumericKernel& kernel,
                            const Deadline& deadline) {
  return Comparer(std::move(gold), std::move(pred), policies, kernel, deadline).run();
}

} // namespace proctor::math
