// SPDX-License-Identifier: MIT
#include "graders/sandbox/packed_heap.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <malloc.h>
#include <unistd.h>

#include "graders/sandbox/python_api.h"

namespace proctor {
namespace {

constexpr int kMostBlocks = 4096;     // of one size; where memory is handed out otherwise than expected it ends here
constexpr size_t kMostGap = 64 << 10; // larger gaps are few
constexpr size_t kMostKept = 1032;    // larger blocks that are freed at the end of the heap become part of it again

// Blocks of this size from gaps, until one comes from the end of the heap.
void use_up_gaps(size_t size, const void* end) {
  void* block = nullptr;
  for (int left = kMostBlocks; left > 0 && (block = std::malloc(size)) != nullptr && block < end; --left) {
    asm volatile("" : "+r"(block)); // or the compiler leaves it out
  }
  if (size > kMostKept) std::free(block);
}

void pack_malloc() {
  const char* end = static_cast<char*>(::sbrk(0)) - ::mallinfo2().keepcost;
  for (size_t size = kMostGap; size > kMostKept; size -= size / 8) use_up_gaps(size, end);
  for (size_t size = kMostKept; size > 16; size -= 16) use_up_gaps(size, end);
}

// CPython's pools (Objects/obmalloc.c): blocks of one size behind a head of 48 bytes, in 16 KiB; in 4 KiB before 3.10.
constexpr uintptr_t kPool = 16 << 10, kPoolHead = 48, kSmallest = 16, kLargest = 512;

// Blocks of this size until one is the first of its pool.
void use_up_pools(size_t size) {
  void* block = nullptr;
  for (int left = kMostBlocks; left > 0; --left) {
    block = PyObject_Malloc(size);
    if (block == nullptr || reinterpret_cast<uintptr_t>(block) % kPool == kPoolHead) break;
  }
  PyObject_Free(block);
}

} // namespace

void pack_heap() {
  for (size_t size = kSmallest; size <= kLargest; size += kSmallest) use_up_pools(size);
  pack_malloc();
}

} // namespace proctor
