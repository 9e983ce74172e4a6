// SPDX-License-Identifier: MIT
// proctor prompt: the exact prompt of a question and, for a model on disk, its text and token ids.
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_engine.h"
#include "harness/cmd_options.h"
#include "harness/json.h"
#include "harness/say.h"
#include "harness/text/nearest.h"
#include "tasks/data_check.h"

namespace proctor {
namespace {

struct PromptArgs {
  std::vector<std::string> tasks;
  std::string doc;
  ModelArgs model;
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

// The question as the model reads it.
struct ModelPrompt {
  ChatPrompt chat;
  std::vector<TokenId> ids;
  std::optional<size_t> n_bos; // absent: the vocabulary has no BOS
};

// A model's text, and how a run would ask it.
struct ChatModel {
  ModelText text;
  ChatOptions options;
};

Result<ChatModel> load_chat_model(const ModelArgs& args) {
  auto asked = engine_options(args);
  if (!asked) return asked.error();
  auto text = load_text_of(args.model);
  if (!text) return text.error();
  if (!text->chat) return usage_error(args.model + ": has no chat template");
  ChatModel model{std::move(*text), {}};
  model.options.think_prefill = asked->think_prefill;
  model.options.variables = std::move(asked->template_variables);
  return model;
}

Result<ModelPrompt> model_prompt(const ChatModel& model, const Question& question) {
  ChatOptions options = model.options;
  options.assistant_prefix = question.assistant_prefix;
  auto chat = model.text.chat->render(question.messages, options);
  if (!chat) return chat.error();
  ModelPrompt prompt{std::move(*chat), {}, std::nullopt};
  prompt.ids = model.text.tokenizer.encode(prompt.chat.text);
  if (auto bos = model.text.tokenizer.bos()) prompt.n_bos = static_cast<size_t>(std::ranges::count(prompt.ids, *bos));
  return prompt;
}

std::string bos_text(const ModelPrompt& prompt) { return prompt.n_bos ? fmt::format("{} BOS", *prompt.n_bos) : "the vocabulary has no BOS"; }

void print_model_prompt(const ModelPrompt& prompt) {
  fmt::print("--- text\n{}\n--- {} token ids, {}{}\n{}\n", prompt.chat.text, prompt.ids.size(), bos_text(prompt),
             prompt.chat.thinking_opened ? ", the thinking is opened" : "", fmt::join(prompt.ids, " "));
}

Status print_question(const PromptArgs& args, const ChatModel* model, const Task& task, const Question& question) {
  auto prompt = model ? model_prompt(*model, question) : Result<ModelPrompt>(ModelPrompt());
  if (!prompt) return prompt.error();
  if (prompt->n_bos.value_or(0) > 1) say(fmt::format("note: {} {}: the prompt has {}; models are trained with one at most", task.name, question.doc_id, bos_text(*prompt)));
  if (!args.json) {
    print_prompt(task, question);
    if (model) print_model_prompt(*prompt);
    return {};
  }
  Json json = prompt_json(task, question);
  if (model) {
    json["text"] = prompt->chat.text;
    json["prompt_ids"] = prompt->ids;
    if (prompt->n_bos) json["n_bos"] = *prompt->n_bos;
    json["thinking_opened"] = prompt->chat.thinking_opened;
  }
  fmt::print("{}\n", dump_json(json));
  return {};
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
  if (Status known = args.questions.check_published(); !known) return known.error();
  auto specs = parse_task_specs(args.tasks);
  if (!specs) return specs.error();
  std::optional<ChatModel> model;
  if (!args.model.model.empty()) {
    auto loaded = load_chat_model(args.model);
    if (!loaded) return loaded.error();
    model = std::move(*loaded);
  }
  for (const TaskSpec& spec : *specs) {
    auto options = args.questions.task_options(spec.name);
    if (!options) return options.error();
    auto task = load_task(spec.name, *options);
    if (!task) return task.error();
    for (const std::string& note : data_notes(spec.name, *options)) say("note: " + note);
    auto question = find_question(*task, args.doc);
    if (!question) return question.error();
    if (Status printed = print_question(args, model ? &*model : nullptr, *task, **question); !printed)
      return printed.error();
  }
  return ExitCode::ok;
}

} // namespace

CommandBody add_prompt_command(CommandLine& command) {
  auto args = std::make_shared<PromptArgs>();
  command.option("-t,--tasks,--task", args->tasks, "The task").required().value_name("TASK");
  command.option("-d,--doc", args->doc, "The question: its id, or its position from 0 (default: the first)")
      .value_name("D");
  command.option("-m,--model", args->model.model, "A model directory or .gguf: show its text and token ids, too")
      .value_name("MODEL");
  args->model.add_thinking_to(command);
  command.option("--model_args,--model-args", args->model.model_args, "Options of the model: think_prefill=force, ...").value_name("K=V,...");
  command.option("--preset", args->questions.preset, "The protocol whose prompt is wanted: " + preset_names())
      .value_name("NAME");
  command.flag("--json", args->json, "One JSON object a question");
  args->questions.add_to(command);
  command.examples("Examples:\n  proctor prompt -t gen/order --doc 3\n  proctor prompt -t aime24 --data benchmarks/ "
                   "--preset r1-zero");
  return [args] { return prompt_command(*args); };
}

} // namespace proctor
