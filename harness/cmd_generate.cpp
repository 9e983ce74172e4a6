// SPDX-License-Identifier: MIT
// proctor generate: sample from a model.
#include <cstdio>
#include <fmt/format.h>
#include <iostream>
#include <iterator>
#include <memory>
#include <mutex>

#include "harness/cmd.h"
#include "harness/cmd_engine.h"
#include "harness/cmd_options.h"
#include "harness/hash.h"
#include "harness/say.h"
#include "harness/signal_watch.h"
#include "harness/text/file_bytes.h"
#include "harness/text/json_text.h"

namespace proctor {
namespace {

struct GenerateArgs {
  ModelArgs model;
  SamplingArgs sampling;
  std::optional<std::string> prompt;
  std::string file, system;
  int n = 1;
  uint64_t seed = 0;
  bool chat = false, ids = false, logprobs = false, json = false;
};

// The same prompt n times.
class PromptSource : public WorkSource {
 public:
  PromptSource(WorkItem item, int n, uint64_t seed, std::stop_token stop)
      : item_(std::move(item)), n_(n), seed_(seed), stop_(stop) {}
  std::optional<WorkItem> next() override {
    if (next_ == n_ || stop_.stop_requested()) return std::nullopt;
    WorkItem item = item_;
    item.key = {"generate", "0", next_++};
    item.seed = sample_seed(seed_, item.key.task, item.key.doc_id, item.key.sample_idx);
    return item;
  }
  bool wanted(const SampleKey&) const override { return !stop_.stop_requested(); }
  void seen(const Grade&) override {}

 private:
  const WorkItem item_;
  const int n_;
  const uint64_t seed_;
  const std::stop_token stop_;
  int next_ = 0;
};

Json completion_json(const Completion& completion) {
  Json json = {
      {"sample_idx", completion.key.sample_idx}, {"text", completion.text}, {"status", to_string(completion.status)}};
  if (!completion.reasoning.empty()) json["reasoning"] = completion.reasoning;
  json["answer_text"] = completion.answer_text;
  if (completion.finish_reason) json["finish_reason"] = to_string(*completion.finish_reason);
  json["prompt_tokens"] = completion.usage.prompt_tokens.value_or(0);
  json["completion_tokens"] = completion.usage.completion_tokens.value_or(0);
  if (completion.logprob_sum) json["logprob_sum"] = *completion.logprob_sum;
  if (completion.seed) json["seed"] = *completion.seed;
  if (completion.ttft_s) json["ttft_s"] = *completion.ttft_s;
  if (completion.seconds) json["seconds"] = *completion.seconds;
  return json;
}

class Printer : public CompletionSink {
 public:
  explicit Printer(const GenerateArgs& args) : args_(args) {}

  void put(Completion completion) override {
    std::lock_guard lock(mutex_);
    if (completion.status == CompletionStatus::error) {
      error_ = completion.error;
      return;
    }
    if (args_.json)
      print_json(completion);
    else
      print_text(completion);
    std::fflush(stdout);
  }

  const std::string& error() const { return error_; }

 private:
  void print_json(const Completion& completion) const {
    Json json = completion_json(completion);
    auto extra = parse_json(completion.extra.empty() ? "{}" : completion.extra, "tokens");
    if (extra && args_.ids) json["ids"] = extra->value("ids", Json::array());
    if (extra && args_.logprobs) json["logprobs"] = extra->value("logprobs", Json::array());
    fmt::print("{}\n", dump_json(json));
  }

  void print_text(const Completion& completion) const {
    if (args_.n > 1) fmt::print("--- sample {}\n", completion.key.sample_idx);
    auto extra = parse_json(completion.extra.empty() ? "{}" : completion.extra, "tokens");
    if (extra && args_.ids) fmt::print("{}\n", fmt::join(extra->value("ids", std::vector<int>()), " "));
    if (extra && args_.logprobs) fmt::print("{}\n", fmt::join(extra->value("logprobs", std::vector<float>()), " "));
    if (!args_.ids && !args_.logprobs) fmt::print("{}\n", completion.text);
  }

