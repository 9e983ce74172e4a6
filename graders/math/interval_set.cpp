// SPDX-License-Identifier: MIT
#include "graders/math/interval_set.h"

#include <algorithm>

#include "graders/math/shape.h"

namespace proctor::math {
namespace {

using Set = std::optional<IntervalSet>;

Endpoint endpoint(Term term) {
  int sign = 1;
  Term inner = term;
  if (inner.kind() == Kind::negate) sign = -1, inner = inner.kid(0);
  if (inner.kind() == Kind::infinity) return {sign, {}};
  return {0, term};
}

class Builder {
 public:
  explicit Builder(const ScalarContext& context) : context_(context) {}

  Set build(Term term) {
    switch (term.kind()) {
    case Kind::tuple: return interval(term);
    case Kind::set: return points(term);
    case Kind::set_union: return joined(term);
    case Kind::set_minus: return without(term);
    case Kind::set_meet: return meet(term);
    case Kind::relation: return solved(term);
    case Kind::sequence: return listed(term); // "x<1 or x>2"
    case Kind::symbol: return term.name() == "\\mathbb{R}" ? Set(everything()) : std::nullopt;
    default: return std::nullopt;
    }
  }

  std::optional<int> order(const Endpoint& a, const Endpoint& b) {
    if (a.infinite != 0 || b.infinite != 0) return a.infinite == b.infinite ? 0 : a.infinite < b.infinite ? -1 : 1;
    return compare_values(a.value, b.value, context_);
  }

 private:
  static IntervalSet everything() { return {{{{-1, {}}, {1, {}}, false, false}}, false, {}}; }

  Set single(Piece piece) {
    auto sign = order(piece.low, piece.high);
    if (!sign || *sign > 0) return std::nullopt;
    if (*sign == 0 && !(piece.low_closed && piece.high_closed)) return IntervalSet{};
    return IntervalSet{{piece}, false, {}};
  }

  Set interval(Term term) {
    if (term.count() != 2 || term.name().size() != 2) return std::nullopt;
    Piece piece{endpoint(term.kid(0)), endpoint(term.kid(1)), term.name()[0] == '[', term.name()[1] == ']'};
    if (term.name()[0] == '<' || has_variables(term.kid(0)) || has_variables(term.kid(1))) return std::nullopt;
    if (piece.low.infinite != 0) piece.low_closed = false;
    if (piece.high.infinite != 0) piece.high_closed = false;
    return single(piece);
  }

  Set points(Term term) {
    IntervalSet all;
    for (size_t i = 0; i < term.count(); ++i) {
      Term value = term.kid(i);
      if (value.kind() == Kind::relation) return term.count() == 1 ? condition(value) : std::nullopt;
      if (value.kind() >= Kind::sequence || has_variables(value)) return std::nullopt;
      all.pieces.push_back({{0, value}, {0, value}, true, true});
    }
    return normalised(std::move(all));
  }

  // {x : condition}, {x in R | condition}
  Set condition(Term builder) {
    if (builder.name() != ":") return solved(builder);
    Set set = build(builder.kid(1));
    Term element = builder.kid(0);
    if (set && element.kind() == Kind::relation) {
      Set domain = element.name() == "e" ? membership(element) : std::nullopt;
      set = domain ? intersection(*domain, *set) : std::nullopt; // integers are no interval
    }
    if (set) set->solved_relation = false;
    return set;
  }

  Set joined(Term term) {
    IntervalSet all;
    for (size_t i = 0; i < term.count(); ++i)
      if (!add_to(all, build(term.kid(i)), i == 0)) return std::nullopt;
    return normalised(std::move(all));
  }

  static bool add_to(IntervalSet& all, Set part, bool first) {
    if (!part || (!first && part->variable != all.variable)) return false;
    all.variable = part->variable;
    all.solved_relation = all.solved_relation || part->solved_relation;
    all.loose_and = all.loose_and || part->loose_and;
    all.pieces.insert(all.pieces.end(), part->pieces.begin(), part->pieces.end());
    return true;
  }

  // Intervals side by side are a union, whatever stands between them. Relations are what they say: "or" binds least,
  // and where a list has an "or", its commas are that.
  Set listed(Term list) {
    auto relation = [&](size_t i) { return list.kid(i).kind() == Kind::relation; };
    for (size_t i = 0; i < list.count(); ++i)
      if (!relation(i)) return joined(list);
    std::string gaps = list.name().empty() ? std::string(list.count() - 1, ',') : std::string(list.name());
    if (gaps.find('o') != gaps.npos) std::replace(gaps.begin(), gaps.end(), ',', 'o');
    if (all_exclusions(list)) gaps.assign(gaps.size(), ','); // nobody means all numbers by "x != 1 or x != 2"
    IntervalSet all;
    for (size_t begin = 0; begin < list.count();) {
      size_t end = std::min(gaps.find('o', begin), gaps.size()) + 1;
      bool said = gaps.substr(begin, end - 1 - begin).find('a') != std::string::npos;
      if (!add_to(all, together(list, begin, end, said), begin == 0)) return std::nullopt;
      begin = end;
    }
    return normalised(std::move(all));
  }

