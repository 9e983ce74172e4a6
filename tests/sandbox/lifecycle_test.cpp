// SPDX-License-Identifier: MIT
// Deaths of our own processes, repetition, and what happens where a layer is missing: groups G and H of docs/sandbox.md.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "graders/sandbox/call_session.h"
#include "graders/sandbox/interpreter.h"
#include "graders/sandbox/spawner.h"
#include "tests/sandbox/abuse.h"
#include "tests/temp_dir.h"

using namespace proctor;

namespace {

std::vector<int> children_of(int pid) {
  std::vector<int> children;
  std::ifstream list(fmt::format("/proc/{}/task/{}/children", pid, pid));
  for (int child; list >> child;) children.push_back(child);
  return children;
}

uint64_t resident_kib(int pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  return 0;
}

size_t n_fds(int pid) {
  std::error_code error;
  size_t count = 0;
  for (auto at = std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), error); at != std::filesystem::directory_iterator(); ++at) ++count;
  return count;
}

BoxOutcome answer(Sandbox& sandbox) { return sandbox.run(python_job("print(42)")); }

} // namespace

TEST_CASE("I5 hundreds of programs leave no memory and no descriptor behind") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    for (int at = 0; at < 50; ++at) answer(sandbox);
    uint64_t kib = resident_kib(sandbox.boxd_pid());
    size_t fds = n_fds(sandbox.boxd_pid()), own = n_fds(::getpid());
    for (int at = 0; at < 300; ++at) REQUIRE(answer(sandbox).out == "42\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    CHECK(resident_kib(sandbox.boxd_pid()) < kib + 512);
    CHECK(n_fds(sandbox.boxd_pid()) <= fds + 5);
    CHECK(n_fds(::getpid()) == own);
  });
}

TEST_CASE("G01 many programs at once, each answered once with its own answer") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int thread = 0; thread < 16; ++thread)
      threads.emplace_back([&, thread] {
        for (int at = 0; at < 20; ++at) {
          BoxJob job = at % 2 == 0 ? python_job("print(int(input()) * 3)") : command_job({"/bin/cat"});
          job.input = std::to_string(thread * 100 + at) + "\n";
          BoxOutcome outcome = sandbox.run(job);
          right += outcome.out == std::to_string((thread * 100 + at) * (at % 2 == 0 ? 3 : 1)) + "\n";
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(right == 320);
  });
}

TEST_CASE("G02 a factory that dies is replaced, and no verdict is invented") {
  in_every_mode([](const Mode& mode, Sandbox& sandbox) {
    answer(sandbox);
    for (int round = 0; round < 3; ++round) {
      for (int factory : children_of(sandbox.boxd_pid())) ::kill(factory, SIGKILL);
      BoxOutcome outcome = answer(sandbox);
      INFO(describe(outcome));
      CHECK(outcome.out == "42\n");
    }
    std::atomic<int> odd{0};
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
      for (int factory : children_of(sandbox.boxd_pid())) ::kill(factory, SIGKILL);
    });
    BoxJob slow = python_job("import time\ntime.sleep(0.5)\nprint(42)");
    BoxOutcome outcome = sandbox.run(slow);
    killer.join();
    INFO(std::string(mode.name) << describe(outcome));
    bool honest = outcome.out == "42\n" || outcome.verdict == RunVerdict::setup_error;
    CHECK(honest);
    CHECK(answer(sandbox).out == "42\n");
  });
}

TEST_CASE("G03 what a program does to the interpreter is gone with it") {
  run_abuse({.id = "G03", .python = R"py(
import builtins, hashlib, os, sys
state = hashlib.sha256(repr((sorted(sys.modules), sorted(vars(builtins)), sys.path, sorted(os.environ.items()), sys.getrecursionlimit(),
                             os.getcwd(), sorted(vars(os)))).encode()).hexdigest()
import json
json.loads = builtins.len = lambda *_: "polluted"
os.environ["X"] = "y"; sys.path.clear(); sys.setrecursionlimit(77); os.chdir("/"); sys.modules.pop("re", None)
sys.stdout.write(state + "\n")
)py", .check = [](const Seen& seen) {
    static std::map<std::string, std::set<std::string>> states;
    std::set<std::string>& known = states[std::string(seen.mode.name) + seen.engine];
    known.insert(seen.outcome.out);
    CHECK(seen.outcome.verdict == RunVerdict::ok);
    CHECK(known.size() == 1);
  }, .lowest_level = 1});
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    std::set<std::string> states;
    for (int at = 0; at < 5; ++at) states.insert(sandbox.run(python_job("import sys, os\nprint(sorted(sys.modules), sys.path, os.environ, hash('a'))\nsys.path.clear()")).out);
    CHECK(states.size() == 1);
  });
}

