// SPDX-License-Identifier: MIT
#pragma once

// The zygote's heap and its interpreter's code in huge pages: a fork then copies a handful of page table entries instead
// of thousands, the child takes no page fault for code, and its exit frees as few. Loaded before the interpreter starts
// (LD_PRELOAD), this library gives it an aligned place for its objects and aligns malloc's; an interpreter or a kernel
// that lacks something keeps small pages as always.

namespace proctor {

// Once everything is imported, and with one thread: turns the whole 2 MiB blocks of heap and code into huge pages
// (madvise(2), MADV_COLLAPSE, Linux 6.1).
void use_huge_pages();

} // namespace proctor
