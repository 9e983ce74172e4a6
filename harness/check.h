// SPDX-License-Identifier: MIT
#pragma once

// Aborts on our own bugs: a violated invariant, never a bad input. Bad input is an Error (result.h); a wrong,
// truncated or timed-out answer is data (grade.h).

#include <cstdio>
#include <cstdlib>

#define PROCTOR_CHECK(condition)                                                                                     \
  do {                                                                                                               \
    if (!(condition)) {                                                                                              \
      std::fprintf(stderr, "proctor: bug: %s:%d: %s\n", __FILE__, __LINE__, #condition);                             \
      std::abort();                                                                                                  \
    }                                                                                                                \
  } while (false)
