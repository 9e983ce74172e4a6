// SPDX-License-Identifier: MIT
#pragma once

// The pages that every program writes to. A fork copies a page at its first write to it, which takes 2 us each time: a
// worker has these copied while it waits for its program.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace proctor {

class HotPages {
 public:
  // Runs `rehearse` in a fork of this process, which has one thread, and notes what it wrote to. Nothing where the kernel
  // does not tell.
  void find(const std::function<void()>& rehearse);

  // In a later fork: makes them its own.
  void copy() const;

 private:
  void note(int pagemap, uintptr_t begin, uintptr_t end);

  static constexpr size_t kMost = 512;
  std::array<volatile char*, kMost> pages_{};
  size_t n_ = 0;
};

} // namespace proctor
