// SPDX-License-Identifier: MIT
#include "backends/engine/embedded.h"

#include <array>
#include <fmt/format.h>

// Lays the bytes of a file between two symbols of the read-only data.
#define PROCTOR_EMBED(symbol, file)                                                                                    \
  asm(".pushsection .rodata\n"                                                                                         \
      ".balign 64\n" #symbol ":\n"                                                                                     \
      ".incbin \"" file "\"\n" #symbol "_end:\n"                                                                       \
      ".byte 0\n"                                                                                                      \
      ".popsection\n");                                                                                                \
  extern "C" const uint8_t symbol[], symbol##_end[]

PROCTOR_EMBED(proctor_demo, PROCTOR_MODELS "/demo.gguf");
PROCTOR_EMBED(proctor_demo_early, PROCTOR_MODELS "/demo-early.gguf");

namespace proctor {
namespace {

constexpr std::string_view kScheme = "embedded:/", kSuffix = ".gguf";

struct Embedded {
  std::string_view name;
  std::span<const uint8_t> bytes;
};

std::array<Embedded, 2> embedded_models() {
  return {Embedded{"demo", {proctor_demo, proctor_demo_end}},
          Embedded{"demo-early", {proctor_demo_early, proctor_demo_early_end}}};
}

} // namespace

std::string embedded_path(std::string_view model) {
  for (const Embedded& embedded : embedded_models())
    if (embedded.name == model) return fmt::format("{}{}{}", kScheme, model, kSuffix);
  return std::string(model);
}

std::optional<std::span<const uint8_t>> embedded_file(std::string_view path) {
  for (const Embedded& embedded : embedded_models())
    if (path.starts_with(kScheme) && path == embedded_path(embedded.name)) return embedded.bytes;
  return std::nullopt;
}

} // namespace proctor
