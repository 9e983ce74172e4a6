// SPDX-License-Identifier: MIT
#include "graders/choice.h"
#include "graders/graders.h"
#include "graders/judgement.h"
#include "graders/latex_text.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

class ChoiceGrader final : public AnswerGrader {
 public:
  std::string_view fingerprint() const override { return "choice@2"; }

 protected:
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override {
    return extract_choice(answer_text, question);
  }

  Judgement judge(const Question& question, const Extracted& extracted) const override {
    auto options = options_of(question);
    auto target = read_choice(question.target, options).letter;
    if (!target) return unreadable_target(question.target, "an option letter");
    OptionChoice choice = read_choice(extracted.text, options);
    std::string key = choice.letter ? std::string(1, *choice.letter)
                                    : text_vote_key(lower(latex_text_key(extracted.text)), extracted.text);
    Judgement judgement = judged(choice.letter == target, extracted, std::string(1, *target), std::move(key));
    if (choice.hedged) judgement.explanation += "; several letters are no choice";
    return judgement;
  }
};

} // namespace

std::unique_ptr<Grader> make_choice_grader() { return std::make_unique<ChoiceGrader>(); }

} // namespace proctor
