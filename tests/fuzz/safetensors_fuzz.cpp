// SPDX-License-Identifier: MIT
// Any bytes as a safetensors file; the header's length is made right in half of the cases, so that JSON is reached.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "backends/engine/format/quant.h"
#include "backends/engine/format/safetensors.h"
#include "backends/engine/model/config.h"

using namespace proctor;

namespace {

void read(std::span<const uint8_t> bytes) {
  auto parsed = parse_safetensors(bytes);
  if (!parsed) return;
  for (auto& [name, tensor] : parsed->tensors) {
    auto view = parsed->tensor(name);
    if (!view) continue;
    std::vector<float> row(static_cast<size_t>(view->cols));
    dequantise_row(view->type, view->row(view->rows - 1), view->cols, row.data());
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  read({data, size});
  std::string file(8, '\0');
  uint64_t header = size == 0 ? 0 : size - data[0] % size;
  std::memcpy(file.data(), &header, 8);
  file.append(reinterpret_cast<const char*>(data), size);
  read({reinterpret_cast<const uint8_t*>(file.data()), file.size()});
  if (auto json = parse_json({reinterpret_cast<const char*>(data), size}, "config.json")) (void)config_from_json(*json).has_value();
  return 0;
}
