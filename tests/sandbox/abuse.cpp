// SPDX-License-Identifier: MIT
// Modes, invariants, and the loop over them.
#include "tests/sandbox/abuse.h"

#include <arpa/inet.h>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <set>
#include <signal.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/temp_dir.h"

#ifndef PROCTOR_BOXD
#error "the path of proctor-boxd"
#endif

namespace proctor {
namespace {

namespace fs = std::filesystem;

constexpr int kSlots = 2;

LayerSet without(std::initializer_list<Layer> layers) {
  LayerSet set;
  for (Layer layer : layers) set.add(layer);
  return set;
}

// proctor-boxd where an ordinary user can reach it, and a program that becomes that user and starts it.
class UserBoxd {
 public:
  UserBoxd() {
    fs::permissions(dir_.path(), fs::perms(0755));
    fs::path built = PROCTOR_BOXD;
    fs::copy_file(built, dir_.path() + "/proctor-boxd");
    fs::copy_file(built.parent_path() / "libproctor_box.so", dir_.path() + "/libproctor_box.so");
    fs::copy_file(PROCTOR_AS_USER, dir_.path() + "/as_user");
  }
  std::string path() const { return dir_.path() + "/as_user"; }

 private:
  TempDir dir_;
};

struct Started {
  std::unique_ptr<Sandbox> sandbox;
  std::string why;
};

Started start_mode(const Mode& mode) {
  static UserBoxd user;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  bool root = ::geteuid() == 0;
  if (mode.user && !root) return {nullptr, "not root: the other modes are the user's"};
  SandboxOptions options;
  options.n_slots = kSlots;
  options.min_level = 1;
  options.allow_soft_memory = true;
  options.boxd = mode.user ? user.path() : PROCTOR_BOXD;
  options.python = "/usr/bin/python3";
  options.withhold = mode.withhold;
  auto sandbox = Sandbox::start(options);
  if (!sandbox) return {nullptr, sandbox.error().message};
  const Attestation& attestation = (*sandbox)->attestation();
  if (attestation.level == mode.level) return {std::move(*sandbox), ""};
  std::string missing;
  for (const MissingLayer& layer : attestation.missing)
    missing += fmt::format(" {} ({})", kLayerNames[static_cast<int>(layer.layer)], std::strerror(layer.error));
  return {nullptr, "missing:" + missing};
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

size_t count_entries(const std::string& dir) {
  std::error_code error;
  size_t count = 0;
  for (auto at = fs::directory_iterator(dir, error); !error && at != fs::directory_iterator(); at.increment(error)) ++count;
  return count;
}

// Processes below `root`: number, name and state.
std::vector<std::string> descendants(int root) {
  std::multimap<int, std::pair<int, std::string>> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    int pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0) continue;
    std::string stat = text_of(entry.path() / "stat");
    size_t end = stat.rfind(')');
    if (end == stat.npos || stat[end + 2] == 'X') continue;
    children.insert({std::atoi(stat.c_str() + end + 4), {pid, stat.substr(0, end + 3)}});
  }
  std::vector<int> todo = {root};
  std::vector<std::string> found;
  while (!todo.empty()) {
    int parent = todo.back();
    todo.pop_back();
    auto [first, last] = children.equal_range(parent);
    for (auto at = first; at != last; ++at) todo.push_back(at->second.first), found.push_back(at->second.second);
  }
  return found;
}

// Things of the host that must stay as they are.
class Host {
 public:
  Host() : tcp_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), abstract_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    file_ = dir_.write("canary.txt", "a secret of the host");
    fs::permissions(dir_.path(), fs::perms(0755));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(tcp_, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(tcp_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::string text = fmt::format("proctor-canary-{}", ::getpid());
    std::memcpy(name.sun_path + 1, text.data(), text.size());
    ::bind(abstract_, reinterpret_cast<sockaddr*>(&name), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size()));
    ::listen(tcp_, 4), ::listen(abstract_, 4);
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) ::pause();
    }
  }
  ~Host() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    ::close(tcp_), ::close(abstract_);
  }

  // PROGRAM with @FILE@, @PORT@, @PID@ and @ABSTRACT@ filled in.
  std::string fill(std::string program) const {
    for (auto& [mark, value] : std::map<std::string, std::string>{{"@FILE@", file_},
                                                                  {"@PORT@", std::to_string(port_)},
                                                                  {"@PID@", std::to_string(process_)},
                                                                  {"@ABSTRACT@", fmt::format("proctor-canary-{}", ::getpid())}})
      for (size_t at; (at = program.find(mark)) != program.npos;) program.replace(at, mark.size(), value);
    return program;
  }

  void check() const {
    CHECK(text_of(file_) == "a secret of the host");
    CHECK(::kill(process_, 0) == 0);
    CHECK(::accept(tcp_, nullptr, nullptr) < 0);
    CHECK(::accept(abstract_, nullptr, nullptr) < 0);
  }

 private:
  TempDir dir_;
  std::string file_;
  int tcp_, abstract_, port_ = 0;
  pid_t process_ = -1;
};

