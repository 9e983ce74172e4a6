// SPDX-License-Identifier: MIT
#include "tasks/code_recipes.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "harness/hash.h"
#include "harness/text/ascii.h"
#include "harness/text/number.h"
#include "tasks/livecodebench_tests.h"

namespace proctor {
namespace {

constexpr std::string_view kPythonBlock = "Give the whole program in one ```python block.";

Result<std::string> text_of(const DataRow& row, std::string_view name) {
  const std::array<std::string_view, 1> names = {name};
  return required_text(row, names);
}

std::string optional_text(const DataRow& row, std::string_view name) {
  const Json* value = find_member(row.fields, name);
  return value == nullptr ? "" : scalar_text(*value).value_or("");
}

std::string fenced(std::string_view language, std::string_view code) {
  return fmt::format("```{}\n{}\n```", language, trim_right(code));
}

// A question with these tests; equal targets, equal tests.
Draft draft_of(std::string own_id, std::string text, std::string_view shape, Json code) {
  Draft draft;
  draft.own_id = std::move(own_id);
  draft.ask = {std::move(text), AnswerForm::code_block, std::string(shape)};
  draft.target = "tests " + hash_hex({dump_json(code)}).substr(0, 12);
  draft.metadata["code"] = std::move(code);
  return draft;
}

std::string unix_lines(std::string text) {
  std::erase(text, '\r');
  return text;
}

std::string joined_lines(const Json& list) {
  std::string text;
  if (list.is_array())
    for (const Json& line : list) text += scalar_text(line).value_or("") + "\n";
  return text;
}

// --- tests of programs that read and print

Status add_io(const DataRow& row, const Json& inputs, const Json& outputs, Json& tests) {
  if (!inputs.is_array() || !outputs.is_array() || inputs.size() != outputs.size())
    return row_error(row, "its tests should be as many inputs as outputs");
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto text = [](const Json& value) { return value.is_array() ? joined_lines(value) : scalar_text(value).value_or(""); };
    tests.push_back({{"input", text(inputs[i])}, {"output", text(outputs[i])}});
  }
  return {};
}

// [{input, output}], {inputs, outputs}, {input, output} (lists), or any of these as a JSON text.
Status add_tests(const DataRow& row, const Json& given, Json& tests) {
  if (given.is_string()) {
    auto parsed = parse_json(given.get_ref<const std::string&>(), row.where + ": tests");
    return parsed ? add_tests(row, *parsed, tests) : Status(parsed.error());
  }
  for (auto [in, out] : {std::pair("inputs", "outputs"), std::pair("input", "output")})
    if (given.is_object() && find_member(given, in) != nullptr && find_member(given, out) != nullptr)
      return add_io(row, *find_member(given, in), *find_member(given, out), tests);
  if (!given.is_array()) return row_error(row, "its tests are in a form that is not known");
  for (const Json& test : given) {
    auto input = get_string(test, "input"), output = get_string(test, "output");
    if (!input || !output) return row_error(row, "a test should have \"input\" and \"output\" as texts");
    tests.push_back({{"input", *input}, {"output", *output}});
  }
  return {};
}

// "Time Limit: 2000 ms" in the statement; programs are timed in Python, so never below the default.
std::optional<double> stated_seconds(const DataRow& row) {
  if (const Json* limit = find_member(row.fields, "time_limit")) {
    if (limit->is_number()) return limit->get<double>();
    if (limit->is_object()) return get_number(*limit, "seconds");
  }
  return std::nullopt;
}

} // namespace

Result<Draft> read_humaneval_row(const DataRow& row) {
  auto id = text_of(row, "task_id"), prompt = text_of(row, "prompt"), entry = text_of(row, "entry_point"), test = text_of(row, "test");
  for (auto* field : {&id, &prompt, &entry, &test})
    if (!*field) return field->error();
  std::string tests = *test;
  if (tests.find("\ncheck(") == tests.npos) tests += fmt::format("\ncheck({})\n", *entry);
  Json code = {{"language", "python"}, {"entry_point", *entry}, {"prompt", *prompt}, {"setup", *prompt + optional_text(row, "canonical_solution")},
               {"tests", tests}, {"under_test", Json::array({*entry})}};
  return draft_of(*id, "Complete this Python function.\n\n" + fenced("python", *prompt),
                  "Give the whole function, with the imports it needs, in one ```python block.", std::move(code));
}

