// SPDX-License-Identifier: MIT
#include "graders/exact_number.h"
#include "graders/extract.h"
#include "graders/graders.h"
#include "graders/judgement.h"
#include "graders/latex_text.h"
#include "graders/text_tools.h"

namespace proctor {
namespace {

constexpr size_t kLongestNumber = 64;

// A bare 50 for 50\% is accepted when exactly one side has the sign; 0.5 for 50\% always, being the same number.
bool same_number(const ExactNumber& a, const ExactNumber& b) {
  return a.value == b.value || (a.is_percent != b.is_percent && a.bare == b.bare);
}

// Numbers by exact value, anything else by its normalised text.
class NumberGrader final : public AnswerGrader {
 public:
  std::string_view fingerprint() const override { return "number@2"; }

 protected:
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override {
    auto extracted = extract_answer(answer_text, question.form, kLongestNumber);
    if (extracted && extracted->method == "whole" && !is_answer_itself(*extracted, question)) return std::nullopt;
    return extracted;
  }

  Judgement judge(const Question& question, const Extracted& extracted) const override {
    if (latex_text_key(question.target).empty()) return unreadable_target(question.target, "an answer");
    auto target = read_number(question.target);
    auto answer = read_number(extracted.text);
    std::string text_key = latex_text_key(extracted.text);
    bool correct = target && answer ? same_number(*target, *answer) : text_key == latex_text_key(question.target);
    std::string key = answer ? answer->value : text_vote_key(text_key, extracted.text);
    return judged(correct, extracted, question.target, std::move(key));
  }

 private:
  // Prose without a mark is no answer; a bare number is, and so is a short text where text is asked for.
  static bool is_answer_itself(const Extracted& extracted, const Question& question) {
    return read_number(extracted.text) || !read_number(question.target);
  }
};

} // namespace

std::unique_ptr<Grader> make_number_grader() { return std::make_unique<NumberGrader>(); }

} // namespace proctor