  const GenerateArgs& args_;
  std::mutex mutex_;
  std::string error_;
};

Result<std::string> prompt_text(const GenerateArgs& args) {
  if (args.prompt && !args.file.empty()) return usage_error("both -p and -f are given; one prompt is wanted");
  if (args.prompt) return *args.prompt;
  if (args.file.empty()) return usage_error("no prompt is given; use -p TEXT or -f FILE (- is standard input)");
  if (args.file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  return read_text_file(args.file);
}

Result<WorkItem> work_item(const GenerateArgs& args) {
  auto text = prompt_text(args);
  if (!text) return text.error();
  auto sampling = args.sampling.sampling("");
  if (!sampling) return sampling.error();
  if (!args.chat && !args.system.empty())
    return usage_error("--system needs --chat: a plain text has no system message");
  WorkItem item;
  item.sampling = std::move(*sampling);
  item.prompt_hash = "prompt";
  if (!args.system.empty()) item.messages.push_back({"system", args.system});
  if (args.chat)
    item.messages.push_back({"user", std::move(*text)});
  else
    item.assistant_prefix = std::move(*text);
  return item;
}

Result<std::unique_ptr<Backend>> open_backend(const GenerateArgs& args) {
  if (is_engine_model(args.model.model)) {
    auto options = engine_options(args.model);
    if (!options) return options.error();
    options->keep_tokens = args.ids || args.logprobs;
    auto backend = EngineBackend::make(std::move(*options));
    if (!backend) return backend.error();
    return std::unique_ptr<Backend>(std::move(*backend));
  }
  if (args.ids || args.logprobs) return usage_error("--ids and --logprobs need a model that runs in this process");
  auto model = make_model(args.model);
  if (!model) return model.error();
  if (model->recorded) return usage_error("a recorded file cannot generate");
  return std::move(model->backend);
}

Result<ExitCode> generate_command(const GenerateArgs& args) {
  auto item = work_item(args);
  if (!item) return item.error();
  auto backend = open_backend(args);
  if (!backend) return backend.error();
  std::stop_source stop;
  SignalWatch signals(stop);
  PromptSource source(std::move(*item), args.n, args.seed, stop.get_token());
  Printer printer(args);
  if (Status done = (*backend)->generate(source, printer); !done) return done.error();
  if (!printer.error().empty()) return usage_error(printer.error());
  return signals.exit_code();
}

} // namespace

CommandBody add_generate_command(CommandLine& command) {
  auto args = std::make_shared<GenerateArgs>();
  command.option("-m,--model", args->model.model, "The model (proctor ls models)").value_name("MODEL").required();
  command.option("--model_args,--model-args", args->model.model_args, "Options of the model: key=value,...")
      .value_name("K=V,...");
  command.option("-p,--prompt", args->prompt, "The prompt").value_name("TEXT");
  command.option("-f,--file", args->file, "A file that holds the prompt; - is standard input").value_name("FILE");
  command.option("-n,--n", args->n, "How many samples").value_name("N").positive();
  command.flag("--chat", args->chat,
               "The prompt is a user's message in the model's chat template; else a text to continue");
  command.option("--system", args->system, "System message, with --chat").value_name("TEXT");
  args->sampling.add_to(command);
  command.option("--seed", args->seed, "Seed; each sample's own is derived from it").value_name("S").show_default();
  command.option("--max-connections,-j", args->model.max_connections, "Samples in flight at once")
      .value_name("N")
      .positive();
  args->model.add_device_to(command);
  command.flag("--ids", args->ids, "Token ids instead of text; with --json beside it");
  command.flag("--logprobs", args->logprobs,
               "Log-probability of each token (temperature 1); with --json beside the text");
  command.flag("--json", args->json, "One JSON object per sample, as they finish");
  command.examples("Examples:\n  proctor generate -m model.gguf --chat -p 'What is 7 * 8?' --temperature 0\n"
                   "  proctor generate -m Qwen2.5-0.5B/ -f prompt.txt -n 16 --json");
  return [args] { return generate_command(*args); };
}

} // namespace proctor
