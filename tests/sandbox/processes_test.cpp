// SPDX-License-Identifier: MIT
// Abuse by processes, signals and privileges: group B of docs/sandbox.md.
#include <doctest/doctest.h>

#include "tests/sandbox/abuse.h"

using namespace proctor;

TEST_CASE("B01 a fork bomb stays in its box") {
  run_abuse({.id = "B01", .python = R"py(
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
        made += 1
except OSError as error: print(error.errno, made < 64, flush=True)
os._exit(0)
)py", .check = prints("11 True\n")});
  run_abuse({.id = "B01 exponential", .python = R"py(
import os
while True:
    try: os.fork()
    except OSError: pass
)py", .check = [](const Seen& seen) { CHECK(seen.outcome.verdict == RunVerdict::timed_out); },
             .limits = {.cpu_s = 0.5, .wall_s = 2}});
}

TEST_CASE("B02 a daemon dies with its box") {
  run_abuse({.id = "B02", .python = R"py(
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(1)
    os._exit(0)
print("parent done")
)py", .check = prints("parent done\n")});
}

TEST_CASE("B03 a daemon that keeps stdout open holds nobody up") {
  run_abuse({.id = "B03", .python = R"py(
import os, time
if os.fork() == 0:
    time.sleep(1000)
print("out", flush=True)
os._exit(0)
)py", .check = prints("out\n")});
}

TEST_CASE("B05 signals cannot be ignored to stay alive") {
  run_abuse({.id = "B05", .python = R"py(
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True: pass
)py", .check = times_out(TimeLimit::cpu), .limits = {.cpu_s = 0.3, .wall_s = 60}, .lowest_level = 1});
}

TEST_CASE("B06 signals reach the own box at most") {
  run_abuse({.id = "B06", .python = R"py(
import os, signal
for pid in [os.getppid(), 0x7fffffff, *range(2, 40000, 1)]:
    if pid in (os.getpid(), 0): continue
    try: os.kill(pid, 9)
    except OSError: pass
try: os.kill(1, 9)
except OSError: pass
print("alive", flush=True)
try: os.kill(-1, 9)  # everybody but oneself
except OSError: pass
os.kill(os.getpid(), 9)
)py", .check = [](const Seen& seen) {
    CHECK(seen.outcome.verdict == RunVerdict::runtime_error);
    CHECK(seen.outcome.signal == 9);
    CHECK(seen.outcome.out == "alive\n");
  }, .lowest_level = 1});
}

TEST_CASE("B07 the keeper cannot be stopped, traced or read") {
  run_abuse({.id = "B07", .python = kDenied + R"py(
import signal
for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGKILL, signal.SIGSEGV):
    for pid in (1, os.getppid()):
        if pid > 0 and pid != os.getpid(): denied(lambda: os.kill(pid, number))
def refused(f): return denied(f) in ("EPERM", "EACCES", "ENOENT", "ESRCH", "ENOSYS", "EBADF")
print([refused(lambda: syscall(101, 16, 1, 0, 0)), refused(lambda: syscall(310, 1, 0, 0, 0, 0, 0)), refused(lambda: syscall(311, 1, 0, 0, 0, 0, 0)),
       refused(lambda: open("/proc/1/mem", "r+b")), refused(lambda: os.listdir("/proc/1/fd")), refused(lambda: open("/proc/1/environ").read()),
       refused(lambda: syscall(438, 0, 0, 0))])
)py", .check = prints("[True, True, True, True, True, True, True]\n"), .lowest_level = 1});
}

TEST_CASE("B08 limits, priority and affinity of the keeper are not the program's to set") {
  run_abuse({.id = "B08", .python = kDenied + R"py(
import resource
print(denied(lambda: resource.prlimit(1, resource.RLIMIT_CPU, (0, 0))), denied(lambda: os.sched_setaffinity(1, {0})),
      denied(lambda: os.setpriority(os.PRIO_PROCESS, 1, 19)), denied(lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))))
)py", .check = prints("EPERM EPERM EPERM EPERM\n"), .lowest_level = 1});
}

TEST_CASE("B09 no new namespaces") {
  run_abuse({.id = "B09", .python = kDenied + R"py(
for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x08000000, 0x04000000, 0x02000000, 0x10020000):
    seen = denied(lambda: syscall(272, flag)), denied(lambda: syscall(56, flag | 17, 0, 0, 0, 0))
    if seen != ("EPERM", "EPERM"): print(hex(flag), seen)
class Args(ctypes.Structure): _fields_ = [("values", ctypes.c_uint64 * 11)]
args = Args(); args.values[0] = 0x10000000; args.values[4] = 17
seen = denied(lambda: syscall(435, ctypes.byref(args), 88))
print("clone3", seen in ("EPERM", "ENOSYS", "ENOSPC"))
print(denied(lambda: syscall(308, 0, 0)))
)py", .check = prints("clone3 True\nEPERM\n"), .lowest_level = 1});
}

