// SPDX-License-Identifier: MIT
#include "harness/cmd_engine.h"

#include <fmt/format.h>

#include "backends/engine/embedded.h"
#include "backends/engine/gguf_text.h"
#include "harness/cmd_options.h"
#include "harness/say.h"
#include "harness/text/nearest.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

Error bad_arg(const std::string& key, const std::string& value, std::string_view wanted) {
  return usage_error(fmt::format("--model_args {}={}: {} is wanted", key, value, wanted));
}

Status set_think_prefill(const std::string& value, EngineModelOptions& options) {
  if (value == "template")
    options.think_prefill = ThinkPrefill::from_template;
  else if (value == "force")
    options.think_prefill = ThinkPrefill::force;
  else if (value == "off")
    options.think_prefill = ThinkPrefill::off;
  else
    return bad_arg("think_prefill", value, "template, force or off");
  return {};
}

Status set_arg(const std::string& key, const std::string& value, EngineModelOptions& options) {
  if (key == "think_prefill") return set_think_prefill(value, options);
  if (key == "kv") {
    if (value != "bf16" && value != "f32" && value != "fp8") return bad_arg(key, value, "bf16, f32 or fp8");
    if (value != "fp8") options.engine.bf16_pages = value == "bf16";
    options.engine.e4m3_pages = value == "fp8";
    return {};
  }
  if (key == "dtype") {
    auto type = parse_dtype(value);
    if (!type) return bad_arg(key, value, "q4_0, q4_1, q5_0, q5_1, q8_0, bf16, f16 or f32");
    options.dummy_type = *type;
    return {};
  }
  auto number = parse_number<int>(value);
  if (key == "kv_megabytes" || key == "prefill_rows") {
    if (!number || *number < 1) return bad_arg(key, value, "a whole number from 1");
    if (key == "prefill_rows")
      options.engine.prefill_rows = *number;
    else
      options.engine.page_memory = static_cast<size_t>(*number) << 20;
    return {};
  }
  const std::vector<std::string> keys = {"think_prefill", "kv", "kv_megabytes", "prefill_rows", "dtype"};
  return usage_error(fmt::format("--model_args: a model in this process has no {}{}; it has {}", key,
                                 did_you_mean(key, keys), fmt::join(keys, ", ")));
}

} // namespace

void ModelArgs::add_device_to(CommandLine& command) {
  command.option("--device", device, "Where a model of this process runs: auto (a GPU if there is one), cpu or cuda")
      .value_name("NAME")
      .show_default();
  command.option("--threads", threads, "Threads of a model in this process (default: all processors)")
      .value_name("N")
      .positive();
  add_thinking_to(command);
}

void ModelArgs::add_thinking_to(CommandLine& command) {
  command
      .option("--thinking", thinking,
              "Thinking of the model, as its chat template (enable_thinking) or server has the switch: on or off")
      .value_name("on|off");
}

Result<EngineModelOptions> engine_options(const ModelArgs& args) {
  EngineModelOptions options;
  options.model = embedded_path(args.model);
  if (args.device == "cuda")
    options.engine.device = EngineDevice::cuda;
  else if (args.device == "auto")
    options.engine.device = EngineDevice::automatic;
  else if (args.device != "cpu")
    return usage_error(fmt::format("--device {}: auto, cpu or cuda", args.device));
  options.engine.threads = args.threads;
  if (args.max_connections > 0) options.engine.max_running = args.max_connections;
  if (!args.thinking.empty()) {
    if (args.thinking != "on" && args.thinking != "off")
      return usage_error(fmt::format("--thinking {}: on or off", args.thinking));
    options.template_variables["enable_thinking"] = args.thinking == "on";
  }
  auto pairs = parse_pairs(args.model_args, "--model_args");
  if (!pairs) return pairs.error();
  for (auto& [key, value] : *pairs)
    if (Status set = set_arg(key, value, options); !set) return set.error();
  return options;
}

Result<Model> make_engine_model(const ModelArgs& args) {
  auto options = engine_options(args);
  if (!options) return options.error();
  options->measure_bandwidth = true;
  say("loading " + args.model);
  auto backend = EngineBackend::make(std::move(*options));
  if (!backend) return backend.error();
  Model model;
  model.backend = std::move(*backend);
  return model;
}

Result<ModelText> load_text_of(const std::string& name) {
  const std::string model = embedded_path(name);
  return model.ends_with(".gguf") ? load_gguf_text(model) : load_model_text(model);
}

Result<Tokenizer> load_tokenizer_of(const std::string& name) {
  const std::string model = embedded_path(name);
  return model.ends_with(".gguf") ? load_gguf_tokenizer(model) : load_tokenizer(model);
}

} // namespace proctor