  // The relations [begin, end) joined by "and" (`said`) or by commas: what fulfils all of them. Relations that
  // exclude each other must be alternatives: "x < 1, x > 2". What is excluded is excluded either way.
  Set together(Term list, size_t begin, size_t end, bool said) {
    IntervalSet all = everything(), any, allowed = everything();
    bool positive = false;
    for (size_t i = begin; i < end; ++i) {
      Set part = build(list.kid(i));
      if (!part || (i > begin && part->variable != all.variable)) return std::nullopt;
      bool excludes = list.kid(i).name() == "!";
      Set both = intersection(excludes ? allowed : all, *part);
      if (!both || (!excludes && !add_to(any, part, !positive))) return std::nullopt;
      (excludes ? allowed : all) = std::move(*both);
      all.variable = part->variable;
      positive = positive || !excludes;
    }
    if (!positive || !all.pieces.empty()) return intersection(all, allowed);
    Set result = normalised(std::move(any));
    if (result) result = intersection(*result, allowed);
    if (result) result->loose_and = said;
    return result;
  }

  static bool all_exclusions(Term term) {
    for (size_t i = 0; i < term.count(); ++i)
      if (term.kid(i).kind() != Kind::relation || term.kid(i).name() != "!") return false;
    return term.count() > 0;
  }

  Set complement(const IntervalSet& set) {
    IntervalSet result;
    result.variable = set.variable;
    result.solved_relation = set.solved_relation;
    Endpoint low{-1, {}};
    bool closed = false;
    for (const Piece& piece : set.pieces) {
      if (piece.low.infinite == 0) result.pieces.push_back({low, piece.low, closed, !piece.low_closed});
      low = piece.high;
      closed = !piece.high_closed;
    }
    if (low.infinite <= 0) result.pieces.push_back({low, {1, {}}, closed, false});
    return normalised(std::move(result));
  }

  // A minus B is the complement of (complement of A) and B.
  Set without(Term term) {
    Set a = build(term.kid(0)), b = build(term.kid(1));
    if (!a || !b) return std::nullopt;
    Set outside = complement(*a);
    if (!outside) return std::nullopt;
    outside->pieces.insert(outside->pieces.end(), b->pieces.begin(), b->pieces.end());
    Set all = normalised(std::move(*outside));
    return all ? complement(*all) : std::nullopt;
  }

  Set meet(Term term) {
    Set total = IntervalSet(everything());
    for (size_t i = 0; i < term.count(); ++i) {
      Set part = build(term.kid(i));
      if (!part) return std::nullopt;
      total = intersection(*total, *part);
      if (!total) return std::nullopt;
    }
    return total;
  }

  Set intersection(const IntervalSet& a, const IntervalSet& b) {
    Set not_a = complement(a), not_b = complement(b);
    if (!not_a || !not_b) return std::nullopt;
    not_a->pieces.insert(not_a->pieces.end(), not_b->pieces.begin(), not_b->pieces.end());
    Set both = normalised(std::move(*not_a));
    if (!both) return std::nullopt;
    Set result = complement(*both);
    if (result) {
      result->variable = a.variable.empty() ? b.variable : a.variable;
      result->solved_relation = a.solved_relation || b.solved_relation;
    }
    return result;
  }

  // x < a, a < x <= b, x != a, x in S: a variable against constants.
  Set solved(Term term) {
    std::string_view signs = term.name();
    if (signs == "e") return membership(term);
    IntervalSet total = everything();
    for (size_t i = 0; i < signs.size(); ++i) {
      Set part = one_relation(term.kid(i), signs[i], term.kid(i + 1));
      if (!part || (i > 0 && part->variable != total.variable)) return std::nullopt;
      total.variable = part->variable;
      total.solved_relation = true;
      Set both = intersection(total, *part);
      if (!both) return std::nullopt;
      total = std::move(*both);
      total.solved_relation = true;
    }
    return total;
  }

  Set membership(Term term) {
    if (term.kid(0).kind() != Kind::symbol) return std::nullopt;
    Set set = build(term.kid(1));
    if (set) set->variable = std::string(term.kid(0).name());
    return set;
  }

  Set one_relation(Term left, char sign, Term right) {
    bool flipped = left.kind() != Kind::symbol;
    if (flipped) std::swap(left, right);
    if (left.kind() != Kind::symbol || has_variables(right)) return std::nullopt;
    if (flipped) sign = sign == '<' ? '>' : sign == '>' ? '<' : sign == 'l' ? 'g' : sign == 'g' ? 'l' : sign;
    Endpoint end = endpoint(right);
    Set set;
    switch (sign) {
    case '<':
    case 'l': set = IntervalSet{{{{-1, {}}, end, false, sign == 'l' && end.infinite == 0}}, true, {}}; break;
    case '>':
    case 'g': set = IntervalSet{{{end, {1, {}}, sign == 'g' && end.infinite == 0, false}}, true, {}}; break;
    case '=': set = IntervalSet{{{end, end, true, true}}, true, {}}; break;
    case '!': set = except(right); break;
    default: return std::nullopt;
    }
    if (!set) return std::nullopt;
    set->solved_relation = true;
    set->variable = std::string(left.name());
    return set;
  }

