// SPDX-License-Identifier: MIT
// Plans, judged by executing them; the question's prompt holds the problem.
#include "graders/graders.h"
#include "graders/judgement.h"
#include "graders/planning.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

class PlanGrader final : public AnswerGrader {
 public:
  std::string_view fingerprint() const override { return "plan@1"; }

 protected:
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override {
    auto problem = problem_of(question);
    if (!problem) return Extracted{"unread", "none", false}; // judge() says why
    std::vector<PlanStep> plan = read_plan(answer_text, *problem);
    if (plan.empty()) return std::nullopt;
    return Extracted{plan_text(plan), "plan", false};
  }

  Judgement judge(const Question& question, const Extracted& extracted) const override {
    auto problem = problem_of(question);
    if (!problem)
      return unreadable_target(question.messages.empty() ? "" : question.messages.back().content,
                               "a planning problem");
    // Extraction wrote one action a line, which reads back as itself.
    std::string flaw = plan_flaw(*problem, read_steps(extracted.text));
    Judgement judgement;
    judgement.verdict = flaw.empty() ? Verdict::correct : Verdict::incorrect;
    judgement.explanation = flaw.empty() ? "the plan reaches the goal" : flaw;
    judgement.vote_key = text_vote_key(extracted.text, extracted.text);
    return judgement;
  }

 private:
  static std::optional<PlanProblem> problem_of(const Question& question) {
    if (auto statement = get_string(question.metadata, "statement")) return read_plan_problem(*statement);
    return question.messages.empty() ? std::nullopt : read_plan_problem(question.messages.back().content);
  }

  static std::vector<PlanStep> read_steps(std::string_view text) {
    std::vector<PlanStep> plan;
    for (std::string_view line : split(text, '\n')) {
      auto words = split(line, ' ');
      plan.push_back({std::string(words.front()), {words.begin() + 1, words.end()}});
    }
    return plan;
  }
};

} // namespace

std::unique_ptr<Grader> make_plan_grader() { return std::make_unique<PlanGrader>(); }

} // namespace proctor
