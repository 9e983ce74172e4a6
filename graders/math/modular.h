// SPDX-License-Identifier: MIT
#pragma once

// Step C: integers and rationals too large to write down (towers, factorials) by their residues.

#include "graders/math/tape.h"

namespace proctor::math {

// True only when the closed tape is certainly not zero: its residue modulo one of three primes is not.
bool residues_differ(const Tape& tape);

} // namespace proctor::math
