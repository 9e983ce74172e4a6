// SPDX-License-Identifier: MIT
// The loop of proctor-boxd.
#include "graders/sandbox/box_server.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graders/sandbox/landlock.h"
#include "graders/sandbox/sham.h"
#include "harness/parallel.h"

namespace proctor {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr auto kLook = milliseconds(50);      // how often a running program is looked at
constexpr auto kPatience = milliseconds(2000); // for a keeper that was told to stop
constexpr auto kStall = milliseconds(200);
constexpr int kMaxFailures = 3;

std::string read_text(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

nanoseconds seconds(double value) { return nanoseconds(static_cast<int64_t>(value * 1e9)); }

// RLIMIT_FSIZE lets one byte more through than the limit.
bool exceeds(const Fd& file, uint64_t limit) {
  struct stat info{};
  return ::fstat(file.get(), &info) == 0 && static_cast<uint64_t>(info.st_size) > limit;
}

bool struck_by(const StatusWire& status, int signal) { return WIFSIGNALED(status.wait_status) && WTERMSIG(status.wait_status) == signal; }

void kill_hard(const Fd& pidfd) {
  if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
}

void reap_strays() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {}
}

} // namespace

BoxServer::BoxServer(Fd client, std::string library) : client_(std::move(client)), library_(std::move(library)) {}

// Closing a status socket makes its keeper end the box; the hard kill is for the time in which that has not happened.
BoxServer::~BoxServer() {
  for (auto& [id, box] : boxes_) kill_hard(box.pidfd);
  for (auto& [line, source] : sources_) kill_hard(source.factory.pidfd);
  boxes_.clear();
  sources_.clear();
  while (::waitpid(-1, nullptr, 0) > 0) {}
  cgroups_.reset();
  if (!scratch_.empty()) ::rmdir(scratch_.c_str());
}

int BoxServer::serve() {
  if (!handshake()) return 1;
  while (!client_gone_) {
    std::vector<pollfd> waits{{client_.get(), static_cast<short>(takes_jobs() ? POLLIN : 0), 0}};
    std::vector<Line> lines;
    std::vector<uint32_t> ids;
    for (auto& [line, source] : sources_)
      if (source.factory.control) waits.push_back({source.factory.control.get(), POLLIN, 0}), lines.push_back(line);
    for (auto& [id, box] : boxes_) waits.push_back({box.status.get(), POLLIN, 0}), ids.push_back(id);
    if (::poll(waits.data(), waits.size(), wait_ms()) < 0 && errno != EINTR) return 1;
    auto now = Clock::now();
    forgive_stall(now);
    for (size_t at = 0; at < ids.size(); ++at)
      if (waits[1 + lines.size() + at].revents != 0) look_at_box(ids[at]);
    for (size_t at = 0; at < lines.size(); ++at)
      if (waits[1 + at].revents != 0) look_at_factory(lines[at]);
    if (waits[0].revents != 0) look_at_client();
    for (uint32_t id : ids) watch(id, now);
    dispatch();
    reap_strays();
  }
  return 0;
}

// What this kernel lets this user have. A layer that is there but does not hold is found by the self-test.
LayerSet BoxServer::probe_layers() {
  LayerSet layers;
  auto add = [&](Layer layer, bool present, int error) {
    bool withheld = start_.withhold.has(layer);
    if (present && !withheld) layers.add(layer);
    hello_.layer_errno[static_cast<int>(layer)] = withheld ? ECANCELED : present ? 0 : error;
  };
  int abi = landlock_abi(), error = errno;
  add(Layer::landlock, abi > 0, error);
  hello_.landlock_abi = confinement_.landlock_abi = layers.has(Layer::landlock) ? abi : 0;
  uint32_t action = 0x7fff0000; // SECCOMP_RET_ALLOW
  add(Layer::seccomp, ::syscall(SYS_seccomp, 2 /* SECCOMP_GET_ACTION_AVAIL */, 0, &action) == 0, errno);
  const int n_slots = start_.n_slots + kLines * static_cast<int>(n_ready_) + 4;
  cgroups_ = std::make_unique<CgroupTree>(find_cgroups(read_text("/proc/self/mountinfo"), read_text("/proc/self/cgroup")),
                                          n_slots, !start_.withhold.has(Layer::memory_cgroup),
                                          !start_.withhold.has(Layer::cpu_cgroup));
  add(Layer::memory_cgroup, cgroups_->has_memory(), cgroups_->memory_errno());
  add(Layer::cpu_cgroup, cgroups_->has_cpu(), cgroups_->cpu_errno());
  slot_used_.assign(static_cast<size_t>(n_slots), false);
  for (Layer layer : {Layer::userns, Layer::mounts, Layer::proc}) add(layer, true, 0);
  return layers;
}

