/* SPDX-License-Identifier: MIT */
#include "graders/math/ca_shim.h"

#include <calcium/ca.h>
#include <calcium/ca_vec.h>
#include <calcium/fmpz_mpoly_q.h>
#include <stdlib.h>

enum { MAX_EXPONENT = 2000, MAX_FACTORIAL = 2000, MAX_TERMS = 2000, MAX_BITS = 20000 };

static void decimal(fmpq_t value, const char* digits, int exponent) {
  fmpz_t scale;
  fmpz_init(scale);
  fmpq_zero(value);
  fmpz_set_str(fmpq_numref(value), digits, 10);
  fmpz_ui_pow_ui(scale, 10, (ulong)(exponent < 0 ? -exponent : exponent));
  if (exponent < 0)
    fmpq_div_fmpz(value, value, scale);
  else
    fmpq_mul_fmpz(value, value, scale);
  fmpz_clear(scale);
}

/* ---- closed numbers */

static void ca_reciprocal_power(ca_t res, const ca_t x, int n, ca_ctx_t ctx) {
  fmpq_t exponent;
  ca_t negated;
  fmpq_init(exponent);
  fmpq_set_si(exponent, 1, (ulong)n);
  ca_init(negated, ctx);
  if (n % 2 == 1 && ca_check_is_negative_real(x, ctx) == T_TRUE) {
    ca_neg(negated, x, ctx);
    ca_pow_fmpq(res, negated, exponent, ctx);
    ca_neg(res, res, ctx);
  } else {
    ca_pow_fmpq(res, x, exponent, ctx);
  }
  ca_clear(negated, ctx);
  fmpq_clear(exponent);
}

static int ca_small(const ca_t x, slong* value, ca_ctx_t ctx) {
  fmpz_t n;
  int ok;
  fmpz_init(n);
  ok = ca_get_fmpz(n, x, ctx) && fmpz_bits(n) < 40;
  if (ok) *value = fmpz_get_si(n);
  fmpz_clear(n);
  return ok;
}

static int ca_power(ca_t res, const ca_t x, const ca_t y, ca_ctx_t ctx) {
  slong n;
  if (ca_small(y, &n, ctx) && (n > MAX_EXPONENT || n < -MAX_EXPONENT)) return 0;
  ca_pow(res, x, y, ctx);
  return 1;
}

static int ca_binomial(ca_t res, const ca_t x, const ca_t y, ca_ctx_t ctx) {
  slong n, k;
  fmpz_t value;
  if (!ca_small(x, &n, ctx) || !ca_small(y, &k, ctx) || n < 0 || k < 0 || n > MAX_FACTORIAL) return 0;
  fmpz_init(value);
  fmpz_bin_uiui(value, (ulong)n, (ulong)k);
  ca_set_fmpz(res, value, ctx);
  fmpz_clear(value);
  return 1;
}

static int ca_factorial(ca_t res, const ca_t x, ca_ctx_t ctx) {
  slong n;
  fmpz_t value;
  if (!ca_small(x, &n, ctx) || n < 0 || n > MAX_FACTORIAL) return 0;
  fmpz_init(value);
  fmpz_fac_ui(value, (ulong)n);
  ca_set_fmpz(res, value, ctx);
  fmpz_clear(value);
  return 1;
}

/* e^x / 2 + s e^-x / 2 */
static void ca_hyperbolic(ca_t res, const ca_t x, int s, ca_ctx_t ctx) {
  ca_t other;
  ca_init(other, ctx);
  ca_exp(res, x, ctx);
  ca_inv(other, res, ctx);
  if (s > 0)
    ca_add(res, res, other, ctx);
  else
    ca_sub(res, res, other, ctx);
  ca_div_ui(res, res, 2, ctx);
  ca_clear(other, ctx);
}

