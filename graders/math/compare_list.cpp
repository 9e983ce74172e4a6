// SPDX-License-Identifier: MIT
// Lists, sets, vectors and matrices.
#include <algorithm>

#include "graders/math/comparer.h"

namespace proctor::math {
namespace {

constexpr size_t kMaxMatched = 200; // elements of an unordered list

// A product, power or sum of matrices that was too large to work out, or that has no value.
bool is_open_matrix(Term term) {
  return term.kind() < Kind::sequence && term.kind() != Kind::call && holds_matrix(term);
}

} // namespace

bool Comparer::Collection::named() const {
  if (names.size() < 2 || names[0].empty()) return false;
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  return !sorted[0].empty() && std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

bool Comparer::Collection::indexed() const {
  if (!named()) return false;
  std::string letter = names[0].substr(0, names[0].find('_') + 1);
  return !letter.empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return name.starts_with(letter);
  });
}

bool Comparer::Collection::has_same_names(const Collection& other) const {
  return names.size() == other.names.size() && std::is_permutation(names.begin(), names.end(), other.names.begin());
}

void Comparer::Collection::put_in_usual_order() {
  bool letters = std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return name == "x" || name == "y" || name == "z";
  });
  if (!named() || (!letters && !indexed())) return;
  std::vector<std::pair<std::string, Term>> pairs;
  for (size_t i = 0; i < names.size(); ++i) pairs.emplace_back(names[i], values[i]);
  std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { // x_2 before x_10
    return std::pair(a.first.size(), a.first) < std::pair(b.first.size(), b.first);
  });
  for (size_t i = 0; i < names.size(); ++i) std::tie(names[i], values[i]) = pairs[i];
}

size_t Comparer::Collection::period() const {
  for (size_t k = 2; k < names.size(); ++k) {
    if (names.size() % k != 0 || names[0].empty() || names[k] != names[0]) continue;
    Collection head;
    head.names.assign(names.begin(), names.begin() + static_cast<ptrdiff_t>(k));
    bool repeats = head.named();
    for (size_t i = k; i < names.size(); ++i) repeats = repeats && names[i] == names[i - k];
    if (repeats) return k;
  }
  return 0;
}

// "p=5, q=2, p=7, q=2" is two assignments of the pair (p, q).
void Comparer::group_assignments(Collection& all) {
  size_t k = all.period();
  if (k == 0) return;
  std::vector<Term> groups;
  for (size_t i = 0; i < all.values.size(); i += k) {
    Collection group;
    auto from = static_cast<ptrdiff_t>(i), to = static_cast<ptrdiff_t>(i + k);
    group.values.assign(all.values.begin() + from, all.values.begin() + to);
    group.names.assign(all.names.begin() + from, all.names.begin() + to);
    group.put_in_usual_order();
    groups.push_back(as_tuple(group));
  }
  all.values = std::move(groups);
  all.names.assign(all.values.size(), "");
}

Term Comparer::as_tuple(const Collection& parts) {
  std::vector<Ref> refs;
  for (Term value : parts.values) refs.push_back(value.ref);
  return {parts.values[0].tree, tree_of(parts.values[0]).add(Kind::tuple, refs, "()")};
}

// (y,x) = (3,2) as y=3, x=2; nothing for other assignments.
Comparer::Collection Comparer::named_parts(const Assignment& assignment) {
  Collection parts;
  if (!assignment.name) return parts;
  Term names = *assignment.name, values = assignment.value;
  bool tuples = names.kind() == Kind::tuple && values.kind() == Kind::tuple;
  if (!tuples || names.count() != values.count()) return parts;
  for (size_t i = 0; i < names.count(); ++i) {
    parts.values.push_back(values.kid(i));
    parts.names.push_back(canonical(*names.tree, names.kid(i).ref));
  }
  return parts;
}

// (y,x) = (3,2) answers for (2,3).
Term Comparer::in_usual_order(const Assignment& assignment, Term value) {
  Collection parts = named_parts(assignment), sorted = parts;
  sorted.put_in_usual_order();
  return sorted.names == parts.names ? value : as_tuple(sorted);
}

// y=7, x=5 as (5,7) beside a model (x,y) = ...; other lists as they are.
Term Comparer::rearranged(Term list, const Assignment& model) {
  Collection wanted = named_parts(model), given = collect(list);
  if (!wanted.named() || !given.has_same_names(wanted)) return list;
  Collection sorted;
  for (const std::string& name : wanted.names) {
    auto at = std::find(given.names.begin(), given.names.end(), name) - given.names.begin();
    sorted.values.push_back(given.values[static_cast<size_t>(at)]);
  }
  return as_tuple(sorted);
}

