// SPDX-License-Identifier: MIT
#include "graders/graders.h"

namespace proctor {
namespace {

struct Entry {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Grader> (*make)();
};

constexpr Entry kEntries[] = {
    {"aime", "integers from 0 to 999, compared as integers", make_aime_grader},
    {"number", "exact rationals and decimals; other answers by normalised text", make_number_grader},
    {"choice", "one option letter, or an option's words", make_choice_grader},
    {"tag", "exact text of the last answer tag", make_tag_grader},
    {"exact", "the final answer as text, blanks folded", make_exact_grader},
    {"knights_knaves", "everybody's role in a knights and knaves puzzle", make_knights_knaves_grader},
};

} // namespace

std::vector<GraderInfo> grader_catalog() {
  std::vector<GraderInfo> catalog;
  for (const Entry& entry : kEntries) catalog.push_back({std::string(entry.name), std::string(entry.summary)});
  return catalog;
}

std::unique_ptr<Grader> make_grader(std::string_view name) {
  for (const Entry& entry : kEntries)
    if (entry.name == name) return entry.make();
  return nullptr;
}

} // namespace proctor
