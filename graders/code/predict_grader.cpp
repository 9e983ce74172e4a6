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

// What a box answered, and how it ended where there is no value.
struct Answered {
  Candidate::Reply reply;
  CodeRun failure;
  bool has_value() const { return reply.result.status == CallStatus::value; }
};

// One question to a box that holds `program`.
template <class Question>
Answered ask(Sandbox& sandbox, const std::string& program, const Question& question) {
  Candidate box(sandbox, code_limits(2 * kSeconds));
  CallResult loaded = box.load(program, kSeconds);
  if (loaded.status != CallStatus::value) return {{loaded}, load_failure(loaded, box)};
  Answered answered{question(box), {}};
  if (!answered.has_value()) answered.failure = ended_run(answered.reply, box);
  return answered;
}

// Over nothing but the built-ins: an output is to be predicted, not computed by the function.
Answered value_of(Sandbox& sandbox, const std::string& expression) {
  return ask(sandbox, "", [&](Candidate& box) { return box.evaluate(expression, kSeconds); });
}

// Of predicted arguments, which are read in one box and handed over as plain values in another: an expression cannot
// reach the function, nor stand beside its call.
Answered value_for(Sandbox& sandbox, const std::string& program, const std::string& text) {
  Answered arguments = ask(sandbox, "", [&](Candidate& box) { return box.arguments(text, "f", kSeconds); });
  std::vector<TypedValue>& parts = arguments.reply.result.value.items;
  if (!arguments.has_value() || parts.size() != 2) return arguments;
  return ask(sandbox, program, [&](Candidate& box) { return box.call("f", std::move(parts[0]), std::move(parts[1]), kSeconds); });
}

// "[ANSWER]f(3) == 4[/ANSWER]" and "assert f(3) == 4" -> the side asked for.
std::string_view without_assertion(std::string_view text, bool wants_input) {
  text = trim(text);
  if (text.starts_with("assert ")) text = trim(text.substr(7));
  if (!text.starts_with("f(")) return text;
  for (size_t equals = text.find("=="); equals != text.npos; equals = text.find("==", equals + 2))
    if (trim(text.substr(0, equals)).ends_with(')')) return trim(wants_input ? text.substr(0, equals) : text.substr(equals + 2));
  return text;
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

  std::string vote_key(const Extracted& extracted) const override { return text_vote_key(extracted.text, extracted.text); }

  CodeRun run(Sandbox& sandbox, const Question&, const Json& code, const std::string& answer) const override {
    bool wants_input = get_string(code, "expression").value_or("{}") != "{}";
    Answered expected = value_of(sandbox, get_string(code, "expected").value_or(""));
    if (!expected.has_value()) return unreadable_tests(expected.failure.explanation);
    if (!wants_input && answer.starts_with("f("))
      return graded_run(Verdict::incorrect, "wrong_answer", "calls the function instead of predicting what it returns");
    Answered got = wants_input ? value_for(sandbox, get_string(code, "program").value_or(""), answer) : value_of(sandbox, answer);
    if (!got.has_value()) return got.failure;
    std::string value = one_line(typed_repr(got.reply.result.value)), wanted = one_line(typed_repr(expected.reply.result.value));
    if (python_equal(got.reply.result.value, expected.reply.result.value)) return graded_run(Verdict::correct, "", fmt::format("{} is right", value));
    return graded_run(Verdict::incorrect, "wrong_answer", fmt::format("is {}, expected {}", value, wanted));
  }

 private:
  static std::optional<Extracted> marked_answer(std::string_view text, AnswerForm form) {
    if (form != AnswerForm::answer_tag && form != AnswerForm::box) return std::nullopt;
    return extract_answer(text, form);
  }
};

} // namespace

std::unique_ptr<Grader> make_predict_grader(std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<PredictGrader>("none", "predict@2", std::move(sandbox));
}

} // namespace proctor