static int ca_unary(int op, ca_t x, int arg, ca_ctx_t ctx) {
  switch (op) {
  case PROCTOR_NEG: ca_neg(x, x, ctx); return 1;
  case PROCTOR_SQRT: ca_sqrt(x, x, ctx); return 1;
  case PROCTOR_ROOT: ca_reciprocal_power(x, x, arg, ctx); return 1;
  case PROCTOR_LN: ca_log(x, x, ctx); return 1;
  case PROCTOR_SIN: ca_sin(x, x, ctx); return 1;
  case PROCTOR_COS: ca_cos(x, x, ctx); return 1;
  case PROCTOR_TAN: ca_tan(x, x, ctx); return 1;
  case PROCTOR_ASIN: ca_asin(x, x, ctx); return 1;
  case PROCTOR_ACOS: ca_acos(x, x, ctx); return 1;
  case PROCTOR_ATAN: ca_atan(x, x, ctx); return 1;
  case PROCTOR_SINH: ca_hyperbolic(x, x, -1, ctx); return 1;
  case PROCTOR_COSH: ca_hyperbolic(x, x, 1, ctx); return 1;
  case PROCTOR_ABS: ca_abs(x, x, ctx); return 1;
  case PROCTOR_FLOOR: ca_floor(x, x, ctx); return 1;
  case PROCTOR_CEIL: ca_ceil(x, x, ctx); return 1;
  case PROCTOR_RE: ca_re(x, x, ctx); return 1;
  case PROCTOR_IM: ca_im(x, x, ctx); return 1;
  case PROCTOR_CONJ: ca_conj(x, x, ctx); return 1;
  case PROCTOR_ARG: ca_arg(x, x, ctx); return 1;
  case PROCTOR_SGN: ca_sgn(x, x, ctx); return 1;
  case PROCTOR_FACTORIAL: return ca_factorial(x, x, ctx);
  default: return 0;
  }
}

static int ca_binary(int op, ca_t a, const ca_t b, ca_ctx_t ctx) {
  switch (op) {
  case PROCTOR_ADD: ca_add(a, a, b, ctx); return 1;
  case PROCTOR_SUB: ca_sub(a, a, b, ctx); return 1;
  case PROCTOR_MUL: ca_mul(a, a, b, ctx); return 1;
  case PROCTOR_DIV: ca_div(a, a, b, ctx); return 1;
  case PROCTOR_POW: return ca_power(a, a, b, ctx);
  case PROCTOR_BINOMIAL: return ca_binomial(a, a, b, ctx);
  default: return 0;
  }
}

static int is_binary(int op) {
  return (op >= PROCTOR_ADD && op <= PROCTOR_DIV) || op == PROCTOR_POW ||
         (op >= PROCTOR_BINOMIAL && op <= PROCTOR_MOD);
}

static int ca_leaf(const struct proctor_tape* tape, struct proctor_step step, ca_t x, ca_ctx_t ctx) {
  fmpq_t value;
  switch (step.op) {
  case PROCTOR_NUMBER:
    if (abs(tape->exponents[step.arg]) > 4000) return 0;
    fmpq_init(value);
    decimal(value, tape->digits[step.arg], tape->exponents[step.arg]);
    ca_set_fmpq(x, value, ctx);
    fmpq_clear(value);
    return 1;
  case PROCTOR_PI: ca_pi(x, ctx); return 1;
  case PROCTOR_EULER:
    ca_one(x, ctx);
    ca_exp(x, x, ctx);
    return 1;
  case PROCTOR_IMAGINARY: ca_i(x, ctx); return 1;
  default: return 0;
  }
}

static int ca_run(const struct proctor_tape* tape, ca_ptr stack, ca_ctx_t ctx) {
  size_t i, top = 0;
  int ok = 1;
  for (i = 0; i < tape->n_steps && ok; ++i) {
    struct proctor_step step = tape->steps[i];
    if (step.op <= PROCTOR_IMAGINARY) {
      ok = ca_leaf(tape, step, stack + top++, ctx);
    } else if (is_binary(step.op)) {
      --top;
      ok = ca_binary(step.op, stack + top - 1, stack + top, ctx);
    } else {
      ok = ca_unary(step.op, stack + top - 1, step.arg, ctx);
    }
    if (ok && CA_IS_SPECIAL(stack + top - 1)) ok = 0;
  }
  return ok;
}

