// SPDX-License-Identifier: MIT
// Nothing: the target proctor_pch exists for its precompiled header.
