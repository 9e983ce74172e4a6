// SPDX-License-Identifier: MIT
// The grader of every maths task whose answers are not whole numbers by rule.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "graders/extract.h"
#include "graders/graders.h"
#include "graders/judgement.h"
#include "graders/math/math_equal.h"
#include "graders/math/math_extract.h"
#include "graders/math/remark.h"
#include "graders/math/vote_key.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr size_t kLongestWhole = 64; // bytes of a bare word or two that may be an answer in text

Judgement with_details(Judgement judgement, const math::MathVerdict& verdict) {
  std::string why = verdict.certificate;
  if (!verdict.witness.empty()) why += ", differs at " + verdict.witness;
  if (!verdict.policies.empty()) why += fmt::format(", by policy {}", fmt::join(verdict.policies, ", "));
  judgement.explanation += ": " + why;
  judgement.stats["certificate"] = verdict.certificate;
  if (!verdict.policies.empty()) judgement.stats["policies"] = verdict.policies;
  return judgement;
}

class MathGrader final : public AnswerGrader {
 public:
  explicit MathGrader(const math::Policies& policies)
      : policies_(policies), fingerprint_("math@2" + math::differences(policies)) {}

  std::string_view fingerprint() const override { return fingerprint_; }

  bool same_answer(const Answer& a, const Answer& b) const override {
    return math::same_vote({a.text, a.vote_key}, {b.text, b.vote_key});
  }

 protected:
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override {
    auto found = math::extract_math(answer_text, question.target, question.form, policies_);
    if (found || math::parses(question.target)) return found;
    found = extract_answer(answer_text, question.form, kLongestWhole); // a text is asked for
    bool refuses = found && found->method == "whole" && math::is_refusal(found->text);
    return refuses ? std::nullopt : found;
  }

  Judgement judge(const Question& question, const Extracted& extracted) const override {
    if (trim(question.target).empty()) return unreadable_target(question.target, "an answer");
    math::MathVerdict verdict = math::judge_answer(question.target, extracted.text, policies_);
    bool equal = verdict.equality == math::Equality::equal;
    Judgement judgement = judged(equal, extracted, question.target, math::vote_key(extracted.text));
    if (verdict.equality == math::Equality::unknown) judgement.reason = "undecided";
    return with_details(std::move(judgement), verdict);
  }

 private:
  math::Policies policies_;
  std::string fingerprint_;
};

} // namespace

std::unique_ptr<Grader> make_math_grader(const math::Policies& policies) {
  return std::make_unique<MathGrader>(policies);
}

} // namespace proctor
