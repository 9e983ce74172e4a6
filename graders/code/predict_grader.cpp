// SPDX-License-Identifier: MIT
// CRUXEval: the model predicts what a function returns, or an input for which it returns something. What it wrote is a
// Python expression, evaluated beside the function in a box; the value it has to equal comes from another box.
#include <fmt/format.h>

#include "graders/code/code_grader.h"
#include "graders/code/code_graders.h"
#include "graders/code/python_values.h"
#include "graders/extract.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr double kSeconds = 3;

struct Evaluated {
  Candidate::Reply reply;
  CodeRun failure; // when there is no value
};

Evaluated evaluate(Sandbox& sandbox, const std::string& program, const std::string& expression) {
  Candidate box(sandbox, code_limits(2 * kSeconds));
  CallResult loaded = box.load(program, kSeconds);
  if (loaded.status != CallStatus::value) return {{loaded}, load_failure(loaded, box)};
  Evaluated evaluated{box.evaluate(expression, kSeconds), {}};
  if (evaluated.reply.result.status != CallStatus::value) evaluated.failure = ended_run(evaluated.reply, box);
  return evaluated;
}

// "[ANSWER]f(3) == 4[/ANSWER]" and "assert f(3) == 4" -> the side asked for.
std::string_view without_assertion(std::string_view text, bool wants_input) {
  text = trim(text);
  if (text.starts_with("assert ")) text = trim(text.substr(7));
  size_t equals = text.find("==");
  if (!text.starts_with("f(")) return text;
  if (equals == text.npos) return text;
  return trim(wants_input ? text.substr(0, equals) : text.substr(equals + 2));
}

class PredictGrader final : public CodeGrader {
 public:
  using CodeGrader::CodeGrader;

 protected:
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override {
    const Json* code = find_member(question.metadata, "code");
    bool wants_input = code != nullptr && get_string(*code, "expression").value_or("{}") != "{}";
    std::string_view text = answer_text;
    std::string method = "whole";
    size_t open = text.rfind("[ANSWER]");
    size_t close = text.rfind("[/ANSWER]");
    if (open != text.npos) {
      size_t begin = open + 8;
      text = text.substr(begin, close != text.npos && close > begin ? close - begin : text.npos);
      method = "answer_tag";
    } else if (auto found = marked_answer(answer_text, question.form)) {
      return found;
    }
    text = without_assertion(text, wants_input);
    if (text.empty()) return std::nullopt;
    return Extracted{std::string(text), method, method == "answer_tag" && close != answer_text.npos};
  }

  std::optional<Extracted> extract_from(const Question& question, const Completion& completion) const override {
    return extract(question, completion.answer_text); // an expression, whatever the recorded key was called
  }

  CodeRun run(Sandbox& sandbox, const Question&, const Json& code, const std::string& answer) const override {
    std::string program = get_string(code, "program").value_or("");
    std::string form = get_string(code, "expression").value_or("{}");
    Evaluated expected = evaluate(sandbox, program, get_string(code, "expected").value_or(""));
    if (expected.reply.result.status != CallStatus::value) return unreadable_tests(expected.failure.explanation);
    bool calls = form == "{}" && answer.find("f(") != answer.npos; // an output is to be predicted, not computed
    if (calls && answer.starts_with("f(")) return graded_run(Verdict::incorrect, "wrong_answer", "calls the function instead of predicting what it returns");
    Evaluated got = evaluate(sandbox, program, expression_of(form, answer));
    if (got.reply.result.status != CallStatus::value) return got.failure;
    bool equal = python_equal(got.reply.result.value, expected.reply.result.value);
    std::string value = one_line(typed_repr(got.reply.result.value)), wanted = one_line(typed_repr(expected.reply.result.value));
    if (equal) return graded_run(Verdict::correct, "", fmt::format("{} is right", value));
    return graded_run(Verdict::incorrect, "wrong_answer", fmt::format("is {}, expected {}", value, wanted));
  }

 private:
  static std::optional<Extracted> marked_answer(std::string_view text, AnswerForm form) {
    if (form != AnswerForm::answer_tag && form != AnswerForm::box) return std::nullopt;
    return extract_answer(text, form);
  }
  static std::string expression_of(const std::string& form, const std::string& answer) {
    size_t hole = form.find("{}");
    if (hole == form.npos || answer.starts_with("f(")) return answer;
    return form.substr(0, hole) + answer + form.substr(hole + 2);
  }
};

} // namespace

std::unique_ptr<Grader> make_predict_grader(std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<PredictGrader>("none", "predict@1", std::move(sandbox));
}

} // namespace proctor