Result<Draft> read_evalplus_row(const DataRow& row) {
  auto id = text_of(row, "task_id"), prompt = text_of(row, "prompt"), entry = text_of(row, "entry_point"),
       solution = text_of(row, "canonical_solution");
  for (auto* field : {&id, &prompt, &entry, &solution})
    if (!*field) return field->error();
  Json code = {{"language", "python"}, {"task_id", *id}, {"entry_point", *entry}, {"prompt", *prompt}, {"reference", *prompt + *solution}};
  for (auto [key, field] : {std::pair("base", "base_input"), std::pair("plus", "plus_input")}) {
    const Json* inputs = find_member(row.fields, field);
    if (inputs == nullptr || !(inputs->is_array() || inputs->is_object())) return row_error(row, fmt::format("no \"{}\", a list of inputs", field));
    code[key] = inputs->is_array() ? *inputs : Json::array(); // {}: no inputs
  }
  if (const Json* atol = find_member(row.fields, "atol"); atol != nullptr && atol->is_number()) code["atol"] = *atol;
  bool function = prompt->find("def " + *entry) != prompt->npos;
  std::string ask = function ? "Complete this Python function.\n\n" + fenced("python", *prompt) : "Write a Python program for this.\n\n" + *prompt;
  return draft_of(*id, std::move(ask), "Give the whole function, with the imports it needs, in one ```python block.", std::move(code));
}

Result<Draft> read_mbpp_row(const DataRow& row) {
  constexpr std::array<std::string_view, 2> kText = {"text", "prompt"};
  auto id = text_of(row, "task_id"), text = required_text(row, kText), solution = text_of(row, "code");
  for (auto* field : {&id, &text, &solution})
    if (!*field) return field->error();
  const Json* list = find_member(row.fields, "test_list");
  if (list == nullptr || !list->is_array() || list->empty()) return row_error(row, "no \"test_list\", a list of asserts");
  std::string imports, setup = optional_text(row, "test_setup_code") + "\n"; // the setup uses what the program defines
  if (const Json* more = find_member(row.fields, "test_imports")) imports = joined_lines(*more);
  Json code = {{"language", "python"}, {"setup", unix_lines(imports + *solution)}, {"tests", unix_lines(imports + setup + joined_lines(*list))}};
  Draft draft = draft_of(*id, fmt::format("{}\nYour program must pass these tests:\n\n{}", *text, fenced("python", unix_lines(joined_lines(*list)))),
                         kPythonBlock, std::move(code));
  int number = parse_number<int>(*id).value_or(0);
  draft.level = number <= 10 ? "prompt" : number <= 510 ? "test" : number <= 600 ? "validation" : "train";
  return draft;
}

Result<Draft> read_leetcode_row(const DataRow& row) {
  constexpr std::array<std::string_view, 4> kText = {"problem", "prompt_sft", "prompt", "question"};
  auto text = required_text(row, kText);
  if (!text) return text.error();
  std::string tests = optional_text(row, "test");
  if (const Json* given = find_member(row.fields, "tests")) tests = given->is_object() ? get_string(*given, "functional").value_or("") : scalar_text(*given).value_or("");
  if (trim(tests).empty()) return row_error(row, "no tests: neither \"test\" nor \"tests\".\"functional\"");
  Json code = {{"language", "python"}, {"entry_point", "Solution"}, {"imports", true}, {"setup", ""}, {"tests", tests}, {"under_test", Json::array({"Solution"})}};
  for (const char* field : {"solutions", "solution", "canonical_solution"})
    if (std::string solution = optional_text(row, field); !solution.empty()) code["reference"] = std::move(solution);
  return draft_of(optional_text(row, "task_id"), *text, kPythonBlock, std::move(code));
}

Result<Draft> read_stdin_row(const DataRow& row) {
  constexpr std::array<std::string_view, 4> kText = {"problem", "question", "description", "prompt"};
  auto text = required_text(row, kText);
  if (!text) return text.error();
  Json tests = Json::array();
  for (const char* field : {"tests", "input_output", "public_tests", "private_tests", "generated_tests", "official_tests"})
    if (const Json* given = find_member(row.fields, field); given != nullptr && !given->is_null())
      if (Status added = add_tests(row, *given, tests); !added) return added.error();
  if (tests.empty()) return row_error(row, "no tests");
  Json code = {{"language", "python"}, {"tests", tests}, {"rule", "tokens"}};
  if (auto seconds = stated_seconds(row)) code["timeout"] = std::max(10.0, *seconds);
  std::string id = optional_text(row, "id");
  return draft_of(id.empty() ? optional_text(row, "name") : id, *text, "Read from standard input and print to standard output. " + std::string(kPythonBlock), std::move(code));
}

