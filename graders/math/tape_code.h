/* SPDX-License-Identifier: MIT */
#pragma once

/* The operation codes of a tape, in plain C: Calcium's headers are not C++, so its shim is a C file. Each step takes
   its operands from a stack and pushes one result. */

enum proctor_op {
  PROCTOR_NUMBER,   /* arg: index of a decimal number */
  PROCTOR_VARIABLE, /* arg: index of a variable */
  PROCTOR_PI,
  PROCTOR_EULER,
  PROCTOR_IMAGINARY,
  PROCTOR_ADD,
  PROCTOR_SUB,
  PROCTOR_MUL,
  PROCTOR_DIV,
  PROCTOR_NEG,
  PROCTOR_POW,
  PROCTOR_SQRT,
  PROCTOR_ROOT, /* arg: n >= 2; the real root of a negative number where n is odd */
  PROCTOR_LN,
  PROCTOR_SIN,
  PROCTOR_COS,
  PROCTOR_TAN,
  PROCTOR_ASIN,
  PROCTOR_ACOS,
  PROCTOR_ATAN,
  PROCTOR_SINH,
  PROCTOR_COSH,
  PROCTOR_TANH,
  PROCTOR_ASINH,
  PROCTOR_ACOSH,
  PROCTOR_ATANH,
  PROCTOR_ABS,
  PROCTOR_FLOOR,
  PROCTOR_CEIL,
  PROCTOR_FACTORIAL,
  PROCTOR_BINOMIAL,
  PROCTOR_GCD,
  PROCTOR_LCM,
  PROCTOR_MAX,
  PROCTOR_MIN,
  PROCTOR_MOD,
  PROCTOR_RE,
  PROCTOR_IM,
  PROCTOR_CONJ,
  PROCTOR_ARG,
  PROCTOR_SGN
};

struct proctor_step {
  int op;
  int arg;
};