// What must be the same before and after a run.
struct Traces {
  size_t boxd_fds, own_fds, shm_entries;
  std::string mounts, shm, keys;
  bool operator==(const Traces&) const = default;
};

Traces traces_of(const Sandbox& sandbox) {
  return {count_entries(fmt::format("/proc/{}/fd", sandbox.boxd_pid())), count_entries("/proc/self/fd"), count_entries("/dev/shm"),
          text_of("/proc/self/mountinfo"), text_of("/proc/sysvipc/shm"), text_of("/proc/key-users")};
}

// The same at five looks in a row.
#ifdef __SANITIZE_THREAD__
constexpr int kSteady = 60; // a box that is being made may take as long
#else
constexpr int kSteady = 5;
#endif

Traces settled_traces(const Sandbox& sandbox) {
  Traces last = traces_of(sandbox);
  for (int same = 0; same < kSteady;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    Traces now = traces_of(sandbox);
    same = now == last ? same + 1 : 0;
    last = std::move(now);
  }
  return last;
}

std::string difference(const Traces& before, const Traces& after) {
  return fmt::format("fds of boxd {} -> {}, own {} -> {}, /dev/shm {} -> {}\nmounts {}\nshm {}\nkeys\n{} -> {}", before.boxd_fds, after.boxd_fds,
                     before.own_fds, after.own_fds, before.shm_entries, after.shm_entries, before.mounts == after.mounts,
                     before.shm == after.shm, before.keys, after.keys);
}

// Boxd reports first and makes the next box after: give it a moment.
template <class F> bool comes_true(F condition) {
  for (int attempt = 0; attempt < 400; ++attempt) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

// I1: the boxes that stand ready are all that is left. One to three factories were used so far.
void check_only_ready_boxes(const Sandbox& sandbox) {
  constexpr size_t kFactory = 1 + 2 * kSlots;
  std::vector<std::string> left;
  bool right = comes_true([&] {
    left = descendants(sandbox.boxd_pid());
    return left.size() == kFactory || left.size() == 2 * kFactory || left.size() == 3 * kFactory;
  });
  CHECK_MESSAGE(right, fmt::format("{} processes: {}", left.size(), fmt::join(left, ", ")));
}

void check_works(Sandbox& sandbox) { // I4
  BoxOutcome outcome = sandbox.run(python_job("print(6 * int(input()))", "7\n"));
  CHECK_MESSAGE(outcome.verdict == RunVerdict::ok, describe(outcome));
  CHECK(outcome.out == "42\n");
}

using MakeJob = std::function<BoxJob(const Abuse&, int level)>;

BoxJob zygote_job(const Abuse& abuse, int) { return python_job(abuse.python); }

BoxJob exec_job(const Abuse& abuse, int level) {
  if (level == 1) return command_job({"/usr/bin/python3", "-s", "-S", "-B", "-c", abuse.python});
  return interpreter_job(abuse.python);
}

void run_one(const Mode& mode, const char* engine, const Abuse& abuse, const MakeJob& make, const Host& host) {
  std::string why;
  Sandbox* sandbox = sandbox_of(mode, why);
  if (sandbox != nullptr && mode.level < abuse.lowest_level) why = fmt::format("needs level {}", abuse.lowest_level);
  if (!why.empty()) {
    MESSAGE(fmt::format("skipped: {} in mode {}: {}", abuse.id, mode.name, why));
    return;
  }
  INFO(fmt::format("{} mode {} engine {}", abuse.id, mode.name, engine));
  Abuse filled = abuse;
  filled.python = host.fill(abuse.python);
  BoxJob job = make(filled, mode.level);
  job.input = abuse.input;
  job.limits = abuse.limits;
  for (const BoxFile& file : abuse.files)
    if (mode.level > 1) job.files.push_back(file);
  sandbox->run(job.engine == BoxEngine::python ? python_job("pass") : command_job({"/bin/true"})); // the pool is full
  check_only_ready_boxes(*sandbox);
  Traces before = settled_traces(*sandbox);
  BoxOutcome outcome = sandbox->run(job);
  INFO(describe(outcome));
  abuse.check({mode, engine, outcome, sandbox->attestation().layers.has(Layer::memory_cgroup), sandbox->attestation().landlock_abi});
  check_only_ready_boxes(*sandbox);                                 // I1
  comes_true([&] { return traces_of(*sandbox) == before; }); // I2
  if (Traces after = traces_of(*sandbox); !(after == before)) FAIL_CHECK(difference(before, after));
  host.check();                                                     // I3
  check_works(*sandbox);                                            // I4
}

} // namespace

