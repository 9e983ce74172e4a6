// SPDX-License-Identifier: MIT
#pragma once

// What the parts of one endpoint's backend share.

#include <string>
#include <vector>

#include "backends/openai/http.h"
#include "backends/openai/openai.h"

namespace proctor {

struct EndpointSettings {
  OpenAiOptions options;
  std::vector<HttpTarget> targets;  // one per replica
  std::vector<std::string> secrets; // that a server may repeat: the key, and what extra holds of the kind
};

} // namespace proctor
