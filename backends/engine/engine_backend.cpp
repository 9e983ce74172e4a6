// SPDX-License-Identifier: MIT
#include "backends/engine/engine_backend.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <unordered_map>
#include <utility>

#include "backends/engine/cpu/bandwidth.h"
#include "backends/engine/cpu/kernels.h"
#include "backends/engine/cpu/thread_pool.h"
#include "backends/engine/cuda/device.h"
#include "backends/engine/embedded.h"
#include "backends/engine/gguf_text.h"
#include "backends/engine/text_sample.h"
#include "harness/hash.h"
#include "harness/say.h"

namespace proctor {
namespace {

constexpr std::string_view kDummy = "dummy:";

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Result<ModelFiles> open_model(const EngineModelOptions& options) {
  if (options.model.starts_with(kDummy))
    return make_dummy_model(options.model.substr(kDummy.size()), options.dummy_type);
  if (options.model.ends_with(".gguf")) return open_gguf_model(options.model);
  return open_hf_model(options.model);
}

Result<std::optional<ModelText>> open_text(const ModelFiles& files) {
  std::optional<ModelText> text;
  if (files.weights.source->is_gguf() || std::filesystem::is_directory(files.path)) {
    auto loaded = files.gguf != nullptr ? load_gguf_text(*files.gguf, files.path) : load_model_text(files.path);
    if (!loaded) return loaded.error();
    text = std::move(*loaded);
  }
  return text;
}

// What ends an answer wherever it is a control token, by llama.cpp's list. Not the tokens that part files and their pieces
// in code (<|fim_pad|>, <|file_sep|>): directories of the same models do not name them as ends.
constexpr const char* kEnds[] = {"<|im_end|>",      "<|eot_id|>", "<|eom_id|>", "<|end|>",          "<|return|>",
                                 "<|end_of_text|>", "<EOT>",      "_<EOT>",     "<|endoftext|>",    "<end_of_turn>",
                                 "[EOT]",           "[EOS]",      "<eos>",      "<end_of_utterance>"};

// Ids that end an answer: those of the files, the tokenizer's, and the end of a turn that the template itself writes. A
// GGUF often names only one, where generation_config.json has several.
void add_end_ids(const ModelText& text, bool is_gguf, ModelConfig& config) {
  auto add = [&](std::optional<TokenId> id) {
    if (id && *id < config.vocab && std::find(config.eos.begin(), config.eos.end(), *id) == config.eos.end())
      config.eos.push_back(*id);
  };
  add(text.tokenizer.eos());
  for (const char* name : {"<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>"})
    if (text.chat && text.chat->source().find(name) != std::string::npos) add(text.tokenizer.find(name));
  if (!is_gguf) return;
  for (const char* name : kEnds)
    if (auto id = text.tokenizer.find(name); id && text.tokenizer.is_special(*id)) add(id);
}

// Whether what follows these ids is thinking: the last think token decides, or the last tag in their text where the
// vocabulary has no such tokens.
bool ids_leave_thinking_open(const std::vector<int32_t>& ids, const Tokenizer& tokenizer) {
  const auto open = tokenizer.think_open(), close = tokenizer.think_close();
  if (!open || !close) return leaves_thinking_open(tokenizer.decode(ids));
  const auto last = std::find_if(ids.rbegin(), ids.rend(), [&](int32_t id) { return id == *open || id == *close; });
  return last != ids.rend() && *last == *open;
}

} // namespace

struct EngineBackend::Impl {
  EngineModelOptions options;
  ModelFiles files;
  std::optional<ModelText> text;
  std::unique_ptr<Engine> engine;
  std::vector<int32_t> end_ids;
  std::atomic<double> bandwidth{0}; // bytes per second; 0: not measured
  std::time_t begun = std::time(nullptr); // of the run: what prompts say of the time

  // Other roundings make other samples. The processors with BF16 keys and values, the usual case, are nothing special.
  std::string arithmetic() const {
    const DeviceReport device = engine->device();
    const bool cpu = device.name == "cpu";
    if (cpu && device.kv == "bf16") return "";
    return fmt::format(" {} {}", cpu ? "cpu" : "cuda", device.kv);
  }

