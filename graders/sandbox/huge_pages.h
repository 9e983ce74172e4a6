// SPDX-License-Identifier: MIT
#pragma once

// The zygote's heap in huge pages: a fork then copies a handful of page table entries instead of thousands, and the
// child's exit frees as few. Loaded before the interpreter starts (LD_PRELOAD), this library gives it an aligned place for
// its objects and aligns malloc's; an interpreter or a kernel that lacks something gets a heap of small pages as always.

namespace proctor {

// Once everything is imported: turns the whole 2 MiB blocks in use into huge pages (madvise(2), MADV_COLLAPSE, Linux 6.1).
void collapse_heap();

} // namespace proctor
