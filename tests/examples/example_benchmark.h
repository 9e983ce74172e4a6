// SPDX-License-Identifier: MIT
#pragma once

// How to add a benchmark that reads a file as it was published: what a row asks, and a line for the table of tasks.

#include <array>
#include <fmt/format.h>

#include "tasks/entry.h"

namespace proctor {

// A row of capitals.jsonl: {"country": "Peru", "capital": "Lima"}.
inline Result<Draft> read_capital_row(const DataRow& row) {
  auto country = required_text(row, std::array<std::string_view, 1>{"country"});
  if (!country) return country.error(); // FILE:LINE and what is missing
  auto capital = required_text(row, std::array<std::string_view, 2>{"capital", "answer"});
  if (!capital) return capital.error();
  Draft draft;
  draft.ask = {fmt::format("What is the capital of {}?", *country), AnswerForm::box, "Give the city's name alone."};
  draft.target = std::move(*capital);
  return draft;
}

// The line of the table: name, group, grader, what it is; other names; the files' names; the reader; the source.
inline Entry capitals() {
  return with_source(benchmark(info_of("capitals", "logic", "exact", "capitals of countries"), {"capital_cities"},
                               single_files({"capitals.jsonl"}), read_capital_row),
                     "an almanac, as it was in 2025");
}

} // namespace proctor