void Comparer::collect_item(Term item, Collection& into) {
  for (Ref ref : expand_signs(tree_of(item), item.ref)) {
    Term term{item.tree, ref};
    auto assignment = term.kind() == Kind::relation ? as_assignment(term) : std::nullopt;
    std::string name;
    if (assignment && assignment->name) name = canonical(*term.tree, assignment->name->ref);
    Term value = assignment ? assignment->value : term;
    if (assignment && value.kind() == Kind::set) { // x \in {1, 2}
      for (size_t i = 0; i < value.count(); ++i) into.values.push_back(value.kid(i)), into.names.push_back(name);
      continue;
    }
    into.values.push_back(value);
    into.names.push_back(std::move(name));
  }
}

Comparer::Collection Comparer::collect(Term term) {
  Collection all;
  all.is_set = term.kind() == Kind::set;
  if (term.kind() == Kind::relation) {
    auto assignment = as_assignment(term);
    if (assignment && (assignment->value.kind() == Kind::set || assignment->value.kind() == Kind::sequence))
      return collect(assignment->value);
  }
  if (term.kind() != Kind::sequence && term.kind() != Kind::set) {
    collect_item(term, all);
    return all;
  }
  for (size_t i = 0; i < term.count(); ++i) collect_item(term.kid(i), all);
  group_assignments(all);
  return all;
}

Outcome Comparer::in_order(const std::vector<Term>& gold, const std::vector<Term>& pred) {
  if (gold.size() != pred.size()) return different("number of parts");
  Outcome total{Equality::equal, "structural", {}, false};
  for (size_t i = 0; i < gold.size() && total.equality != Equality::different; ++i)
    combine(total, compare(gold[i], pred[i]));
  return total;
}

Outcome Comparer::by_name(const Collection& gold, const Collection& pred) {
  if (gold.names.size() != pred.names.size()) return different("number of parts");
  Outcome total{Equality::equal, "structural", {}, false};
  for (size_t i = 0; i < gold.names.size(); ++i) {
    auto hit = std::find(pred.names.begin(), pred.names.end(), gold.names[i]);
    if (hit == pred.names.end()) return different("no value for " + gold.names[i]);
    combine(total, compare(gold.values[i], pred.values[static_cast<size_t>(hit - pred.names.begin())]));
  }
  return total;
}

// Values under the same names; which root is called x_1 and which x_2 is the writer's choice.
Outcome Comparer::compare_named(const Collection& gold, const Collection& pred) {
  Outcome named = by_name(gold, pred);
  Collection two_roots;
  two_roots.names = {"x_1", "x_2"};
  bool roots = gold.has_same_names(two_roots) && pred.has_same_names(two_roots);
  if (is_equal(named) || !roots) return named;
  return accept("unordered_lists", policies_.unordered_lists, matched(gold.values, pred.values));
}

void Comparer::drop_duplicates(std::vector<Term>& values) {
  if (values.size() > kMaxMatched) return;
  std::vector<Term> kept;
  for (Term value : values) {
    bool seen = std::any_of(kept.begin(), kept.end(), [&](Term other) { return is_equal(compare(other, value)); });
    if (!seen) kept.push_back(value);
  }
  values = std::move(kept);
}

// A perfect matching by augmenting paths: equality need not be transitive where it is only known numerically.
Outcome Comparer::matched(const std::vector<Term>& gold, const std::vector<Term>& pred) {
  size_t n = gold.size();
  if (n != pred.size()) return different("number of elements");
  if (n > kMaxMatched) return {Equality::unknown, "too many elements", {}, false};
  std::vector<int> owner(n, -1);
  std::vector<std::vector<signed char>> known(n, std::vector<signed char>(n, -1));
  Outcome total{Equality::equal, "structural", {}, false};
  bool undecided = false;
  auto fits = [&](size_t g, size_t p) {
    if (known[g][p] < 0) {
      Outcome outcome = compare(gold[g], pred[p]);
      known[g][p] = is_equal(outcome) ? 1 : 0;
      undecided = undecided || outcome.equality == Equality::unknown;
      if (is_equal(outcome)) combine(total, outcome);
    }
    return known[g][p] == 1;
  };
  std::vector<char> visited;
  auto place = [&](auto&& self, size_t g) -> bool {
    for (size_t p = 0; p < n; ++p) {
      if (visited[p] || !fits(g, p)) continue;
      visited[p] = 1;
      if (owner[p] < 0 || self(self, static_cast<size_t>(owner[p]))) {
        owner[p] = static_cast<int>(g);
        return true;
      }
    }
    return false;
  };
  for (size_t g = 0; g < n; ++g) {
    visited.assign(n, 0);
    if (place(place, g)) continue;
    if (undecided) return {Equality::unknown, "an element is not decided", {}, false};
    return different("element " + std::to_string(g + 1));
  }
  return total;
}

