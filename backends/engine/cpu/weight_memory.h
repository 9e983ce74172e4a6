// SPDX-License-Identifier: MIT
#pragma once

// Memory for what every step of a model reads from end to end. In huge pages where the kernel has them: prefetchers stop
// at the end of a page, and a walk of page tables, twice as long in a virtual machine, waits behind it.

#include <cstddef>
#include <cstdint>
#include <memory>

namespace proctor {

class WeightMemory {
 public:
  // 64-byte aligned, not initialised; neighbours share pages. Lives as long as somebody holds it. Throws std::bad_alloc.
  std::shared_ptr<uint8_t[]> take(size_t bytes);

 private:
  std::shared_ptr<uint8_t[]> slab_;
  size_t used_ = 0, size_ = 0; // of the slab
};

} // namespace proctor
