// SPDX-License-Identifier: MIT
// fmt for a program that is copied to machines that have none: Debian's is a shared library only. Compiled header-only and
// without inlining, so what this uses of fmt becomes functions that the program's other objects are linked to. If they
// come to need more, the program needs libfmt again, and the test "gpu: what gpu_check needs" says so.
#include <fmt/format.h>

namespace proctor {

std::string use_of_fmt(float a, double b, long long c) {
  return fmt::format("{} {} {} {}", a, b, c, "text") + fmt::format("{:L} {:x}", b, c);
}

} // namespace proctor
