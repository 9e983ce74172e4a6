// SPDX-License-Identifier: MIT
#include "graders/extract.h"
#include "graders/graders.h"
#include "graders/judgement.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

// The text of the last answer tag, byte for byte but for blanks at its ends.
class TagGrader final : public AnswerGrader {
 public:
  std::string_view fingerprint() const override { return "tag@1"; }

 protected:
  std::optional<Extracted> extract(const Question&, std::string_view answer_text) const override {
    auto tag = last_answer_tag(answer_text);
    if (!tag || tag->content.empty()) return std::nullopt;
    return Extracted{std::move(tag->content), "answer_tag", true};
  }

  Judgement judge(const Question& question, const Extracted& extracted) const override {
    bool correct = extracted.text == trim(question.target);
    return judged(correct, extracted, question.target, text_vote_key(extracted.text, extracted.text));
  }
};

} // namespace

std::unique_ptr<Grader> make_tag_grader() { return std::make_unique<TagGrader>(); }

} // namespace proctor
