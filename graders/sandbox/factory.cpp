// SPDX-License-Identifier: MIT
// Starting a factory: namespaces, user, root, filter, interpreter.
#include "graders/sandbox/factory.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "graders/sandbox/box.h"
#include "graders/sandbox/zygote_source.h"

namespace proctor {
namespace {

constexpr int kControlFd = 3;
constexpr uid_t kRootBoxUser = 60000; // RLIMIT_NPROC does not count root: boxes of root run as this user
constexpr const char* kLibraryInside = "/.proctor/libproctor_box.so";

pid_t clone_factory(bool namespaces, int* pidfd) {
  clone_args args{};
  args.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
  if (namespaces) args.flags |= CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  args.pidfd = reinterpret_cast<uint64_t>(pidfd);
  args.exit_signal = SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

bool map_ids(pid_t pid, uid_t user, gid_t group) {
  std::string proc = "/proc/" + std::to_string(pid);
  return write_file(proc + "/uid_map", "1000 " + std::to_string(user) + " 1") &&
         write_file(proc + "/gid_map", "1000 " + std::to_string(group) + " 1");
}

// Root becomes an ordinary user of the host; anybody else stays who they are, named 1000 inside.
Failure map_user(pid_t pid) {
  if (!write_file("/proc/" + std::to_string(pid) + "/setgroups", "deny")) return failed(BoxStep::id_map);
  if (::geteuid() == 0 && map_ids(pid, kRootBoxUser, kRootBoxUser)) return {};
  if (map_ids(pid, ::geteuid(), ::getegid())) return {};
  return failed(BoxStep::id_map);
}

[[noreturn]] void refuse(int control, Failure failure) {
  send_wire(control, MadeWire{kFactoryItself, failure.step, failure.error});
  ::_exit(1);
}

bool tidy_descriptors(int control) {
  if (::dup2(control, kControlFd) < 0) return false;
  int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd : {0, 1, 2})
    if (::dup2(null, fd) < 0) return false;
  ::fcntl(kControlFd, F_SETFD, 0); // dup2 onto itself keeps close-on-exec
  return ::syscall(SYS_close_range, kControlFd + 1, ~0u, 0) == 0;
}

std::string read_binary(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string content;
  char block[65536];
  for (ssize_t got; fd && (got = ::read(fd.get(), block, sizeof block)) > 0;) content.append(block, static_cast<size_t>(got));
  return content;
}

// The gap that mmap leaves for the stack is fixed at exec: leave room for deep recursion.
void widen_stack(const Confinement& confinement) {
  rlimit stack{};
  ::getrlimit(RLIMIT_STACK, &stack);
  rlim_t wanted = confinement.layers.has(Layer::memory_cgroup) ? Limits{}.stack_bytes : kSoftStackBytes;
  stack.rlim_cur = std::min(stack.rlim_max, wanted);
  ::setrlimit(RLIMIT_STACK, &stack);
}

[[noreturn]] void exec_python(const FactorySpec& spec, bool namespaces) {
  std::vector<std::string> words = {spec.python, "-s", "-S", "-B", "-c", kZygoteSource,
                                    namespaces ? kLibraryInside : spec.library, std::to_string(kControlFd),
                                    encode_confinement(spec.confinement), std::to_string(spec.prepared.size())};
  words.insert(words.end(), spec.prepared.begin(), spec.prepared.end());
  words.insert(words.end(), spec.paths.begin(), spec.paths.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string preload = "LD_PRELOAD=" + (namespaces ? std::string(kLibraryInside) : spec.library);
  const char* environment[] = {preload.c_str(), "LD_BIND_NOW=1", "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/box", "TMPDIR=/tmp", "LANG=C.UTF-8", "TZ=UTC",
                               "PYTHONHASHSEED=0", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", nullptr};
  ::execve(spec.python.c_str(), argv.data(), const_cast<char* const*>(environment));
  refuse(kControlFd, failed(BoxStep::interpreter));
}

Failure become_user(bool namespaces) {
  if (namespaces) {
    if (::setresgid(1000, 1000, 1000) != 0 || ::setresuid(1000, 1000, 1000) != 0) return failed(BoxStep::id_map);
  } else if (::geteuid() == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(kRootBoxUser, kRootBoxUser, kRootBoxUser) != 0 ||
        ::setresuid(kRootBoxUser, kRootBoxUser, kRootBoxUser) != 0)
      return failed(BoxStep::id_map);
  }
  return {};
}

// Level 1 installs its filter per process, with the process's own id in it.
Failure confine_factory(const FactorySpec& spec) {
  RootSpec root;
  if (spec.engine == BoxEngine::python) {
    root.trees = spec.trees;
    root.files.push_back({kLibraryInside, read_binary(spec.library)});
  }
  if (Failure failure = become_user(true); failure.step != BoxStep::none) return failure;
  constexpr std::string_view kHost = "box"; // not the name of the machine
  if (::sethostname(kHost.data(), kHost.size()) != 0) return failed(BoxStep::root_mount);
  if (Failure failure = enter_root(root); failure.step != BoxStep::none) return failure;
  if (!install_filter(make_filter(filter_spec(spec.confinement, true)))) return failed(BoxStep::seccomp);
  return {};
}

// An interpreter takes over what it finds ignored, and programs are told so. SIGINT from a terminal is boxd's until boxes
// are served.
void unignore_signals() {
  for (int signal : {SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_DFL);
}

[[noreturn]] void be_factory(const FactorySpec& spec, int control, int mapped) {
  char go = 0;
  if (::read(mapped, &go, 1) != 1) ::_exit(1);
  unignore_signals();
  if (!tidy_descriptors(control)) refuse(control, failed(BoxStep::descriptors));
  bool namespaces = spec.confinement.namespaces();
  Failure failure = namespaces ? confine_factory(spec) : become_user(false);
  if (failure.step != BoxStep::none) refuse(kControlFd, failure);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) refuse(kControlFd, failed(BoxStep::seccomp));
  ::umask(022);
  widen_stack(spec.confinement);
  if (spec.engine == BoxEngine::python) exec_python(spec, namespaces);
  exec_job(take_job(serve_boxes(kControlFd, spec.confinement), spec.confinement), spec.confinement);
}

} // namespace

Failure start_factory(const FactorySpec& spec, Factory& factory) {
  auto [ours, theirs] = packet_pair();
  auto [mapper, mapped] = packet_pair();
  if (!ours || !mapper) return failed(BoxStep::descriptors);
  int pidfd = -1;
  factory.pid = clone_factory(spec.confinement.namespaces(), &pidfd);
  if (factory.pid < 0) return failed(BoxStep::clone);
  if (factory.pid == 0) be_factory(spec, theirs.get(), mapped.get());
  factory.pidfd = Fd(pidfd);
  factory.control = std::move(ours);
  if (spec.confinement.namespaces())
    if (Failure failure = map_user(factory.pid); failure.step != BoxStep::none) return failure;
  return ::send(mapper.get(), "g", 1, MSG_NOSIGNAL) == 1 ? Failure{} : failed(BoxStep::lost);
}

std::string encode_confinement(const Confinement& confinement) {
  std::ostringstream text;
  for (int layer = 0; layer < kLayers; ++layer) text << (confinement.layers.has(static_cast<Layer>(layer)) ? '1' : '0');
  text << ' ' << confinement.landlock_abi << ' ' << confinement.second_filter << ' ' << confinement.loopback << '\n'
       << confinement.scratch;
  for (const std::string& tree : confinement.trees) text << '\n' << tree;
  return text.str();
}

Confinement decode_confinement(const std::string& text) {
  Confinement confinement;
  std::istringstream lines(text);
  std::string layers, tree;
  lines >> layers >> confinement.landlock_abi >> confinement.second_filter >> confinement.loopback;
  for (size_t layer = 0; layer < layers.size(); ++layer)
    if (layers[layer] == '1') confinement.layers.add(static_cast<Layer>(layer));
  std::getline(lines, tree);
  std::getline(lines, confinement.scratch);
  while (std::getline(lines, tree)) confinement.trees.push_back(tree);
  return confinement;
}

} // namespace proctor
