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

// Every mode that this machine allows.
template <class F> void in_every_mode(F body) {
  for (const Mode& mode : modes()) {
    std::string why;
    Sandbox* sandbox = sandbox_of(mode, why);
    if (sandbox == nullptr) {
      MESSAGE("skipped: mode " << std::string(mode.name) << ": " << why);
      continue;
    }
    INFO("mode " << std::string(mode.name));
    body(mode, *sandbox);
  }
}

Outcome answer(Sandbox& sandbox) { return sandbox.run(python_job("print(42)")); }

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
          Job job = at % 2 == 0 ? python_job("print(int(input()) * 3)") : command_job({"/bin/cat"});
          job.input = std::to_string(thread * 100 + at) + "\n";
          Outcome outcome = sandbox.run(job);
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
      Outcome outcome = answer(sandbox);
      INFO(describe(outcome));
      CHECK(outcome.out == "42\n");
    }
    std::atomic<int> odd{0};
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
      for (int factory : children_of(sandbox.boxd_pid())) ::kill(factory, SIGKILL);
    });
    Job slow = python_job("import time\ntime.sleep(0.5)\nprint(42)");
    Outcome outcome = sandbox.run(slow);
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
    Outcome outcome = sandbox.run(python_job("import time\ntime.sleep(0.6)\nprint(42)"));
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
print(os.getcwd(), sorted(os.environ), input(), sys.stdin.isatty(), sys.version)
import threading; print(threading.current_thread().name, threading.active_count())
sys.exit(7)
)py";
  in_every_mode([&](const Mode& mode, Sandbox& sandbox) {
    if (mode.level < 2) return;
    Job zygote = python_job(program, "line\n"), exec = command_job({"/usr/bin/python3", "-s", "-S", "-B", "/box/main.py"}, "line\n");
    exec.files.push_back({"main.py", program});
    Outcome one = sandbox.run(zygote), two = sandbox.run(exec);
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
    Job job = python_job("pass");
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
  auto missing = Sandbox::start(options);
  REQUIRE(!missing);
  CHECK(missing.error().message.find("/no/such/boxd") != std::string::npos);
}
