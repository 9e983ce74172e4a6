// SPDX-License-Identifier: MIT
#include "graders/sandbox/huge_pages.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "graders/sandbox/memory_map.h"

namespace proctor {
namespace {

constexpr size_t kHuge = 2 << 20;
constexpr size_t kRoom = 16 << 20;   // for the arenas of an interpreter that has imported what programs usually want
constexpr int kTopPad = 4 << 20;     // malloc asks the kernel for so much at once
constexpr int kDefaultTopPad = 128 << 10;
constexpr int kCollapse = 25;        // MADV_COLLAPSE, unknown to the headers of Debian 12

uintptr_t up(uintptr_t at) { return (at + kHuge - 1) & ~uintptr_t{kHuge - 1}; }
uintptr_t down(uintptr_t at) { return at & ~uintptr_t{kHuge - 1}; }

// Room for `size` bytes from its first huge page on.
void* map_room(size_t size) {
  return ::mmap(nullptr, size + kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

// The interpreter hands out arenas for its whole life, so this is for ever, too.
struct Heap {
  char* arenas = nullptr; // kRoom bytes; null: the interpreter places them
  size_t n_used = 0;
  uintptr_t malloced = 0; // where malloc's memory begins; 0: unknown
};
Heap heap;

bool in_room(void* at) { return at >= heap.arenas && at < heap.arenas + kRoom; }

void* new_arena(void*, size_t size) {
  if (heap.n_used + size <= kRoom) {
    heap.n_used += size;
    return heap.arenas + heap.n_used - size;
  }
  void* made = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return made == MAP_FAILED ? nullptr : made;
}

void free_arena(void*, void* at, size_t size) {
  if (in_room(at)) ::madvise(at, size, MADV_DONTNEED);
  else ::munmap(at, size);
}

// As CPython's object.h has it, since 3.4.
struct ArenaAllocator {
  void* context;
  void* (*allocate)(void*, size_t);
  void (*free)(void*, void*, size_t);
};

void place_arenas() {
  auto set = reinterpret_cast<void (*)(ArenaAllocator*)>(::dlsym(RTLD_DEFAULT, "PyObject_SetArenaAllocator"));
  if (set == nullptr) return;
  void* room = map_room(kRoom);
  if (room == MAP_FAILED) return;
  heap.arenas = reinterpret_cast<char*>(up(reinterpret_cast<uintptr_t>(room)));
  ::madvise(heap.arenas, kRoom, MADV_HUGEPAGE); // most come at the first touch; others are collapsed later
  ArenaAllocator ours{nullptr, new_arena, free_arena};
  set(&ours);
}

void align_malloc() {
  const auto now = reinterpret_cast<uintptr_t>(::sbrk(0));
  if (::sbrk(static_cast<intptr_t>(up(now) - now)) == reinterpret_cast<void*>(-1)) return;
  heap.malloced = up(now);
  ::mallopt(M_TOP_PAD, kTopPad);
  void* volatile block = std::malloc(64 << 10); // extends the heap: its first huge pages are known
  std::free(block);
  ::madvise(reinterpret_cast<void*>(heap.malloced), kTopPad, MADV_HUGEPAGE);
}

// The mappings of the file that holds `symbol` which can be read and are never written to: its code and its constants,
// side by side. Some linkers leave a gap there that nobody may read: what lies before it.
Mapping read_only_part(const char* symbol) {
  Dl_info info{};
  void* at = ::dlsym(RTLD_DEFAULT, symbol);
  if (at == nullptr || ::dladdr(at, &info) == 0) return {};
  const auto base = reinterpret_cast<uintptr_t>(info.dli_fbase);
  Mapping part{base, base, "r"};
  for (const Mapping& next : memory_map())
    if (next.begin == part.end && next.rights.starts_with("r-")) part.end = next.end;
  return part;
}

// Puts a copy in huge pages in the place of what is mapped there, all of it readable and executable.
void replace_by_huge_pages(uintptr_t begin, size_t size) {
  void* room = map_room(size);
  if (room == MAP_FAILED) return;
  char* copy = reinterpret_cast<char*>(up(reinterpret_cast<uintptr_t>(room)));
  ::madvise(copy, size, MADV_HUGEPAGE);
  std::memcpy(copy, reinterpret_cast<void*>(begin), size);
  __builtin___clear_cache(copy, copy + size);
  if (::madvise(copy, size, kCollapse) == 0 && ::mprotect(copy, size, PROT_READ | PROT_EXEC) == 0)
    ::mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, reinterpret_cast<void*>(begin));
  ::munmap(room, size + kHuge); // what has moved is no longer there
}

void collapse_code() {
  const Mapping code = read_only_part("PyEval_EvalCode");
  const uintptr_t begin = up(code.begin), end = down(code.end);
  if (begin < end) replace_by_huge_pages(begin, end - begin);
}

void collapse_heap() {
  // What nothing lies in yet cannot be collapsed: boxes begin it page by page, or each would fill 2 MiB with zeros.
  for (char* block = heap.arenas; heap.arenas != nullptr && in_room(block); block += kHuge)
    if (::madvise(block, kHuge, kCollapse) != 0) ::madvise(block, kHuge, MADV_NOHUGEPAGE);
  if (heap.malloced == 0) return;
  ::mallopt(M_TOP_PAD, kDefaultTopPad);
  ::mallopt(M_TRIM_THRESHOLD, kTopPad); // or a box would begin by handing back what is left of the zygote's
  const uintptr_t end = down(reinterpret_cast<uintptr_t>(::sbrk(0)));
  if (end > heap.malloced) ::madvise(reinterpret_cast<void*>(heap.malloced), end - heap.malloced, kCollapse);
}

[[gnu::constructor]] void prepare() {
  if (std::getenv("LD_PRELOAD") == nullptr) return; // the interpreter runs already
  ::unsetenv("LD_PRELOAD");                         // programs start others
  ::unsetenv("LD_BIND_NOW");
  place_arenas();
  align_malloc();
}

} // namespace

void use_huge_pages() {
  collapse_code();
  collapse_heap();
}

} // namespace proctor
