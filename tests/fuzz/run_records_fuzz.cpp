// SPDX-License-Identifier: MIT
// The run log's record parsers and the reasoning split on arbitrary bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/run_records.h"
#include "harness/text/json_text.h"
#include "harness/text/think_split.h"

using namespace proctor;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  RecordParser parser;
  if (auto sample = parser.sample(text)) (void)parser.grade(sample_line(*sample));
  if (auto grade = parser.grade(text)) (void)grade_line(*grade);
  if (auto question = parser.question(text)) (void)question_line(*question);

  // Whatever the model wrote comes back from the log as it was.
  Completion completion;
  completion.key = {"t", "d", 0};
  completion.text = text;
  completion.finish_reason = size % 2 == 0 ? FinishReason::stop : FinishReason::length;
  apply_split(completion, size % 3 == 0);
  auto back = parser.sample(sample_line(completion));
  if (!back || back->text != completion.text || back->answer_text != completion.answer_text) std::abort();
  return 0;
}
