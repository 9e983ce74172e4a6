/* SPDX-License-Identifier: MIT */
#pragma once

/* Calcium (exact fields) and its multivariate rational functions behind plain C types. Both calls bound their own
   work: degrees, precision and terms. Safe to call concurrently. */

#include <stddef.h>

#include "graders/math/tape_code.h"

#ifdef __cplusplus
extern "C" {
#endif

enum proctor_truth { PROCTOR_TRUE, PROCTOR_FALSE, PROCTOR_UNKNOWN };

struct proctor_tape {
  const struct proctor_step* steps;
  size_t n_steps;
  const char* const* digits; /* decimal digits of number i */
  const int* exponents;      /* times ten to this */
  size_t n_variables;
};

/* Whether the closed tape is zero. */
enum proctor_truth proctor_ca_is_zero(const struct proctor_tape* tape);

/* Whether a tape of + - * / and integer powers is zero as a rational function. */
enum proctor_truth proctor_mpoly_q_is_zero(const struct proctor_tape* tape);

/* Gives back what FLINT cached for this thread. */
void proctor_flint_cleanup(void);

#ifdef __cplusplus
}
#endif
