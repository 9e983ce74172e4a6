// SPDX-License-Identifier: MIT
#pragma once

// Hand-written stand-ins behind the core's seams.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/backend.h"
#include "harness/runner.h"
#include "harness/task.h"

namespace proctor {

// Correct when the answer is the target.
class EqualsGrader : public Grader {
 public:
  std::string_view slot() const override { return "none"; }
  std::string_view fingerprint() const override { return "equals@1"; }
  Grade grade(const Question& question, const Completion& completion) const override {
    if (before_grading) before_grading();
    Grade grade;
    grade.verdict = completion.answer_text == question.target ? Verdict::correct : Verdict::incorrect;
    grade.answer = completion.answer_text;
    grade.vote_key = completion.answer_text;
    return grade;
  }
  std::function<void()> before_grading;
};

// Answers every item with its question's number, from several threads if asked.
class EchoBackend : public Backend {
 public:
  explicit EchoBackend(int threads = 1) : threads_(threads) {}
  Description describe() const override { return {"echo", "echo", "", {}}; }
  Status generate(WorkSource& source, CompletionSink& sink) override {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads_; ++i)
      workers.emplace_back([&] {
        while (auto item = source.next()) {
          if (waits) sink.wait_for_graders();
          sink.put(answer(*item));
        }
      });
    return {};
  }
  std::function<void(Completion&)> change; // a last touch on each completion
  bool waits = false;                      // for graders

 private:
  Completion answer(const WorkItem& item) {
    Completion completion;
    completion.key = item.key;
    completion.prompt_hash = item.prompt_hash;
    completion.seed = item.seed;
    completion.text = completion.answer_text = item.key.doc_id;
    if (change) {
      std::lock_guard lock(mutex_);
      change(completion);
    }
    return completion;
  }
  const int threads_;
  std::mutex mutex_;
};

class SilentObserver : public RunObserver {
 public:
  void completed(const Completion&) override { ++n_completed; }
  void graded(const Grade& grade) override {
    ++n_graded;
    n_correct += grade.verdict == Verdict::correct;
  }
  std::atomic<int> n_completed = 0, n_graded = 0, n_correct = 0;
};

// A task whose i-th question is answered by its own id.
inline Task echo_task(const std::string& name, int n_questions,
                      std::unique_ptr<Grader> grader = std::make_unique<EqualsGrader>()) {
  Task task;
  task.name = name;
  task.version = "1";
  for (int i = 0; i < n_questions; ++i) {
    Question question;
    question.doc_id = std::to_string(i);
    question.messages = {{"user", "Say " + question.doc_id}};
    question.target = question.doc_id;
    task.questions.push_back(std::move(question));
  }
  task.graders.push_back(std::move(grader));
  return task;
}

} // namespace proctor
