// SPDX-License-Identifier: MIT
#include "graders/exact_number.h"
#include "graders/extract.h"
#include "graders/graders.h"
#include "graders/judgement.h"
#include "graders/latex_text.h"
#include "graders/text_tools.h"

namespace proctor {
namespace {

constexpr size_t kLongestInteger = 64;

bool is_aime_answer(const std::optional<std::string>& integer) {
  return integer && integer->size() <= 3 && integer->front() != '-';
}

// Competition answers: integers from 0 to 999, compared as integers.
class AimeGrader final : public AnswerGrader {
 public:
  std::string_view fingerprint() const override { return "aime@2"; }

 protected:
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override {
    auto extracted = extract_answer(answer_text, question.form, kLongestInteger);
    // Only a bare number is an answer without any mark; other prose is none.
    if (extracted && extracted->method == "whole" && !read_integer(extracted->text)) return std::nullopt;
    return extracted;
  }

  Judgement judge(const Question& question, const Extracted& extracted) const override {
    auto target = read_integer(question.target);
    if (!is_aime_answer(target)) return unreadable_target(question.target, "an integer from 0 to 999");
    auto integer = read_integer(extracted.text);
    std::string key = integer ? *integer : text_vote_key(latex_text_key(extracted.text), extracted.text);
    return judged(integer == target, extracted, *target, std::move(key));
  }
};

} // namespace

std::unique_ptr<Grader> make_aime_grader() { return std::make_unique<AimeGrader>(); }

} // namespace proctor
