// SPDX-License-Identifier: MIT
// The decision procedure for scalars. A structure, B exact rationals, C residues, E balls, F exact fields, H
// overwhelming numerical agreement, I unknown; with variables: rational functions exactly, else points.
#include "graders/math/scalar_equal.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "graders/math/derivative.h"
#include "graders/math/modular.h"

namespace proctor::math {
namespace {

constexpr int kPoints = 16;
constexpr int kEnough = 4; // jointly defined points
constexpr int kPointBits = 256;
constexpr int kMoreBits = 1024;
constexpr double kAgreement = -200; // log2 of the largest difference that counts as none
constexpr size_t kMaxNumericSteps = 6000;

Outcome decided(bool equal, std::string certificate) {
  return {equal ? Equality::equal : Equality::different, std::move(certificate), {}, false};
}

Outcome undecided(std::string why) { return {Equality::unknown, std::move(why), {}, false}; }

bool is_number_literal(Term term) {
  if (term.kind() == Kind::negate) term = term.kid(0);
  return term.kind() == Kind::number;
}

bool contains(Term term, Kind kind) {
  if (term.kind() == kind) return true;
  for (size_t i = 0; i < term.count(); ++i)
    if (contains(term.kid(i), kind)) return true;
  return false;
}

// +1, -1 for an infinity, 0 for something else.
int infinity_sign(Term term) {
  int sign = 1;
  while (term.kind() == Kind::negate || term.kind() == Kind::percent) {
    if (term.kind() == Kind::negate) sign = -sign;
    term = term.kid(0);
  }
  return term.kind() == Kind::infinity ? sign : 0;
}

bool is_rational_program(const Tape& tape) {
  return std::all_of(tape.steps.begin(), tape.steps.end(), [](const proctor_step& step) {
    return step.op <= PROCTOR_VARIABLE || (step.op >= PROCTOR_ADD && step.op <= PROCTOR_POW);
  });
}

// Steps B to I for a closed difference.
Outcome closed_is_zero(const Tape& tape, const ScalarContext& context) {
  const NumericKernel& kernel = *context.kernel;
  if (Decision zero = kernel.rational_is_zero(tape); zero != Decision::unknown)
    return decided(zero == Decision::yes, "exact");
  Enclosure ball;
  if (tape.steps.size() <= kMaxNumericSteps) {
    for (int bits : {64, 128, 256, 512}) {
      ball = kernel.enclose(tape, {}, bits);
      if (ball.defined && ball.excludes_zero) return decided(false, "ball(" + std::to_string(bits) + ")");
      if (context.deadline->passed()) return undecided("time");
      if (!ball.defined && bits == 128) break;
    }
  }
  if (residues_differ(tape)) return decided(false, "modular");
  if (context.deadline->passed()) return undecided("time");
  if (!ball.defined) return undecided("not evaluated");
  if (Decision zero = kernel.exact_is_zero(tape); zero != Decision::unknown)
    return decided(zero == Decision::yes, "calcium");
  if (context.deadline->passed()) return undecided("time");
  ball = kernel.enclose(tape, {}, 1024);
  if (ball.defined && ball.excludes_zero) return decided(false, "ball(1024)");
  if (ball.defined && ball.log2_bound < -900) return decided(true, "numeric(1e-270)");
  return undecided("not decided");
}

std::string describe(const Tape& tape, std::span<const Fraction> point) {
  std::string text;
  for (size_t i = 0; i < point.size(); ++i) {
    if (i > 0) text += ", ";
    text += tape.variables[i] + "=" + std::to_string(point[i].top);
    if (point[i].bottom != 1) text += "/" + std::to_string(point[i].bottom);
  }
  return text;
}

// Evaluates a difference at test points; equal when all that are defined vanish.
class PointTest {
 public:
  PointTest(const Tape& tape, const ScalarContext& context, bool real_only)
      : tape_(tape), context_(context), real_only_(real_only) {}

  // True: refuted at witness(). A ball too wide to say anything is no agreement.
  bool refuted(int n_points, int bits = kPointBits) {
    for (int i = 0; i < n_points && !context_.deadline->passed(); ++i) {
      std::vector<Fraction> point = test_point(tape_.variables.size(), static_cast<size_t>(i));
      Enclosure ball = context_.kernel->enclose(tape_, point, bits, real_only_);
      bool wide = ball.defined && !ball.excludes_zero && ball.log2_bound > kAgreement;
      if (wide && bits >= kPointBits) ball = context_.kernel->enclose(tape_, point, kMoreBits, real_only_);
      if (!ball.defined) {
        ++undefined_;
        continue;
      }
      if (!ball.excludes_zero) {
        Decision zero = ball.log2_bound <= kAgreement ? Decision::yes : exactly_zero(point); // a floor at its step
        if (zero != Decision::no) {
          defined_ += zero == Decision::yes ? 1 : 0;
          continue;
        }
      }
      witness_ = describe(tape_, point);
      return true;
    }
    return false;
  }