TEST_CASE("G04 boxd killed in mid-run: nothing survives, nothing is invented, the next run works") {
  in_every_mode([](const Mode& mode, Sandbox& sandbox) {
    answer(sandbox);
    int boxd = sandbox.boxd_pid();
    std::vector<int> before = children_of(::getpid());
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      ::kill(boxd, SIGKILL);
    });
    auto start = std::chrono::steady_clock::now();
    BoxOutcome outcome = sandbox.run(python_job("import time\ntime.sleep(0.6)\nprint(42)"));
    killer.join();
    INFO(std::string(mode.name) << ": " << describe(outcome));
    bool honest = outcome.out == "42\n" || outcome.verdict == RunVerdict::setup_error; // tried once more
    CHECK(honest);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
    CHECK(sandbox.boxd_pid() != boxd);
    CHECK(answer(sandbox).out == "42\n");
    for (int child : children_of(::getpid())) { // boxes of the dead boxd would be ours now
      int status = 0;
      if (child == sandbox.boxd_pid() || std::count(before.begin(), before.end(), child) > 0) continue;
      for (int attempt = 0; attempt < 200 && ::waitpid(child, &status, WNOHANG) == 0; ++attempt) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      std::ifstream name(fmt::format("/proc/{}/comm", child));
      std::string comm;
      name >> comm;
      bool box = comm == "proctor-boxd" || comm == "python3";
      CHECK(!box);
    }
  });
}

TEST_CASE("G04 a program that is spoken with after boxd was killed runs in a new one") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    const int boxd = sandbox.boxd_pid();
    ::kill(boxd, SIGKILL);
    siginfo_t dead{};
    ::waitid(P_PID, static_cast<id_t>(boxd), &dead, WEXITED | WNOWAIT); // its sockets are closed
    CallSession session(sandbox, python_job("def f(): return True"));
    CHECK(session.load(10).status == CallStatus::value);
    CHECK(session.call("f", {}, {}, 10).status == CallStatus::value);
    CHECK(sandbox.run(command_job({"/bin/true"})).verdict == RunVerdict::ok);
  });
}

TEST_CASE("G05 what a boxd that was killed left behind does not stop the next, which removes it") {
  SandboxOptions options;
  options.boxd = PROCTOR_BOXD;
  options.allow_soft_memory = true;
  auto first = Sandbox::start(options);
  if (!first) {
    MESSAGE("skipped: G05: " << first.error().message);
    return;
  }
  std::string name = fmt::format("-{}", (*first)->boxd_pid());
  auto n_groups = [&] {
    std::error_code error;
    size_t count = 0;
    auto options_of = std::filesystem::directory_options::skip_permission_denied;
    for (auto at = std::filesystem::recursive_directory_iterator("/sys/fs/cgroup", options_of, error); !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error))
      count += at->path().filename().string().starts_with("proctor-") && at->path().filename().string().ends_with(name);
    return count;
  };
  bool groups = n_groups() > 0;
  if (!groups) MESSAGE("skipped: G05 second half: missing memory_cgroup and cpu_cgroup");
  ::kill((*first)->boxd_pid(), SIGKILL);
  first->reset();
  auto second = Sandbox::start(options);
  REQUIRE(second);
  CHECK(answer(**second).out == "42\n");
  CHECK(n_groups() == 0);
}

TEST_CASE("B19 proctor killed in mid-run: boxd and every box go with it") {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  pid_t owner = ::fork();
  if (owner == 0) { // a proctor of its own
    SandboxOptions options;
    options.boxd = PROCTOR_BOXD;
    options.allow_soft_memory = true;
    auto sandbox = Sandbox::start(options);
    int boxd = sandbox ? (*sandbox)->boxd_pid() : -1;
    if (::write(ends[1], &boxd, sizeof boxd) != sizeof boxd || !sandbox) ::_exit(1);
    (*sandbox)->run(python_job("import os, time\nfor _ in range(3): os.fork()\ntime.sleep(1000)"));
    ::_exit(1);
  }
  int boxd = -1;
  REQUIRE(::read(ends[0], &boxd, sizeof boxd) == sizeof boxd);
  ::close(ends[0]), ::close(ends[1]);
  if (boxd < 0) MESSAGE("skipped: B19: no sandbox here");
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  std::vector<int> below = boxd < 0 ? std::vector<int>() : children_of(boxd);
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  if (boxd < 0) return;
  CHECK(!below.empty());
  below.push_back(boxd);
  for (int pid : below) {
    auto gone = [&] { return ::waitpid(pid, nullptr, WNOHANG) == pid || ::kill(pid, 0) != 0; };
    for (int attempt = 0; attempt < 1000 && !gone(); ++attempt) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(::kill(pid, 0) != 0);
  }
}

