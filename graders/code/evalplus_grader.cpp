// SPDX-License-Identifier: MIT
// HumanEval+ and MBPP+: the program is called with each input, and compared with what the reference returned for it in
// a box of its own. EvalPlus 0.2, evalplus/eval.
#include <fmt/format.h>
#include <map>
#include <mutex>

#include "graders/code/code_grader.h"
#include "graders/code/code_graders.h"
#include "graders/code/mbpp_plus.h"
#include "graders/code/python_values.h"
#include "graders/text_tools.h"
#include "harness/hash.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

struct Expected {
  std::vector<EvalPlusResult> results; // one for each input
  std::vector<std::string> digests;    // of results too large to send, else empty
  std::vector<double> seconds;         // CPU time the reference took
  std::string failure;                 // why there are none
};

int number_of(const std::string& task_id) {
  size_t slash = task_id.rfind('/');
  return parse_number<int>(task_id.substr(slash == task_id.npos ? 0 : slash + 1)).value_or(0);
}

std::vector<TypedValue> arguments_of(const std::string& task_id, const Json& input) {
  TypedValue list = typed_of(input);
  return task_id.starts_with("Mbpp/") ? mbpp_arguments(number_of(task_id), std::move(list)) : std::move(list.items);
}

TypedValue list_of(std::vector<TypedValue> items) { return TypedValue::sequence(TypedKind::list, std::move(items)); }

TypedValue no_names() { return TypedValue::sequence(TypedKind::dict, {}); }

EvalPlusResult result_of(const Candidate::Reply& reply) { return {reply.result.status == CallStatus::not_plain, reply.result.value}; }

// A reference may take its time.
constexpr double kReferenceSeconds = 60;

Expected refused(std::string why) {
  Expected expected;
  expected.failure = std::move(why);
  return expected;
}

Expected expected_of(Sandbox& sandbox, const std::string& task_id, const Json& code, const Json& inputs) {
  Expected expected;
  Candidate reference(sandbox, code_limits(kReferenceSeconds));
  CallResult loaded = reference.load(get_string(code, "reference").value_or(""), kReferenceSeconds);
  if (loaded.status != CallStatus::value) return refused(load_failure(loaded, reference).explanation);
  std::string entry_point = get_string(code, "entry_point").value_or("");
  for (const Json& input : inputs) {
    auto reply = reference.call(entry_point, list_of(arguments_of(task_id, input)), no_names(), kReferenceSeconds);
    if (reply.result.status != CallStatus::value && reply.result.status != CallStatus::not_plain)
      return refused(fmt::format("the reference fails on input {}: {}", expected.results.size(), ended_run(reply, reference).explanation));
    expected.digests.push_back(reply.digest);
    expected.seconds.push_back(reply.result.seconds);
    expected.results.push_back(result_of(reply));
  }
  return expected;
}

class EvalPlusGrader final : public CodeGrader {
 public:
  EvalPlusGrader(std::string slot, bool plus, std::shared_ptr<CodeSandbox> sandbox)
      : CodeGrader(std::move(slot), "evalplus@2", std::move(sandbox)), plus_(plus) {}

 protected:
  CodeRun run(Sandbox& sandbox, const Question& question, const Json& code, const std::string& program) const override {
    Json inputs = inputs_of(code);
    if (inputs.empty()) return unreadable_tests("there are no inputs");
    std::string task_id = get_string(code, "task_id").value_or(question.doc_id);
    auto expected = expected_for(sandbox, task_id, code, inputs);
    if (!expected->failure.empty()) return unreadable_tests(expected->failure);
    return compared(sandbox, task_id, code, inputs, *expected, program);
  }

 private:
  Json inputs_of(const Json& code) const {
    Json inputs = Json::array();
    for (const char* key : {"base", "plus"}) {
      const Json* part = find_member(code, key);
      if (part == nullptr || !part->is_array() || (!plus_ && key == std::string_view("plus"))) continue;
      inputs.insert(inputs.end(), part->begin(), part->end());
    }
    return inputs;
  }

