// SPDX-License-Identifier: MIT
#pragma once

// What the parts of one endpoint's backend share.

#include <string>
#include <string_view>
#include <vector>

#include "backends/openai/http.h"
#include "backends/openai/openai.h"

namespace proctor {

struct EndpointSettings {
  OpenAiOptions options;
  std::vector<HttpTarget> targets; // one per replica
};

// The text without the key, should a server repeat it.
std::string without_key(std::string text, std::string_view key);

} // namespace proctor