enum proctor_truth proctor_ca_is_zero(const struct proctor_tape* tape) {
  enum proctor_truth truth = PROCTOR_UNKNOWN;
  slong n = (slong)tape->n_steps + 1;
  ca_ctx_t ctx;
  ca_ptr stack;
  ca_ctx_init(ctx);
  ctx->options[CA_OPT_PREC_LIMIT] = 1024;
  ctx->options[CA_OPT_QQBAR_DEG_LIMIT] = 40;
  ctx->options[CA_OPT_GROEBNER_LENGTH_LIMIT] = 40;
  ctx->options[CA_OPT_GROEBNER_POLY_LENGTH_LIMIT] = 200;
  ctx->options[CA_OPT_GROEBNER_POLY_BITS_LIMIT] = 2000;
  stack = _ca_vec_init(n, ctx);
  if (ca_run(tape, stack, ctx)) {
    truth_t zero = ca_check_is_zero(stack, ctx);
    truth = zero == T_TRUE ? PROCTOR_TRUE : zero == T_FALSE ? PROCTOR_FALSE : PROCTOR_UNKNOWN;
  }
  _ca_vec_clear(stack, n, ctx);
  ca_ctx_clear(ctx);
  return truth;
}

/* ---- rational functions */

static int q_fits(const fmpz_mpoly_q_t x, const fmpz_mpoly_ctx_t ctx) {
  return fmpz_mpoly_length(fmpz_mpoly_q_numref(x), ctx) <= MAX_TERMS &&
         fmpz_mpoly_length(fmpz_mpoly_q_denref(x), ctx) <= MAX_TERMS;
}

static slong q_length(const fmpz_mpoly_q_t x, const fmpz_mpoly_ctx_t ctx) {
  slong a = fmpz_mpoly_length(fmpz_mpoly_q_numref(x), ctx), b = fmpz_mpoly_length(fmpz_mpoly_q_denref(x), ctx);
  return a > b ? a : b;
}

static int q_small(const fmpz_mpoly_q_t x, slong* n, const fmpz_mpoly_ctx_t ctx) {
  fmpz_t value;
  int ok;
  if (!fmpz_mpoly_q_is_fmpq(x, ctx) || !fmpz_mpoly_is_one(fmpz_mpoly_q_denref(x), ctx)) return 0;
  fmpz_init(value);
  fmpz_mpoly_get_fmpz(value, fmpz_mpoly_q_numref(x), ctx);
  ok = fmpz_bits(value) < 12;
  if (ok) *n = fmpz_get_si(value);
  fmpz_clear(value);
  return ok;
}

/* Binary powering, watching the size after each step. */
static int q_power(fmpz_mpoly_q_t x, const fmpz_mpoly_q_t y, const fmpz_mpoly_ctx_t ctx) {
  slong n;
  ulong e;
  int ok = 1;
  fmpz_mpoly_q_t base;
  if (!q_small(y, &n, ctx)) return 0;
  if (n < 0 && fmpz_mpoly_q_is_zero(x, ctx)) return 0;
  fmpz_mpoly_q_init(base, ctx);
  fmpz_mpoly_q_set(base, x, ctx);
  fmpz_mpoly_q_one(x, ctx);
  for (e = (ulong)(n < 0 ? -n : n); e != 0 && ok; e >>= 1) {
    if (e & 1) {
      ok = q_length(x, ctx) * q_length(base, ctx) <= 200000;
      if (ok) fmpz_mpoly_q_mul(x, x, base, ctx);
    }
    if (e > 1 && ok) {
      ok = q_length(base, ctx) <= 400;
      if (ok) fmpz_mpoly_q_mul(base, base, base, ctx);
    }
    ok = ok && q_fits(x, ctx);
  }
  if (ok && n < 0) fmpz_mpoly_q_inv(x, x, ctx);
  fmpz_mpoly_q_clear(base, ctx);
  return ok;
}

