// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/page_pool.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include "backends/engine/format/quant.h"

namespace proctor {
namespace {

template <class T> T stored(float value) {
  if constexpr (sizeof(T) == 2)
    return float_to_bf16(value);
  else
    return value;
}

template <class T>
void write_as(const PageShape& shape, uint8_t* head, int offset, const float* key, const float* value) {
  auto* keys = reinterpret_cast<T*>(head);
  T* values = keys + shape.head_dim * kPageTokens + offset * shape.value_stride;
  for (int d = 0; d < shape.head_dim; ++d) {
    keys[d * kPageTokens + offset] = stored<T>(key[d]);
    values[d] = stored<T>(value[d]);
  }
}

} // namespace

PageShape::PageShape(const ModelConfig& config, bool in_bf16)
    : head_dim(config.head_dim), value_stride((config.head_dim + 15) / 16 * 16), kv_heads(config.kv_heads),
      layers(config.layers), bf16(in_bf16), element(in_bf16 ? 2 : 4),
      head_bytes(static_cast<size_t>(head_dim + value_stride) * kPageTokens * element),
      layer_bytes(head_bytes * static_cast<size_t>(kv_heads)), page_bytes(layer_bytes * static_cast<size_t>(layers)) {
}

PagePool::~PagePool() {
  if (base_ != nullptr) munmap(base_, size_);
}

Status PagePool::reserve(int32_t pages) {
  size_ = static_cast<size_t>(pages) * shape_.page_bytes;
  void* at = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) {
    size_ = 0;
    return infrastructure_error(
        fmt::format("cannot reserve {} pages of keys and values ({} bytes each)", pages, shape_.page_bytes));
  }
  madvise(at, size_, MADV_HUGEPAGE);
  base_ = static_cast<uint8_t*>(at);
  return {};
}

void PagePool::write(uint8_t* head, int offset, const float* key, const float* value) const {
  if (shape_.bf16)
    write_as<uint16_t>(shape_, head, offset, key, value);
  else
    write_as<float>(shape_, head, offset, key, value);
}

} // namespace proctor
