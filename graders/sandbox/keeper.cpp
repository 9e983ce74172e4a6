// SPDX-License-Identifier: MIT
// A keeper's life. Until its factory goes on, which waits for the worker, libc is the keeper's; from then on errno, the heap
// and every lock are the factory's, and the keeper makes its system calls itself.
#include "graders/sandbox/keeper.h"

#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <new>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace proctor {

constexpr size_t kPage = 4096, kStackBytes = 8 * kPage;

// The notes lie in a page behind the room, which keeper and worker share. Other workers get none of this.
struct KeeperRoom {
  KeeperRoom* next;
  std::atomic<pid_t> occupied; // the kernel sets it to 0 when the keeper is gone
  alignas(kPage) char stack[kStackBytes];

  // A new page each time: a worker that is still on its way out has the old one. nullptr on failure.
  BoxNotes* new_notes() {
    void* page = ::mmap(this + 1, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return page == MAP_FAILED ? nullptr : new (page) BoxNotes{};
  }
  bool set_inherited(bool inherited) { return ::madvise(this, sizeof *this + kPage, inherited ? MADV_DOFORK : MADV_DONTFORK) == 0; }
};

namespace {

constexpr int kStatus = 0, kSignals = 1; // a keeper's descriptors

// As syscall(2), but a failure is -errno and nothing else is touched.
template <class... Args> long raw(long number, Args... args) {
  const long words[6] = {(long)args...};
#if defined(__x86_64__)
  register long r10 asm("r10") = words[3];
  register long r8 asm("r8") = words[4];
  register long r9 asm("r9") = words[5];
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(words[0]), "S"(words[1]), "d"(words[2]), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = words[0];
  register long x1 asm("x1") = words[1];
  register long x2 asm("x2") = words[2];
  register long x3 asm("x3") = words[3];
  register long x4 asm("x4") = words[4];
  register long x5 asm("x5") = words[5];
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#endif
}

// clone3(2), whose child calls function(argument) on the stack that it is given. The pid, or -errno. (clone(2), which libc
// wraps, may make no namespaces here: its flags can be filtered, and are.)
long clone_onto(clone_args& args, int (*function)(void*), void* argument) {
#if defined(__x86_64__)
  register auto callee asm("r12") = function;
  register void* first asm("r13") = argument;
  long result;
  asm volatile("syscall; test %%rax, %%rax; jnz 1f; xor %%ebp, %%ebp; mov %%r13, %%rdi; call *%%r12; ud2; 1:"
               : "=a"(result)
               : "a"(SYS_clone3), "D"(&args), "S"(sizeof args), "r"(callee), "r"(first)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = SYS_clone3;
  register clone_args* x0 asm("x0") = &args;
  register size_t x1 asm("x1") = sizeof args;
  register auto callee asm("x19") = function;
  register void* first asm("x20") = argument;
  asm volatile("svc 0; cbnz x0, 1f; mov x29, 0; mov x0, x20; blr x19; brk 1; 1:"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(callee), "r"(first)
               : "memory");
  return reinterpret_cast<long>(x0);
#endif
}

[[noreturn]] void leave(int code) {
  for (;;) raw(SYS_exit_group, code);
}

uint64_t to_ns(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_usec) * 1000;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Fields 14 to 17 of /proc/PID/stat (proc(5)): CPU ticks of a process and of those children that it waited for.
uint64_t ticks_in(const char* stat, size_t size) {
  size_t at = size;
  while (at > 0 && stat[at - 1] != ')') --at; // a name may hold anything
  uint64_t ticks = 0;
  for (int field = 2; at < size && field < 17; ++at) {
    if (stat[at] == ' ') ++field;
    else if (field < 14 || !is_digit(stat[at])) continue;
    else {
      uint64_t value = 0;
      for (; at < size && is_digit(stat[at]); ++at) value = value * 10 + static_cast<uint64_t>(stat[at] - '0');
      ticks += value;
      --at;
    }
  }
  return ticks;
}

// 0 when the process is gone. `name`: of its folder.
uint64_t ticks_of(long proc, const char* name) {
  char path[32];
  size_t length = 0;
  for (; name[length] != '\0' && length < sizeof path - 6; ++length) path[length] = name[length];
  for (const char* part = "/stat"; (path[length] = *part) != '\0'; ++part) ++length;
  const long stat = raw(SYS_openat, proc, path, O_RDONLY | O_CLOEXEC, 0);
  if (stat < 0) return 0;
  char text[1024];
  const long got = raw(SYS_read, stat, text, sizeof text);
  raw(SYS_close, stat);
  return got > 0 ? ticks_in(text, static_cast<size_t>(got)) : 0;
}

// CPU ticks of every process that /proc shows: those of the box and no others where it has a pid namespace of its own.
uint64_t ticks_of_all(long proc) {
  alignas(dirent64) char entries[2048];
  uint64_t ticks = 0;
  for (long got; (got = raw(SYS_getdents64, proc, entries, sizeof entries)) > 0;)
    for (long at = 0; at < got;) {
      auto* entry = reinterpret_cast<dirent64*>(entries + at);
      if (is_digit(entry->d_name[0])) ticks += ticks_of(proc, entry->d_name);
      at += entry->d_reclen;
    }
  return ticks;
}

class Keeper {
 public:
  Keeper(pid_t worker, bool own_namespace, long ns_per_tick, const BoxNotes* notes)
      : worker_(worker), own_namespace_(own_namespace), ns_per_tick_(ns_per_tick), notes_(notes) {}

  [[noreturn]] void keep() {
    pollfd waits[] = {{kStatus, POLLIN, 0}, {kSignals, POLLIN, 0}};
    for (;;) {
      if (const long ready = raw(SYS_ppoll, waits, 2, nullptr, nullptr, 0); ready < 0 && ready != -EINTR) leave(1);
      if (waits[0].revents != 0) obey();
      if (waits[1].revents != 0) {
        signalfd_siginfo info;
        while (raw(SYS_read, kSignals, &info, sizeof info) > 0) {}
        if (reap(WNOHANG)) finish();
      }
    }
  }

 private:
  // boxd's order; its end of the socket closed means that nobody wants this box any more.
  void obey() {
    Order order{};
    if (raw(SYS_recvfrom, kStatus, &order, sizeof order, 0, nullptr, nullptr) <= 0) {
      kill_all();
      leave(0);
    }
    if (order == Order::stop) finish();
    send(Report::usage, ticks() * static_cast<uint64_t>(ns_per_tick_), 0);
  }

  uint64_t ticks() const {
    const long proc = raw(SYS_openat, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (proc < 0) return 0;
    char name[16] = "";
    char* digit = name + sizeof name - 1;
    for (pid_t left = worker_; left > 0; left /= 10) *--digit = static_cast<char>('0' + left % 10);
    const uint64_t ticks = own_namespace_ ? ticks_of_all(proc) : ticks_of(proc, digit);
    raw(SYS_close, proc);
    return ticks;
  }

  // True when the worker is among the dead.
  bool reap(int options) {
    int status = 0;
    for (long pid; (pid = raw(SYS_wait4, -1, &status, options, nullptr)) > 0;)
      if (pid == worker_) worker_status_ = status, worker_dead_ = true;
    return worker_dead_;
  }

  void kill_all() {
    if (own_namespace_ && raw(SYS_getpid) == 1) raw(SYS_kill, -1, SIGKILL);
    else if (!worker_dead_) raw(SYS_kill, worker_, SIGKILL);
  }

  [[noreturn]] void finish() {
    kill_all();
    reap(0);
    rusage all{};
    raw(SYS_getrusage, RUSAGE_CHILDREN, &all);
    send(Report::ended, to_ns(all.ru_utime) + to_ns(all.ru_stime), static_cast<uint64_t>(all.ru_maxrss) * 1024);
    leave(0);
  }

  void send(Report report, uint64_t cpu_ns, uint64_t memory_bytes) const {
    const StatusWire wire{report, notes_->memory_refused, BoxStep::none, 0, worker_status_, cpu_ns, memory_bytes};
    raw(SYS_sendto, kStatus, &wire, sizeof wire, MSG_NOSIGNAL, nullptr, 0);
  }

  pid_t worker_;
  bool own_namespace_;
  long ns_per_tick_;
  const BoxNotes* notes_;
  int worker_status_ = SIGKILL;
  bool worker_dead_ = false;
};

// What a keeper is born with; gone when the factory goes on.
struct Birth {
  std::jmp_buf factory; // where the worker goes on, on the factory's stack
  int namespaces, status;
  const BoxNotes* notes;
  std::atomic<pid_t> worker{0}; // when it is made, or -errno
};

sigset_t of_children() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return set;
}

bool watch_children() {
  const sigset_t set = of_children();
  ::signal(SIGCHLD, SIG_DFL); // ignored by the factory
  return ::sigprocmask(SIG_BLOCK, &set, nullptr) == 0;
}

// Only the two that a keeper uses stay open.
bool keep_only_own(int status) {
  const sigset_t set = of_children();
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return signals > kSignals && ::dup2(status, kStatus) == kStatus && ::dup2(signals, kSignals) == kSignals &&
         ::syscall(SYS_close_range, kSignals + 1, ~0u, 0) == 0;
}

int be_keeper(void* born) {
  auto& birth = *static_cast<Birth*>(born);
  const long ns_per_tick = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  pid_t worker = watch_children() ? ::fork() : -1;
  if (worker == 0) std::longjmp(birth.factory, 1);
  Keeper keeper(worker, birth.namespaces != 0, ns_per_tick, birth.notes);
  const bool alive = worker > 0 && keep_only_own(birth.status);
  birth.worker = alive ? worker : -errno;
  raw(SYS_futex, &birth.worker, FUTEX_WAKE_PRIVATE, 1);
  if (!alive) leave(1);
  keeper.keep();
}

// A keeper that dies before its time wakes nobody.
pid_t wait_for_worker(const Birth& birth, const KeeperRoom& room) {
  const timespec patience{0, 20'000'000};
  while (birth.worker == 0 && room.occupied != 0) ::syscall(SYS_futex, &birth.worker, FUTEX_WAIT_PRIVATE, 0, &patience);
  return birth.worker == 0 ? -ECHILD : birth.worker.load();
}

// A fork inherits the kernel's half of restartable sequences from the keeper, which has none; libc believes in its own.
void register_sequences() {
  void* area = static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset;
  if (__rseq_size > 0) ::syscall(SYS_rseq, area, sizeof(struct rseq), 0, RSEQ_SIG);
}

} // namespace

KeeperRoom* Keepers::free_room() {
  for (KeeperRoom* room = rooms_; room != nullptr; room = room->next)
    if (room->occupied == 0) return room;
  void* at = ::mmap(nullptr, sizeof(KeeperRoom) + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  rooms_ = new (at) KeeperRoom{rooms_, 0, {}};
  return rooms_;
}

Keepers::Made Keepers::fork_box(int namespaces, int status) {
  KeeperRoom* const room = free_room();
  if (room == nullptr || !room->set_inherited(true)) return {};
  BoxNotes* const notes = room->new_notes();
  if (notes == nullptr) return {};
  Birth birth{{}, namespaces, status, notes};
  room->occupied = 1;
  if (setjmp(birth.factory) != 0) {
    register_sequences();
    return {0, {}, notes};
  }
  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND | static_cast<uint64_t>(namespaces);
  args.exit_signal = SIGCHLD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.child_tid = reinterpret_cast<uint64_t>(&room->occupied);
  args.stack = reinterpret_cast<uint64_t>(room->stack);
  args.stack_size = kStackBytes;
  long keeper = clone_onto(args, be_keeper, &birth);
  Fd handle(keeper > 0 ? pidfd : -1);
  if (keeper < 0) room->occupied = 0;
  else if (const pid_t worker = wait_for_worker(birth, *room); worker < 0) keeper = worker;
  if (!room->set_inherited(false)) ::_exit(1);
  if (keeper > 0) return {static_cast<pid_t>(keeper), std::move(handle), notes};
  errno = static_cast<int>(-keeper);
  return {};
}

} // namespace proctor
