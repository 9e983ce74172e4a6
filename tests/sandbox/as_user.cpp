// SPDX-License-Identifier: MIT
// Becomes an ordinary user and starts the proctor-boxd beside it: for tests that run as root.
#include <grp.h>
#include <string>
#include <unistd.h>

int main(int, char** argv) {
  constexpr unsigned kUser = 54321;
  std::string boxd = argv[0];
  boxd.replace(boxd.rfind('/') + 1, boxd.npos, "proctor-boxd");
  if (setgroups(0, nullptr) != 0 || setgid(kUser) != 0 || setuid(kUser) != 0) return 1;
  execl(boxd.c_str(), boxd.c_str(), nullptr);
  return 1;
}