TEST_CASE("G09 the memory of proctor is not taken for its programs'") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    struct Cost {
      double wall_ms;
      uint64_t memory_bytes;
    };
    auto p50 = [&] {
      std::vector<double> times;
      std::vector<uint64_t> bytes;
      for (int at = 0; at < 101; ++at) {
        BoxOutcome outcome = answer(sandbox);
        times.push_back(1e3 * outcome.wall_s);
        bytes.push_back(outcome.memory_bytes);
      }
      auto middle = [](auto& values) {
        std::nth_element(values.begin(), values.begin() + 50, values.end());
        return values[50];
      };
      return Cost{middle(times), middle(bytes)};
    };
    const Cost before = p50();
    std::vector<char> heavy(size_t{512} << 20, 1);
    const Cost after = p50();
    CHECK(heavy.back() == 1);
    // Nor is its memory taken for the program's. With a cgroup that is what was written to: not a huge page among it.
    CHECK(after.memory_bytes > 0);
    CHECK(after.memory_bytes < (sandbox.attestation().per_process_memory ? uint64_t{128} << 20 : uint64_t{2} << 20));
    MESSAGE(fmt::format("p50 {:.2f} ms and {} KiB, with 512 MiB more {:.2f} ms", before.wall_ms, before.memory_bytes >> 10, after.wall_ms));
  });
}

// 100,000 boxes take minutes: scripts/test --all runs this one.
TEST_CASE("soak: 100,000 boxes leave nothing behind" * doctest::skip()) {
  std::string why;
  Sandbox* sandbox = sandbox_of(modes().front(), why);
  if (sandbox == nullptr) {
    MESSAGE("skipped: soak: " << why);
    return;
  }
  auto text_of = [](const char* path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const char* n = std::getenv("PROCTOR_SOAK_BOXES");
  int n_boxes = n != nullptr ? std::atoi(n) : 100'000;
  for (int at = 0; at < 2000; ++at) answer(*sandbox);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  int boxd = sandbox->boxd_pid();
  uint64_t kib = resident_kib(boxd), own_kib = resident_kib(::getpid());
  size_t fds = n_fds(boxd), own = n_fds(::getpid());
  std::string mounts = text_of("/proc/self/mountinfo"), keys = text_of("/proc/key-users");
  std::vector<int> below = children_of(boxd);
  std::atomic<int> left{n_boxes}, wrong{0};
  auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      while (--left >= 0) wrong += answer(*sandbox).out != "42\n";
    });
  for (std::thread& thread : threads) thread.join();
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  MESSAGE(fmt::format("{} boxes, {:.0f} a second; boxd {} -> {} KiB, own {} -> {} KiB, fds {} -> {}, own {} -> {}", n_boxes, n_boxes / seconds, kib,
                      resident_kib(boxd), own_kib, resident_kib(::getpid()), fds, n_fds(boxd), own, n_fds(::getpid())));
  CHECK(wrong == 0);
  CHECK(sandbox->boxd_pid() == boxd);
  CHECK(resident_kib(boxd) < kib + 1024);
  CHECK(resident_kib(::getpid()) < own_kib + 1024);
  CHECK(n_fds(boxd) <= fds + 5);
  CHECK(n_fds(::getpid()) == own);
  CHECK(children_of(boxd).size() == below.size());
  CHECK(text_of("/proc/self/mountinfo") == mounts);
  CHECK(text_of("/proc/key-users") == keys);
}

TEST_CASE("G06 the same program gives the same result") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    std::set<std::string> results;
    for (int at = 0; at < 20; ++at)
      results.insert(sandbox.run(python_job("import locale, sys, time\nprint(hash('abc'), {str(i) for i in range(20)}, sys.getfilesystemencoding(), time.tzname, locale.getpreferredencoding())")).out);
    CHECK(results.size() == 1);
    CHECK(results.begin()->find("UTC") != std::string::npos);
    CHECK(results.begin()->find("utf-8") != std::string::npos);
  });
}

