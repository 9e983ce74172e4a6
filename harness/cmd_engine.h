// SPDX-License-Identifier: MIT
#pragma once

// A model that runs in this process, from the words of the command line.

#include "backends/engine/engine_backend.h"
#include "harness/cmd_models.h"

namespace proctor {

// --device, --threads, --thinking, --max-connections and --model_args. On failure: a usage error that names the
// option.
Result<EngineModelOptions> engine_options(const ModelArgs& args);

Result<Model> make_engine_model(const ModelArgs& args);

} // namespace proctor
