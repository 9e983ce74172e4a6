// SPDX-License-Identifier: MIT
#pragma once

// The number of a token in its vocabulary.

#include <cstdint>

namespace proctor {

using TokenId = int32_t;

} // namespace proctor