TEST_CASE("G07 both engines show a program the same interpreter") {
  const std::string program = R"py(
import sys, os, builtins
flags = {name: getattr(sys.flags, name) for name in ("debug", "optimize", "hash_randomization", "utf8_mode", "isolated", "no_site", "dont_write_bytecode")}
print(flags, sys.argv, sys.path[0], sys.getrecursionlimit(), hash("a"), __name__, __file__, sorted(k for k in globals() if k != "flags"))
print(type(sys.stdin), sys.stdin.encoding, sys.stdin.errors, sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.stdin.name, sys.stdin.mode)
print(os.getcwd(), sorted(os.environ), repr(input()), repr(sys.stdin.read()), sys.stdin.isatty(), sys.version)
print([(s.seekable(), s.line_buffering, s.write_through, s.newlines, s.fileno()) for s in (sys.stdin, sys.stdout, sys.stderr)], sys.stdout.mode)
import signal, threading
print(threading.current_thread().name, threading.active_count(), threading.current_thread() is threading.main_thread(), threading.main_thread().ident == threading.get_ident())
print([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGXFSZ)])
started = []
threads = [threading.Thread(target=started.append, args=(at,)) for at in range(4)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
child = os.fork()
if child == 0:
    thread = threading.Thread(target=os._exit, args=(len(started),))
    thread.start()
    thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
child = os.fork()
if child == 0:
    threading.Event().wait(60)
os.kill(child, signal.SIGTERM)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
try:
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(5)
except KeyboardInterrupt:
    print("interrupted")
there, here = os.pipe()
os.close(there)
try:
    os.write(here, b"x")
except BrokenPipeError:
    print("nobody reads")
sys.exit(7)
)py";
  in_every_mode([&](const Mode& mode, Sandbox& sandbox) {
    if (mode.level < 2) return;
    const std::string input = "line\r\nand\rmore\n";
    BoxOutcome one = sandbox.run(python_job(program, input)), two = sandbox.run(interpreter_job(program, input));
    INFO(describe(two));
    // -S leaves __spec__-like names to the interpreter; everything else is the same text.
    auto tidy = [](std::string text) {
      for (const char* name : {"'__cached__', ", "'__doc__', ", "'__loader__', ", "'__package__', ", "'__spec__', "})
        if (size_t at = text.find(name); at != text.npos) text.erase(at, std::string(name).size());
      return text;
    };
    CHECK(tidy(one.out) == tidy(two.out));
    CHECK(one.exit_code == 7);
    CHECK(two.exit_code == 7);
  });
}

// What the end of an interpreter does for a program, though nothing of it is taken apart.
TEST_CASE("G12 both engines end a program alike") {
  const std::vector<std::string> programs = {
      "import sys\nprint('a')\nsys.stdout.close()\n", "import sys\nwith sys.stdout as f:\n  f.write('a')\n", "import sys\nsys.stdout = None\n",
      "import sys\nsys.stderr.close()\n", "import sys\ndel sys.stdout\n", "import io, sys\nprint('first')\nsys.stdout = io.StringIO()\nprint('lost')\n",
      "f = open(1, 'w', closefd=False)\nf.write('a')\n", "import os\no = os.fdopen(os.dup(1), 'w')\no.write('a')\n",
      "import io, sys\no = io.TextIOWrapper(sys.stdout.buffer)\no.write('a')\n", "import io\no = io.BufferedWriter(io.FileIO(1, 'w', closefd=False))\no.write(b'a')\n",
      "class A:\n  def __del__(self): print('gone', name)\nname = 'x'\na = A()\nb = [a, A()]\n",
      "class A:\n  def __del__(self): raise ValueError\na = A()\nprint('a')\n", "import atexit\natexit.register(print, 'bye')\nprint('a')\n",
      "import sys\nsys.exit(False)\n", "import sys\nsys.exit(True)\n", "import enum, sys\nclass E(enum.IntEnum):\n  A = 0\nsys.exit(E.A)\n",
      "import sys\nsys.exit(2**70)\n", "import sys\nsys.exit(-1)\n", "import sys\nsys.exit(256)\n", "import sys\nsys.exit('why')\n", "import sys\nsys.exit((1, 2))\n",
      "import sys\nclass Bad:\n  def write(self, text): pass\n  def flush(self): raise OSError\nsys.stdout = Bad()\n"};
  in_every_mode([&](const Mode& mode, Sandbox& sandbox) {
    if (mode.level < 2) return;
    for (const std::string& program : programs) {
      BoxOutcome one = sandbox.run(python_job(program)), two = sandbox.run(interpreter_job(program));
      INFO(program << describe(one) << describe(two));
      CHECK(one.verdict == two.verdict);
      CHECK(one.exit_code == two.exit_code);
      CHECK(one.out == two.out);
    }
  });
}