Result<Draft> read_livecodebench_row(const DataRow& row) {
  auto id = text_of(row, "question_id");
  if (!id) return id.error();
  Json tests = Json::array();
  const Json* given = find_member(row.fields, "tests");
  const bool elsewhere = given != nullptr && given->is_object() && find_member(*given, "fname") != nullptr; // in a file that is not published with it
  if (given != nullptr && !elsewhere)
    if (Status added = add_tests(row, *given, tests); !added) return added.error();
  for (const char* field : {"public_test_cases", "private_test_cases"}) {
    auto decoded = decode_livecodebench_tests(optional_text(row, field));
    if (!decoded) return in_context(row.where, decoded.error());
    if (Status added = add_tests(row, *decoded, tests); !added) return added.error();
  }
  if (tests.empty() && !elsewhere) return row_error(row, "no tests");
  Json code = {{"language", "python"}, {"tests", tests}, {"rule", "lines"}};
  std::string starter = optional_text(row, "starter_code"), text = optional_text(row, "question_content");
  if (text.empty() && elsewhere) text = optional_text(row, "prompt");
  Json metadata = parse_json_quietly(optional_text(row, "metadata"));
  if (metadata.is_object())
    if (auto name = get_string(metadata, "func_name")) code["entry_point"] = *name;
  if (text.empty()) text = fmt::format("(The statement of {} is not in this file.)", *id);
  if (!starter.empty()) text += "\n\nComplete this:\n" + fenced("python", starter);
  std::string shape = starter.empty() ? "Read from standard input and print to standard output. " : "";
  Draft draft = draft_of(*id, std::move(text), shape + std::string(kPythonBlock), std::move(code));
  draft.level = optional_text(row, "difficulty");
  if (auto date = optional_text(row, "contest_date"); !date.empty()) draft.metadata["contest_date"] = date;
  return draft;
}

namespace {

Result<Draft> read_cruxeval(const DataRow& row, bool output) {
  auto id = text_of(row, "id"), program = text_of(row, "code");
  for (auto* field : {&id, &program})
    if (!*field) return field->error();
  const Json* input = find_member(row.fields, "input");
  const Json* result = find_member(row.fields, "output");
  if (input == nullptr || !input->is_string() || result == nullptr || !result->is_string()) return row_error(row, "no \"input\" or \"output\" text");
  std::string given = input->get<std::string>(), expected = result->get<std::string>();
  Json code = {{"language", "python"}, {"program", *program}, {"expression", output ? "{}" : "f({})"}, {"expected", expected}};
  std::string question = output ? fmt::format("What does f({}) return?", given) : fmt::format("For which arguments does f return {}?", expected);
  Draft draft;
  draft.own_id = *id;
  draft.ask = {fenced("python", *program) + "\n\n" + question, AnswerForm::answer_tag,
               output ? "Give the value as a Python literal." : "Give the arguments as Python literals, as they would stand between the parentheses of the call."};
  draft.target = output ? expected : given;
  draft.metadata["code"] = std::move(code);
  return draft;
}

} // namespace

Result<Draft> read_cruxeval_output_row(const DataRow& row) { return read_cruxeval(row, true); }

Result<Draft> read_cruxeval_input_row(const DataRow& row) { return read_cruxeval(row, false); }

Result<Draft> read_humaneval_cpp_row(const DataRow& row) {
  constexpr std::array<std::string_view, 2> kId = {"task_id", "name"}, kTests = {"tests", "test"};
  auto id = required_text(row, kId), prompt = text_of(row, "prompt"), tests = required_text(row, kTests);
  for (auto* field : {&id, &prompt, &tests})
    if (!*field) return field->error();
  Json code = {{"language", "cpp"}, {"prompt", *prompt}, {"tests", *tests}};
  return draft_of(*id, "Complete this C++ function.\n\n" + fenced("cpp", *prompt), "Give the whole function in one ```cpp block.", std::move(code));
}

} // namespace proctor
