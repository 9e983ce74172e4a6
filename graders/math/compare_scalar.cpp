// SPDX-License-Identifier: MIT
// Numbers and expressions with what stands around them: percent, degrees, units, rounding.
#include <algorithm>
#include <cmath>

#include "graders/math/comparer.h"
#include "graders/math/units.h"
#include "graders/math/words.h"

namespace proctor::math {
namespace {

Term without_sign(Term term) { return term.kind() == Kind::negate ? term.kid(0) : term; }

bool is_percent(Term term) { return without_sign(term).kind() == Kind::percent; }

bool is_truncated(Term term) { return term.tree->is_call(without_sign(term).ref, "truncated"); }

// The decimal of a value: 2.44 of 2.44...
Term written(Term term) { return is_truncated(term) ? without_sign(term).kid(0) : without_sign(term); }

bool is_written_decimal(Term term) { return is_decimal(written(term)); }

bool is_integer_literal(Term term) {
  term = without_sign(term);
  return term.kind() == Kind::number && !term.tree->at(term.ref).spelled_decimal && term.value() >= 0;
}

int significant_digits(Term term) {
  std::string_view digits = written(term).name();
  return static_cast<int>(digits.size() - std::min(digits.find_first_not_of('0'), digits.size()));
}

bool is_fraction(Term term) {
  term = without_sign(term);
  return term.kind() == Kind::quotient && is_integer_literal(term.kid(0)) && is_integer_literal(term.kid(1));
}

// A number times letters, as "5 m/s^2" is read without \text: what is above and below the line.
struct Letters {
  std::vector<Ref> numbers[2];
  std::string names[2];
};

// False: something else stands in it.
bool take_letters(Term term, size_t side, Letters& into) {
  auto kids = [&] {
    for (size_t i = 0; i < term.count(); ++i)
      if (!take_letters(term.kid(i), side, into)) return false;
    return true;
  };
  if (term.kind() == Kind::product) return kids();
  if (term.kind() == Kind::quotient)
    return take_letters(term.kid(0), side, into) && take_letters(term.kid(1), 1 - side, into);
  if (term.kind() < Kind::sequence && !has_variables(term)) return into.numbers[side].push_back(term.ref), true;
  bool power = term.kind() == Kind::power;
  Term letter = power ? term.kid(0) : term;
  auto exponent = power ? small_integer(*term.tree, term.kid(1).ref) : std::optional<int64_t>(1);
  if (letter.kind() != Kind::symbol || !exponent || *exponent < 1 || *exponent > 9) return false;
  into.names[side] += letter.name();
  if (power) into.names[side] += "^" + std::to_string(*exponent);
  return true;
}

bool is_same_kind_of_unit(const std::string& a, const std::string& b) {
  auto unit_a = read_unit(a), unit_b = read_unit(b);
  return same_unit_word(a, b) || (unit_a && unit_b && unit_a->dimension == unit_b->dimension);
}

} // namespace

// "5 m/s" beside a quantity in km/h; nullopt where the letters spell no such unit.
std::optional<Term> Comparer::spelled_quantity(Term term, std::string_view measured) {
  Letters letters;
  bool read = take_letters(term, 0, letters) && !letters.numbers[0].empty() && !letters.names[0].empty();
  if (!read) return std::nullopt;
  std::string unit = letters.names[0] + (letters.names[1].empty() ? "" : "/" + letters.names[1]);
  if (!is_same_kind_of_unit(unit, std::string(measured))) return std::nullopt;
  Tree& tree = tree_of(term);
  auto product = [&](const std::vector<Ref>& factors) {
    return factors.size() == 1 ? factors[0] : tree.add(Kind::product, factors);
  };
  Ref value = product(letters.numbers[0]);
  if (!letters.numbers[1].empty()) value = tree.add(Kind::quotient, {value, product(letters.numbers[1])});
  return Term{term.tree, tree.add(Kind::quantity, {value}, unit)};
}

// |decimal - exact| <= half a unit of the decimal's last place, certainly; a whole one where "..." follows.
bool Comparer::rounds_to(Term decimal, Term exact, int digits) {
  if (!is_written_decimal(decimal) || significant_digits(decimal) < digits) return false;
  if (is_written_decimal(exact) || is_integer_literal(exact)) return false;
  Tape tape = program(*decimal.tree, written(decimal).ref, context_.options);
  if (decimal.kind() == Kind::negate) tape.step(PROCTOR_NEG);
  compile(*exact.tree, exact.ref, context_.options, tape);
  tape.step(PROCTOR_SUB);
  if (tape.failed || !tape.closed()) return false;
  tape.step(PROCTOR_ABS);
  int last_place = written(decimal).value();
  tape.numbers.push_back(is_truncated(decimal) ? Decimal{"1", last_place} : Decimal{"5", last_place - 1});
  tape.step(PROCTOR_NUMBER, static_cast<int>(tape.numbers.size() - 1));
  tape.step(PROCTOR_SUB);
  Enclosure ball = context_.kernel->enclose(tape, {}, 256);
  return ball.defined && (ball.sign < 0 || (ball.sign == 0 && ball.log2_bound < -200));
}

bool Comparer::within_tolerance(Term gold, Term pred) {
  Tape a = program(*gold.tree, gold.ref, context_.options), b = program(*pred.tree, pred.ref, context_.options);
  if (a.failed || b.failed || !a.closed() || !b.closed()) return false;
  Enclosure x = context_.kernel->enclose(a, {}, 64), y = context_.kernel->enclose(b, {}, 64);
  if (!x.defined || !y.defined) return false;
  auto close = [&](double scale) {
    double error = std::abs(x.middle * scale - y.middle);
    return error <= policies_.relative_tolerance * std::abs(x.middle * scale) || error < policies_.absolute_tolerance;
  };
  return close(1) || (policies_.percent_scaled && (close(0.01) || close(100)));
}

// What profiles of other graders refuse although it is equal.
Outcome Comparer::strictly(Term gold, Term pred, Outcome outcome) {
  if (!is_equal(outcome) || outcome.certificate == "structural") return outcome;
  if (!policies_.evaluates) return different("not the same spelling");
  if (policies_.reduced_only && (is_fraction(gold) || is_fraction(pred))) return different("not reduced");
  return outcome;
}

Outcome Comparer::compare_numbers(Term gold, Term pred) {
  Outcome outcome = strictly(gold, pred, scalar_equal(gold, pred, context_));
  if (is_equal(outcome)) return outcome;
  Outcome rounded{Equality::equal, "rounded", {}, false};
  if (policies_.pred_rounded > 0 &&
      (rounds_to(pred, gold, policies_.pred_rounded) || rounds_to(gold, pred, policies_.pred_rounded)))
    return accept("pred_rounded", true, rounded);
  if (policies_.gold_ulp && rounds_to(gold, pred, 1)) return accept("gold_ulp", true, rounded);
  if (policies_.relative_tolerance > 0 && within_tolerance(gold, pred))
    return accept("relative_tolerance", true, rounded);
  return outcome;
}

// The same quantity in the same or in convertible units; a unit on one side only is left to the policy.
Outcome Comparer::compare_units(Term gold, Term pred) {
  bool both = gold.kind() == Kind::quantity && pred.kind() == Kind::quantity;
  Term a = gold.kind() == Kind::quantity ? gold.kid(0) : gold, b = pred.kind() == Kind::quantity ? pred.kid(0) : pred;
  if (!both) {
    Term bare = gold.kind() == Kind::quantity ? pred : gold, measured = gold.kind() == Kind::quantity ? gold : pred;
    if (auto spelled = spelled_quantity(bare, measured.name()))
      return gold.kind() == Kind::quantity ? compare_units(gold, *spelled) : compare_units(*spelled, pred);
    bool temperature = measured.name().starts_with("degree");
    bool other_unit = is_percent(bare) ? !is_percent(measured.kid(0)) : bare.kind() == Kind::degree && !temperature;
    if (other_unit) return different("unit");
    if (bare.kind() == Kind::degree) (gold.kind() == Kind::quantity ? b : a) = bare.kid(0);
    return accept("units_optional", policies_.units_optional, compare(a, b));
  }
  std::string name_a(gold.name()), name_b(pred.name());
  auto unit_a = read_unit(name_a), unit_b = read_unit(name_b);
  if (same_unit_word(name_a, name_b) || (unit_a && unit_b && *unit_a == *unit_b)) return compare(a, b);
  if (!unit_a || !unit_b) { // "ways" and "different ways", never "apples" and "oranges"
    if (!shares_unit_words(name_a, name_b)) return different("unit");
    return accept("units_optional", policies_.units_optional, compare(a, b));
  }
  bool price = same_unit_word(name_a, "dollar") || same_unit_word(name_b, "dollar"); // $12 for $12 per hour
  if (price && unit_a->dimension != unit_b->dimension && shares_unit_words(name_a, name_b))
    return accept("units_optional", policies_.units_optional, compare(a, b));
  if (unit_a->dimension != unit_b->dimension) return different("unit");
  auto scaled = [&](Term term, const Unit& unit) {
    Tree& tree = tree_of(term);
    Ref scale = tree.add(Kind::quotient, {tree.integer(unit.top), tree.integer(unit.bottom)});
    return Term{term.tree, tree.add(Kind::product, {term.ref, scale})};
  };
  return accept("units_converted", policies_.units_optional, compare(scaled(a, *unit_a), scaled(b, *unit_b)));
}

Outcome Comparer::compare_scalars(Term gold, Term pred) {
  if (gold.kind() == Kind::quantity || pred.kind() == Kind::quantity) return compare_units(gold, pred);
  if (gold.kind() >= Kind::sequence || pred.kind() >= Kind::sequence) return different("shape");
  bool degree_a = gold.kind() == Kind::degree, degree_b = pred.kind() == Kind::degree;
  if (degree_a != degree_b && policies_.degree_radian) {
    TapeOptions degrees = context_.options;
    degrees.degrees = true;
    ScalarContext inner{context_.kernel, degrees, context_.deadline};
    Outcome outcome = scalar_equal(gold, pred, inner);
    if (is_equal(outcome)) return accept("degree_radian", true, outcome);
  }
  Outcome outcome = compare_numbers(gold, pred);
  if (is_equal(outcome) || is_percent(gold) == is_percent(pred)) return outcome;
  auto bare = [&](Term term) {
    if (term.kind() == Kind::percent) return term.kid(0);
    if (term.kind() != Kind::negate || !is_percent(term)) return term;
    Ref inner = term.kid(0).kid(0).ref;
    return Term{term.tree, tree_of(term).add(Kind::negate, {inner})};
  };
  return accept("percent_bare", policies_.percent_bare, compare_numbers(bare(gold), bare(pred)));
}

} // namespace proctor::math
