// SPDX-License-Identifier: MIT
#pragma once

// How long something took or will take, as people write it.

#include <string>

namespace proctor {

std::string duration_text(double seconds); // "0.4 s", "3 min 20 s", "2 h 5 min"; seconds >= 0

} // namespace proctor
