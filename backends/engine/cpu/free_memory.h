// SPDX-License-Identifier: MIT
#pragma once

// How much memory this process may still take: what the machine can give without swapping, page cache that can go
// included, and no more than its control groups leave.

#include <cstddef>
#include <string>

namespace proctor {

// In bytes. root: where /proc and /sys are found. What is not there limits nothing.
size_t free_memory(const std::string& root = "");

} // namespace proctor