Outcome Comparer::compare_collections(Term gold, Term pred) {
  // (x,y) = (5,7) against x=5, y=7
  auto pair_of_names = [](Term term) {
    auto assignment = term.kind() == Kind::relation ? as_assignment(term) : std::nullopt;
    return assignment && assignment->name && assignment->name->kind() == Kind::tuple ? assignment : std::nullopt;
  };
  if (auto assignment = pair_of_names(gold)) return compare(assignment->value, rearranged(pred, *assignment));
  if (auto assignment = pair_of_names(pred)) return compare(rearranged(gold, *assignment), assignment->value);
  Collection a = collect(gold), b = collect(pred);
  bool any_order = a.named() ? b.is_set || a.indexed() : a.is_set || b.indexed(); // of unnamed values
  if (a.named() != b.named()) (a.named() ? a : b).put_in_usual_order();
  auto a_vector = gold.kind() == Kind::tuple || gold.kind() == Kind::matrix ? as_vector(gold) : std::nullopt;
  auto b_vector = pred.kind() == Kind::tuple || pred.kind() == Kind::matrix ? as_vector(pred) : std::nullopt;
  if (a_vector && !b.is_set && b.values.size() > 1) // (5,7) against x=5, y=7 or 5, 7
    return b.named() ? in_order(*a_vector, b.values)
                     : accept("vector_shape", policies_.vector_shape, in_order(*a_vector, b.values));
  if (b_vector && !a.is_set && a.values.size() > 1)
    return a.named() ? in_order(a.values, *b_vector)
                     : accept("vector_shape", policies_.vector_shape, in_order(a.values, *b_vector));
  if (a.named() && b.named()) return compare_named(a, b);
  if (a.named() != b.named() && a.values.size() > 1 && !any_order) return in_order(a.values, b.values);
  bool alternatives = a.values.size() != b.values.size() && (a.values.size() == 1 || b.values.size() == 1);
  if (a.is_set || b.is_set || alternatives) { // "x+11 or 11+x" is one value
    drop_duplicates(a.values);
    drop_duplicates(b.values);
  } else if (!policies_.unordered_lists) {
    return in_order(a.values, b.values);
  }
  // one name for all on both sides must be one name
  bool names = !a.names.empty() && !b.names.empty() && !a.names[0].empty() && !b.names[0].empty();
  if (a.values.size() == 1 && b.values.size() == 1 && !names) {
    bool self = a.values[0].ref == gold.ref && b.values[0].ref == pred.ref;
    if (self) return compare_scalars(gold, pred);
  }
  return matched(a.values, b.values);
}

std::optional<Outcome> Comparer::compare_vectors(Term gold, Term pred) {
  bool tuple_a = gold.kind() == Kind::tuple, tuple_b = pred.kind() == Kind::tuple;
  bool matrix_a = gold.kind() == Kind::matrix, matrix_b = pred.kind() == Kind::matrix;
  if (!(tuple_a || matrix_a) && !(tuple_b || matrix_b)) return std::nullopt;
  if (is_open_matrix(gold) || is_open_matrix(pred)) return Outcome{Equality::unknown, "not evaluated", {}, false};
  if (!(tuple_a || matrix_a) || !(tuple_b || matrix_b)) return different("shape");
  auto grid_a = as_grid(gold), grid_b = as_grid(pred);
  if (grid_a && grid_b && grid_a->columns == grid_b->columns) return in_order(grid_a->cells, grid_b->cells);
  if (tuple_a && tuple_b) {
    bool pair = gold.count() == 2 && pred.count() == 2;
    bool angle = gold.name() == "<>" || pred.name() == "<>";
    if (gold.name() == pred.name()) return in_order(*as_vector(gold), *as_vector(pred));
    if (pair && !angle) return different("brackets");
  }
  auto vector_a = as_vector(gold), vector_b = as_vector(pred);
  if (!vector_a || !vector_b) return different("shape");
  return accept("vector_shape", policies_.vector_shape, in_order(*vector_a, *vector_b));
}

} // namespace proctor::math