const std::vector<Mode>& modes() {
  static const std::vector<Mode> kModes = {
      {"full", {}, false, 3},
      {"no-cgroup", without({Layer::memory_cgroup, Layer::cpu_cgroup}), false, 2},
      {"no-landlock", without({Layer::landlock}), false, 2},
      {"user", without({Layer::memory_cgroup, Layer::cpu_cgroup}), true, 2},
      {"single", without({Layer::userns, Layer::memory_cgroup, Layer::cpu_cgroup}), false, 1},
  };
  return kModes;
}

Sandbox* sandbox_of(const Mode& mode, std::string& why) {
  static std::map<std::string, Started> started;
  auto found = started.find(mode.name);
  if (found == started.end()) found = started.emplace(mode.name, start_mode(mode)).first;
  why = found->second.why;
  return found->second.sandbox.get();
}

void in_every_mode(const std::function<void(const Mode&, Sandbox&)>& body) {
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

void run_abuse(const Abuse& abuse) {
  Host host;
  for (const Mode& mode : modes()) {
    run_one(mode, "zygote", abuse, zygote_job, host);
    run_one(mode, "exec", abuse, exec_job, host);
  }
}

void run_command_abuse(const Abuse& abuse, const std::vector<std::string>& args) {
  Host host;
  for (const Mode& mode : modes())
    run_one(mode, "exec", abuse, [&](const Abuse&, int) { return command_job(args); }, host);
}

std::function<void(const Seen&)> prints(const std::string& text) {
  return [text](const Seen& seen) {
    CHECK(seen.outcome.verdict == RunVerdict::ok);
    CHECK(seen.outcome.out == text);
  };
}

std::function<void(const Seen&)> ends_in(RunVerdict verdict) {
  return [verdict](const Seen& seen) { CHECK(verdict_name(seen.outcome.verdict) == std::string(verdict_name(verdict))); };
}

std::function<void(const Seen&)> times_out(TimeLimit which) {
  return [which](const Seen& seen) {
    CHECK(seen.outcome.verdict == RunVerdict::timed_out);
    CHECK(seen.outcome.timeout == which);
  };
}

const std::string kDenied = R"py(
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def syscall(*args):
    result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    if result < 0:
        raise OSError(ctypes.get_errno(), "syscall")
    return result
def denied(f):
    try:
        f()
        return "worked"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
)py";

BoxJob interpreter_job(const std::string& program, const std::string& input) {
  BoxJob job = command_job({"/usr/bin/python3", "-s", "-S", "-B", "/box/main.py"}, input);
  job.files.push_back({"main.py", program});
  return job;
}

std::string describe(const BoxOutcome& outcome) {
  return fmt::format("{}{} exit {} signal {} cpu {:.3f} wall {:.3f} memory {} failure [{}] out [{}] err [{}]", verdict_name(outcome.verdict),
                     outcome.timeout == TimeLimit::cpu ? " cpu" : outcome.timeout == TimeLimit::wall ? " wall" : "",
                     outcome.exit_code.value_or(-1), outcome.signal.value_or(-1), outcome.cpu_s, outcome.wall_s, outcome.memory_bytes,
                     outcome.failure, outcome.out.substr(0, 400), outcome.err.substr(0, 800));
}

} // namespace proctor
