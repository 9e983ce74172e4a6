// SPDX-License-Identifier: MIT
#pragma once

// How fast this machine's memory can be read: the limit that generating one sequence runs into.

#include <cstddef>

namespace proctor {

// Bytes per second of reading a buffer with so many threads; the best of `passes`. Takes about 30 ms per 64 MiB.
double measure_read_bandwidth(int threads, size_t bytes = size_t{64} << 20, int passes = 3);

} // namespace proctor