bool BoxServer::handshake() {
  auto packet = receive_packet(client_.get());
  auto start = packet ? packet->head<StartWire>() : std::nullopt;
  if (!start || start->version != kWireVersion) return false;
  start_ = *start;
  n_ready_ = std::min(static_cast<size_t>(start_.n_slots), size_t{1} + n_processors());
  confinement_.layers = probe_layers();
  confinement_.second_filter = !confinement_.layers.has(Layer::landlock);
  Failure failure = confinement_.layers.has(Layer::userns) ? try_namespaces() : Failure{BoxStep::clone, ECANCELED};
  if (failure.step != BoxStep::none) {
    for (Layer layer : {Layer::userns, Layer::mounts, Layer::proc}) {
      confinement_.layers.remove(layer);
      hello_.layer_errno[static_cast<int>(layer)] = failure.error;
    }
    sources_.clear();
    char name[] = "/tmp/proctor-box-XXXXXX";
    if (::mkdtemp(name) == nullptr || ::chmod(name, 0555) != 0) return false;
    scratch_ = confinement_.scratch = name;
  }
  answer_hello(failure.step);
  return true;
}

void BoxServer::answer_hello(BoxStep step) {
  hello_.version = kWireVersion;
  hello_.layers = confinement_.layers;
  hello_.failed_step = step;
  send_wire(client_.get(), hello_);
}

// Namespaces are there when one box could be made with them.
Failure BoxServer::try_namespaces() {
  Line line{BoxEngine::exec, false};
  if (!make_box(line)) return sources_[line].last;
  uint32_t id = boxes_.begin()->first;
  while (sources_.contains(line) && boxes_.contains(id) && boxes_.at(id).stage == Stage::starting) {
    pollfd waits[] = {{sources_[line].factory.control.get(), POLLIN, 0}, {boxes_.at(id).status.get(), POLLIN, 0}};
    if (::poll(waits, 2, 5000) <= 0) return {BoxStep::lost, ETIMEDOUT};
    if (waits[1].revents != 0) look_at_box(id);
    else if (waits[0].revents != 0) look_at_factory(line);
  }
  if (boxes_.contains(id)) return {};
  Failure why = sources_[line].last;
  return why.step == BoxStep::none ? Failure{BoxStep::lost, EIO} : why;
}

FactorySpec BoxServer::spec_of(const Line& line) const {
  FactorySpec spec;
  spec.engine = line.engine;
  spec.confinement = confinement_;
  spec.confinement.loopback = line.loopback;
  if (line.engine == BoxEngine::exec && confinement_.namespaces()) spec.confinement.second_filter = true;
  spec.python = python_;
  spec.trees = trees_;
  spec.prepared = prepared_;
  spec.paths = paths_;
  spec.library = library_;
  if (!confinement_.namespaces()) {
    spec.confinement.trees = trees_;
    spec.confinement.trees.push_back(library_);
  }
  return spec;
}

BoxServer::Source* BoxServer::source(const Line& line) {
  Source& source = sources_[line];
  if (source.factory.control) return &source;
  if (source.failures >= kMaxFailures) return nullptr;
  if (Failure failure = start_factory(spec_of(line), source.factory); failure.step != BoxStep::none) {
    lose_factory(line, failure);
    return nullptr;
  }
  return &source;
}

bool BoxServer::make_box(const Line& line) {
  Source* from = source(line);
  auto slot = std::find(slot_used_.begin(), slot_used_.end(), false);
  if (from == nullptr || slot == slot_used_.end()) return false;
  auto [job, job_there] = packet_pair();
  auto [status, status_there] = packet_pair();
  if (!job || !status) return false;
  size_t index = static_cast<size_t>(slot - slot_used_.begin());
  std::vector<int> fds = {job_there.get(), status_there.get()};
  cgroups_->slots()[index].take();
  for (int join : cgroups_->slots()[index].join_fds()) fds.push_back(join);
  if (!send_wire(from->factory.control.get(), MakeWire{next_box_, line.loopback}, fds)) {
    look_at_factory(line); // it is gone, and may have said why
    return false;
  }
  *slot = true;
  Box box{line, index, std::move(job), std::move(status), {}, Stage::starting, {}};
  boxes_.emplace(next_box_++, std::move(box));
  return true;
}

