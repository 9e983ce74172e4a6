// SPDX-License-Identifier: MIT
#pragma once

// The comparison's class, shared by the files that implement it: compare.cpp (which rule applies), compare_list.cpp
// (lists, vectors, matrices), compare_relation.cpp (equations, inequalities, sets), compare_scalar.cpp (numbers with
// units, percent, rounding).

#include <optional>
#include <string>
#include <vector>

#include "graders/math/compare.h"
#include "graders/math/shape.h"

namespace proctor::math {

class Comparer {
 public:
  Comparer(Expr gold, Expr pred, const Policies& policies, const NumericKernel& kernel, const Deadline& deadline);

  MathVerdict run();

 private:
  // compare.cpp
  Outcome compare(Term gold, Term pred);
  Outcome compare_shapes(Term gold, Term pred);
  Outcome compare_text(Term gold, Term pred);
  Outcome compare_clocks(Term gold, Term pred);
  Outcome compare_based(Term gold, Term pred);
  Outcome compare_ratios(Term gold, Term pred);
  Term prepared(Term term);
  void share_imaginary_unit(std::string_view letter);
  void choose_logarithm();
  Outcome accept(std::string_view policy, bool allowed, Outcome outcome);
  Tree& tree_of(Term term) { return term.tree == &gold_.tree ? gold_.tree : pred_.tree; }

  // compare_list.cpp
  struct Collection {
    std::vector<Term> values;
    std::vector<std::string> names; // of assignments; "" where a value has none
    bool is_set = false;
    bool named() const;
    bool indexed() const;       // x_1, x_2: one letter for all, so that a bare list names them in any order
    bool has_same_names(const Collection& other) const;
    void put_in_usual_order();  // x before y before z, x_1 before x_2; other names as they are written
    size_t period() const; // "p=5, q=2, p=7, q=2": 2
  };
  Collection collect(Term term);
  void collect_item(Term item, Collection& into);
  Outcome compare_collections(Term gold, Term pred);
  Outcome in_order(const std::vector<Term>& gold, const std::vector<Term>& pred);
  Outcome by_name(const Collection& gold, const Collection& pred);
  Outcome compare_named(const Collection& gold, const Collection& pred);
  Outcome matched(const std::vector<Term>& gold, const std::vector<Term>& pred);
  void group_assignments(Collection& all);
  Collection named_parts(const Assignment& assignment);
  Term as_tuple(const Collection& parts);
  Term in_usual_order(const Assignment& assignment, Term value);
  Term rearranged(Term list, const Assignment& model);
  void drop_duplicates(std::vector<Term>& values);
  std::optional<Outcome> compare_vectors(Term gold, Term pred);

  // compare_relation.cpp
  Outcome compare_relations(Term gold, Term pred);
  Outcome compare_assignments(Term gold, Term pred, const Assignment& a, const Assignment& b);
  Outcome compare_forms(Term gold, Term pred);
  std::optional<Outcome> proportional(Term gold, Term pred, bool positive);
  Outcome compare_sets(Term gold, Term pred);

  // compare_scalar.cpp
  Outcome compare_scalars(Term gold, Term pred);
  Outcome compare_numbers(Term gold, Term pred);
  Outcome compare_units(Term gold, Term pred);
  std::optional<Term> spelled_quantity(Term term, std::string_view measured);
  bool rounds_to(Term decimal, Term exact, int digits);
  bool within_tolerance(Term gold, Term pred);
  Outcome strictly(Term gold, Term pred, Outcome outcome);

  Expr gold_, pred_;
  const Policies& policies_;
  ScalarContext context_;
  std::vector<std::string> used_;
  int depth_ = 0;
};

// All of them: equal only when every one is; the weakest certificate.
void combine(Outcome& total, const Outcome& part);

inline Outcome different(std::string why) { return {Equality::different, std::move(why), {}, false}; }
inline bool is_equal(const Outcome& outcome) { return outcome.equality == Equality::equal; }

} // namespace proctor::math
