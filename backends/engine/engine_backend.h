// SPDX-License-Identifier: MIT
#pragma once

// A model that runs in this process: messages become ids through the model's own chat template, the engine generates,
// ids become text.

#include <memory>
#include <string>
#include <vector>

#include "backends/engine/engine/engine.h"
#include "harness/backend.h"
#include "harness/text/chat_template.h"
#include "harness/text/tokenizer_files.h"

namespace proctor {

struct EngineModelOptions {
  std::string model;              // FILE.gguf, embedded:/NAME.gguf, a Hugging Face directory, or dummy:CONFIG.json
  DType dummy_type = DType::q8_0; // of dummy weights
  EngineOptions engine;
  ThinkPrefill think_prefill = ThinkPrefill::from_template;
  Json template_variables = Json::object(); // enable_thinking, reasoning_effort, ...
  bool keep_tokens = false;                 // ids and log-probabilities in Completion::extra
  bool measure_bandwidth = false;           // when generating begins, for activity()
  bool ignores_ends = false;                // no id ends an answer: each has its max_tokens, for measurements
};

// The exact ids of one prompt.
struct EnginePrompt {
  std::string text;
  std::vector<int32_t> ids;
  bool thinking_opened = false;
};

class EngineBackend : public Backend {
 public:
  // On failure: a usage error that names file and key or tensor.
  static Result<std::unique_ptr<EngineBackend>> make(EngineModelOptions options);
  ~EngineBackend() override;

  Description describe() const override;
  Activity activity() const override;
  void set_begun(std::time_t begun) override;

  // Every sample is a function of (weights, prompt, sampling, seed). An item without messages is a plain text to
  // continue: its assistant_prefix; one with prompt_ids is asked with these.
  Status generate(WorkSource& source, CompletionSink& sink) override;

  Result<EnginePrompt> prompt(const std::vector<Message>& messages, const std::string& assistant_prefix) const;
  const Tokenizer* tokenizer() const; // null: dummy weights
  bool has_chat_template() const;     // else messages are continued as plain text
  Engine& engine();

 private:
  struct Impl;
  explicit EngineBackend(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What `-m` may name for this backend: an embedded model, a .gguf file, a directory with a config.json, or dummy:...
bool is_engine_model(const std::string& model);

} // namespace proctor
