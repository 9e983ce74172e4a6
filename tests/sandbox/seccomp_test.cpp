// SPDX-License-Identifier: MIT
// The filter program, run by a small interpreter of classic BPF.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "graders/sandbox/seccomp.h"

using namespace proctor;

namespace {

#if defined(__x86_64__)
constexpr uint32_t kArch = AUDIT_ARCH_X86_64;
#else
constexpr uint32_t kArch = AUDIT_ARCH_AARCH64;
#endif

uint32_t interpret(const std::vector<sock_filter>& code, const seccomp_data& data) {
  uint32_t accumulator = 0;
  for (size_t at = 0; at < code.size(); ++at) {
    const sock_filter& step = code[at];
    switch (step.code) {
    case BPF_LD | BPF_W | BPF_ABS: std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + step.k, 4); break;
    case BPF_JMP | BPF_JEQ | BPF_K: at += accumulator == step.k ? step.jt : step.jf; break;
    case BPF_JMP | BPF_JGE | BPF_K: at += accumulator >= step.k ? step.jt : step.jf; break;
    case BPF_JMP | BPF_JSET | BPF_K: at += (accumulator & step.k) != 0 ? step.jt : step.jf; break;
    case BPF_JMP | BPF_JA: at += step.k; break;
    case BPF_RET | BPF_K: return step.k;
    default: FAIL("unknown instruction " << step.code);
    }
  }
  FAIL("fell off the end");
  return 0;
}

uint32_t ask(const FilterSpec& spec, long call, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0) {
  seccomp_data data{};
  data.nr = static_cast<int>(call);
  data.arch = kArch;
  data.args[0] = a, data.args[1] = b, data.args[2] = c;
  return interpret(make_filter(spec), data);
}

constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t refusal(int error) { return SECCOMP_RET_ERRNO | static_cast<uint32_t>(error); }

} // namespace

TEST_CASE("the filter ends for every system call, in every variant") {
  for (bool setup : {false, true})
    for (bool single : {false, true})
      for (bool inet : {false, true}) {
        FilterSpec spec{setup, inet, !inet, inet, single, 7, single ? 0x7f0000001000u : 0};
        for (long call = 0; call < 600; ++call)
          for (uint64_t value : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}}) {
            uint32_t action = ask(spec, call, value, value, value);
            bool known = action == kAllow || (action & 0xffff0000u) == SECCOMP_RET_ERRNO;
            REQUIRE(known);
          }
      }
}

TEST_CASE("the wrong architecture kills, the x32 bit does not exist") {
  seccomp_data data{};
  data.nr = 20;
  data.arch = AUDIT_ARCH_I386;
  CHECK(interpret(make_filter({}), data) == SECCOMP_RET_KILL_PROCESS);
  CHECK(ask({}, 0x40000000 | SYS_read) == refusal(ENOSYS));
  CHECK(ask({}, 9999) == refusal(ENOSYS));
}

TEST_CASE("arguments decide where they must") {
  FilterSpec unix_sockets;
  unix_sockets.unix_sockets = true;
  CHECK(ask({}, SYS_socket, AF_UNIX) == refusal(EAFNOSUPPORT));
  CHECK(ask(unix_sockets, SYS_socket, AF_UNIX) == kAllow);
  for (uint64_t family : {AF_INET, AF_INET6, AF_VSOCK, AF_PACKET, AF_NETLINK, AF_ALG}) CHECK(ask(unix_sockets, SYS_socket, family) == refusal(EAFNOSUPPORT));
  CHECK(ask({}, SYS_clone, SIGCHLD) == kAllow);
  for (uint64_t flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID}) CHECK(ask({}, SYS_clone, flag | SIGCHLD) == refusal(EPERM));
  CHECK(ask({}, SYS_fcntl, 1, F_GETFL) == kAllow);
  CHECK(ask({}, SYS_fcntl, 1, F_SETLK) == refusal(EPERM));
  CHECK(ask({}, SYS_prlimit64, 0) == kAllow);
  CHECK(ask({}, SYS_prlimit64, 1) == refusal(EPERM));
  CHECK(ask({}, SYS_mount) == refusal(EPERM));
  CHECK(ask({}, SYS_clone3) == refusal(ENOSYS));
  CHECK(ask({.setup_calls = true}, SYS_mount) == kAllow);
}

TEST_CASE("level 1: threads but no processes, one exec, no signals to others") {
  FilterSpec spec;
  spec.single_process = true;
  spec.self = 77;
  spec.exec_argv = 0x7f1234567000;
  CHECK(ask(spec, SYS_clone, SIGCHLD) == refusal(EPERM));
  CHECK(ask(spec, SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND) == kAllow);
#if defined(__x86_64__)
  CHECK(ask(spec, SYS_fork) == refusal(EPERM));
#endif
  CHECK(ask(spec, SYS_kill, 77) == kAllow);
  CHECK(ask(spec, SYS_kill, 78) == refusal(EPERM));
  CHECK(ask(spec, SYS_execve, 0, 0x7f1234567000) == kAllow);
  CHECK(ask(spec, SYS_execve, 0, 0x234567000) == refusal(EPERM));
  CHECK(ask(spec, SYS_execveat, 3, 0, 0x7f1234567001) == refusal(EPERM));
}