  std::string digest() const {
    std::string chat = text && text->chat ? text->chat->source() : "";
    return hash_hex({files.digest + arithmetic(), files.tokenizer_digest, chat, dump_json(options.template_variables),
                     std::to_string(static_cast<int>(options.think_prefill))});
  }
};

namespace {

// Turns work items into requests and tokens into completions.
class Session : public TokenClient {
 public:
  Session(const EngineBackend& backend, const EngineModelOptions& options, const std::vector<int32_t>& end_ids,
          const Engine& engine, WorkSource& source, CompletionSink& sink)
      : backend_(backend), options_(options), end_ids_(end_ids), engine_(engine), source_(source), sink_(sink) {}

  std::optional<Request> next() override {
    while (auto item = source_.next()) {
      auto prompt = prompt_of(*item);
      if (prompt) return begin(std::move(*item), *prompt);
      fail(*item, prompt.error().message);
    }
    return std::nullopt;
  }

  bool wanted(int64_t id) override {
    const auto live = live_.find(id);
    if (source_.wanted(live->second.item.key)) return true;
    live_.erase(live); // nothing more is heard of it
    return false;
  }

  TokenVerdict token(int64_t id, const Drawn& drawn) override {
    Live& live = live_.at(id);
    if (live.text.n_tokens() == 0) live.first_token = now_seconds();
    if (std::find(end_ids_.begin(), end_ids_.end(), drawn.token) != end_ids_.end())
      live.text.end_of_sequence(drawn.token, drawn.logprob);
    else if (!live.text.put(drawn.token, drawn.logprob))
      return TokenVerdict::go_on;
    finish(id, FinishReason::stop);
    return TokenVerdict::stop;
  }

  void cut(int64_t id) override { finish(id, FinishReason::length); }

  void no_room(int64_t id) override {
    const Live& live = live_.at(id);
    const int64_t wanted = most_positions(live.prompt_tokens, live.item.sampling);
    finish(id, FinishReason::error, fmt::format("no room for keys and values: {}", room_text(wanted)));
  }

  void charge(int64_t id, double seconds) override { live_.at(id).step_seconds += seconds; }

 private:
  struct Live {
    WorkItem item;
    TextSample text;
    int64_t prompt_tokens;
    double start, first_token = 0, step_seconds = 0;
  };

  // Of a prompt and the longest answer to it.
  int64_t most_positions(int64_t prompt_tokens, const Sampling& sampling) const {
    return std::min<int64_t>(engine_.config().max_positions, prompt_tokens + sampling.max_tokens);
  }

  std::string room_text(int64_t wanted) const {
    const auto pages = static_cast<size_t>(pages_for(wanted));
    return fmt::format("{} positions have memory, the prompt and --max-tokens may take {}; free memory, ask for fewer, or set "
                       "--model_args kv_megabytes={}", engine_.room(), wanted, (pages * engine_.page_bytes() >> 20) + 1);
  }

  // Said once, before the time is spent.
  void note_room(const Request& request) {
    const int64_t wanted = most_positions(static_cast<int64_t>(request.prompt.size()), request.sampling);
    if (wanted <= engine_.room() || std::exchange(noted_, true)) return;
    say(fmt::format("note: a sample that is too long for the keys and values will be an error: {}", room_text(wanted)));
  }

  EnginePrompt given_prompt(const std::vector<int32_t>& ids) const {
    const Tokenizer* tokenizer = backend_.tokenizer();
    return {{}, ids, tokenizer != nullptr && ids_leave_thinking_open(ids, *tokenizer)};
  }

  // Samples of one question follow each other: the last prompt is kept.
  Result<EnginePrompt> prompt_of(const WorkItem& item) {
    if (!item.prompt_hash.empty() && item.prompt_hash == last_hash_) return last_prompt_;
    auto prompt = item.prompt_ids.empty() ? backend_.prompt(item.messages, item.assistant_prefix) : given_prompt(item.prompt_ids);
    if (!prompt) return prompt;
    auto length = static_cast<int64_t>(prompt->ids.size());
    const ModelConfig& model = engine_.config();
    if (length >= model.max_positions)
      return usage_error(fmt::format("the prompt has {} tokens, the context {}", length, model.max_positions));
    if (std::any_of(prompt->ids.begin(), prompt->ids.end(), [&](int32_t id) { return id < 0 || id >= model.vocab; }))
      return usage_error("the prompt holds a token that the model has no embedding for");
    last_hash_ = item.prompt_hash;
    last_prompt_ = std::move(*prompt);
    return last_prompt_;
  }

