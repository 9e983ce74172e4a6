// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/weight_memory.h"

#include <algorithm>
#include <new>
#include <sys/mman.h>

namespace proctor {
namespace {

constexpr size_t kHugePage = 2 << 20;
constexpr size_t kSlab = 64 << 20; // what is not touched of it is not there
constexpr size_t kAlign = 64;

constexpr size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// `bytes`: whole huge pages.
std::shared_ptr<uint8_t[]> map_slab(size_t bytes) {
  const size_t mapped = bytes + kHugePage;
  void* at = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  void* aligned = reinterpret_cast<void*>(round_up(reinterpret_cast<uintptr_t>(at), kHugePage));
  ::madvise(aligned, bytes, MADV_HUGEPAGE); // a kernel without them has small pages
  return {static_cast<uint8_t*>(aligned), [at, mapped](uint8_t*) { ::munmap(at, mapped); }};
}

} // namespace

std::shared_ptr<uint8_t[]> WeightMemory::take(size_t bytes) {
  bytes = round_up(bytes, kAlign);
  if (used_ + bytes > size_) {
    size_ = std::max(kSlab, round_up(bytes, kHugePage));
    slab_ = map_slab(size_);
    used_ = 0;
  }
  std::shared_ptr<uint8_t[]> taken(slab_, slab_.get() + used_);
  used_ += bytes;
  return taken;
}

} // namespace proctor