void BoxServer::look_at_factory(const Line& line) {
  auto found = sources_.find(line);
  if (found == sources_.end()) return;
  auto packet = receive_packet(found->second.factory.control.get());
  auto made = packet ? packet->head<MadeWire>() : std::nullopt;
  if (!made) return lose_factory(line, {BoxStep::lost, EPIPE});
  if (made->box == kFactoryItself) {
    if (made->failed_step != BoxStep::none) return lose_factory(line, {made->failed_step, made->failed_errno});
    found->second.ready = true;
    return;
  }
  auto box = boxes_.find(made->box);
  if (box == boxes_.end()) return;
  if (made->failed_step != BoxStep::none) {
    found->second.last = {made->failed_step, made->failed_errno};
    ++found->second.failures;
    remove_box(made->box);
  } else if (!packet->fds.empty()) {
    box->second.pidfd = std::move(packet->fds[0]);
  }
}

// Boxes that were asked for and are not there yet will not come; running ones live on with their keepers.
void BoxServer::lose_factory(const Line& line, Failure why) {
  Source& source = sources_[line];
  kill_hard(source.factory.pidfd);
  source.factory = {};
  source.ready = false;
  source.last = why;
  ++source.failures;
  std::vector<uint32_t> waiting;
  for (auto& [id, box] : boxes_)
    if (!(box.line < line) && !(line < box.line) && box.stage == Stage::starting) waiting.push_back(id);
  for (uint32_t id : waiting) remove_box(id);
}

void BoxServer::look_at_client() {
  auto packet = receive_packet(client_.get());
  if (!packet) {
    client_gone_ = true;
  } else if (packet->head<BoxAsk>() == BoxAsk::python) {
    take_python(*packet);
  } else if (packet->head<BoxAsk>() == BoxAsk::cancel) {
    if (auto cancelled = packet->head<CancelWire>()) cancel(*cancelled);
  } else if (packet->head<JobWire>()) {
    pending_.push_back(std::move(*packet));
  }
}

void BoxServer::take_python(const Packet& packet) {
  auto head = packet.head<PythonWire>();
  std::vector<std::string> texts = packet.texts<PythonWire>();
  if (!head || texts.size() < size_t{1} + head->n_trees + head->n_prepared) return;
  auto prepared = texts.begin() + 1 + head->n_trees, paths = prepared + head->n_prepared;
  python_ = texts.front();
  trees_.assign(texts.begin() + 1, prepared);
  prepared_.assign(prepared, paths);
  paths_.assign(paths, texts.end());
  refill({BoxEngine::python, false}); // it will be wanted soon
}

// Once as many descriptors as one packet may bring are waiting, the client's socket is the queue.
bool BoxServer::takes_jobs() const {
  size_t n_fds = 0;
  for (const Packet& packet : pending_) n_fds += packet.fds.size();
  return n_fds < size_t{kMaxPacketFds};
}

void BoxServer::cancel(const CancelWire& cancelled) {
  auto waiting = std::ranges::find_if(pending_, [&](const Packet& packet) { return packet.head<JobWire>()->id == cancelled.id; });
  if (waiting != pending_.end()) {
    pending_.erase(waiting);
    answer_unrun(cancelled.id, Cause::cancelled, {});
  }
  for (auto& [id, box] : boxes_) {
    if (!box.running || box.running->head.id != cancelled.id) continue;
    if (cancelled.grace_ms == 0) return strike(box, Cause::cancelled);
    box.running->cancel_at = Clock::now() + milliseconds(cancelled.grace_ms);
    box.running->next_look = std::min(box.running->next_look, *box.running->cancel_at);
  }
}

// When this process itself did not run (stopped, or a machine under load), no program is blamed for the time.
void BoxServer::forgive_stall(Clock::time_point now) {
  for (auto& [id, box] : boxes_)
    if (box.running && now > box.running->next_look + kStall) box.running->start += now - box.running->next_look;
}

size_t BoxServer::n_running() const {
  return static_cast<size_t>(std::count_if(boxes_.begin(), boxes_.end(), [](auto& box) { return box.second.running.has_value(); }));
}

size_t BoxServer::n_boxes(const Line& line, Stage stage) const {
  return static_cast<size_t>(std::count_if(boxes_.begin(), boxes_.end(), [&](auto& entry) {
    return entry.second.stage == stage && !(entry.second.line < line) && !(line < entry.second.line);
  }));
}

size_t BoxServer::n_unused(const Line& line) const { return n_boxes(line, Stage::starting) + n_boxes(line, Stage::ready); }

void BoxServer::refill(const Line& line) {
  while (n_unused(line) < n_ready_)
    if (!make_box(line)) return;
}

