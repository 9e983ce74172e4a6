// SPDX-License-Identifier: MIT
// Equations, inequalities, and the sets they describe.
#include <algorithm>

#include "graders/math/comparer.h"
#include "graders/math/interval_set.h"

namespace proctor::math {
namespace {

// Appends `from`, its numbers and variables renumbered.
void append(Tape& to, const Tape& from) {
  int first_number = static_cast<int>(to.numbers.size());
  to.numbers.insert(to.numbers.end(), from.numbers.begin(), from.numbers.end());
  to.failed = to.failed || from.failed;
  to.symbolic = to.symbolic || from.symbolic;
  for (proctor_step step : from.steps) {
    if (step.op == PROCTOR_NUMBER) step.arg += first_number;
    if (step.op == PROCTOR_VARIABLE) {
      const std::string& name = from.variables[static_cast<size_t>(step.arg)];
      auto hit = std::find(to.variables.begin(), to.variables.end(), name);
      if (hit == to.variables.end()) hit = to.variables.insert(hit, name);
      step.arg = static_cast<int>(hit - to.variables.begin());
    }
    to.steps.push_back(step);
  }
}

// A tape with its variables in the order of `names`.
Tape ordered(const Tape& tape, const std::vector<std::string>& names) {
  Tape result;
  result.variables = names;
  append(result, tape);
  return result;
}

bool is_function_call(Term term) { return term.kind() == Kind::call; }

// y and f(x) both stand for "the function".
bool interchangeable(Term a, Term b) {
  auto dependent = [](Term t) {
    return is_function_call(t) || t.name() == "y" || t.name() == "f" || t.name() == "g";
  };
  return (is_function_call(a) || is_function_call(b)) && dependent(a) && dependent(b);
}

bool is_order(char sign) { return sign == '<' || sign == '>' || sign == 'l' || sign == 'g'; }
bool is_greater(char sign) { return sign == '>' || sign == 'g'; }
bool is_strict(char sign) { return sign == '<' || sign == '>'; }

std::string reversed(std::string_view signs) {
  std::string result(signs.rbegin(), signs.rend());
  for (char& sign : result)
    sign = sign == '<' ? '>' : sign == '>' ? '<' : sign == 'l' ? 'g' : sign == 'g' ? 'l' : sign;
  return result;
}

std::vector<Term> members(Term relation) {
  std::vector<Term> all;
  for (size_t i = 0; i < relation.count(); ++i) all.push_back(relation.kid(i));
  return all;
}

// A decimal beside its exact value answers for the exact value, unless a decimal is what it is compared with.
Term value_for(const Assignment& assignment, Term other) {
  return assignment.exact && !is_decimal(other) ? *assignment.exact : assignment.value;
}

} // namespace

Outcome Comparer::compare_relations(Term gold, Term pred) {
  bool a = gold.kind() == Kind::relation, b = pred.kind() == Kind::relation;
  auto name_a = a ? as_assignment(gold) : std::nullopt, name_b = b ? as_assignment(pred) : std::nullopt;
  if (a && b && name_a && name_b) return compare_assignments(gold, pred, *name_a, *name_b);
  if (!b && name_a) return compare(in_usual_order(*name_a, value_for(*name_a, pred)), pred);
  if (!a && name_b) return compare(gold, in_usual_order(*name_b, value_for(*name_b, gold)));
  if (is_interval_like(gold) || is_interval_like(pred)) {
    Outcome sets = compare_sets(gold, pred);
    bool one_unsolved = sets.certificate == "shape"; // x <= 1 against -x >= -1: compared as forms
    if (!(a && b) || (sets.equality != Equality::unknown && !one_unsolved)) return sets;
  }
  if (a && b) return compare_forms(gold, pred);
  return different("a relation against a value");
}

Outcome Comparer::compare_assignments(Term gold, Term pred, const Assignment& a, const Assignment& b) {
  auto values = [&] { return compare(value_for(a, b.value), value_for(b, a.value)); };
  if (!a.name || !b.name) return values();
  bool same = canonical(*a.name->tree, a.name->ref) == canonical(*b.name->tree, b.name->ref);
  if (same || interchangeable(*a.name, *b.name)) return values();
  Collection parts_a = named_parts(a), parts_b = named_parts(b); // (x,y) = ... and (y,x) = ...
  if (parts_a.named() && parts_a.has_same_names(parts_b)) return by_name(parts_a, parts_b);
  if (a.name->kind() == Kind::tuple || b.name->kind() == Kind::tuple) return values();
  return compare_forms(gold, pred);
}

// F and G vanish together when F = c G with a constant c: F(x) G(q) = G(x) F(q) for all x, at one q.
std::optional<Outcome> Comparer::proportional(Term gold, Term pred, bool positive) {
  auto form = [&](Term r) {
    bool swap = positive && is_greater(r.name()[0]);
    return difference(*r.tree, r.kid(swap ? 1 : 0).ref, *r.tree, r.kid(swap ? 0 : 1).ref, context_.options);
  };
  Tape f = form(gold), g = form(pred);
  if (f.failed || g.failed) return std::nullopt;
  Tape both;
  append(both, f);
  append(both, g);
  std::vector<std::string> names = both.variables;
  f = ordered(f, names), g = ordered(g, names);
  for (size_t i = 0; i < 4; ++i) {
    std::vector<Fraction> q = test_point(names.size(), i + 1);
    Enclosure at_f = context_.kernel->enclose(f, q, 128), at_g = context_.kernel->enclose(g, q, 128);
    if (!at_f.excludes_zero || !at_g.excludes_zero) continue;
    if (positive && at_f.sign * at_g.sign <= 0) return different("direction");
    Tape cross;
    append(cross, f);
    append(cross, at_point(g, q));
    cross.step(PROCTOR_MUL);
    append(cross, g);
    append(cross, at_point(f, q));
    cross.step(PROCTOR_MUL);
    cross.step(PROCTOR_SUB);
    return tape_is_zero(cross, context_);
  }
  return std::nullopt;
}

Outcome Comparer::compare_forms(Term gold, Term pred) {
  std::string signs_a(gold.name()), signs_b(pred.name());
  if (signs_a.size() == 1 && signs_b.size() == 1) {
    bool order = is_order(signs_a[0]) && is_order(signs_b[0]);
    if (order && is_strict(signs_a[0]) != is_strict(signs_b[0])) return different("strict against weak");
    if (order || signs_a == signs_b) {
      Outcome plain = signs_a == signs_b ? in_order(members(gold), members(pred)) : different("");
      if (is_equal(plain)) return plain;
      if (signs_a[0] == '=' || signs_a[0] == '!' || order)
        if (auto outcome = proportional(gold, pred, order)) return *outcome;
    }
  }
  if (signs_a == signs_b) return in_order(members(gold), members(pred));
  std::vector<Term> backwards = members(pred);
  std::reverse(backwards.begin(), backwards.end());
  if (signs_a == reversed(signs_b)) return in_order(members(gold), backwards);
  return different("relation");
}

Outcome Comparer::compare_sets(Term gold, Term pred) {
  auto stripped = [](Term term) {
    while (term.kind() == Kind::relation && term.name() == "e" && is_name(term.kid(0))) term = term.kid(1);
    return term;
  };
  // a quantity that an interval comes with, as in "(2, 5) meters"
  auto value = [](Term term) { return term.kind() == Kind::quantity ? term.kid(0) : term; };
  Term a_term = value(stripped(gold)), b_term = value(stripped(pred));
  for (Term* term : {&a_term, &b_term}) {
    std::vector<Ref> expanded = expand_signs(tree_of(*term), term->ref);
    if (expanded.size() > 1) term->ref = tree_of(*term).add(Kind::sequence, expanded);
  }
  auto a = as_interval_set(a_term, context_), b = as_interval_set(b_term, context_);
  if (!a && !b) return {Equality::unknown, "no set", {}, false};
  if (!a || !b)
    return a_term.kind() == Kind::sequence || b_term.kind() == Kind::sequence
               ? Outcome{Equality::unknown, "no set", {}, false}
               : different("shape");
  if (!a->variable.empty() && !b->variable.empty() && a->variable != b->variable) return different("variable");
  Outcome outcome = same_set(*a, *b, context_);
  if (a->loose_and || b->loose_and) outcome = accept("ambiguous_reading", true, std::move(outcome));
  if (a->solved_relation != b->solved_relation)
    return accept("interval_inequality", policies_.interval_inequality, outcome);
  return outcome;
}

} // namespace proctor::math
