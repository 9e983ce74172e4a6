// SPDX-License-Identifier: MIT
// Any bytes as a chat template. Beyond not crashing: it ends, and an error is one line.
#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/check.h"
#include "harness/text/jinja.h"

using namespace proctor;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Json kVariables = Json::parse(
      R"({"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi é"},
          {"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":{"a":1.5}}}]}],
          "tools":null,"add_generation_prompt":true,"bos_token":"<s>"})");
  auto parsed = JinjaTemplate::parse(std::string(reinterpret_cast<const char*>(data), size), "t");
  if (!parsed) return 0;
  auto text = parsed->render(kVariables, {200'000, 4 << 20}, 1'700'000'000);
  auto again = parsed->render(kVariables, {200'000, 4 << 20}, 1'700'000'000);
  PROCTOR_CHECK(text.has_value() == again.has_value() && (!text || *text == *again));
  return 0;
}