  Request begin(WorkItem item, const EnginePrompt& prompt) {
    Request request{++last_id_, prompt.ids, item.sampling, item.seed};
    TextSampleOptions text{prompt.thinking_opened, item.sampling.stop, options_.keep_tokens};
    std::erase(text.stop, "");
    note_room(request);
    live_.emplace(request.id, Live{std::move(item), TextSample(backend_.tokenizer(), std::move(text)),
                                   static_cast<int64_t>(prompt.ids.size()), now_seconds()});
    return request;
  }

  Completion completion_of(const WorkItem& item) {
    Completion completion;
    completion.key = item.key;
    completion.prompt_hash = item.prompt_hash;
    completion.seed = item.seed;
    return completion;
  }

  void fail(const WorkItem& item, const std::string& why) {
    Completion completion = completion_of(item);
    completion.status = CompletionStatus::error;
    completion.finish_reason = FinishReason::error;
    completion.error = why;
    sink_.put(std::move(completion));
  }

  // why: of an error.
  void finish(int64_t id, FinishReason reason, std::string why = "") {
    auto node = live_.extract(id);
    Live& live = node.mapped();
    Completion completion = completion_of(live.item);
    live.text.finish(reason, completion);
    if (reason == FinishReason::error) completion.status = CompletionStatus::error;
    completion.error = std::move(why);
    completion.usage.prompt_tokens = live.prompt_tokens;
    completion.seconds = now_seconds() - live.start;
    completion.step_seconds = live.step_seconds;
    if (live.first_token > 0) completion.ttft_s = live.first_token - live.start;
    sink_.put(std::move(completion));
  }

