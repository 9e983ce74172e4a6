// SPDX-License-Identifier: MIT
// From a fresh fork to the moment before the program's first instruction.
#include "graders/sandbox/worker.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "graders/sandbox/landlock.h"
#include "graders/sandbox/self_test.h"

namespace proctor {
namespace {

constexpr int kProgramFd = 4;

bool drop_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;) ++capability;
  if (errno != EINVAL && errno != EPERM) return false; // the last is behind us, or none may be dropped
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  return ::syscall(SYS_capset, &header, none) == 0;
}

LandlockSpec landlock_spec(const Confinement& confinement) {
  LandlockSpec spec;
  spec.tcp = confinement.loopback;
  if (confinement.namespaces()) {
    spec.read_trees = {"/"};
    spec.write_trees = {"/box", "/tmp"};
    spec.write_files = {"/dev"}; // of our own making, and read-only itself
  } else {
    spec.write_files = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
    spec.read_trees = {"/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives", confinement.scratch};
    spec.read_trees.insert(spec.read_trees.end(), confinement.trees.begin(), confinement.trees.end());
  }
  return spec;
}

// Or what is allowed of it.
bool limit(int which, uint64_t value) {
  const auto resource = static_cast<__rlimit_resource>(which);
  rlimit wanted{value, value}, now{};
  if (::setrlimit(resource, &wanted) == 0) return true;
  if (errno != EPERM || ::getrlimit(resource, &now) != 0) return false;
  wanted = {std::min<rlim_t>(value, now.rlim_max), std::min<rlim_t>(value, now.rlim_max)};
  return ::setrlimit(resource, &wanted) == 0;
}

// RLIMIT_CORE 1, not 0: 0 still starts a core_pattern that is a pipe, 1 does not (core(5)).
bool set_limits(const Limits& limits, const Confinement& confinement) {
  bool soft = !confinement.layers.has(Layer::memory_cgroup);
  uint64_t stack_bytes = soft ? std::min(limits.stack_bytes, kSoftStackBytes) : limits.stack_bytes;
  auto cpu_s = static_cast<uint64_t>(std::ceil(limits.cpu_s)) + 1; // a backstop: boxd strikes before
  bool set = limit(RLIMIT_CPU, cpu_s) && limit(RLIMIT_FSIZE, limits.output_bytes + 1) && limit(RLIMIT_CORE, 1) &&
             limit(RLIMIT_NOFILE, limits.n_open_files) && limit(RLIMIT_STACK, stack_bytes) &&
             limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0) && limit(RLIMIT_SIGPENDING, 1024) &&
             limit(RLIMIT_RTPRIO, 0);
  if (set && confinement.namespaces()) set = limit(RLIMIT_NPROC, limits.n_processes + 1); // the keeper counts too
  if (set && soft) set = limit(RLIMIT_AS, limits.memory_bytes);
  return set;
}

bool copy_to_box(int from, const std::string& name) {
  for (size_t at = name.find('/'); at != name.npos; at = name.find('/', at + 1))
    if (::mkdir(name.substr(0, at).c_str(), 0755) != 0 && errno != EEXIST) return false;
  struct stat info{};
  if (::fstat(from, &info) != 0) return false;
  Fd to(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info.st_mode & 0777));
  if (!to) return false;
  off_t at = 0;
  while (at < info.st_size)
    if (::sendfile(to.get(), from, &at, static_cast<size_t>(info.st_size - at)) <= 0) return false;
  return true;
}

// 0, 1, 2, the channel and the program at their places, the report socket where nothing else is, all others closed.
bool arrange(std::vector<Fd>& fds, WorkerJob& job) {
  size_t next = 3;
  for (Fd& fd : fds) { // out of the way of the places
    int moved = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 64);
    if (moved < 0) return false;
    fd.reset(moved);
  }
  int report = ::fcntl(job.report.get(), F_DUPFD_CLOEXEC, 200);
  if (report < 0) return false;
  job.report.reset(report);
  for (int place = 0; place < 3; ++place)
    if (::dup2(fds[static_cast<size_t>(place)].get(), place) < 0) return false;
  int program = job.head.has_program ? fds[next++].release() : -1;
  int channel = job.head.has_channel ? fds[next++].release() : -1;
  ::close(kChannelFd);
  if (channel >= 0 && ::dup2(channel, kChannelFd) < 0) return false;
  if (program >= 0 && ::dup3(program, kProgramFd, 0) < 0) return false;
  job.program = Fd(program >= 0 ? kProgramFd : -1);
  fds.clear();
  unsigned first = kProgramFd + (program >= 0 ? 1u : 0u);
  return ::syscall(SYS_close_range, first, 199u, 0) == 0 && ::syscall(SYS_close_range, 201u, ~0u, 0) == 0;
}

