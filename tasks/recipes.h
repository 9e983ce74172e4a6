// SPDX-License-Identifier: MIT
#pragma once

// How one row of a benchmark file becomes a question: which fields it may use under which names, what its target is,
// what is asked for. One function per benchmark form; all are pure.

#include <string>

#include "tasks/dataset.h"
#include "tasks/prompt.h"

namespace proctor {

// A question before its prompt is made.
struct Draft {
  std::string own_id; // the data's own id; empty: the row has none
  Ask ask;
  std::string target;
  Json metadata = Json::object();
  std::string level;
};

// On failure: a usage error that begins with the row's FILE:LINE.
using RowReader = Result<Draft> (*)(const DataRow& row);

Result<Draft> read_aime_row(const DataRow& row);  // an integer 0-999; "073" and 73.0 are 73
Result<Draft> read_maths_row(const DataRow& row); // any answer; level and subject where there are any
Result<Draft> read_solution_row(const DataRow& row); // the reference is the box of a worked solution
Result<Draft> read_olympiad_row(const DataRow& row);
Result<Draft> read_gsm8k_row(const DataRow& row); // the answer follows the last "####"

// Logic-RL's and K&K's form. doc_id is "PEOPLE/index", for index repeats in every file; level is the number of
// people.
Result<Draft> read_knights_knaves_row(const DataRow& row);

// BIG-Bench Hard: input, target. A target that is an option's text becomes its letter.
Result<Draft> read_bbh_choice_row(const DataRow& row);
Result<Draft> read_bbh_box_row(const DataRow& row);
Result<Draft> read_bbh_tag_row(const DataRow& row); // for answers made of brackets, which a box cannot hold

// Questions with doc ids (the data's own, else the zero-based index over all files) and prompts. level: only rows of
// that level, empty: all. On failure: also for a doc id that is there twice.
Result<std::vector<Question>> load_questions(const std::vector<std::string>& paths, RowReader read,
                                             std::string_view level, const TaskOptions& options,
                                             NumberForm numbers = NumberForm::json);

} // namespace proctor