  Set except(Term value) {
    IntervalSet points;
    size_t n = value.kind() == Kind::set || value.kind() == Kind::sequence ? value.count() : 1;
    for (size_t i = 0; i < n; ++i) {
      Term point = n == 1 && value.kind() != Kind::set ? value : value.kid(i);
      points.pieces.push_back({{0, point}, {0, point}, true, true});
    }
    Set sorted = normalised(std::move(points));
    return sorted ? complement(*sorted) : std::nullopt;
  }

  // Sorted, empty pieces gone, touching pieces joined.
  Set normalised(IntervalSet set) {
    if (set.pieces.size() > 200 || context_.deadline->passed()) return std::nullopt;
    bool ordered = true;
    auto before = [&](const Piece& a, const Piece& b) {
      auto sign = order(a.low, b.low);
      ordered = ordered && sign;
      return sign.value_or(0) < 0 || (sign.value_or(0) == 0 && a.low_closed && !b.low_closed);
    };
    for (size_t i = 1; i < set.pieces.size() && ordered; ++i) // insertion: safe whatever `before` answers
      for (size_t k = i; k > 0 && before(set.pieces[k], set.pieces[k - 1]); --k)
        std::swap(set.pieces[k], set.pieces[k - 1]);
    if (!ordered) return std::nullopt;
    std::vector<Piece> joined;
    for (const Piece& piece : set.pieces) {
      auto length = order(piece.low, piece.high);
      if (!length) return std::nullopt;
      if (*length > 0 || (*length == 0 && !(piece.low_closed && piece.high_closed))) continue;
      if (joined.empty()) {
        joined.push_back(piece);
        continue;
      }
      Piece& last = joined.back();
      auto gap = order(piece.low, last.high);
      if (!gap) return std::nullopt;
      bool touches = *gap < 0 || (*gap == 0 && (piece.low_closed || last.high_closed));
      if (!touches) {
        joined.push_back(piece);
        continue;
      }
      auto longer = order(piece.high, last.high);
      if (!longer) return std::nullopt;
      if (*longer > 0) last.high = piece.high, last.high_closed = piece.high_closed;
      if (*longer == 0) last.high_closed = last.high_closed || piece.high_closed;
    }
    set.pieces = std::move(joined);
    return set;
  }

  const ScalarContext& context_;
};

bool is_inequality(Term term) {
  return term.kind() == Kind::relation && term.name().find_first_of("<>lg!") != std::string_view::npos;
}

} // namespace

bool is_interval_like(Term term) {
  switch (term.kind()) {
  case Kind::set_union:
  case Kind::set_minus:
  case Kind::set_meet: return true;
  case Kind::tuple: {
    if (term.count() != 2) return false;
    bool mixed = term.name() == "[)" || term.name() == "(]";
    return mixed || endpoint(term.kid(0)).infinite != 0 || endpoint(term.kid(1)).infinite != 0;
  }
  case Kind::relation: return is_inequality(term) || (term.name() == "e" && is_interval_like(term.kid(1)));
  case Kind::set: return term.count() == 1 && term.kid(0).kind() == Kind::relation;
  case Kind::sequence:
    for (size_t i = 0; i < term.count(); ++i)
      if (term.kid(i).kind() != Kind::relation || !is_interval_like(term.kid(i))) return false;
    return term.count() > 0;
  case Kind::symbol: return term.name() == "\\mathbb{R}";
  default: return false;
  }
}

std::optional<IntervalSet> as_interval_set(Term term, const ScalarContext& context) {
  return Builder(context).build(term);
}

Outcome same_set(const IntervalSet& a, const IntervalSet& b, const ScalarContext& context) {
  Outcome result{Equality::equal, "exact", {}, false};
  if (a.pieces.size() != b.pieces.size()) return {Equality::different, "pieces", {}, false};
  auto same_end = [&](const Endpoint& x, const Endpoint& y) {
    if (x.infinite != 0 || y.infinite != 0) return x.infinite == y.infinite;
    Outcome outcome = scalar_equal(x.value, y.value, context);
    if (outcome.equality != Equality::equal)
      result = outcome;
    else if (outcome.certificate.starts_with("numeric"))
      result.certificate = outcome.certificate;
    return outcome.equality == Equality::equal;
  };
  for (size_t i = 0; i < a.pieces.size(); ++i) {
    const Piece &x = a.pieces[i], &y = b.pieces[i];
    if (x.low_closed != y.low_closed || x.high_closed != y.high_closed)
      return {Equality::different, "open or closed end", {}, false};
    if (!same_end(x.low, y.low) || !same_end(x.high, y.high)) {
      if (result.equality == Equality::equal) result = {Equality::different, "ends", {}, false};
      return result;
    }
  }
  return result;
}

} // namespace proctor::math
