// SPDX-License-Identifier: MIT
#include "backends/openai/openai.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <utility>

#include "backends/openai/session.h"
#include "harness/hash.h"
#include "harness/secrets.h"

namespace proctor {
namespace {

// What changes the answers, beside the name: part of the run's identity.
Json answering_options(const RequestOptions& request, std::string_view name) {
  Json options = Json::object();
  if (request.model != name) options["model"] = request.model;
  if (request.api == Api::completions) options["api"] = "completions";
  if (!request.reasoning_effort.empty()) options["reasoning_effort"] = request.reasoning_effort;
  if (request.thinking) options["thinking"] = *request.thinking;
  if (!request.extra.empty()) options["extra_body"] = without_secrets(request.extra);
  return options;
}

std::string digest_of(const EndpointSettings& settings) {
  const std::string& name = settings.options.endpoint.name;
  Json options = answering_options(settings.options.request, name);
  return options.empty() ? "endpoint:" + name : "endpoint:" + name + "/" + hash_hex({dump_json(options)});
}

// Whether requests of the plan's sampling reached the model: seldom can one know.
Json honoured(const Dialect& dialect) {
  Json known = {{"other parameters", "sent; whether the server honours them is unknown"}};
  for (auto& [name, words] : dialect.known().refused) known[name] = "refused: " + words;
  for (const std::string& name : dialect.ignored()) known[name] = "ignored";
  if (dialect.known().max_completion_tokens) known["max_tokens"] = "sent as max_completion_tokens";
  return known;
}

class OpenAiBackend : public Backend {
 public:
  explicit OpenAiBackend(EndpointSettings settings) : settings_(std::move(settings)) {}

  Description describe() const override {
    const std::string& name = settings_.options.endpoint.name;
    Json details = answering_options(settings_.options.request, name);
    for (const HttpTarget& target : settings_.targets) details["urls"].push_back(target.url().text());
    details["stream"] = settings_.options.request.stream;
    details["max_connections"] = settings_.options.max_connections;
    details["parameters"] = honoured(dialect_);
    if (Json traffic = traffic_.summary(); !traffic.empty()) details["last_session"] = std::move(traffic);
    return {name, digest_of(settings_), note(), details};
  }

  void prepare() override { probes_ = ask_replicas(settings_); }

  Status generate(WorkSource& source, CompletionSink& sink) override {
    if (Status enough = allow_descriptors(); !enough) return enough;
    return run_session(settings_, std::exchange(probes_, {}), source, sink, dialect_, traffic_);
  }

 private:
  std::string note() const {
    std::string names;
    for (auto& [name, words] : dialect_.known().refused)
      if (name != "stream" && name != "stream_options" && name != "n") names += (names.empty() ? "" : ", ") + name;
    const std::vector<std::string> left_out = unsent(settings_.options.request.extra);
    std::string note = left_out.empty() ? "" : fmt::format("--extra-body leaves out {}; the server's own default was in force", fmt::join(left_out, ", "));
    if (names.empty()) return note;
    return fmt::format("{}{}the server refused {}; its own default was in force", note, note.empty() ? "" : "; ", names);
  }

  Status allow_descriptors() const {
    const auto wanted = static_cast<rlim_t>(settings_.options.max_connections) * settings_.targets.size() + 64;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted) return {};
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
    if (limit.rlim_cur == wanted && setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
    return usage_error(fmt::format("--max-connections {} needs {} file descriptors, and {} are allowed (ulimit -Hn)",
                                   settings_.options.max_connections, wanted, limit.rlim_max));
  }

  const EndpointSettings settings_;
  Dialect dialect_{settings_.options.request.extra};
  Traffic traffic_;
  ReplicaProbes probes_; // of the next generate()
};

Status validate(const OpenAiOptions& options) {
  if (Status valid = validate(options.request); !valid) return valid;
  auto within = [](std::string_view name, double value, double lo, double hi) -> Status {
    if (value >= lo && value <= hi) return {};
    return usage_error(fmt::format("{} is {}; it must be from {} to {}", name, value, lo, hi));
  };
  for (Status status : {within("--max-connections", options.max_connections, 1, 4096),
                        within("timeout", options.idle_seconds, 0.1, 1e6),
                        within("first_token_timeout", options.first_seconds, 0.1, 1e6),
                        within("n", options.samples_per_request, 1, 1024),
                        within("--retry-for", options.retry_for.value_or(0), 0, 1e6)})
    if (!status) return status;
  for (char c : options.key)
    if (static_cast<unsigned char>(c) <= 0x20) return usage_error("the API key holds a blank or a line end");
  return {};
}

} // namespace

Result<std::unique_ptr<Backend>> make_openai_backend(OpenAiOptions options) {
  if (options.request.model.empty()) options.request.model = options.endpoint.name;
  if (Status valid = validate(options); !valid) return valid.error();
  EndpointSettings settings;
  for (const Url& url : options.endpoint.replicas) {
    auto proxy = proxy_from_environment(url);
    if (!proxy) return proxy.error();
    settings.targets.emplace_back(url, std::move(*proxy), options.key);
  }
  settings.secrets = secrets_in(options.request.extra);
  settings.secrets.insert(settings.secrets.begin(), options.key);
  settings.options = std::move(options);
  return std::unique_ptr<Backend>(std::make_unique<OpenAiBackend>(std::move(settings)));
}

} // namespace proctor