// The oldest job gets the first ready box, which is replaced when its program has ended: making one takes a processor from
// those that run. Not so the last.
void BoxServer::dispatch() {
  while (!pending_.empty() && n_running() < static_cast<size_t>(start_.n_slots)) {
    JobWire head = *pending_.front().head<JobWire>();
    Line line{head.engine, head.loopback};
    auto ready = std::find_if(boxes_.begin(), boxes_.end(), [&](auto& entry) {
      return entry.second.stage == Stage::ready && !(entry.second.line < line) && !(line < entry.second.line);
    });
    if (ready == boxes_.end()) {
      refill(line);
      if (sources_[line].failures >= kMaxFailures) refuse_pending(line, sources_[line].last);
      else if (n_boxes(line, Stage::starting) == 0) continue;
      return;
    }
    if (deliver(ready->first, pending_.front())) pending_.pop_front();
    if (n_unused(line) == 0) refill(line);
  }
}

void BoxServer::refuse_pending(const Line& line, Failure why) {
  answer_unrun(pending_.front().head<JobWire>()->id, Cause::setup_failed, why);
  pending_.pop_front();
  sources_[line].failures = 0; // the next job may find a machine that has recovered
}

void BoxServer::answer_unrun(uint64_t job, Cause cause, Failure why) {
  ResultWire result{};
  result.id = job;
  result.cause = cause;
  result.failed_step = why.step;
  result.failed_errno = why.error;
  send_wire(client_.get(), result);
}

// The clocks start here. False: the box was dead already, the job waits for another.
bool BoxServer::deliver(uint32_t id, Packet& packet) {
  Box& box = boxes_.at(id);
  JobWire head = *packet.head<JobWire>();
  std::vector<int> fds;
  for (const Fd& fd : packet.fds) fds.push_back(fd.get());
  bool limited = cgroups_->slots()[box.slot].begin(head.limits.memory_bytes);
  Running running{head, {}, {}, Clock::now(), {}, Cause::ended, {}, {}, 0};
  if (packet.fds.size() >= 3) {
    running.out = Fd(::fcntl(packet.fds[1].get(), F_DUPFD_CLOEXEC, 3));
    running.err = Fd(::fcntl(packet.fds[2].get(), F_DUPFD_CLOEXEC, 3));
  }
  if (!limited || !send_packet(box.job.get(), packet.bytes, fds)) {
    remove_box(id);
    return false;
  }
  running.next_look = running.start + std::min<nanoseconds>({kLook, seconds(head.limits.wall_limit_s()),
                                                             seconds(head.limits.cpu_s / 2)});
  box.stage = Stage::running;
  box.running = std::move(running);
  return true;
}

int BoxServer::wait_ms() const {
  std::optional<Clock::time_point> next;
  for (auto& [id, box] : boxes_)
    if (box.running && (!next || box.running->next_look < *next)) next = box.running->next_look;
  if (!next) return -1;
  auto wait = duration_cast<milliseconds>(*next - Clock::now()).count() + 1;
  return static_cast<int>(std::clamp<int64_t>(wait, 0, 1000));
}

void BoxServer::strike(Box& box, Cause cause) {
  if (box.running->cause == Cause::ended) box.running->cause = cause;
  if (box.stage == Stage::stopping) return;
  box.stage = Stage::stopping;
  box.running->stop_sent = Clock::now();
  box.running->next_look = *box.running->stop_sent + kPatience;
  send_wire(box.status.get(), Order::stop);
}

void BoxServer::watch(uint32_t id, Clock::time_point now) {
  auto found = boxes_.find(id);
  if (found == boxes_.end() || !found->second.running || found->second.running->next_look > now) return;
  Box& box = found->second;
  if (box.stage == Stage::running) return check_limits(box, now);
  cgroups_->slots()[box.slot].kill_all(); // a keeper that does not answer
  kill_hard(box.pidfd);
  box.running->next_look = now + kPatience;
}

// Looks again when the limit can next be reached: every processor may burn time for this program.
void BoxServer::check_limits(Box& box, Clock::time_point now) {
  Running& running = *box.running;
  const Limits& limits = running.head.limits;
  CgroupUse use = cgroups_->slots()[box.slot].use();
  if (use.cpu_ns) running.cpu_ns = *use.cpu_ns;
  else send_wire(box.status.get(), Order::usage); // the answer is compared when it comes
  auto wall_left = running.start + seconds(limits.wall_limit_s()) - now;
  auto cpu_left = seconds(limits.cpu_s) - nanoseconds(running.cpu_ns);
  if (exceeds(running.out, limits.output_bytes) || exceeds(running.err, limits.output_bytes))
    return strike(box, Cause::output_limit);
  if (cpu_left.count() <= 0 && !is_sham("cpu")) return strike(box, Cause::cpu_limit);
  if (wall_left.count() <= 0) return strike(box, Cause::wall_limit);
  if (running.cancel_at && *running.cancel_at <= now) return strike(box, Cause::cancelled);
  auto soon = std::max<nanoseconds>(cpu_left / 2, milliseconds(2));
  running.next_look = now + std::min<nanoseconds>({kLook, soon, wall_left});
}