  // Computed once for each question; a second thread that asks meanwhile waits.
  std::shared_ptr<const Expected> expected_for(Sandbox& sandbox, const std::string& task_id, const Json& code, const Json& inputs) const {
    std::string key = hash_hex({task_id, get_string(code, "reference").value_or(""), dump_json(inputs)});
    std::unique_lock lock(mutex_);
    auto& slot = expected_[key];
    if (!slot) slot = std::make_shared<Slot>();
    auto mine = slot;
    lock.unlock();
    std::call_once(mine->once, [&] { mine->expected = std::make_shared<Expected>(expected_of(sandbox, task_id, code, inputs)); });
    return mine->expected;
  }

  static CodeRun compared(Sandbox& sandbox, const std::string& task_id, const Json& code, const Json& inputs, const Expected& expected,
                          const std::string& program) {
    std::string entry_point = get_string(code, "entry_point").value_or("");
    double atol = get_number(code, "atol").value_or(0), whole = 1;
    for (double seconds : expected.seconds) whole += std::max(4.0, 4 * seconds);
    Candidate candidate(sandbox, code_limits(std::min(60.0, whole) + 1));
    CallResult loaded = candidate.load(program, 10);
    if (loaded.status != CallStatus::value) return load_failure(loaded, candidate);
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::vector<TypedValue> arguments = arguments_of(task_id, inputs[i]);
      auto reply = candidate.call(entry_point, list_of(arguments), no_names(), std::max(4.0, 4 * expected.seconds[i]));
      if (passes({task_id, entry_point, arguments, atol}, reply, expected, i)) continue;
      CodeRun run = failed(reply, expected, i, candidate);
      note_failure(run, i, inputs.size(), arguments, reply, expected.results[i]);
      return run;
    }
    CodeRun run = graded_run(Verdict::correct, "", fmt::format("passes {} tests", inputs.size()));
    run.stats["tests"] = run.stats["tests_passed"] = inputs.size();
    conclude(run, candidate);
    return run;
  }

  static bool passes(const EvalPlusTest& test, const Candidate::Reply& reply, const Expected& expected, size_t i) {
    if (!expected.digests[i].empty() || !reply.digest.empty()) return reply.digest == expected.digests[i];
    bool answered = reply.result.status == CallStatus::value || reply.result.status == CallStatus::not_plain;
    return answered && evalplus_passes(test, result_of(reply), expected.results[i]);
  }

  // Of two values that are too large, and not the same in every type and order, nobody knows whether they are equal.
  static CodeRun failed(const Candidate::Reply& reply, const Expected& expected, size_t i, Candidate& candidate) {
    bool large = !expected.digests[i].empty();
    if (reply.result.status != CallStatus::value) {
      CodeRun run = ended_run(reply, candidate);
      if (!reply.digest.empty() && large) run.verdict = Verdict::not_graded;
      return run;
    }
    std::string wanted = large ? "a larger value" : one_line(typed_repr(expected.results[i].value));
    return graded_run(Verdict::incorrect, "wrong_answer", fmt::format("returned {}, expected {}", one_line(typed_repr(reply.result.value)), wanted));
  }

  static void note_failure(CodeRun& run, size_t i, size_t n, const std::vector<TypedValue>& arguments, const Candidate::Reply& reply,
                           const EvalPlusResult& expected) {
    run.stats["tests_passed"] = i;
    run.stats["tests"] = n;
    Json failed = {{"test", i}, {"input", one_line(typed_repr(list_of(arguments)), 400)}, {"expected", one_line(typed_repr(expected.value), 400)}};
    if (reply.result.status == CallStatus::value) failed["got"] = one_line(typed_repr(reply.result.value), 400);
    run.stats["first_failed"] = std::move(failed);
    run.explanation = fmt::format("test {} of {}: {}", i + 1, n, run.explanation);
  }

  struct Slot {
    std::once_flag once;
    std::shared_ptr<const Expected> expected;
  };
  const bool plus_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<Slot>> expected_;
};

} // namespace

std::unique_ptr<Grader> make_evalplus_base_grader(std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<EvalPlusGrader>("base", false, std::move(sandbox));
}

std::unique_ptr<Grader> make_evalplus_plus_grader(std::shared_ptr<CodeSandbox> sandbox) {
  return std::make_unique<EvalPlusGrader>("plus", true, std::move(sandbox));
}

} // namespace proctor
