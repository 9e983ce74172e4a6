// SPDX-License-Identifier: MIT
// The allowlist and its assembler: a binary search over ranges of system call numbers that are treated alike. Calls
// that depend on an argument have a short block of their own.
#include "graders/sandbox/seccomp.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <map>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "graders/sandbox/sham.h"
#include "harness/check.h"

namespace proctor {
namespace {

using Code = std::vector<sock_filter>;

#if defined(__x86_64__)
constexpr uint32_t kArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArch = AUDIT_ARCH_AARCH64;
#else
#error "the system call filter knows x86_64 and aarch64"
#endif
constexpr uint32_t kX32Bit = 0x40000000;
constexpr uint32_t kNewest = 462; // calls that are newer than this list fail with ENOSYS, so that libc falls back

sock_filter ret(uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
sock_filter allow() { return ret(SECCOMP_RET_ALLOW); }
sock_filter fail(int error) { return ret(SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)); }
sock_filter load(size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
sock_filter load_arg(int index, bool high = false) {
  return load(offsetof(seccomp_data, args) + static_cast<size_t>(index) * 8 + (high ? 4 : 0));
}

// Jumps are relative and at most 255 instructions long: a longer one would be EINVAL, and an unchecked EINVAL an
// unfiltered program.
uint8_t short_jump(size_t distance) {
  PROCTOR_CHECK(distance <= 255);
  return static_cast<uint8_t>(distance);
}

// Argument `index` is one of `values`: allowed, else `error`.
Code only(int index, const std::vector<uint32_t>& values, int error) {
  Code code{load_arg(index)};
  for (size_t at = 0; at < values.size(); ++at)
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, values[at], short_jump(values.size() - at), 0));
  code.push_back(fail(error));
  code.push_back(allow());
  return code;
}

// Argument `index` has none of `bits` set: allowed, else `error`.
Code without(int index, uint32_t bits, int error) {
  return {load_arg(index), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), fail(error), allow()};
}

Code with(int index, uint32_t bits, int error) {
  return {load_arg(index), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0), fail(error), allow()};
}

Code equals_64(int index, uint64_t value, int error) {
  return {load_arg(index), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(value), 0, 3),
          load_arg(index, true), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(value >> 32), 0, 1),
          allow(), fail(error)};
}

// What programs need; every variant of a call that libc may choose.
constexpr int kAllowed[] = {
    // files
    SYS_read, SYS_write, SYS_close, SYS_fstat, SYS_lseek, SYS_pread64, SYS_pwrite64, SYS_readv, SYS_writev,
    SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_openat, SYS_openat2, SYS_newfstatat, SYS_statx,
    SYS_faccessat, SYS_faccessat2, SYS_getdents64, SYS_getcwd, SYS_chdir, SYS_fchdir, SYS_readlinkat, SYS_mkdirat,
    SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_symlinkat, SYS_fchmod, SYS_fchmodat, SYS_fchown,
    SYS_fchownat, SYS_ftruncate, SYS_truncate, SYS_fallocate, SYS_fadvise64, SYS_fsync, SYS_fdatasync, SYS_statfs,
    SYS_fstatfs, SYS_umask, SYS_utimensat, SYS_dup, SYS_dup3, SYS_pipe2, SYS_sendfile, SYS_copy_file_range,
    SYS_splice, SYS_tee, SYS_close_range, SYS_mknodat, SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr, SYS_listxattr,
    SYS_llistxattr, SYS_flistxattr, SYS_sync_file_range,
    // memory
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk, SYS_msync, SYS_mincore, SYS_mlock,
    SYS_munlock, SYS_mlock2, SYS_mlockall, SYS_munlockall, SYS_membarrier, SYS_get_mempolicy,
    // processes and threads
    SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_getpid, SYS_getppid, SYS_gettid, SYS_getpgid, SYS_setpgid,
    SYS_getsid, SYS_setsid, SYS_set_tid_address, SYS_set_robust_list, SYS_get_robust_list, SYS_futex,
    SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_get_priority_max,
    SYS_sched_get_priority_min, SYS_getpriority, SYS_rseq, SYS_getrusage, SYS_getrlimit, SYS_setrlimit, SYS_times,
    SYS_sysinfo, SYS_uname, SYS_getcpu, SYS_getrandom, SYS_pidfd_open, SYS_pidfd_send_signal,
    // identity
    SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_getgroups, SYS_setuid,
    SYS_setgid, SYS_setresuid, SYS_setresgid, SYS_setreuid, SYS_setregid, SYS_capget, SYS_capset,
    // signals and time
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending, SYS_rt_sigtimedwait,
    SYS_rt_sigsuspend, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_sigaltstack, SYS_restart_syscall,
    SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getitimer,
    SYS_setitimer, SYS_timer_create, SYS_timer_settime, SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete,
    SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_signalfd4,
    // waiting
    SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_eventfd2,
    // sockets that exist already, or that socket() below lets through
    SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg, SYS_shutdown, SYS_bind,
    SYS_listen, SYS_accept, SYS_accept4, SYS_connect, SYS_getsockname, SYS_getpeername, SYS_setsockopt,
    SYS_getsockopt,
#if defined(__x86_64__)
    SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_mkdir, SYS_rmdir, SYS_unlink, SYS_rename,
    SYS_link, SYS_symlink, SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_dup2, SYS_pipe,
    SYS_getdents, SYS_mknod, SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait, SYS_eventfd, SYS_signalfd,
    SYS_alarm, SYS_pause, SYS_time, SYS_getpgrp, SYS_arch_prctl,
#endif
};

