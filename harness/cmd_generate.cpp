// SPDX-License-Identifier: MIT
// proctor generate: sample from a model.
#include <cstdio>
#include <fmt/format.h>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>

#include "harness/cmd.h"
#include "harness/cmd_engine.h"
#include "harness/cmd_options.h"
#include "harness/hash.h"
#include "harness/say.h"
#include "harness/signal_watch.h"
#include "harness/text/ascii.h"
#include "harness/text/file_bytes.h"
#include "harness/text/json_text.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

struct GenerateArgs {
  ModelArgs model;
  SamplingArgs sampling;
  std::optional<std::string> prompt;
  std::string file, system;
  int n = 1;
  uint64_t seed = 0;
  std::optional<std::string> ids; // empty: to be shown; else the prompt
  bool chat = false, logprobs = false, json = false;

  bool has_prompt_ids() const { return ids && !ids->empty(); }
  bool shows_ids() const { return ids && ids->empty(); }
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

template <class T> void set_known(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

// "ids" and "logprobs" of a model of this process; an empty object for others.
Json tokens_of(const Completion& completion) {
  if (completion.extra.empty()) return Json::object();
  auto extra = parse_json(completion.extra, "tokens");
  return extra ? std::move(*extra) : Json::object();
}

Json completion_json(const Completion& completion) {
  const Json tokens = tokens_of(completion);
  Json json = {{"sample_idx", completion.key.sample_idx}, {"text", completion.text}};
  for (const char* key : {"ids", "logprobs"})
    if (const Json* known = find_member(tokens, key)) json[key] = *known;
  if (completion.finish_reason) json["finish_reason"] = to_string(*completion.finish_reason);
  set_known(json, "seed", completion.seed);
  json["status"] = to_string(completion.status);
  if (!completion.reasoning.empty()) json["reasoning"] = completion.reasoning;
  json["answer_text"] = completion.answer_text;
  set_known(json, "prompt_tokens", completion.usage.prompt_tokens);
  set_known(json, "completion_tokens", completion.usage.completion_tokens);
  set_known(json, "logprob_sum", completion.logprob_sum);
  set_known(json, "ttft_s", completion.ttft_s);
  set_known(json, "seconds", completion.seconds);
  return json;
}

// Texts are printed as they finish; a document's samples are kept until all have, in their order.
class Printer : public CompletionSink {
 public:
  explicit Printer(const GenerateArgs& args) : args_(args) {}

  void put(Completion completion) override {
    std::lock_guard lock(mutex_);
    if (completion.status == CompletionStatus::error) {
      const bool begun = completion.usage.completion_tokens.has_value();
      status_ = begun ? infrastructure_error(completion.error) : usage_error(completion.error);
      return;
    }
    if (args_.json)
      samples_.emplace(completion.key.sample_idx, completion_json(completion));
    else
      print_text(completion);
  }

  void print_document(const std::vector<int32_t>& prompt_ids) const {
    Json document = Json::object();
    if (!prompt_ids.empty()) document["prompt_ids"] = prompt_ids;
    document["samples"] = Json::array();
    for (const auto& [index, sample] : samples_) document["samples"].push_back(sample);
    fmt::print("{}\n", dump_json(document));
  }

  bool has_samples() const { return !samples_.empty(); }

  const Status& status() const { return status_; } // of the last sample that is an error

 private:
  void print_text(const Completion& completion) const {
    if (args_.n > 1) fmt::print("--- sample {}\n", completion.key.sample_idx);
    const Json tokens = tokens_of(completion);
    if (args_.shows_ids()) fmt::print("{}\n", fmt::join(tokens.value("ids", std::vector<int>()), " "));
    if (args_.logprobs) fmt::print("{}\n", fmt::join(tokens.value("logprobs", std::vector<float>()), " "));
    if (!args_.shows_ids() && !args_.logprobs) fmt::print("{}\n", completion.text);
    std::fflush(stdout);
  }

  const GenerateArgs& args_;
  std::mutex mutex_;
  std::map<int, Json> samples_;
  Status status_;
};

Result<std::vector<int32_t>> prompt_ids(const GenerateArgs& args) {
  if (args.prompt || !args.file.empty() || args.chat) return usage_error("--ids 1,2,3 is the whole prompt; leave out -p, -f and --chat");
  std::vector<int32_t> ids;
  for (std::string_view word : split(*args.ids, ',')) {
    auto id = parse_number<int32_t>(trim(word));
    if (!id || *id < 0) return usage_error(fmt::format("--ids {}: token ids such as 1,2,3 are wanted, or --ids alone to show them", *args.ids));
    ids.push_back(*id);
  }
  return ids;
}

Result<std::string> prompt_text(const GenerateArgs& args) {
  if (args.prompt && !args.file.empty()) return usage_error("both -p and -f are given; one prompt is wanted");
  if (args.prompt) return *args.prompt;
  if (args.file.empty()) return usage_error("no prompt is given; use -p TEXT or -f FILE (- is standard input)");
  if (args.file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  return read_text_file(args.file);
}

Status set_prompt(const GenerateArgs& args, WorkItem& item) {
  if (args.has_prompt_ids()) {
    auto ids = prompt_ids(args);
    if (!ids) return ids.error();
    item.prompt_ids = std::move(*ids);
    return {};
  }
  auto text = prompt_text(args);
  if (!text) return text.error();
  if (!args.system.empty()) item.messages.push_back({"system", args.system});
  if (args.chat)
    item.messages.push_back({"user", std::move(*text)});
  else
    item.assistant_prefix = std::move(*text);
  return {};
}

Result<WorkItem> work_item(const GenerateArgs& args) {
  WorkItem item;
  auto sampling = args.sampling.sampling("");
  if (!sampling) return sampling.error();
  if (!args.chat && !args.system.empty())
    return usage_error("--system needs --chat: a plain text has no system message");
  if (Status set = set_prompt(args, item); !set) return set.error();
  item.sampling = std::move(*sampling);
  item.prompt_hash = "prompt";
  return item;
}

struct Opened {
  std::unique_ptr<Backend> backend;
  std::vector<int32_t> prompt_ids; // empty: a server's model, which does not tell them
};

Result<Opened> open_backend(const GenerateArgs& args, const WorkItem& item) {
  if (is_engine_model(args.model.model)) {
    auto options = engine_options(args.model);
    if (!options) return options.error();
    options->keep_tokens = args.json || args.ids || args.logprobs;
    auto backend = EngineBackend::make(std::move(*options));
    if (!backend) return backend.error();
    if (args.chat && !(*backend)->has_chat_template())
      return usage_error(args.model.model + ": has no chat template; without --chat the prompt is a text to continue");
    if (!item.prompt_ids.empty()) return Opened{std::move(*backend), item.prompt_ids};
    auto prompt = (*backend)->prompt(item.messages, item.assistant_prefix);
    if (!prompt) return prompt.error();
    return Opened{std::move(*backend), std::move(prompt->ids)};
  }
  if (args.ids || args.logprobs) return usage_error("--ids and --logprobs need a model that runs in this process");
  auto model = make_model(args.model);
  if (!model) return model.error();
  if (model->recorded) return usage_error("a recorded file cannot generate");
  return Opened{std::move(model->backend), {}};
}

Result<ExitCode> generate_command(const GenerateArgs& args) {
  auto item = work_item(args);
  if (!item) return item.error();
  auto opened = open_backend(args, *item);
  if (!opened) return opened.error();
  std::stop_source stop;
  SignalWatch signals(stop);
  PromptSource source(std::move(*item), args.n, args.seed, stop.get_token());
  Printer printer(args);
  if (Status done = opened->backend->generate(source, printer); !done) return done.error();
  if (args.json && (printer.status() || printer.has_samples())) printer.print_document(opened->prompt_ids);
  if (!printer.status()) return printer.status().error();
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
  command.flag_or_option("--ids", args->ids, "Alone: token ids instead of text. With a value: these ids are the prompt").value_name("[ID,...]");
  command.flag("--logprobs", args->logprobs, "Log-probability of each drawn token (at temperature 1) instead of text");
  command.flag("--json", args->json, "One JSON document: prompt_ids and samples, each with ids and logprobs where the model runs in this process");
  command.examples("Examples:\n  proctor generate -m model.gguf --chat -p 'What is 7 * 8?' --temperature 0\n"
                   "  proctor generate -m Qwen2.5-0.5B/ -f prompt.txt -n 16 --json\n"
                   "  proctor generate -m Qwen2.5-0.5B/ --ids 151644,872,198 --json");
  return [args] { return generate_command(*args); };
}

} // namespace proctor