TEST_CASE("G13 an interpreter shows programs its own folders, not those that it was pointed at") {
  auto version = output_of("/usr/bin/python3", {"-c", "import sys; print('python%d.%d' % sys.version_info[:2], end='')"});
  REQUIRE(version);
  const TempDir dir;
  const std::string packages = dir.path() + "/lib/" + *version + "/site-packages", python = dir.path() + "/bin/python3";
  dir.write("pyvenv.cfg", "home = /usr/bin\n");
  dir.write("lib/" + *version + "/site-packages/editable.pth", dir.path() + "-project\n/etc\n");
  std::filesystem::create_directory(dir.path() + "/bin");
  std::filesystem::create_symlink("/usr/bin/python3", python);
  auto found = find_interpreter(python);
  REQUIRE(found);
  CHECK(std::ranges::count(found->trees, packages) == 1);
  CHECK(std::ranges::count(found->trees, "/etc") == 0);
}

TEST_CASE("G10 every program draws its own random numbers, and its seeds give those of any interpreter") {
  const std::string program = "import random\nprint(random.random(), random.sample(range(1000), 5), random.gauss(0, 1))\n";
  in_every_mode([&](const Mode& mode, Sandbox& sandbox) {
    std::set<std::string> unseeded;
    for (int at = 0; at < 5; ++at) unseeded.insert(sandbox.run(python_job(program)).out);
    CHECK(unseeded.size() == 5);
    if (mode.level < 2) return;
    const std::string seeded = "import random\nrandom.seed(7)\n" + program;
    CHECK(sandbox.run(python_job(seeded)).out == sandbox.run(interpreter_job(seeded)).out);
  });
}

TEST_CASE("G11 an uncaught exception reads as it does anywhere") {
  in_every_mode([](const Mode& mode, Sandbox& sandbox) {
    if (mode.level < 2) return;
    for (const char* text : {"def f():\n  return 1 / 0\nf()\n", "x = [\n", "try:\n  {}['a']\nexcept KeyError as e:\n  raise ValueError('b') from e\n",
                             "import re\nre.compile('(')\n", "raise KeyboardInterrupt\n"}) {
      const std::string program = text;
      BoxOutcome one = sandbox.run(python_job(program)), two = sandbox.run(interpreter_job(program));
      INFO(program);
      CHECK(one.err == two.err);
      CHECK_FALSE(one.err.empty());
    }
  });
}

TEST_CASE("G08 ways to end: what the shell would see") {
  struct Ending { const char* program; int code; };
  for (Ending ending : {Ending{"raise SystemExit", 0}, {"raise SystemExit('text')", 1}, {"import os; os._exit(9)", 9}, {"exit()", 0}, {"quit(4)", 4},
                        {"import atexit; atexit.register(print, 'bye')", 0}, {"x = (", 1}, {"raise KeyError(1)", 1}, {"import sys; sys.exit(300)", 44}})
    run_abuse({.id = "G08", .python = ending.program, .check = [&](const Seen& seen) {
      if (std::string(seen.engine) == "exec" && std::string(ending.program).find("it(") < 4) return; // -S has no exit()
      CHECK(seen.outcome.exit_code == ending.code);
    }, .lowest_level = 1});
}

TEST_CASE("H01 without namespaces, without permission: refused with reason and remedy") {
  SandboxOptions options;
  options.boxd = PROCTOR_BOXD;
  options.withhold.add(Layer::userns);
  auto refused = Sandbox::start(options);
  REQUIRE(!refused);
  CHECK(refused.error().exit == ExitCode::infrastructure);
  for (const char* part : {"sandbox_unavailable", "\"level_needed\":\"L2\"", "userns", "hint"})
    CHECK_MESSAGE(refused.error().message.find(part) != std::string::npos, refused.error().message);
}

TEST_CASE("H02 neither Landlock nor a memory cgroup: refused") {
  SandboxOptions options;
  options.boxd = PROCTOR_BOXD;
  options.allow_soft_memory = true;
  for (Layer layer : {Layer::landlock, Layer::memory_cgroup}) options.withhold.add(layer);
  CHECK(!Sandbox::start(options));
  options.min_level = 1;
  CHECK(!Sandbox::start(options));
  SandboxOptions no_filter;
  no_filter.boxd = PROCTOR_BOXD;
  no_filter.min_level = 0; // there is no level 0 to ask for
  no_filter.withhold.add(Layer::seccomp);
  CHECK(!Sandbox::start(no_filter));
}