TEST_CASE("B10 capabilities cannot be raised") {
  run_abuse({.id = "B10", .python = kDenied + R"py(
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)(0xffffffff, 0xffffffff, 0, 0xffffffff, 0xffffffff, 0)
print(denied(lambda: syscall(126, header, data)))
for option, value in ((28, 1), (35, 1), (24, 0), (47, 2)): denied(lambda: syscall(157, option, value, 0, 0, 0))
print(denied(lambda: os.setuid(0)) in ("EPERM", "EINVAL"), denied(lambda: os.setgid(0)) in ("EPERM", "EINVAL"))
try: print(set(int(line.split()[1], 16) for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm"))))
except OSError: print({0})
)py", .check = prints("EPERM\nTrue True\n{0}\n"), .lowest_level = 1});
}

TEST_CASE("B11 system calls of another architecture are refused") {
  run_abuse({.id = "B11", .python = R"py(
import ctypes, mmap, os, platform
if platform.machine() == "x86_64":
    print(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(0x40000000 | 39)) == -1 and ctypes.get_errno() == 38, flush=True)
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20; int 0x80; ret
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    print("int 0x80 worked", flush=True)
)py", .check = [](const Seen& seen) {
    CHECK(seen.outcome.verdict == RunVerdict::forbidden);
    CHECK(seen.outcome.out == "True\n");
  }, .lowest_level = 1});
}

TEST_CASE("B13 another program in its place is still the program") {
  run_abuse({.id = "B13", .python = R"py(
import os
os.execv("/bin/false", ["true"])
)py", .check = [](const Seen& seen) {
    CHECK(seen.outcome.verdict == RunVerdict::runtime_error);
    CHECK(seen.outcome.exit_code == 1);
  }});
}

TEST_CASE("B14 there is no terminal to type into") {
  run_abuse({.id = "B14", .python = kDenied + R"py(
import fcntl
print(denied(lambda: open("/dev/tty")) in ("ENXIO", "ENOENT", "EACCES"), [os.isatty(fd) for fd in (0, 1, 2)])
print([denied(lambda: fcntl.ioctl(fd, request, b"x")) for fd in (0, 1, 2) for request in (0x5412, 0x541c)])
)py", .check = prints("True [False, False, False]\n['ENOTTY', 'ENOTTY', 'ENOTTY', 'ENOTTY', 'ENOTTY', 'ENOTTY']\n"), .lowest_level = 1});
}

TEST_CASE("B15 the machine is not administered from a box") {
  run_abuse({.id = "B15", .python = kDenied + R"py(
calls = {"reboot": 169, "sethostname": 170, "setdomainname": 171, "settimeofday": 164, "clock_settime": 227, "adjtimex": 159, "swapon": 167,
         "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246, "iopl": 172, "ioperm": 173, "modify_ldt": 154,
         "syslog": 103, "quotactl": 179, "acct": 163, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "lookup_dcookie": 212,
         "move_pages": 279, "kcmp": 312, "vhangup": 153, "nfsservctl": 180, "process_madvise": 440, "io_uring_setup": 425, "keyctl": 250}
for name, number in calls.items():
    seen = denied(lambda: syscall(number, 0, 0, 0, 0, 0))
    if seen not in ("EPERM", "ENOSYS"): print(name, seen)
)py", .check = prints(""), .lowest_level = 1});
}

TEST_CASE("B17 a crash leaves no core anywhere") {
  run_abuse({.id = "B17", .python = R"py(
import os, resource, signal
print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)
os.kill(os.getpid(), signal.SIGSEGV)
)py", .check = [](const Seen& seen) {
    CHECK(seen.outcome.signal == 11);
    CHECK(seen.outcome.out == "(1, 1)\n");
  }, .lowest_level = 1});
}

TEST_CASE("B18 a flood of zombies is reaped") {
  run_abuse({.id = "B18", .python = R"py(
import os
made = 0
for _ in range(300):
    try:
        if os.fork() == 0:
            try: os.fork()  # an orphan each, for the keeper to reap
            finally: os._exit(0)
        made += 1
    except OSError:
        os.waitpid(-1, 0)
print(made > 100, flush=True)
os._exit(0)
)py", .check = prints("True\n"), .limits = {.cpu_s = 20}});
}

TEST_CASE("B20 threads are limited as processes are") {
  run_abuse({.id = "B20", .python = R"py(
import threading, time, os
made = 0
try:
    for _ in range(1000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); made += 1
except RuntimeError: pass
print(made < 64, flush=True)
os._exit(0)
)py", .check = prints("True\n"), .limits = {.cpu_s = 5, .memory_bytes = uint64_t{1} << 30}});
}

TEST_CASE("B21 a stopped program times out") {
  run_abuse({.id = "B21", .python = R"py(
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
)py", .check = times_out(TimeLimit::wall), .limits = {.cpu_s = 5, .wall_s = 0.3}, .lowest_level = 1});
}

TEST_CASE("B22 a program may not install a filter that listens or fake its keeper's messages") {
  run_abuse({.id = "B22", .python = kDenied + R"py(
print(denied(lambda: syscall(317, 1, 8, 0)))
for fd in range(3, 300): denied(lambda: os.write(fd, b"\x02\x00\x00\x00" * 16))
print("done")
)py", .check = [](const Seen& seen) {
    CHECK(seen.outcome.verdict == RunVerdict::ok);
    CHECK(seen.outcome.out == "EPERM\ndone\n");
  }, .lowest_level = 1});
}