void BoxServer::look_at_box(uint32_t id) {
  auto found = boxes_.find(id);
  if (found == boxes_.end()) return;
  Box& box = found->second;
  auto packet = receive_packet(box.status.get());
  auto status = packet ? packet->head<StatusWire>() : std::nullopt;
  if (!status) return box_lost(id);
  if (status->report == Report::ready && box.stage == Stage::starting) {
    box.stage = Stage::ready;
    sources_[box.line].failures = 0;
  } else if (status->report == Report::usage && box.stage == Stage::running) {
    box.running->cpu_ns = std::max(box.running->cpu_ns, status->cpu_ns);
    if (nanoseconds(box.running->cpu_ns) >= seconds(box.running->head.limits.cpu_s)) strike(box, Cause::cpu_limit);
  } else if (status->report == Report::failed) {
    Source& source = sources_[box.line];
    source.last = {status->failed_step, status->failed_errno};
    ++source.failures;
    remove_box(id);
  } else if (status->report == Report::ended) {
    box_ended(id, *status);
  }
}

// First cause wins, in the order: our own failure, output, memory, CPU, wall. A limit that was passed counts even when
// the program ended before anybody looked.
void BoxServer::box_ended(uint32_t id, const StatusWire& status) {
  Box& box = boxes_.at(id);
  if (!box.running) return remove_box(id);
  Running& running = *box.running;
  const Limits& limits = running.head.limits;
  CgroupUse use = cgroups_->slots()[box.slot].use();
  ResultWire result{};
  result.id = running.head.id;
  result.wait_status = status.wait_status;
  result.cpu_ns = std::max({status.cpu_ns, use.cpu_ns.value_or(0), running.cpu_ns});
  result.wall_ns = static_cast<uint64_t>(nanoseconds(Clock::now() - running.start).count());
  result.memory_bytes = use.memory_peak_bytes.value_or(status.memory_bytes);
  result.cause = running.cause;
  auto said = box.job && ::recv(box.job.get(), nullptr, 0, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC) > 0
                  ? receive_packet(box.job.get()) : std::nullopt;
  auto why = said ? said->head<StatusWire>() : std::nullopt;
  if (why && why->report == Report::failed) {
    result.cause = Cause::setup_failed;
    result.failed_step = why->failed_step;
    result.failed_errno = why->failed_errno;
  } else if (exceeds(running.out, limits.output_bytes) || exceeds(running.err, limits.output_bytes) || struck_by(status, SIGXFSZ)) {
    result.cause = Cause::output_limit;
  } else if (use.out_of_memory || status.memory_refused) {
    result.cause = Cause::memory_limit;
  } else if (nanoseconds(result.cpu_ns) > seconds(limits.cpu_s) && !is_sham("cpu")) {
    result.cause = Cause::cpu_limit;
  }
  finish(box, result);
  Line line = box.line;
  remove_box(id);
  refill(line);
}

// The keeper went without a word: the kernel killed it for want of memory, or boxd did after it was silent.
void BoxServer::box_lost(uint32_t id) {
  Box& box = boxes_.at(id);
  if (box.running) {
    CgroupUse use = cgroups_->slots()[box.slot].use();
    ResultWire result{};
    result.id = box.running->head.id;
    result.wait_status = SIGKILL;
    result.cpu_ns = std::max(use.cpu_ns.value_or(0), box.running->cpu_ns);
    result.wall_ns = static_cast<uint64_t>(nanoseconds(Clock::now() - box.running->start).count());
    result.memory_bytes = use.memory_peak_bytes.value_or(0);
    result.cause = use.out_of_memory ? Cause::memory_limit : box.running->cause;
    if (result.cause == Cause::ended) result.cause = Cause::setup_failed, result.failed_step = BoxStep::lost;
    finish(box, result);
  }
  remove_box(id);
}

void BoxServer::finish(Box& box, ResultWire result) {
  send_wire(client_.get(), result);
  box.running.reset();
}

void BoxServer::remove_box(uint32_t id) {
  Box& box = boxes_.at(id);
  slot_used_[box.slot] = false;
  boxes_.erase(id);
}

} // namespace proctor
