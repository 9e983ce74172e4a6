// SPDX-License-Identifier: MIT
// Making boxes, and keeping them.
#include "graders/sandbox/box.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace proctor {
namespace {

struct BoxEnds { // what the factory was handed for one box
  Fd job, status;
  std::vector<Fd> cgroups;
};

pid_t clone_box(const Confinement& confinement, int* pidfd) {
  clone_args args{};
  args.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
  if (confinement.namespaces()) args.flags |= CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS;
  if (confinement.loopback) args.flags |= CLONE_NEWNET;
  args.pidfd = reinterpret_cast<uint64_t>(pidfd);
  args.exit_signal = SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

// The user of a box is 1000 inside and out: the factory's user. That groups cannot be set is inherited from its namespace.
bool map_user() { return write_file("/proc/self/uid_map", "1000 1000 1") && write_file("/proc/self/gid_map", "1000 1000 1"); }

bool forbid_user_namespaces() { return write_file("/proc/sys/user/max_user_namespaces", "0"); }

bool raise_loopback() {
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return socket && ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

// Writing "0" moves the writer, with the rights of whoever opened the file: boxd.
Failure join_cgroups(const std::vector<Fd>& cgroups) {
  for (const Fd& procs : cgroups)
    if (::write(procs.get(), "0", 1) != 1) return failed(BoxStep::cgroup_join);
  return {};
}

Failure set_up_box(const BoxEnds& ends, Confinement& confinement) {
  if (Failure failure = join_cgroups(ends.cgroups); failure.step != BoxStep::none) return failure;
  if (!confinement.namespaces()) return {};
  if (!map_user()) return failed(BoxStep::box_id_map);
  if (!forbid_user_namespaces()) confinement.second_filter = true;
  if (confinement.loopback && !raise_loopback()) return failed(BoxStep::box_mount);
  if (Failure failure = mount_proc(); failure.step != BoxStep::none) return failure;
  return mount_box();
}

// CPU ticks of a process and of those children that it waited for; 0 when it is gone.
uint64_t ticks_of(const char* pid) {
  Fd stat(::open((std::string("/proc/") + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  char text[1024];
  ssize_t got = stat ? ::read(stat.get(), text, sizeof text - 1) : -1;
  if (got <= 0) return 0;
  text[got] = '\0';
  const char* after_name = std::strrchr(text, ')');
  unsigned long user = 0, system = 0;
  long child_user = 0, child_system = 0;
  if (after_name == nullptr || std::sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", &user,
                                           &system, &child_user, &child_system) != 4)
    return 0;
  return user + system + static_cast<unsigned long>(child_user + child_system);
}

// In a pid namespace of its own /proc has the processes of the box and no others.
uint64_t ticks_of_all() {
  uint64_t ticks = 0;
  DIR* entries = ::opendir("/proc");
  if (entries == nullptr) return 0;
  while (dirent* entry = ::readdir(entries))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') ticks += ticks_of(entry->d_name);
  ::closedir(entries);
  return ticks;
}

uint64_t to_ns(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_usec) * 1000;
}

class Keeper {
 public:
  Keeper(Fd status, pid_t worker, bool own_namespace, BoxNotes* notes)
      : status_(std::move(status)), worker_(worker), own_namespace_(own_namespace), notes_(notes) {}

  [[noreturn]] void keep(int signals) {
    pollfd waits[] = {{status_.get(), POLLIN, 0}, {signals, POLLIN, 0}};
    for (;;) {
      if (::poll(waits, 2, -1) < 0 && errno != EINTR) ::_exit(1);
      if (waits[0].revents != 0) obey();
      if (waits[1].revents != 0) {
        signalfd_siginfo info;
        while (::read(signals, &info, sizeof info) > 0) {}
        if (reap(WNOHANG)) finish();
      }
    }
  }

 private:
  // boxd's order; its end of the socket closed means that nobody wants this box any more.
  void obey() {
    Order order{};
    ssize_t got = ::recv(status_.get(), &order, sizeof order, 0);
    if (got <= 0) {
      kill_all();
      ::_exit(0);
    }
    if (order == Order::stop) finish();
    uint64_t ticks = own_namespace_ ? ticks_of_all() : ticks_of(std::to_string(worker_).c_str());
    send(Report::usage, ticks * (1'000'000'000 / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK))), 0);
  }

  // True when the worker is among the dead.
  bool reap(int options) {
    int status = 0;
    for (pid_t pid; (pid = ::waitpid(-1, &status, options)) > 0;)
      if (pid == worker_) worker_status_ = status, worker_dead_ = true;
    return worker_dead_;
  }

  void kill_all() {
    if (own_namespace_ && ::getpid() == 1) ::kill(-1, SIGKILL);
    else if (!worker_dead_) ::kill(worker_, SIGKILL);
  }

  [[noreturn]] void finish() {
    kill_all();
    reap(0);
    rusage all{};
    ::getrusage(RUSAGE_CHILDREN, &all);
    send(Report::ended, to_ns(all.ru_utime) + to_ns(all.ru_stime), static_cast<uint64_t>(all.ru_maxrss) * 1024);
    ::_exit(0);
  }

  void send(Report report, uint64_t cpu_ns, uint64_t memory_bytes) {
    send_wire(status_.get(), StatusWire{report, notes_->memory_refused, BoxStep::none, 0, worker_status_, cpu_ns, memory_bytes});
  }

  Fd status_;
  pid_t worker_;
  bool own_namespace_;
  BoxNotes* notes_;
  int worker_status_ = SIGKILL;
  bool worker_dead_ = false;
};

int watch_children() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  ::signal(SIGCHLD, SIG_DFL); // ignored by the factory, which CLONE_CLEAR_SIGHAND keeps
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

WaitingWorker work(BoxEnds ends, const Confinement& confinement, BoxNotes* notes) {
  ends.status.reset();
  ends.cgroups.clear();
  restore_signals();
  ::setsid();
  write_file("/proc/self/oom_score_adj", "1000"); // dies for want of memory before its keeper does
  if (!confinement.namespaces()) ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (Failure failure = confine_self(confinement); failure.step != BoxStep::none) give_up(ends.job.get(), failure);
  if (::chdir(confinement.namespaces() ? "/box" : confinement.scratch.c_str()) != 0) give_up(ends.job.get(), failed(BoxStep::files));
  return {std::move(ends.job), notes};
}

[[noreturn]] void report_failure(int status, Failure failure) {
  send_wire(status, StatusWire{Report::failed, false, failure.step, failure.error, 0, 0, 0});
  ::_exit(1);
}

// The first process of the box. Returns in the worker only.
WaitingWorker run_box(BoxEnds ends, Confinement confinement) {
  if (Failure failure = set_up_box(ends, confinement); failure.step != BoxStep::none)
    report_failure(ends.status.get(), failure);
  void* page = ::mmap(nullptr, sizeof(BoxNotes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int signals = watch_children();
  if (page == MAP_FAILED || signals < 0) report_failure(ends.status.get(), failed(BoxStep::limits));
  auto* notes = new (page) BoxNotes{};
  pid_t worker = ::fork();
  if (worker < 0) report_failure(ends.status.get(), failed(BoxStep::box_clone));
  if (worker == 0) {
    ::close(signals);
    return work(std::move(ends), confinement, notes);
  }
  ends.job.reset();
  ends.cgroups.clear();
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // no /proc/1/mem, no ptrace, even for the same user
  send_wire(ends.status.get(), StatusWire{Report::ready, false, BoxStep::none, 0, 0, 0, 0});
  Keeper(std::move(ends.status), worker, confinement.namespaces(), notes).keep(signals);
}

std::optional<BoxEnds> take_ends(Packet& packet) {
  if (packet.fds.size() < 2) return std::nullopt;
  BoxEnds ends;
  ends.job = std::move(packet.fds[0]);
  ends.status = std::move(packet.fds[1]);
  for (size_t at = 2; at < packet.fds.size(); ++at) ends.cgroups.push_back(std::move(packet.fds[at]));
  return ends;
}

} // namespace

WaitingWorker serve_boxes(int control, const Confinement& confinement) {
  ::signal(SIGCHLD, SIG_IGN); // boxes are reaped without being waited for
  send_wire(control, MadeWire{kFactoryItself, BoxStep::none, 0});
  for (;;) {
    auto packet = receive_packet(control);
    auto make = packet ? packet->head<MakeWire>() : std::nullopt;
    auto ends = make ? take_ends(*packet) : std::nullopt;
    if (!ends) ::_exit(0);
    int pidfd = -1;
    pid_t pid = clone_box(confinement, &pidfd);
    if (pid == 0) {
      ::close(control);
      return run_box(std::move(*ends), confinement);
    }
    int error = errno;
    Fd handle(pid > 0 ? pidfd : -1);
    if (pid > 0) send_wire(control, MadeWire{make->box, BoxStep::none, 0}, {handle.get()});
    else send_wire(control, MadeWire{make->box, BoxStep::box_clone, error});
  }
}

} // namespace proctor
