// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/kernels.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace proctor {
namespace {

const Kernels* const kBestFirst[] = {&avx512bf16_kernels(), &avx512_kernels(), &avx2_kernels(), &scalar_kernels()};

// Empty: the best.
std::string_view wished() {
  const char* wish = std::getenv("PROCTOR_CPU");
  return wish == nullptr ? "" : wish;
}

} // namespace

const Kernels& best_kernels() {
  bool found = wished().empty();
  for (const Kernels* table : kBestFirst) { // a wish for more than there is gets the best below it
    found = found || wished() == table->name;
    if (found && table->supported()) return *table;
  }
  return scalar_kernels();
}

bool wishes_known_kernels() {
  return wished().empty() || std::ranges::any_of(kBestFirst, [](const Kernels* table) { return wished() == table->name; });
}

} // namespace proctor
