// SPDX-License-Identifier: MIT
// proctor prompt: the exact prompt of a question.
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_options.h"
#include "harness/json.h"
#include "harness/text/nearest.h"

namespace proctor {
namespace {

struct PromptArgs {
  std::vector<std::string> tasks;
  std::string doc;
  bool json = false;
  QuestionArgs questions;
};

Json prompt_json(const Task& task, const Question& question) {
  Json messages = Json::array();
  for (const Message& message : question.messages)
    messages.push_back({{"role", message.role}, {"content", message.content}});
  return {{"task", task.name},
          {"doc_id", question.doc_id},
          {"prompt_hash", prompt_hash(question)},
          {"messages", messages},
          {"assistant_prefix", question.assistant_prefix},
          {"target", question.target},
          {"form", to_string(question.form)}};
}

void print_prompt(const Task& task, const Question& question) {
  fmt::print("{} {}  prompt {}\n", task.name, question.doc_id, prompt_hash(question));
  for (const Message& message : question.messages) fmt::print("--- {}\n{}\n", message.role, message.content);
  if (!question.assistant_prefix.empty()) fmt::print("--- assistant begins with\n{}\n", question.assistant_prefix);
  fmt::print("--- expected answer\n{}\n", question.target);
}

Result<const Question*> find_question(const Task& task, const std::string& doc) {
  if (task.questions.empty()) return usage_error(fmt::format("task {} has no questions of its own", task.name));
  if (doc.empty()) return &task.questions.front();
  std::vector<std::string> ids;
  for (const Question& question : task.questions) {
    if (question.doc_id == doc) return &question;
    ids.push_back(question.doc_id);
  }
  bool position = !doc.empty() && doc.size() < 10 &&
                  std::all_of(doc.begin(), doc.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (position && std::stoul(doc) < task.questions.size()) return &task.questions[std::stoul(doc)];
  return usage_error(fmt::format("{} has no question {}{}", task.name, doc, did_you_mean(doc, ids)));
}

Result<ExitCode> prompt_command(const PromptArgs& args) {
  if (Status known = check_preset(args.questions.preset); !known) return known.error();
  auto specs = parse_task_specs(args.tasks);
  if (!specs) return specs.error();
  for (const TaskSpec& spec : *specs) {
    auto options = args.questions.task_options(spec.name);
    if (!options) return options.error();
    auto task = load_task(spec.name, *options);
    if (!task) return task.error();
    auto question = find_question(*task, args.doc);
    if (!question) return question.error();
    if (args.json)
      fmt::print("{}\n", dump_json(prompt_json(*task, **question)));
    else
      print_prompt(*task, **question);
  }
  return ExitCode::ok;
}

} // namespace

CommandBody add_prompt_command(CommandLine& command) {
  auto args = std::make_shared<PromptArgs>();
  command.option("-t,--tasks,--task", args->tasks, "The task").required().value_name("TASK");
  command.option("-d,--doc", args->doc, "The question: its id, or its position from 0 (default: the first)").value_name("D");
  command.option("--preset", args->questions.preset, "The protocol whose prompt is wanted: r1, r1-zero or greedy").value_name("NAME");
  command.flag("--json", args->json, "One JSON object a question");
  args->questions.add_to(command);
  command.examples("Examples:\n  proctor prompt -t gen/order --doc 3\n  proctor prompt -t aime24 --data benchmarks/ "
                 "--preset r1-zero");
  return [args] { return prompt_command(*args); };
}

} // namespace proctor
