// SPDX-License-Identifier: MIT
#pragma once

// How one row of a multiple-choice or logic benchmark becomes a question.

#include "tasks/recipes.h"

namespace proctor {

// A question with options and which of them is right, under the names that benchmarks use: context, passage, text or
// article; question, query, problem or prompt; options or choices as a list, as {"A": ...} or as {"text": [...]};
// answer, label, correct, ... as a letter, as a zero-based index or as an option's own words.
Result<Draft> read_choice_row(const DataRow& row);
Result<Draft> read_logiqa_row(const DataRow& row); // as read_choice_row; its ids repeat, so questions have positions
Result<Draft> read_mmlu_pro_row(const DataRow& row); // level is the category
Result<Draft> read_folio_row(const DataRow& row);    // premises, conclusion, label; or Logic-LLM's form
Result<Draft>
read_gpqa_row(const DataRow& row); // "Correct Answer", "Incorrect Answer 1", ...: in an order by the seed

// A quiz whose text asks for the answer in a tag by itself (lineage-bench, farel-bench): size, item, quiz, gold.
Result<Draft> read_quiz_row(const DataRow& row);

// PlanBench: instance_id, query, ground_truth_plan or gold_plan.
Result<Draft> read_plan_row(const DataRow& row);

} // namespace proctor
