// SPDX-License-Identifier: MIT
#pragma once

// Builds small run directories for the tests of everything that folds one.

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include "harness/run_records.h"
#include "reports/fold.h"
#include "tests/temp_dir.h"

namespace proctor {


inline Grade make_grade(std::string task, std::string doc, int sample, Verdict verdict, std::string answer = "") {
  Grade grade;
  grade.key = {std::move(task), std::move(doc), sample};
  grade.verdict = verdict;
  grade.target = "7";
  if (!answer.empty()) grade.answer = grade.vote_key = answer;
  return grade;
}

class RunFixture {
 public:
  Json run = Json::object(); // run.json

  RunFixture()
      : questions_(dir_.path() + "/questions.jsonl"), samples_(dir_.path() + "/samples.jsonl"),
        grades_(dir_.path() + "/grades.jsonl") {}

  void plan(const std::string& task, int n_questions, int n_samples) {
    run["plan"][task] = {{"n_questions", n_questions}, {"n_samples", n_samples}};
  }

  void question(const std::string& task, const std::string& doc, const std::string& text = "How many?",
                const std::string& level = "", const std::string& cluster = "") {
    QuestionRecord record;
    record.task = task;
    record.question.doc_id = doc;
    record.question.messages = {{"user", text}};
    record.question.target = "7";
    record.question.level = level;
    record.question.cluster = cluster;
    questions_ << question_line(record) << "\n";
  }

  void sample(const Completion& completion) { samples_ << sample_line(completion) << "\n"; }
  void grade(const Grade& grade) { grades_ << grade_line(grade) << "\n"; }

  // A finished sample with its grade.
  void answer(const std::string& task, const std::string& doc, int sample_idx, Verdict verdict,
              const std::string& answer = "", int64_t tokens = 10, std::optional<double> seconds = {}) {
    Completion completion;
    completion.key = {task, doc, sample_idx};
    completion.text = completion.answer_text = "I say " + answer;
    completion.reasoning = "Let me see";
    completion.usage.completion_tokens = tokens;
    completion.seconds = seconds;
    sample(completion);
    grade(make_grade(task, doc, sample_idx, verdict, answer));
  }

  Summary fold(const GraderLookup& graders = {}, const FoldOptions& options = {}) {
    std::ofstream(dir_.path() + "/run.json") << dump_json_pretty(run);
    for (std::ofstream* file : {&questions_, &samples_, &grades_}) file->flush();
    Result<RunReader> reader = RunReader::open(dir_.path());
    REQUIRE(reader.has_value());
    Result<Summary> summary = fold_run(*reader, graders, options);
    REQUIRE_MESSAGE(summary.has_value(), (summary ? "" : summary.error().message));
    return *summary;
  }

 private:
  TempDir dir_;
  std::ofstream questions_, samples_, grades_;
};

} // namespace proctor
