// SPDX-License-Identifier: MIT
// Making boxes.
#include "graders/sandbox/box.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graders/sandbox/keeper.h"

namespace proctor {
namespace {

struct BoxEnds { // what the factory was handed for one box
  Fd job, status;
  std::vector<Fd> cgroups;
};

int namespaces_of(const Confinement& confinement) {
  return (confinement.namespaces() ? CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS : 0) | (confinement.loopback ? CLONE_NEWNET : 0);
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
  for (const Fd& join : cgroups)
    if (::write(join.get(), "0", 1) != 1) return failed(BoxStep::cgroup_join);
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

void unblock_signals() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The worker sets its box up before it takes its own rights off.
WaitingWorker work(BoxEnds ends, Confinement confinement, BoxNotes* notes) {
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); // not so its factory; what is under /proc/self would be root's
  if (Failure failure = set_up_box(ends, confinement); failure.step != BoxStep::none)
    give_up(ends.status.get(), failure);
  ends.cgroups.clear();
  ::signal(SIGINT, SIG_DFL); // ignored by the factory
  unblock_signals();
  ::setsid();
  write_file("/proc/self/oom_score_adj", "1000"); // dies for want of memory before its keeper does
  if (!confinement.namespaces()) ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (Failure failure = confine_self(confinement); failure.step != BoxStep::none) give_up(ends.status.get(), failure);
  if (::chdir(confinement.namespaces() ? "/box" : confinement.scratch.c_str()) != 0)
    give_up(ends.status.get(), failed(BoxStep::files));
  send_wire(ends.status.get(), StatusWire{Report::ready, false, BoxStep::none, 0, 0, 0, 0});
  return {std::move(ends.job), notes};
}

// Every signal as a process finds it that was just started.
void reset_signals() {
  for (int signal = 1; signal < 32; ++signal)
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
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
  reset_signals();            // for all boxes
  ::signal(SIGCHLD, SIG_IGN); // they are reaped without being waited for
  ::signal(SIGINT, SIG_IGN);  // from a terminal: proctor decides
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // no /proc/1/mem of a keeper, no ptrace, even for the same user
  Keepers keepers;
  send_wire(control, MadeWire{kFactoryItself, BoxStep::none, 0});
  for (;;) {
    auto packet = receive_packet(control);
    auto make = packet ? packet->head<MakeWire>() : std::nullopt;
    auto ends = make ? take_ends(*packet) : std::nullopt;
    if (!ends) ::_exit(0);
    Keepers::Made made = keepers.fork_box(namespaces_of(confinement), ends->status.get());
    if (made.keeper == 0) {
      ::close(control);
      return work(std::move(*ends), confinement, made.notes);
    }
    if (made.keeper > 0) send_wire(control, MadeWire{make->box, BoxStep::none, 0}, {made.pidfd.get()});
    else send_wire(control, MadeWire{make->box, BoxStep::box_clone, errno});
  }
}

} // namespace proctor
