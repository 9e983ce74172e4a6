// SPDX-License-Identifier: MIT
// operator new of libproctor_box.so. What the zygote and the keepers allocate is small and soon freed; in the interpreter's
// heap one page written to would split a huge page, and each fork from then on copies 512 entries more. It lies here.
// Blocks of one size: nobody holds more than a few. One thread: the interpreter's.
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

constexpr size_t kBlockBytes = 512, kBlocks = 64;

union Block {
  Block* next;
  alignas(std::max_align_t) char bytes[kBlockBytes];
};
Block blocks[kBlocks];
size_t n_touched = 0; // of them, from the first on
Block* free_blocks = nullptr;

void* take(size_t size) {
  if (size <= kBlockBytes && free_blocks != nullptr) {
    Block* block = free_blocks;
    free_blocks = block->next;
    return block;
  }
  if (size <= kBlockBytes && n_touched < kBlocks) return &blocks[n_touched++];
  if (void* far = std::malloc(size)) return far;
  throw std::bad_alloc();
}

void give_back(void* at) {
  if (at < blocks || at >= blocks + kBlocks) return std::free(at);
  auto* block = static_cast<Block*>(at);
  block->next = free_blocks;
  free_blocks = block;
}

} // namespace

void* operator new(size_t size) { return take(size); }
void* operator new[](size_t size) { return take(size); }
void operator delete(void* at) noexcept { give_back(at); }
void operator delete[](void* at) noexcept { give_back(at); }
void operator delete(void* at, size_t) noexcept { give_back(at); }
void operator delete[](void* at, size_t) noexcept { give_back(at); }
