// SPDX-License-Identifier: MIT
#pragma once

// What a MODEL on the command line stands for.

#include <memory>
#include <optional>
#include <string>

#include "backends/recorded/recorded.h"
#include "harness/backend.h"
#include "harness/cmd_line.h"

namespace proctor {

struct ModelArgs {
  std::string model;
  std::string model_args;  // k=v,...
  std::string map;         // of recorded:FILE
  std::string expect;      // a recorded label's key
  int max_connections = 0; // 0: the backend's own choice
  std::string device = "auto"; // of a model that runs in this process
  int threads = 0;             // 0: all processors
  std::string thinking;        // on, off; empty: as the model's template has it

  void add_device_to(CommandLine& command); // --device, --threads, --thinking
  void add_thinking_to(CommandLine& command);
  // of an endpoint
  std::string api_key_env;
  std::string reasoning_effort;
  std::string extra_body;
  std::optional<double> retry_for;
};

struct Model {
  std::unique_ptr<RecordedFile> recorded; // with recorded:FILE; outlives the backend
  std::unique_ptr<Backend> backend;
};

// On failure: a usage error; an unknown model says what there is.
Result<Model> make_model(const ModelArgs& args);

struct ModelInfo {
  std::string spelling;
  std::string summary;
};
std::vector<ModelInfo> model_catalog();

} // namespace proctor
