// SPDX-License-Identifier: MIT
// Abuse of resources and of clocks: groups D and E of docs/sandbox.md.
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <thread>

#include "graders/sandbox/cpp_program.h"
#include "tests/sandbox/abuse.h"

using namespace proctor;

namespace {

// Memory was refused: the cgroup struck, or an allocation failed and ended the program.
void out_of_memory(const Seen& seen) { CHECK(seen.outcome.verdict == RunVerdict::memory_limit); }

// By the zygote; an interpreter of its own says MemoryError as any program would.
void memory_error(const Seen& seen) {
  bool told = seen.outcome.verdict == RunVerdict::memory_limit ||
              (std::string(seen.engine) == "exec" && seen.outcome.err.find("MemoryError") != std::string::npos);
  CHECK(told);
}

std::string lines(int count) {
  std::string text;
  for (int at = 0; at < count; ++at) text += std::to_string(at) + "\n";
  return text;
}

} // namespace

TEST_CASE("D01 memory is limited however it is asked for") {
  for (const char* program : {"x = bytearray(10**12)", "x = [0] * 10**10", "x = 'a'\nwhile True: x += x",
                              "x = []\nwhile True: x.append(bytearray(1 << 20))"})
    run_abuse({.id = "D01", .python = program, .check = memory_error, .lowest_level = 1});
  run_abuse({.id = "D01 recursion", .python = "def f(): f()\nf()", .check = ends_in(RunVerdict::runtime_error), .lowest_level = 1});
}

TEST_CASE("D02 processes together use no more than one may") {
  run_abuse({.id = "D02", .python = R"py(
import os
mine, theirs = os.pipe()
for _ in range(4):
    if os.fork() == 0:
        os.close(mine)
        block = bytearray(100 << 20)
        os.write(theirs, b"."); os.close(theirs)
        os.read(os.pipe()[0], 1)  # holds on to it
os.close(theirs)
have = b""
while len(have) < 4 and (more := os.read(mine, 1)): have += more
)py", .check = [](const Seen& seen) {
    if (seen.memory_cgroup) out_of_memory(seen);
    else CHECK(seen.outcome.verdict == RunVerdict::ok); // per process, as the attestation says
  }});
}

