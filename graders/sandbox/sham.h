// SPDX-License-Identifier: MIT
#pragma once

// Lets one test build a boxd whose layers pretend, to see that the self-test finds it out: the layer that the program's
// name ends in does nothing. In every other build this is the constant false.

#ifdef PROCTOR_SHAM
#include <cerrno>
#include <string_view>
#endif

namespace proctor {

#ifdef PROCTOR_SHAM
inline bool is_sham(std::string_view layer) { return std::string_view(program_invocation_short_name).ends_with(layer); }
#else
constexpr bool is_sham(const char*) { return false; }
#endif

} // namespace proctor
