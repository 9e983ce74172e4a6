// SPDX-License-Identifier: MIT
#include "harness/completion.h"

namespace proctor {

void count_thinking_beside(Usage& usage, std::optional<int64_t> total_tokens) {
  if (!total_tokens || !usage.prompt_tokens || !usage.completion_tokens || !usage.reasoning_tokens) return;
  const int64_t prompt = *usage.prompt_tokens, completion = *usage.completion_tokens, reasoning = *usage.reasoning_tokens;
  if (reasoning <= 0 || *total_tokens < prompt || *total_tokens - prompt < completion) return; // nothing overflows below
  if (*total_tokens - prompt - completion == reasoning) usage.completion_tokens = completion + reasoning;
}

} // namespace proctor
