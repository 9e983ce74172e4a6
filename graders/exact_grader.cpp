// SPDX-License-Identifier: MIT
#include <algorithm>

#include "graders/extract.h"
#include "graders/graders.h"
#include "graders/judgement.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr size_t kLongestExact = 300;

// Truth values and their like, whose case means nothing.
constexpr std::string_view kCaselessWords[] = {"yes", "no", "true", "false", "valid", "invalid"};

// "\text{No}" -> "No"; other commands stay.
std::string_view strip_text_command(std::string_view text) {
  for (std::string_view command : {"\\text{", "\\textbf{", "\\mathrm{", "\\texttt{"})
    if (text.starts_with(command) && text.find('}') == text.size() - 1)
      return trim(text.substr(command.size(), text.size() - command.size() - 1));
  return text;
}

std::string_view strip_quotes(std::string_view text) {
  bool quoted = text.size() > 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// What is compared: blanks folded, one final period, quotes and emphasis around the whole dropped (the convention of
// BIG-Bench Hard), everything else as it is.
std::string exact_key(std::string_view text) {
  std::string folded = fold_blanks(strip_emphasis(strip_text_command(trim(text))));
  std::string_view rest = folded;
  if (rest.size() > 1 && rest.ends_with('.')) rest.remove_suffix(1);
  rest = strip_quotes(trim(rest));
  std::string small = lower(rest);
  bool caseless = std::find(std::begin(kCaselessWords), std::end(kCaselessWords), small) != std::end(kCaselessWords);
  return caseless ? small : std::string(rest);
}

class ExactGrader final : public AnswerGrader {
 public:
  std::string_view fingerprint() const override { return "exact@2"; }

 protected:
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override {
    return extract_answer(answer_text, question.form, kLongestExact);
  }

  Judgement judge(const Question& question, const Extracted& extracted) const override {
    std::string key = exact_key(extracted.text);
    bool correct = key == exact_key(question.target);
    return judged(correct, extracted, question.target, text_vote_key(key, extracted.text));
  }
};

} // namespace

std::unique_ptr<Grader> make_exact_grader() { return std::make_unique<ExactGrader>(); }

} // namespace proctor
