// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/weight_memory.h"

#include <cstring>
#include <doctest/doctest.h>
#include <vector>

namespace proctor {

TEST_CASE("pieces of weight memory are aligned, apart, and outlive what gave them") {
  struct Piece {
    std::shared_ptr<uint8_t[]> bytes;
    size_t size;
  };
  std::vector<Piece> pieces;
  {
    WeightMemory memory;
    for (size_t size : {size_t{1}, size_t{64}, size_t{100'000}, size_t{63} << 20, size_t{70} << 20, size_t{65}, size_t{3} << 20})
      pieces.push_back({memory.take(size), size});
  }
  for (size_t i = 0; i < pieces.size(); ++i) std::memset(pieces[i].bytes.get(), static_cast<int>(i + 1), pieces[i].size);
  for (size_t i = 0; i < pieces.size(); ++i) {
    CHECK(reinterpret_cast<uintptr_t>(pieces[i].bytes.get()) % 64 == 0);
    CHECK(pieces[i].bytes[0] == i + 1);
    CHECK(pieces[i].bytes[static_cast<std::ptrdiff_t>(pieces[i].size) - 1] == i + 1);
  }
}

} // namespace proctor