constexpr int kProcesses[] = {
    SYS_kill, SYS_tkill, SYS_tgkill, SYS_execve, SYS_execveat,
#if defined(__x86_64__)
    SYS_fork, SYS_vfork,
#endif
};

// Beyond the box or beyond accounting. ENOSYS reads as "this kernel has none", which programs handle. (inotify sees what
// other boxes and the host do with the files that all share, and its instances are counted for each user of the host.)
constexpr int kAbsent[] = {SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_keyctl, SYS_add_key,
                           SYS_request_key, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_shmdt, SYS_semget, SYS_semop,
                           SYS_semtimedop, SYS_semctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_mq_open,
                           SYS_mq_unlink, SYS_memfd_secret, SYS_inotify_init1,
#if defined(__x86_64__)
                           SYS_inotify_init,
#endif
};

constexpr uint32_t kNamespaceFlags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                     CLONE_NEWPID | CLONE_NEWNET;

// Locks and leases on files that boxes share would be a channel between them; F_SETPIPE_SZ and seals are memory and
// results that nobody counts.
const std::vector<uint32_t> kFcntl = {F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_SETOWN, F_GETOWN, 10, 11,
                                      F_DUPFD_CLOEXEC, 1032, 1034};
const std::vector<uint32_t> kIoctl = {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX};

using Rules = std::map<uint32_t, Code>;

template <size_t n> void set_all(Rules& rules, const int (&calls)[n], const Code& code) {
  for (int call : calls) rules[static_cast<uint32_t>(call)] = code;
}

void add_socket_rules(Rules& rules, const FilterSpec& spec) {
  std::vector<uint32_t> families;
  if (spec.unix_sockets) families.push_back(AF_UNIX);
  if (spec.inet) families.insert(families.end(), {AF_INET, AF_INET6});
  rules[SYS_socket] = only(0, families, EAFNOSUPPORT);
  rules[SYS_socketpair] = only(0, {AF_UNIX}, EAFNOSUPPORT);
}

// Calls that may not reach another process: limits and affinity of the keeper are not the program's.
void add_process_rules(Rules& rules, const FilterSpec& spec) {
  rules[SYS_prlimit64] = only(0, {0}, EPERM);
  rules[SYS_sched_setaffinity] = only(0, {0}, EPERM);
  if (!spec.single_process) {
    set_all(rules, kProcesses, {allow()});
    rules[SYS_clone] = without(0, kNamespaceFlags, EPERM);
    rules[SYS_clone3] = {fail(ENOSYS)}; // glibc falls back to clone on ENOSYS alone
    return;
  }
  rules[SYS_clone] = with(0, CLONE_THREAD, EPERM);
  rules[SYS_clone3] = {fail(ENOSYS)};
  rules[SYS_kill] = rules[SYS_tgkill] = only(0, {static_cast<uint32_t>(spec.self)}, EPERM);
  for (long call : {SYS_pidfd_open, SYS_pidfd_send_signal, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo})
    rules[static_cast<uint32_t>(call)] = {fail(EPERM)};
  if (spec.exec_argv != 0) {
    rules[SYS_execve] = equals_64(1, spec.exec_argv, EPERM);
    rules[SYS_execveat] = equals_64(2, spec.exec_argv, EPERM);
  }
}

