// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/kernels.h"

#include <cstdlib>
#include <string_view>

namespace proctor {

const Kernels& best_kernels() {
  const char* wish = std::getenv("PROCTOR_CPU");
  for (const Kernels* table : {&avx512_kernels(), &avx2_kernels()})
    if (table->supported() && (wish == nullptr || std::string_view(wish) == table->name)) return *table;
  // A wish for more than there is gets the best below it.
  if (wish != nullptr && std::string_view(wish) == "avx512" && avx2_kernels().supported()) return avx2_kernels();
  return scalar_kernels();
}

} // namespace proctor
