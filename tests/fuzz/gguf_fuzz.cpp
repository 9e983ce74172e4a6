// SPDX-License-Identifier: MIT
// Any bytes as a GGUF file: keys, tensors, the configuration and, where that is small, the whole weight table.
#include <cstddef>
#include <cstdint>

#include "backends/engine/format/gguf.h"
#include "backends/engine/format/quant.h"
#include "backends/engine/model/config.h"

using namespace proctor;

namespace {

// Every row of a tensor that is said to be there can be read.
void read_tensor(const TensorView& tensor) {
  PROCTOR_CHECK(tensor.rows > 0 && tensor.cols > 0);
  std::vector<float> row(static_cast<size_t>(tensor.cols));
  dequantise_row(tensor.type, tensor.row(0), tensor.cols, row.data());
  dequantise_row(tensor.type, tensor.row(tensor.rows - 1), tensor.cols, row.data());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto gguf = parse_gguf({data, size});
  if (!gguf) {
    PROCTOR_CHECK(gguf.error().message.find('\n') == std::string::npos);
    return 0;
  }
  for (auto& [key, value] : gguf->keys) {
    (void)gguf->text(key);
    (void)gguf->number(key);
    (void)gguf->texts(key);
    (void)gguf->numbers(key);
    (void)gguf->integers(key);
  }
  for (auto& [name, tensor] : gguf->tensors)
    if (auto view = gguf->tensor(name)) read_tensor(*view);
  (void)config_from_gguf(*gguf).has_value();
  return 0;
}
