// SPDX-License-Identifier: MIT
#include "harness/cmd_models.h"

#include <algorithm>
#include <fmt/format.h>

#include "backends/scripted/scripted.h"
#include "backends/engine/engine_backend.h"
#include "harness/cmd_engine.h"
#include "harness/cmd_options.h"
#include "harness/say.h"
#include "harness/text/nearest.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

constexpr std::string_view kRecorded = "recorded:";

Result<Model> make_recorded(const ModelArgs& args) {
  auto map = parse_pairs(args.map, "--map");
  if (!map) return map.error();
  say("reading " + args.model.substr(kRecorded.size()));
  auto file = RecordedFile::open({args.model.substr(kRecorded.size()), std::move(*map), args.expect});
  if (!file) return file.error();
  Model model;
  model.recorded = std::make_unique<RecordedFile>(std::move(*file));
  model.backend = make_recorded_backend(*model.recorded);
  return model;
}

Status set_number(double& field, const std::string& key, const std::string& value) {
  auto number = parse_number<double>(value);
  if (!number || !(*number >= 0)) return usage_error(fmt::format("--model_args {}={}: a number from 0 is wanted", key, value));
  field = *number;
  return {};
}

Result<Model> make_scripted(const ModelArgs& args) {
  ScriptedOptions options;
  auto pairs = parse_pairs(args.model_args, "--model_args");
  if (!pairs) return pairs.error();
  std::map<std::string, double*> fields = {{"slip", &options.slip},
                                           {"truncate", &options.truncate},
                                           {"no_format", &options.no_format},
                                           {"tokens_per_second", &options.tokens_per_second}};
  std::vector<std::string> names;
  for (auto& [name, field] : fields) names.push_back(name);
  for (auto& [key, value] : *pairs) {
    auto field = fields.find(key);
    if (field == fields.end())
      return usage_error(fmt::format("--model_args: scripted has no {}{}; it has {}", key, did_you_mean(key, names),
                                     fmt::join(names, ", ")));
    if (Status set = set_number(*field->second, key, value); !set) return set.error();
  }
  if (args.max_connections > 0) options.workers = std::min(args.max_connections, 1024);
  if (Status valid = validate(options); !valid) return in_context("--model_args", valid.error());
  Model model;
  model.backend = make_scripted_backend(options);
  return model;
}

} // namespace

Result<Model> make_model(const ModelArgs& args) {
  if (args.model.starts_with(kRecorded)) return make_recorded(args);
  if (args.model == "scripted") return make_scripted(args);
  if (is_engine_model(args.model)) return make_engine_model(args);
  if (args.model.empty()) return usage_error("no model given; name one with -m (proctor ls models lists them)");
  std::vector<std::string> names = {"scripted", "recorded:FILE", "FILE.gguf", "a model directory", "dummy:CONFIG.json"};
  return usage_error(fmt::format("unknown model {}{}; this build has {}", args.model, did_you_mean(args.model, names),
                                 fmt::join(names, ", ")));
}

std::vector<ModelInfo> model_catalog() {
  return {
      {"scripted", "a small script that reads the printed gen/ questions and slips now and then; not a neural model"},
      {"FILE.gguf", "a model in this process: Llama, Qwen2 or Qwen3 architecture, GGUF"},
      {"DIRECTORY", "the same from a Hugging Face directory with config.json and safetensors"},
      {"dummy:CONFIG.json", "random weights in the shape of a config.json, to measure speed"},
      {"recorded:FILE", "completions that another program has recorded (with --map, see docs/recorded.md)"}};
}

} // namespace proctor