Rules make_rules(const FilterSpec& spec) {
  Rules rules;
  set_all(rules, kAllowed, {allow()});
  set_all(rules, kAbsent, {fail(ENOSYS)});
  rules[SYS_memfd_create] = {spec.memfd ? allow() : fail(ENOSYS)};
  rules[SYS_fcntl] = only(1, kFcntl, EPERM);
  rules[SYS_ioctl] = only(1, kIoctl, ENOTTY);
  rules[SYS_prctl] = only(0, {PR_SET_NAME, PR_GET_NAME, PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE,
                              PR_GET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_CAP_AMBIENT,
                              PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, 0x53564d41 /* PR_SET_VMA: malloc names */},
                          EPERM);
  add_socket_rules(rules, spec);
  add_process_rules(rules, spec);
  if (spec.setup_calls) {
    for (long call : {SYS_mount, SYS_clone3, SYS_landlock_create_ruleset, SYS_landlock_add_rule,
                      SYS_landlock_restrict_self, SYS_prctl})
      rules[static_cast<uint32_t>(call)] = {allow()};
    rules[SYS_seccomp] = only(1, {0}, EPERM); // no flags: no listener
    if (spec.inet) rules[SYS_ioctl] = {allow()}; // bringing lo up
  }
  return rules;
}

struct Range {
  uint32_t first;
  Code code;
};

bool same(const Code& a, const Code& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const sock_filter& x, const sock_filter& y) {
    return x.code == y.code && x.jt == y.jt && x.jf == y.jf && x.k == y.k;
  });
}

std::vector<Range> make_ranges(const Rules& rules) {
  std::vector<Range> ranges;
  for (uint32_t call = 0; call <= kNewest; ++call) {
    auto rule = rules.find(call);
    Code code = rule == rules.end() ? Code{fail(EPERM)} : rule->second;
    if (ranges.empty() || !same(ranges.back().code, code)) ranges.push_back({call, std::move(code)});
  }
  ranges.push_back({kNewest + 1, {fail(ENOSYS)}});
  return ranges;
}

Code search(const std::vector<Range>& ranges, size_t begin, size_t end) {
  if (end - begin == 1) return ranges[begin].code;
  size_t middle = (begin + end) / 2;
  Code left = search(ranges, begin, middle), right = search(ranges, middle, end);
  Code code;
  if (left.size() <= 255) {
    code = {BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ranges[middle].first, short_jump(left.size()), 0)};
  } else {
    code = {BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ranges[middle].first, 0, 1),
            BPF_STMT(BPF_JMP | BPF_JA, static_cast<uint32_t>(left.size()))};
  }
  code.insert(code.end(), left.begin(), left.end());
  code.insert(code.end(), right.begin(), right.end());
  return code;
}

} // namespace

std::vector<sock_filter> make_filter(const FilterSpec& spec) {
  Code code = {load(offsetof(seccomp_data, arch)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArch, 1, 0),
               ret(SECCOMP_RET_KILL_PROCESS), load(offsetof(seccomp_data, nr)),
               BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 0, 1), fail(ENOSYS)};
  std::vector<Range> ranges = make_ranges(make_rules(spec));
  Code body = search(ranges, 0, ranges.size());
  code.insert(code.end(), body.begin(), body.end());
  PROCTOR_CHECK(code.size() <= BPF_MAXINSNS);
  return code;
}

bool install_filter(const std::vector<sock_filter>& program) {
  sock_fprog wire{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  if (is_sham("seccomp")) return true;
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &wire) == 0;
}

} // namespace proctor