static int q_leaf(const struct proctor_tape* tape, struct proctor_step step, fmpz_mpoly_q_t x,
                  const fmpz_mpoly_ctx_t ctx) {
  fmpq_t value;
  if (step.op == PROCTOR_VARIABLE) {
    fmpz_mpoly_q_gen(x, step.arg, ctx);
    return 1;
  }
  if (step.op != PROCTOR_NUMBER || abs(tape->exponents[step.arg]) > 400) return 0;
  fmpq_init(value);
  decimal(value, tape->digits[step.arg], tape->exponents[step.arg]);
  fmpz_mpoly_q_set_fmpq(x, value, ctx);
  fmpq_clear(value);
  return 1;
}

static int q_binary(int op, fmpz_mpoly_q_t a, const fmpz_mpoly_q_t b, const fmpz_mpoly_ctx_t ctx) {
  if (op != PROCTOR_POW && q_length(a, ctx) * q_length(b, ctx) > 200000) return 0;
  switch (op) {
  case PROCTOR_ADD: fmpz_mpoly_q_add(a, a, b, ctx); return 1;
  case PROCTOR_SUB: fmpz_mpoly_q_sub(a, a, b, ctx); return 1;
  case PROCTOR_MUL: fmpz_mpoly_q_mul(a, a, b, ctx); return 1;
  case PROCTOR_DIV:
    if (fmpz_mpoly_q_is_zero(b, ctx)) return 0;
    fmpz_mpoly_q_div(a, a, b, ctx);
    return 1;
  case PROCTOR_POW: return q_power(a, b, ctx);
  default: return 0;
  }
}

static int q_run(const struct proctor_tape* tape, fmpz_mpoly_q_struct* stack, const fmpz_mpoly_ctx_t ctx) {
  size_t i, top = 0;
  int ok = 1;
  for (i = 0; i < tape->n_steps && ok; ++i) {
    struct proctor_step step = tape->steps[i];
    if (step.op <= PROCTOR_IMAGINARY) {
      ok = q_leaf(tape, step, stack + top++, ctx);
    } else if (step.op == PROCTOR_NEG) {
      fmpz_mpoly_q_neg(stack + top - 1, stack + top - 1, ctx);
    } else if (is_binary(step.op)) {
      --top;
      ok = q_binary(step.op, stack + top - 1, stack + top, ctx);
    } else {
      ok = 0;
    }
    ok = ok && q_fits(stack + (top > 0 ? top - 1 : 0), ctx);
  }
  return ok;
}

enum proctor_truth proctor_mpoly_q_is_zero(const struct proctor_tape* tape) {
  enum proctor_truth truth = PROCTOR_UNKNOWN;
  size_t i, n = tape->n_steps + 1;
  fmpz_mpoly_ctx_t ctx;
  fmpz_mpoly_q_struct* stack = malloc(n * sizeof(*stack));
  if (stack == NULL) return PROCTOR_UNKNOWN;
  fmpz_mpoly_ctx_init(ctx, (slong)(tape->n_variables == 0 ? 1 : tape->n_variables), ORD_LEX);
  for (i = 0; i < n; ++i) fmpz_mpoly_q_init(stack + i, ctx);
  if (q_run(tape, stack, ctx)) truth = fmpz_mpoly_q_is_zero(stack, ctx) ? PROCTOR_TRUE : PROCTOR_FALSE;
  for (i = 0; i < n; ++i) fmpz_mpoly_q_clear(stack + i, ctx);
  fmpz_mpoly_ctx_clear(ctx);
  free(stack);
  return truth;
}

void proctor_flint_cleanup(void) { flint_cleanup(); }