  int defined() const { return defined_; }
  int undefined() const { return undefined_; }
  const std::string& witness() const { return witness_; }

 private:
  Decision exactly_zero(std::span<const Fraction> point) const {
    return context_.kernel->rational_is_zero(at_point(tape_, point));
  }

  const Tape& tape_;
  const ScalarContext& context_;
  bool real_only_;
  int defined_ = 0;
  int undefined_ = 0;
  std::string witness_;
};

Outcome function_is_zero(const Tape& tape, const ScalarContext& context) {
  if (tape.steps.size() > 2000) return undecided("too large");
  bool complex_values = tape.uses(PROCTOR_IMAGINARY);
  PointTest quick(tape, context, !complex_values);
  if (quick.refuted(3, 64)) return {Equality::different, "witness", quick.witness(), false};
  if (is_rational_program(tape))
    if (Decision zero = context.kernel->rational_function_is_zero(tape); zero != Decision::unknown)
      return decided(zero == Decision::yes, "exact");
  PointTest test(tape, context, !complex_values);
  if (test.refuted(kPoints)) return {Equality::different, "witness", test.witness(), false};
  if (test.defined() >= kEnough) {
    Outcome equal = decided(true, "identity(" + std::to_string(test.defined()) + ", 2^-200)");
    equal.common_domain = test.undefined() > 0;
    return equal;
  }
  PointTest complex_test(tape, context, false); // nowhere real: as complex functions
  if (complex_test.refuted(kPoints)) return {Equality::different, "witness", complex_test.witness(), false};
  if (complex_test.defined() < kEnough) return undecided("undefined at the test points");
  return decided(true, "identity(" + std::to_string(complex_test.defined()) + ", 2^-200)");
}

// Symbols that a sum, a product or a power of -1 counts with: they take integers.
void counting_symbols(Term term, std::vector<std::string>& names) {
  auto add = [&](Term part) {
    for (size_t depth = 0; depth < 1; ++depth) {
      std::vector<Term> open{part};
      while (!open.empty()) {
        Term top = open.back();
        open.pop_back();
        if (top.kind() == Kind::symbol && std::find(names.begin(), names.end(), top.name()) == names.end())
          names.emplace_back(top.name());
        for (size_t i = 0; i < top.count(); ++i) open.push_back(top.kid(i));
      }
    }
  };
  bool repeated = term.kind() == Kind::call && (term.name() == "sum" || term.name() == "prod") && term.count() == 4;
  if (repeated) add(term.kid(1)), add(term.kid(2));
  if (term.kind() == Kind::power && term.kid(0).kind() == Kind::negate) add(term.kid(1));
  for (size_t i = 0; i < term.count(); ++i) counting_symbols(term.kid(i), names);
}

Outcome with_counting_symbols(Term a, Term b, const std::vector<std::string>& names, const ScalarContext& context) {
  Outcome last = undecided("not evaluated");
  for (int64_t trial = 0; trial < 6; ++trial) {
    TapeOptions options = context.options;
    for (size_t i = 0; i < names.size(); ++i)
      options.bound.emplace_back(names[i], 2 + (trial * 3 + static_cast<int64_t>(i) * 5) % 7);
    Tape tape = difference(*a.tree, a.ref, *b.tree, b.ref, options);
    if (tape.failed) return undecided("not evaluated");
    ScalarContext inner{context.kernel, options, context.deadline};
    last = tape_is_zero(tape, inner);
    if (last.equality != Equality::equal) {
      if (last.equality == Equality::different)
        last.witness = names[0] + "=" + std::to_string(options.bound[options.bound.size() - names.size()].second) +
                       (last.witness.empty() ? "" : ", " + last.witness);
      return last;
    }
  }
  last.certificate = "identity(6, integers)";
  return last;
}

int64_t thread_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

bool same_unknown_call(Term a, Term b) {
  return a.kind() == Kind::call && b.kind() == Kind::call && a.name() == b.name() && a.count() == b.count() &&
         a.value() == b.value() && a.count() > 0;
}

} // namespace

Deadline::Deadline(std::chrono::microseconds limit)
    : end_(std::chrono::steady_clock::now() + limit),
      end_of_work_(thread_time() + std::chrono::nanoseconds(limit).count()) {}

bool Deadline::passed() const { return std::chrono::steady_clock::now() > end_ && thread_time() > end_of_work_; }

std::vector<Fraction> test_point(size_t n_variables, size_t i) {
  static constexpr Fraction kSimple[] = {{3, 7}, {5, 2}, {-7, 3}, {11, 5}, {2, 9}, {13, 4}, {-9, 5}, {17, 6}};
  std::vector<Fraction> point;
  uint64_t state = (i + 1) * 0x9E3779B97F4A7C15ULL;
  for (size_t v = 0; v < n_variables; ++v) {
    if (i < 3 && n_variables <= 4) {
      point.push_back(kSimple[(i + v * 3 + (i == 2 ? 0 : 0)) % std::size(kSimple)]);
      continue;
    }
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    uint64_t random = state * 0x2545F4914F6CDD1DULL;
    auto bottom = static_cast<int64_t>((random & 0xFFFFFFF) | 0x10000001);
    auto part = static_cast<int64_t>((random >> 32) % static_cast<uint64_t>(bottom));
    // boxes (0, 1), (1, 8), (-8, -1) in turn
    int64_t top = i % 3 == 0 ? part + 1 : bottom + 6 * part;
    point.push_back({i % 3 == 2 ? -top : top, bottom});
  }
  return point;
}

Tape at_point(const Tape& tape, std::span<const Fraction> point) {
  Tape result;
  result.numbers = tape.numbers;
  result.symbolic = tape.symbolic;
  for (const proctor_step& step : tape.steps) {
    if (step.op != PROCTOR_VARIABLE) {
      result.steps.push_back(step);
      continue;
    }
    const Fraction& value = point[static_cast<size_t>(step.arg)];
    for (int64_t part : {value.top < 0 ? -value.top : value.top, value.bottom}) {
      result.numbers.push_back({std::to_string(part), 0});
      result.step(PROCTOR_NUMBER, static_cast<int>(result.numbers.size() - 1));
    }
    result.step(PROCTOR_DIV);
    if (value.top < 0) result.step(PROCTOR_NEG);
  }
  return result;
}

Outcome tape_is_zero(const Tape& tape, const ScalarContext& context) {
  if (tape.failed) return undecided("too large");
  Outcome outcome = tape.closed() ? closed_is_zero(tape, context) : function_is_zero(tape, context);
  bool guessed = tape.symbolic && outcome.equality == Equality::different; // at values that nobody computed
  return guessed ? undecided("not evaluated") : outcome;
}

Outcome scalar_equal(Term a, Term b, const ScalarContext& context) {
  if (canonical(*a.tree, a.ref) == canonical(*b.tree, b.ref)) return decided(true, "structural");
  if (is_number_literal(a) && is_number_literal(b)) {
    // -0 is 0
    bool zero = canonical(*a.tree, a.kind() == Kind::negate ? a.kid(0).ref : a.ref) == "0" &&
                canonical(*b.tree, b.kind() == Kind::negate ? b.kid(0).ref : b.ref) == "0";
    return decided(zero, "exact");
  }
  auto derived_a = differentiated(a), derived_b = differentiated(b);
  if (derived_a || derived_b)
    return scalar_equal(derived_a ? Term{&derived_a->tree, derived_a->root} : a,
                        derived_b ? Term{&derived_b->tree, derived_b->root} : b, context);
  int infinite_a = infinity_sign(a), infinite_b = infinity_sign(b);
  if (infinite_a != 0 || infinite_b != 0) return decided(infinite_a == infinite_b, "structural");
  if (contains(a, Kind::infinity) || contains(b, Kind::infinity)) return undecided("infinity inside an expression");
  std::vector<std::string> counting;
  counting_symbols(a, counting);
  counting_symbols(b, counting);
  if (!counting.empty()) {
    Outcome outcome = with_counting_symbols(a, b, counting, context);
    if (outcome.equality != Equality::unknown) return outcome;
  }
  if (same_unknown_call(a, b)) {
    bool all = true;
    for (size_t i = 0; i < a.count() && all; ++i)
      all = scalar_equal(a.kid(i), b.kid(i), context).equality == Equality::equal;
    if (all) return decided(true, "structural");
  }
  return tape_is_zero(difference(*a.tree, a.ref, *b.tree, b.ref, context.options), context);
}

std::optional<int> compare_values(Term a, Term b, const ScalarContext& context) {
  int infinite_a = infinity_sign(a), infinite_b = infinity_sign(b);
  if (infinite_a != 0 || infinite_b != 0) return infinite_a == infinite_b ? 0 : infinite_a < infinite_b ? -1 : 1;
  Tape tape = difference(*a.tree, a.ref, *b.tree, b.ref, context.options);
  if (tape.failed || !tape.closed()) return std::nullopt;
  for (int bits : {64, 256}) {
    Enclosure ball = context.kernel->enclose(tape, {}, bits);
    if (ball.defined && ball.sign != 0) return ball.sign;
  }
  Outcome zero = tape_is_zero(tape, context);
  return zero.equality == Equality::equal ? std::optional(0) : std::nullopt;
}

} // namespace proctor::math
