// SPDX-License-Identifier: MIT
#pragma once

// How one row of a benchmark file becomes a question: which fields it may use under which names, what its target is,
// what is asked for. One function per benchmark form; all are pure.

#include <functional>
#include <string>
#include <vector>

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
  // Of a question with options: their texts, which is right, and whether their order is drawn by the seed. The prompt's
  // option lines, the target letter and metadata.options are made of them.
  std::vector<std::string> options = {};
  size_t right = 0;
  bool shuffle = false;
};

// On failure: a usage error that begins with the row's FILE:LINE.
using RowReader = Result<Draft> (*)(const DataRow& row);

// Worked examples of a benchmark's own file of them, in its order.
using ShotReader = Result<std::vector<Shot>> (*)(const std::string& path);

// Whether a row of a larger collection is one of the task's.
using RowFilter = std::function<bool(const DataRow& row)>;

// Rows of the years from..to of AIME or AMC, by "year", the id, the url or the name of a subset; a row of no known year
// is kept.
RowFilter rows_of_years(int from, int to);
RowFilter rows_of_subset(std::string_view prefix); // "subset_for_metrics" begins so, where there is one

Result<Draft> read_aime_row(const DataRow& row);  // integers 0-999; "073" and 73.0 are 73, "80 or 81" either
Result<Draft> read_maths_row(const DataRow& row); // any answer, of a list any; level and subject where there are any
Result<Draft> read_gaokao_row(const DataRow& row); // also where the answer was left at the question's end
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

Result<Draft> read_hendrycks_row(const DataRow& row); // a solution with a box, else an answer

// What is read of the files, and how.
struct Reading {
  std::vector<std::string> paths;
  RowReader read = nullptr;
  FileForm form = FileForm::json;
  std::string level = {};   // only rows of that level; empty: all
  RowFilter belongs = {};   // empty: all
  std::string part = {};    // what belongs keeps, in words
  std::vector<Shot> shots = {};
};

// Questions with doc ids (the data's own, else the zero-based index over all files) and prompts. On failure: also for
// a doc id that is there twice, and when no row is the task's.
Result<std::vector<Question>> load_questions(const Reading& reading, const TaskOptions& options);

} // namespace proctor
