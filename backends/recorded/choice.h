// SPDX-License-Identifier: MIT
#pragma once

// What one sampled answer looks like in a recorded file: a text, a message, a choice that holds a message, the
// output items of OpenAI's responses API, or null.

#include "backends/recorded/values.h"

namespace proctor {

struct RecordedChoice {
  std::optional<std::string> text; // absent: null, the content is missing
  std::string reasoning;
  std::string finish; // the recorded word, or empty
};

// Whether read_choice() can make sense of the value.
bool is_choice(JsonValue value);

RecordedChoice read_choice(JsonValue value);

} // namespace proctor