Failure prepare(Packet& packet, const Confinement& confinement, WorkerJob& job) {
  size_t wanted = 3 + size_t{job.head.has_program} + size_t{job.head.has_channel} + job.head.n_files;
  if (packet.fds.size() != wanted || job.args.size() + job.file_names.size() != job.head.n_args + job.head.n_files)
    return {BoxStep::descriptors, EBADMSG};
  for (size_t at = 0; at < job.file_names.size(); ++at)
    if (!copy_to_box(packet.fds[wanted - job.file_names.size() + at].get(), job.file_names[at])) return failed(BoxStep::files);
  if (!arrange(packet.fds, job)) return failed(BoxStep::descriptors);
  if (!set_limits(job.head.limits, confinement)) return failed(BoxStep::limits);
  return {};
}

// The descriptor of an executable; a script's interpreter has to open it again by name, so it stays open.
[[noreturn]] void exec_command(const WorkerJob& job, char* const* argv) {
  static const char* const kEnvironment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/box", "TMPDIR=/tmp",
                                             "LANG=C.UTF-8", "TZ=UTC", "PYTHONHASHSEED=0", "OMP_NUM_THREADS=1",
                                             "OPENBLAS_NUM_THREADS=1", nullptr};
  char* const* environment = const_cast<char* const*>(kEnvironment);
  if (job.program) ::syscall(SYS_execveat, job.program.get(), "", argv, environment, AT_EMPTY_PATH);
  else ::execvpe(argv[0], argv, environment);
  give_up(job.report.get(), failed(BoxStep::exec));
}

// Level 1 allows exactly one exec: the one whose argv lies at an address that is drawn here.
char** argv_in_own_page(const std::vector<char*>& argv) {
  size_t bytes = argv.size() * sizeof(char*);
  void* page = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  std::copy(argv.begin(), argv.end(), static_cast<char**>(page));
  return static_cast<char**>(page);
}

} // namespace

[[noreturn]] void give_up(int socket, Failure failure) {
  send_wire(socket, StatusWire{Report::failed, false, failure.step, failure.error, 0, 0, 0});
  ::_exit(1);
}

FilterSpec filter_spec(const Confinement& confinement, bool setup) {
  FilterSpec spec;
  spec.setup_calls = setup;
  spec.memfd = confinement.layers.has(Layer::memory_cgroup);
  spec.unix_sockets = confinement.landlock_abi >= kLandlockScopes;
  spec.inet = confinement.loopback;
  return spec;
}

Failure confine_self(const Confinement& confinement) {
  if (!drop_capabilities()) return failed(BoxStep::capabilities);
  if (confinement.layers.has(Layer::landlock) && !restrict_self(landlock_spec(confinement), confinement.landlock_abi))
    return failed(BoxStep::landlock);
  if (confinement.second_filter && confinement.namespaces() && !install_filter(make_filter(filter_spec(confinement, false))))
    return failed(BoxStep::seccomp);
  return {};
}

WorkerJob take_job(WaitingWorker worker, const Confinement& confinement) {
  auto packet = receive_packet(worker.socket.get());
  auto head = packet ? packet->head<JobWire>() : std::nullopt;
  if (!head) ::_exit(0); // boxd is gone, or does not need this box
  WorkerJob job;
  job.head = *head;
  job.notes = worker.notes;
  job.report = std::move(worker.socket);
  std::vector<std::string> texts = packet->texts<JobWire>();
  size_t n_args = std::min<size_t>(texts.size(), head->n_args);
  job.args.assign(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(n_args));
  job.file_names.assign(texts.begin() + static_cast<std::ptrdiff_t>(n_args), texts.end());
  if (Failure failure = prepare(*packet, confinement, job); failure.step != BoxStep::none)
    give_up(job.report.get(), failure);
  return job;
}

bool seal_process(const Confinement& confinement, uint64_t exec_argv) {
  if (confinement.namespaces()) return true;
  FilterSpec spec = filter_spec(confinement, false);
  spec.single_process = true;
  spec.self = ::getpid();
  spec.exec_argv = exec_argv;
  return install_filter(make_filter(spec));
}

[[noreturn]] void exec_job(WorkerJob job, const Confinement& confinement) {
  if (job.head.work == BoxWork::self_test) {
    if (!seal_process(confinement, 0)) give_up(job.report.get(), failed(BoxStep::seccomp));
    ::_exit(run_self_test(job.args));
  }
  std::vector<char*> arguments;
  for (std::string& arg : job.args) arguments.push_back(arg.data());
  arguments.push_back(nullptr);
  char** argv = argv_in_own_page(arguments);
  if (argv == nullptr || arguments.size() < 2) give_up(job.report.get(), {BoxStep::exec, EINVAL});
  if (!seal_process(confinement, reinterpret_cast<uint64_t>(argv))) give_up(job.report.get(), failed(BoxStep::seccomp));
  exec_command(job, argv);
}

} // namespace proctor