TEST_CASE("D03 memory outside the heap is limited too") {
  run_abuse({.id = "D03 pipes", .python = kDenied + R"py(
import fcntl
print(denied(lambda: fcntl.fcntl(os.pipe()[1], 1031, 1 << 20)))
)py", .check = prints("EPERM\n"), .lowest_level = 1});
  run_abuse({.id = "D03 mlock", .python = kDenied + R"py(
import mmap
page = mmap.mmap(-1, 1 << 20)
print(denied(lambda: syscall(151, 3)) in ("EPERM", "ENOMEM"))
)py", .check = prints("True\n"), .lowest_level = 1});
  run_abuse({.id = "D03 files", .python = R"py(
for at in range(200):
    with open(f"/tmp/{at % 60}", "wb") as file: file.write(bytes(1 << 20))
print("done")
)py", .check = [](const Seen& seen) { CHECK(seen.outcome.verdict != RunVerdict::setup_error); }});
  run_abuse({.id = "D03 socket buffers", .python = R"py(
import socket
held = []
try:
    while True:
        a, b = socket.socketpair(); a.setblocking(False); held.append((a, b))
        try:
            while True: a.send(bytes(65536))
        except BlockingIOError: pass
except OSError as error: print(error.errno)
)py", .check = [](const Seen& seen) {
    bool refused = seen.outcome.out == "24\n" || seen.outcome.verdict == RunVerdict::memory_limit;
    CHECK(refused);
  }, .lowest_level = 1});
}

TEST_CASE("D05 floods of output end at the limit") {
  run_abuse({.id = "D05 stdout", .python = "import sys\nwhile True: sys.stdout.write('x' * 65536)",
             .check = ends_in(RunVerdict::output_limit), .lowest_level = 1});
  run_abuse({.id = "D05 stderr", .python = "import sys\nwhile True: sys.stderr.write('y' * 1000 + '\\n')",
             .check = ends_in(RunVerdict::output_limit), .lowest_level = 1});
  run_abuse({.id = "D05 deaf", .python = R"py(
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
while True:
    try: os.write(1, b"z" * 4096)
    except OSError: pass
)py", .check = ends_in(RunVerdict::output_limit), .limits = {.cpu_s = 60, .output_bytes = 1 << 20}, .lowest_level = 1});
}

TEST_CASE("D06 honest output of any shape arrives whole") {
  run_abuse({.id = "D06 a long line", .python = "print('x' * (1 << 20), end='')", .check = prints(std::string(1 << 20, 'x')),
             .limits = {.cpu_s = 10, .output_bytes = 4 << 20}, .lowest_level = 1});
  run_abuse({.id = "D06 many lines", .python = "for at in range(100000): print(at)", .check = prints(lines(100000)),
             .limits = {.cpu_s = 10, .output_bytes = 4 << 20}, .lowest_level = 1});
  run_abuse({.id = "D06 bytes", .python = "import sys\nsys.stdout.buffer.write(bytes(range(256)))\nprint(1, file=sys.stderr)",
             .check = [](const Seen& seen) {
               CHECK(seen.outcome.out.size() == 256);
               CHECK(seen.outcome.out[255] == '\xff');
               CHECK(seen.outcome.err == "1\n");
             }, .lowest_level = 1});
  run_abuse({.id = "D06 all that is allowed", .python = "import sys\nsys.stdout.write('x' * 4096)", .check = prints(std::string(4096, 'x')),
             .limits = {.output_bytes = 4096}, .lowest_level = 1});
  run_abuse({.id = "D06 a byte more", .python = "import sys\nsys.stdout.write('x' * 4097)", .check = ends_in(RunVerdict::output_limit),
             .limits = {.output_bytes = 4096}, .lowest_level = 1});
  run_abuse({.id = "D06 by name", .python = "print('A', file=open('/dev/stdout', 'a'))\nprint('B')", .check = prints("A\nB\n")});
}

TEST_CASE("D07 input that is not read holds nobody up") {
  run_abuse({.id = "D07", .python = "print('done')", .check = prints("done\n"), .input = std::string(16 << 20, 'i'), .lowest_level = 1});
  run_abuse({.id = "D07 closed", .python = "import os\nos.close(0)\nprint('done')", .check = prints("done\n"), .input = std::string(1 << 20, 'i'),
             .lowest_level = 1});
  run_abuse({.id = "D07 read", .python = "import sys\nprint(len(sys.stdin.read()), sys.stdin.read() == '')", .check = prints("1048576 True\n"),
             .input = std::string(1 << 20, 'i'), .lowest_level = 1});
  run_abuse({.id = "D07 every way to read", .python = R"py(
import sys
print(input(), sys.stdin.readline().strip(), next(sys.stdin).strip(), sys.stdin.buffer.readline(), sys.stdin.buffer.read())
)py", .check = prints("a b c b'' b''\n"), .input = "a\nb\nc\n", .lowest_level = 1});
}

TEST_CASE("D08 input cannot be written to") {
  run_abuse({.id = "D08", .python = kDenied + R"py(
print(denied(lambda: os.write(0, b"x")) in ("EBADF", "EPERM"), denied(lambda: os.ftruncate(0, 0)) in ("EPERM", "EINVAL"))
)py", .check = prints("True True\n"), .input = "input\n", .lowest_level = 1});
}

TEST_CASE("D09 open files are limited") {
  run_abuse({.id = "D09", .python = kDenied + R"py(
held = []
def open_all():
    for _ in range(10000): held.append(os.open("/dev/null", os.O_RDONLY))
print(denied(open_all), len(held) < 256)
)py", .check = prints("EMFILE True\n"), .lowest_level = 1});
}

TEST_CASE("D11 compiling is confined and limited") {
  for (const Mode& mode : modes()) {
    std::string why;
    Sandbox* sandbox = sandbox_of(mode, why);
    if (sandbox == nullptr || mode.level < 2) {
      MESSAGE("skipped: D11 in mode " << std::string(mode.name) << ": " << (why.empty() ? "needs level 2" : why));
      continue;
    }
    INFO("mode " << std::string(mode.name));
    CppOptions options;
    options.limits.cpu_s = 4;
    options.limits.wall_s = 10;
    options.limits.output_bytes = 8 << 20;
    CppProgram good = compile_cpp(*sandbox, "#include <cstdio>\nint main() { int a; std::scanf(\"%d\", &a); std::printf(\"%d\\n\", a * 2); }", options);
    if (good.compile.verdict == RunVerdict::setup_error) {
      MESSAGE("skipped: D11: " << good.compile.failure);
      return;
    }
    INFO(describe(good.compile));
    REQUIRE(good.executable);
    BoxOutcome ran = sandbox->run(cpp_job(good, "21\n"));
    INFO(describe(ran));
    CHECK(ran.out == "42\n");
    for (const char* source : {"#include \"/dev/zero\"", "#include \"/etc/shadow\"", "asm(\".incbin \\\"/etc/shadow\\\"\");\nint main() {}",
                               "template<int n> struct A { using t = typename A<n + 1>::t; };\nA<0>::t x;\nint main() {}", "int main() { return x; }"}) {
      CppProgram bad = compile_cpp(*sandbox, source, options);
      INFO(std::string(source) << ": " << describe(bad.compile));
      CHECK(!bad.executable);
      CHECK(bad.compile.verdict != RunVerdict::setup_error);
      CHECK(bad.compile.err.find("root:") == std::string::npos);
    }
  }
}

TEST_CASE("D12 a C++ program that needs too much memory or stack") {
  for (const Mode& mode : modes()) {
    std::string why;
    Sandbox* sandbox = sandbox_of(mode, why);
    if (sandbox == nullptr || mode.level < 2) continue;
    INFO("mode " << std::string(mode.name));
    CppProgram deep = compile_cpp(*sandbox, "#include <cstdio>\nint f(volatile int n) { volatile char b[100]; b[0] = 1; return n == 0 ? 0 : f(n - 1) + b[0]; }\n"
                                            "int main() { std::printf(\"%d\\n\", f(200000)); }");
    if (!deep.executable) return;
    BoxOutcome outcome = sandbox->run(cpp_job(deep, ""));
    INFO(describe(outcome));
    CHECK(outcome.out == "200000\n"); // 30 MB of stack
  }
}

TEST_CASE("D13 noise of other programs is not charged") {
  for (const Mode& mode : modes()) {
    std::string why;
    Sandbox* sandbox = sandbox_of(mode, why);
    if (sandbox == nullptr) continue;
    BoxJob hog = python_job("while True: pass");
    hog.limits = {.cpu_s = 1, .wall_s = 4};
    std::thread other([&] { sandbox->run(hog); });
    BoxJob job = python_job("x = sum(range(200000))");
    job.limits.cpu_s = 2;
    BoxOutcome outcome = sandbox->run(job);
    other.join();
    INFO(std::string(mode.name) << ": " << describe(outcome));
    CHECK(outcome.verdict == RunVerdict::ok);
    CHECK(outcome.cpu_s < 0.5);
  }
}

TEST_CASE("E01 a busy loop runs out of CPU time") {
  run_abuse({.id = "E01", .python = "while True: pass", .check = [](const Seen& seen) {
    times_out(TimeLimit::cpu)(seen);
    CHECK(seen.outcome.cpu_s < 1.5);
  }, .limits = {.cpu_s = 0.4, .wall_s = 60}, .lowest_level = 1});
}

TEST_CASE("E02 waiting for ever runs out of wall time") {
  for (const char* program : {"import time\ntime.sleep(1000)", "import select\nselect.select([], [], [])", "import os\nos.read(os.pipe()[0], 1)",
                              "import threading\nthreading.Lock().acquire()\nthreading.Event().wait()"})
    run_abuse({.id = "E02", .python = program, .check = times_out(TimeLimit::wall), .limits = {.cpu_s = 5, .wall_s = 0.2}, .lowest_level = 1});
}

TEST_CASE("E03 the CPU time of all processes and threads counts") {
  run_abuse({.id = "E03", .python = R"py(
import os
for _ in range(7): os.fork() if os.getpid() == 2 else None
while True: pass
)py", .check = times_out(TimeLimit::cpu), .limits = {.cpu_s = 0.5, .wall_s = 60}});
  run_abuse({.id = "E03 daemons", .python = R"py(
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        while True: pass
time.sleep(50)
)py", .check = times_out(TimeLimit::cpu), .limits = {.cpu_s = 0.5, .wall_s = 60}});
}

TEST_CASE("E04 CPU time of children that nobody waits for is not lost") {
  run_abuse({.id = "E04", .python = R"py(
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    start = time.process_time()
    while time.process_time() - start < 0.3: pass
    os._exit(0)
time.sleep(1.5)
)py", .check = [](const Seen& seen) {
    // Without cpu.stat a child that is reaped unseen is counted only as far as it was seen alive.
    double least = seen.memory_cgroup ? 0.28 : 0.05;
    CHECK(seen.outcome.cpu_s > least);
  }, .limits = {.cpu_s = 5, .wall_s = 20}});
}

TEST_CASE("E05 alarms and exceptions do not lift a limit") {
  run_abuse({.id = "E05", .python = R"py(
import signal
signal.alarm(0); signal.setitimer(signal.ITIMER_REAL, 0); signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.signal(signal.SIGXCPU, signal.SIG_IGN)
while True:
    try:
        while True: pass
    except BaseException: pass
)py", .check = times_out(TimeLimit::cpu), .limits = {.cpu_s = 0.3, .wall_s = 60}, .lowest_level = 1});
}

TEST_CASE("E06 a program's idea of time does not matter") {
  run_abuse({.id = "E06", .python = R"py(
import os, time
time.time = time.monotonic = time.perf_counter = lambda: 0
os.environ["LD_PRELOAD"] = "/box/none.so"
time.sleep = lambda _: None
while True: pass
)py", .check = times_out(TimeLimit::cpu), .limits = {.cpu_s = 0.3, .wall_s = 60}, .lowest_level = 1});
}

TEST_CASE("E08 an honest program near its limit passes, and reports its time") {
  run_abuse({.id = "E08", .python = R"py(
import time
while time.process_time() < 0.2: pass
)py", .check = [](const Seen& seen) {
    CHECK(seen.outcome.verdict == RunVerdict::ok);
    CHECK(seen.outcome.cpu_s > 0.15);
    CHECK(seen.outcome.cpu_s < 2);
    CHECK(seen.outcome.wall_s >= seen.outcome.cpu_s * 0.5);
  }, .limits = {.cpu_s = 3, .wall_s = 60}, .lowest_level = 1});
}

TEST_CASE("E09 a supervisor that was stopped blames no program") {
  for (const Mode& mode : modes()) {
    std::string why;
    Sandbox* sandbox = sandbox_of(mode, why);
    if (sandbox == nullptr || mode.user) continue;
    BoxJob job = python_job("import time\ntime.sleep(0.8)\nprint('done')");
    job.limits = {.cpu_s = 5, .wall_s = 1.5};
    std::thread stall([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      ::kill(sandbox->boxd_pid(), SIGSTOP);
      std::this_thread::sleep_for(std::chrono::milliseconds(2500));
      ::kill(sandbox->boxd_pid(), SIGCONT);
    });
    BoxOutcome outcome = sandbox->run(job);
    stall.join();
    INFO(std::string(mode.name) << ": " << describe(outcome));
    CHECK(outcome.verdict == RunVerdict::ok);
  }
}

TEST_CASE("E10 making the box is not the program's time") {
  run_abuse({.id = "E10", .python = "pass", .check = [](const Seen& seen) {
    if (std::string(seen.engine) == "zygote") CHECK(seen.outcome.cpu_s < 0.1);
  }, .lowest_level = 1});
}
