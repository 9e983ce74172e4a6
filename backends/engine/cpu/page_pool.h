// SPDX-License-Identifier: MIT
#pragma once

// The memory of the key/value pages: [page][layer][kv head]{ keys (D, 64), values (64, D rounded up to 16) }. Address
// space is reserved at once; memory is used when a page is first written.

#include <cstdint>

#include "backends/engine/model/ops.h"

namespace proctor {

struct PageShape {
  PageShape(const ModelConfig& config, bool in_bf16);
  int head_dim, value_stride, kv_heads, layers;
  bool bf16;
  size_t element, head_bytes, layer_bytes, page_bytes;
};

class PagePool {
 public:
  explicit PagePool(PageShape shape) : shape_(shape) {}
  ~PagePool();
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;

  Status reserve(int32_t pages);
  const PageShape& shape() const { return shape_; }
  uint8_t* page(int32_t page) { return base_ + static_cast<size_t>(page) * shape_.page_bytes; }
  uint8_t* head(int32_t page_index, int layer, int kv_head) {
    return page(page_index) + static_cast<size_t>(layer) * shape_.layer_bytes +
           static_cast<size_t>(kv_head) * shape_.head_bytes;
  }

  // Writes one position's key and value of one head. offset: position within the page.
  void write(uint8_t* head, int offset, const float* key, const float* value) const;

 private:
  PageShape shape_;
  uint8_t* base_ = nullptr;
  size_t size_ = 0;
};

} // namespace proctor