  const EngineBackend& backend_;
  const EngineModelOptions& options_;
  const std::vector<int32_t>& end_ids_;
  const Engine& engine_;
  WorkSource& source_;
  CompletionSink& sink_;
  std::unordered_map<int64_t, Live> live_;
  int64_t last_id_ = 0;
  bool noted_ = false; // that memory may be short
  std::string last_hash_;
  EnginePrompt last_prompt_;
};

} // namespace

EngineBackend::EngineBackend(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EngineBackend::~EngineBackend() = default;

Result<std::unique_ptr<EngineBackend>> EngineBackend::make(EngineModelOptions options) {
  auto impl = std::make_unique<Impl>();
  auto files = open_model(options);
  if (!files) return files.error();
  impl->options = std::move(options);
  impl->files = std::move(*files);
  auto text = open_text(impl->files);
  if (!text) return text.error();
  impl->text = std::move(*text);
  ModelConfig& config = impl->files.weights.config;
  if (impl->text) {
    add_end_ids(*impl->text, impl->files.gguf != nullptr, config);
    config.drawn_vocab =
        static_cast<int>(std::min<size_t>(impl->text->tokenizer.size(), static_cast<size_t>(config.vocab)));
  }
  if (impl->options.ignores_ends) config.eos.clear();
  impl->end_ids = config.eos;
  auto engine = Engine::make(impl->files.weights, impl->options.engine);
  if (!engine) return engine.error();
  impl->engine = std::move(*engine);
  return std::unique_ptr<EngineBackend>(new EngineBackend(std::move(impl)));
}

Description EngineBackend::describe() const {
  const ModelConfig& c = impl_->files.weights.config;
  const DeviceReport device = impl_->engine->device();
  Description d;
  d.name = impl_->files.name;
  d.digest = impl_->digest();
  if (impl_->options.model.starts_with(kDummy))
    d.note = "random weights: the answers mean nothing";
  else if (!has_chat_template())
    d.note = "the model has no chat template: prompts are continued as plain text";
  d.details = {{"backend", "engine"},
               {"path", impl_->files.path},
               {"architecture", c.architecture},
               {"weights", info(main_dtype(impl_->files.weights)).name},
               {"matrix_weights", matrix_weights(c)},
               {"layers", c.layers},
               {"context", c.max_positions},
               {"end_ids", impl_->end_ids},
               {"device", device.name},
               {"kv", device.kv},
               {"page_bytes", impl_->engine->page_bytes()},
               {"pages", impl_->engine->n_pages()}};
  if (device.name == "cpu") {
    d.details["instructions"] = best_kernels().name;
    d.details["threads"] = impl_->engine->threads();
  }
  if (!device.weights.empty()) d.details["device_weights"] = device.weights;
  if (!impl_->engine->fallback().empty()) d.details["device_fallback"] = impl_->engine->fallback();
  if (has_chat_template()) d.details["chat_template_hash"] = hash_hex({impl_->text->chat->source()});
  if (!impl_->options.template_variables.empty()) d.details["template_variables"] = impl_->options.template_variables;
  if (impl_->files.generation.is_object()) d.details["generation_config"] = impl_->files.generation;
  return d;
}

Result<EnginePrompt> EngineBackend::prompt(const std::vector<Message>& messages,
                                           const std::string& assistant_prefix) const {
  EnginePrompt prompt;
  const bool plain = messages.empty() || !has_chat_template();
  if (plain) {
    for (const Message& message : messages) prompt.text += message.content + "\n\n";
    prompt.text += assistant_prefix;
    prompt.thinking_opened = leaves_thinking_open(assistant_prefix);
  } else {
    ChatOptions options{.think_prefill = impl_->options.think_prefill,
                        .assistant_prefix = assistant_prefix,
                        .variables = impl_->options.template_variables,
                        .now = impl_->begun};
    auto rendered = impl_->text->chat->render(messages, options);
    if (!rendered) return rendered.error();
    prompt.text = std::move(rendered->text);
    prompt.thinking_opened = rendered->thinking_opened;
  }
  if (impl_->text)
    prompt.ids = impl_->text->tokenizer.encode(prompt.text, {.add_special = plain});
  else
    for (char c : prompt.text) prompt.ids.push_back(static_cast<uint8_t>(c) % impl_->files.weights.config.vocab);
  if (prompt.ids.empty()) return usage_error("the prompt has no tokens");
  return prompt;
}

void EngineBackend::set_begun(std::time_t begun) { impl_->begun = begun; }

Status EngineBackend::generate(WorkSource& source, CompletionSink& sink) {
  const DeviceReport device = impl_->engine->device();
  Session session(*this, impl_->options, impl_->end_ids, *impl_->engine, source, sink);
  try {
    if (device.name != "cpu")
      impl_->bandwidth = device.bandwidth;
    else if (impl_->options.measure_bandwidth)
      impl_->bandwidth = measure_read_bandwidth(impl_->engine->threads());
    impl_->engine->run(session);
  } catch (const cuda::DeviceError& error) {
    return infrastructure_error(error.what());
  } catch (const ThreadsRefused& error) {
    return infrastructure_error(error.what());
  } catch (const LogitsNotFinite& error) {
    return in_context(impl_->files.path, infrastructure_error(error.what()));
  }
  return {};
}

Activity EngineBackend::activity() const {
  EngineStats s = impl_->engine->stats();
  Activity activity;
  if (s.steps == 0) return activity;
  auto steps = static_cast<double>(s.steps);
  double gigabytes = static_cast<double>(s.bytes_read) * 1e-9 / s.seconds;
  activity.line = fmt::format("KV {:.0f} %", 100 * s.fill_sum / steps);
  double share = impl_->bandwidth > 0 ? gigabytes * 1e9 / impl_->bandwidth : 0;
  if (share > 0) activity.line += fmt::format("  memory {:.0f} %", 100 * share);
  activity.tokens = static_cast<int64_t>(s.generated);
  activity.details = {{"generated_tokens", s.generated},
                      {"prefilled_tokens", s.prefilled},
                      {"shared_tokens", s.shared},
                      {"steps", s.steps},
                      {"seconds", s.seconds},
                      {"core_seconds", s.cpu_seconds},
                      {"tokens_per_second", static_cast<double>(s.generated) / s.seconds},
                      {"mean_running", s.running_sum / steps},
                      {"kv_fill", s.fill_sum / steps},
                      {"swapped_pages", s.swapped_out},
                      {"gigabytes_per_second", gigabytes}};
  if (share > 0) activity.details["memory_bandwidth_share"] = share;
  if (s.device_seconds > 0) {
    activity.details["gpu_busy_seconds"] = s.device_seconds;
    activity.details["gpu_utilisation"] = s.device_seconds / s.seconds;
  }
  return activity;
}

const Tokenizer* EngineBackend::tokenizer() const { return impl_->text ? &impl_->text->tokenizer : nullptr; }
bool EngineBackend::has_chat_template() const { return impl_->text && impl_->text->chat; }
Engine& EngineBackend::engine() { return *impl_->engine; }

bool is_engine_model(const std::string& model) {
  if (model.starts_with(kDummy) || embedded_path(model).ends_with(".gguf")) return true;
  std::error_code error;
  return std::filesystem::is_directory(model, error);
}

} // namespace proctor
