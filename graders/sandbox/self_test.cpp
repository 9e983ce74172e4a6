// SPDX-License-Identifier: MIT
// The attempts. Each is something that works unless one particular layer forbids it.
#include "graders/sandbox/self_test.h"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graders/sandbox/fd.h"

namespace proctor {
namespace {

void tell(const char* name, int error) { std::printf("%s %d\n", name, error); }

int try_open(const std::string& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return fd ? 0 : errno;
}

int try_connect(int port) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

int try_confinement(const std::vector<std::string>& args) {
  if (args.size() < 4) return 2;
  tell("read_host_file", try_open(args[1], O_RDONLY));
  tell("write_usr", try_open("/usr/proctor-was-here", O_WRONLY | O_CREAT | O_EXCL));
  tell("write_root", try_open("/proctor-was-here", O_WRONLY | O_CREAT | O_EXCL));
  tell("signal_host", ::kill(std::atoi(args[2].c_str()), 0) == 0 ? 0 : errno);
  tell("signal_keeper", ::kill(::getppid() == 0 ? 1 : ::getppid(), 0) == 0 ? 0 : errno);
  tell("write_proc", try_open("/proc/self/comm", O_WRONLY)); // Landlock alone forbids it
  tell("connect", try_connect(std::atoi(args[3].c_str())));
  tell("personality", ::personality(0xffffffff) >= 0 ? 0 : errno); // the filter alone forbids it
  tell("user_namespace", ::unshare(CLONE_NEWUSER) == 0 ? 0 : errno);
  tell("pid", ::getpid());
  return 0;
}

// Touches twice what is allowed. Returns when it may not.
int try_memory(const std::vector<std::string>& args) {
  size_t bytes = args.size() > 1 ? std::strtoull(args[1].c_str(), nullptr, 10) : 0;
  auto* block = static_cast<volatile char*>(
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (block == MAP_FAILED) {
    tell("memory", errno);
    return 0;
  }
  for (size_t at = 0; at < bytes; at += 4096) block[at] = 1;
  tell("memory", 0);
  return 0;
}

int flood_output() {
  static char block[65536];
  while (::write(STDOUT_FILENO, block, sizeof block) > 0) {}
  return 0;
}

// Forks until it may not; prints how many.
int try_processes() {
  int made = 0;
  pid_t pid = 0;
  for (; made < 4096 && (pid = ::fork()) > 0; ++made) {}
  if (pid == 0) {
    ::pause();
    ::_exit(0);
  }
  tell("processes", made);
  std::fflush(stdout);
  return 0;
}

} // namespace

int run_self_test(const std::vector<std::string>& args) {
  const std::string what = args.empty() ? "" : args[0];
  int code = 2;
  if (what == "confinement") code = try_confinement(args);
  if (what == "memory") code = try_memory(args);
  if (what == "output") code = flood_output();
  if (what == "processes") code = try_processes();
  if (what == "spin")
    for (;;) {}
  std::fflush(stdout);
  return code;
}

} // namespace proctor
