// SPDX-License-Identifier: MIT
// engine_logits MODEL ID...: the logits after each id, one JSON list a line. For hf_logits.py.
#include <cstdio>
#include <fmt/format.h>

#include "backends/engine/engine/engine.h"
#include "harness/text/number.h"

using namespace proctor;

int main(int argc, char** argv) {
  std::string path = argc > 1 ? argv[1] : "";
  auto files = path.ends_with(".gguf") ? open_gguf_model(path) : open_hf_model(path);
  if (!files) {
    fmt::print(stderr, "{}\n", files.error().message);
    return 2;
  }
  std::vector<int32_t> ids;
  for (int i = 2; i < argc; ++i) ids.push_back(parse_number<int32_t>(argv[i]).value());
  auto engine = Engine::make(files->weights, {.max_running = 1, .bf16_pages = {}});
  if (!engine) return 3;
  for (const std::vector<float>& row : (*engine)->logits(ids)) fmt::print("[{}]\n", fmt::join(row, ","));
  return 0;
}