TEST_CASE("H03 limits per process only with permission") {
  SandboxOptions options;
  options.boxd = PROCTOR_BOXD;
  options.withhold.add(Layer::memory_cgroup);
  auto refused = Sandbox::start(options);
  REQUIRE(!refused);
  CHECK(refused.error().message.find("--allow-soft-memory") != std::string::npos);
  options.allow_soft_memory = true;
  auto soft = Sandbox::start(options);
  if (!soft) {
    MESSAGE("skipped: H03 second half: " << soft.error().message);
    return;
  }
  CHECK((*soft)->attestation().per_process_memory);
  CHECK(dump_json(to_json((*soft)->attestation())).find("\"memory\":\"per-process\"") != std::string::npos);
}

TEST_CASE("H05 a layer that does nothing is found out by the self-test") {
  for (const char* sham : {"landlock", "seccomp", "memory", "cpu"}) {
    TempDir dir;
    SandboxOptions options;
    options.boxd = dir.path() + "/boxd-" + sham;
    std::filesystem::create_symlink(PROCTOR_SHAM_BOXD, options.boxd);
    options.allow_soft_memory = true;
    options.min_level = 1;
    auto refused = Sandbox::start(options);
    INFO(std::string(sham));
    if (refused && !(*refused)->attestation().layers.has(Layer::memory_cgroup) && std::string(sham) != "landlock" && std::string(sham) != "seccomp") {
      MESSAGE("skipped: H05 " << std::string(sham) << ": missing memory_cgroup");
      continue;
    }
    REQUIRE(!refused);
    CHECK_MESSAGE(refused.error().message.find("self-test") != std::string::npos, refused.error().message);
  }
}

TEST_CASE("H06 nothing switches the sandbox off") {
  for (const char* name : {"PROCTOR_SANDBOX", "PROCTOR_NO_SANDBOX", "PROCTOR_UNSAFE"}) ::setenv(name, "none", 1);
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    CHECK(sandbox.run(python_job("open('/etc/shadow')")).verdict == RunVerdict::runtime_error);
    CHECK(!sandbox.attestation().probes.empty());
    for (const Probe& probe : sandbox.attestation().probes) CHECK(probe.held);
  });
}

TEST_CASE("what cannot be run is our failure, with the reason") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    CHECK(sandbox.run(command_job({"/usr/bin/there-is-no-such-program"})).verdict == RunVerdict::setup_error);
    CHECK(sandbox.run(command_job({})).verdict == RunVerdict::setup_error);
    CHECK(sandbox.run(command_job({std::string(1 << 20, 'x')})).failure.find("too long") != std::string::npos);
    BoxJob job = python_job("pass");
    job.files.push_back({"../../etc/passwd", "x"});
    CHECK(sandbox.run(job).failure.find("does not lie in the box") != std::string::npos);
    CHECK(answer(sandbox).out == "42\n");
  });
}

TEST_CASE("a boxd of another version or none at all is refused") {
  SandboxOptions options;
  options.boxd = "/bin/true";
  CHECK(!Sandbox::start(options));
  options.boxd = "/no/such/boxd";
  static const TempDir kept; // a child that cannot start its program must not take our globals apart
  auto missing = Sandbox::start(options);
  REQUIRE(!missing);
  CHECK(std::filesystem::exists(kept.path()));
  CHECK(missing.error().message.find("/no/such/boxd") != std::string::npos);
}

TEST_CASE("an interpreter that cannot be a zygote is refused by name and with the remedy") {
  const TempDir dir;
  const std::string old = dir.write("python3.9", "#!/bin/sh\necho False\necho /usr/bin/python3.9\n");
  std::filesystem::permissions(old, std::filesystem::perms::owner_all);
  SandboxOptions options;
  options.boxd = PROCTOR_BOXD;
  options.python = old;
  auto sandbox = Sandbox::start(options);
  if (!sandbox) {
    MESSAGE("skipped: " << sandbox.error().message);
    return;
  }
  BoxOutcome outcome = answer(**sandbox);
  CHECK(outcome.verdict == RunVerdict::setup_error);
  CHECK(outcome.failure.find(old + " cannot be used: Python 3.10 or newer is needed") == 0);
  CHECK(outcome.failure.find("--python") != std::string::npos);
}
