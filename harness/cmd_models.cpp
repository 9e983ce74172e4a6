// SPDX-License-Identifier: MIT
#include "harness/cmd_models.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "backends/engine/engine_backend.h"
#include "backends/openai/openai.h"
#include "backends/scripted/scripted.h"
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
  std::string path = args.model.substr(kRecorded.size());
  if (path == "-") path = "/dev/stdin";
  if (path.empty()) return usage_error("-m recorded: names no file; recorded:FILE is wanted");
  say("reading " + path);
  auto file = RecordedFile::open({path, std::move(*map), args.expect});
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

// --- NAME@URL

std::string environment_text(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

Result<std::string> endpoint_key(const std::string& variable) {
  if (variable.empty()) return environment_text("OPENAI_API_KEY");
  std::string key = environment_text(variable.c_str());
  if (key.empty()) return usage_error(fmt::format("--api-key-env {}: this variable is not set", variable));
  return key;
}

Status set_switch(bool& field, const std::string& key, const std::string& value) {
  if (value != "on" && value != "off") return usage_error(fmt::format("--model_args {}={}: on or off is wanted", key, value));
  field = value == "on";
  return {};
}

Status set_endpoint_arg(OpenAiOptions& options, const std::string& key, const std::string& value) {
  if (key == "model") options.request.model = value;
  else if (key == "stream") return set_switch(options.request.stream, key, value);
  else if (key == "unlisted") return set_switch(options.unlisted, key, value);
  else if (key == "timeout") return set_number(options.idle_seconds, key, value);
  else if (key == "first_token_timeout") return set_number(options.first_seconds, key, value);
  else if (key == "n") {
    auto number = parse_number<int>(value);
    if (!number) return usage_error(fmt::format("--model_args n={}: a whole number is wanted", value));
    options.samples_per_request = *number;
  } else if (key == "api" && (value == "chat" || value == "completions"))
    options.request.api = value == "chat" ? Api::chat : Api::completions;
  else if (key == "api")
    return usage_error(fmt::format("--model_args api={}: chat or completions is wanted", value));
  else {
    const std::vector<std::string> keys = {"api", "first_token_timeout", "model", "n", "stream", "timeout", "unlisted"};
    return usage_error(fmt::format("--model_args: an endpoint has no {}{}; it has {}", key, did_you_mean(key, keys), fmt::join(keys, ", ")));
  }
  return {};
}

Status set_thinking(RequestOptions& request, const ModelArgs& args) {
  request.reasoning_effort = args.reasoning_effort;
  if (args.thinking.empty()) return {};
  if (args.thinking != "on" && args.thinking != "off") return usage_error(fmt::format("--thinking {}: on or off is wanted", args.thinking));
  request.thinking = args.thinking == "on";
  return {};
}

Result<Model> make_endpoint(const ModelArgs& args) {
  OpenAiOptions options;
  auto endpoint = parse_endpoint(args.model, environment_text("OPENAI_BASE_URL"));
  if (!endpoint) return endpoint.error();
  options.endpoint = std::move(*endpoint);
  auto key = endpoint_key(args.api_key_env);
  if (!key) return key.error();
  options.key = std::move(*key);
  auto pairs = parse_pairs(args.model_args, "--model_args");
  if (!pairs) return pairs.error();
  for (auto& [name, value] : *pairs)
    if (Status set = set_endpoint_arg(options, name, value); !set) return set.error();
  if (Status set = set_thinking(options.request, args); !set) return set.error();
  if (!args.extra_body.empty()) {
    auto extra = parse_json(args.extra_body, "--extra-body");
    if (!extra) return extra.error();
    options.request.extra = std::move(*extra);
  }
  if (args.max_connections > 0) options.max_connections = args.max_connections;
  options.retry_for = args.retry_for;
  auto backend = make_openai_backend(std::move(options));
  if (!backend) return backend.error();
  Model model;
  model.backend = std::move(*backend);
  return model;
}

// Refuses options that the model, which is no endpoint, does not have.
Status check_endpoint_only(const ModelArgs& args) {
  if (!args.thinking.empty() && !is_engine_model(args.model))
    return usage_error(fmt::format("--thinking is for models that write their text now, and {} is none", args.model));
  const std::pair<std::string_view, bool> given[] = {{"--api-key-env", !args.api_key_env.empty()},
                                                     {"--reasoning-effort", !args.reasoning_effort.empty()},
                                                     {"--extra-body", !args.extra_body.empty()},
                                                     {"--retry-for", args.retry_for.has_value()}};
  for (auto& [name, there] : given)
    if (there) return usage_error(fmt::format("{} is for models behind a URL (NAME@http://host:port/v1), and {} is none", name, args.model));
  return {};
}

} // namespace

Result<Model> make_model(const ModelArgs& args) {
  if (!args.model.starts_with(kRecorded) && looks_like_endpoint(args.model)) return make_endpoint(args);
  if (Status fits = check_endpoint_only(args); !fits) return fits.error();
  if (args.model.starts_with(kRecorded)) return make_recorded(args);
  if (args.model == "scripted") return make_scripted(args);
  if (is_engine_model(args.model)) return make_engine_model(args);
  if (args.model.empty()) return usage_error("no model given; name one with -m (proctor ls models lists them)");
  if (const size_t at = args.model.find('@'); at != args.model.npos)
    return usage_error(fmt::format("unknown model {}; a model behind a server is NAME@http://host:port/v1, so {}@http://{}?", args.model,
                                   args.model.substr(0, at), args.model.substr(at + 1)));
  std::vector<std::string> names = {"demo", "demo-early", "scripted", "recorded:FILE", "FILE.gguf", "a model directory", "dummy:CONFIG.json", "NAME@http://host:port/v1"};
  return usage_error(fmt::format("unknown model {}{}; this build has {}", args.model, did_you_mean(args.model, names),
                                 fmt::join(names, ", ")));
}

std::vector<ModelInfo> model_catalog() {
  return {
      {"demo", "a small transformer that is part of this program, trained on easy gen/ questions (models/README.md)"},
      {"demo-early", "the same model earlier in its training: a real regression to compare with"},
      {"scripted", "a small script that reads the printed gen/ questions and slips now and then; not a neural model"},
      {"FILE.gguf", "a model in this process: Llama, Qwen2 or Qwen3 architecture, GGUF"},
      {"DIRECTORY", "the same from a Hugging Face directory with config.json and safetensors"},
      {"dummy:CONFIG.json", "random weights in the shape of a config.json, to measure speed"},
      {"recorded:FILE", "completions that another program has recorded (with --map, see docs/recorded.md)"},
      {"NAME@URL[,URL]", "a model behind an OpenAI-compatible server, or several replicas of it (see docs/endpoint.md)"}};
}

} // namespace proctor
