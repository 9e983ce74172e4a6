// SPDX-License-Identifier: MIT
// The client of proctor-boxd.
#include "graders/sandbox/sandbox.h"

#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graders/sandbox/interpreter.h"
#include "graders/sandbox/memory_file.h"
#include "graders/sandbox/prove.h"
#include "graders/sandbox/spawner.h"
#include "harness/parallel.h"

namespace proctor {
namespace {

constexpr int kTries = 4; // a factory that dies takes the boxes that stand ready with it
constexpr auto kReaderLeaves = std::chrono::milliseconds(200); // whoever reads from a boxd that is gone

std::string find_boxd() {
  char path[PATH_MAX];
  ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return "proctor-boxd";
  std::string folder(path, static_cast<size_t>(length));
  folder.erase(folder.rfind('/'));
  std::string beside = folder + "/proctor-boxd";
  return ::access(beside.c_str(), X_OK) == 0 ? beside : folder + "/../libexec/proctor/proctor-boxd";
}

std::string hint_for(Layer layer, BoxStep step, int error) {
  if (error == ECANCELED) return "withheld on request";
  switch (layer) {
  case Layer::userns:
  case Layer::mounts:
  case Layer::proc:
    if (step == BoxStep::proc_mount) return "the outer /proc is masked: run the container with an unmasked /proc (--security-opt unmask=ALL, systempaths=unconfined)";
    return fmt::format("{}: allow unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 or an "
                       "AppArmor profile; sysctl user.max_user_namespaces; docker: a seccomp profile that allows clone3 and mount)",
                       step_name(step));
  case Layer::seccomp: return "the kernel needs CONFIG_SECCOMP_FILTER";
  case Layer::landlock: return "the kernel needs Landlock (5.13 or newer, lsm=...,landlock)";
  case Layer::memory_cgroup: return "run as root, or in a delegated cgroup (systemd-run --user --scope -p Delegate=yes); or accept limits per process with --allow-soft-memory";
  case Layer::cpu_cgroup: return "CPU time is then taken from the processes themselves";
  }
  return "";
}

Attestation attest(const HelloWire& hello) {
  Attestation attestation;
  attestation.layers = hello.layers;
  attestation.level = level_of(hello.layers);
  attestation.landlock_abi = hello.landlock_abi;
  attestation.per_process_memory = !hello.layers.has(Layer::memory_cgroup);
  utsname name{};
  ::uname(&name);
  attestation.kernel = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
  attestation.user = ::geteuid() == 0 ? "root" : fmt::format("uid {}", ::geteuid());
  for (int at = 0; at < kLayers; ++at) {
    auto layer = static_cast<Layer>(at);
    if (!hello.layers.has(layer))
      attestation.missing.push_back({layer, hello.layer_errno[at], hint_for(layer, hello.failed_step, hello.layer_errno[at])});
  }
  return attestation;
}

Error refusal(const Attestation& attestation, const std::string& why, int level_needed) {
  Json missing = Json::array();
  for (const MissingLayer& layer : attestation.missing)
    missing.push_back({{"layer", kLayerNames[static_cast<int>(layer.layer)]},
                       {"errno", layer.error == 0 ? "" : ::strerrorname_np(layer.error)},
                       {"hint", layer.hint}});
  Json refused = {{"error", "sandbox_unavailable"}, {"why", why}, {"level", fmt::format("L{}", attestation.level)},
                  {"level_needed", fmt::format("L{}", level_needed)}, {"missing", std::move(missing)}};
  return infrastructure_error(dump_json(refused));
}

void append_text(std::string& texts, const std::string& text) { texts.append(text.c_str(), std::strlen(text.c_str()) + 1); }

// What a program is given and what it fills.
struct JobFiles {
  Fd input, out, err, program;
  std::vector<Fd> files;

  bool open(const BoxJob& job) {
    input = make_input_file(job.input);
    out = make_output_file();
    err = make_output_file();
    if (job.engine == BoxEngine::python) program = make_input_file(job.source);
    for (const BoxFile& file : job.files)
      files.push_back(file.executable ? make_executable_file(file.content) : make_input_file(file.content));
    bool whole = input && out && err && (job.engine != BoxEngine::python || program);
    for (const Fd& file : files) whole = whole && file;
    return whole;
  }

  std::vector<int> numbers(const BoxJob& job) const {
    std::vector<int> fds = {input.get(), out.get(), err.get()};
    if (program) fds.push_back(program.get());
    else if (job.executable >= 0) fds.push_back(job.executable);
    if (job.channel >= 0) fds.push_back(job.channel);
    for (const Fd& file : files) fds.push_back(file.get());
    return fds;
  }
};

JobWire head_of(const BoxJob& job) {
  JobWire head{};
  head.ask = BoxAsk::job;
  head.engine = job.engine;
  head.work = job.work;
  head.has_program = job.engine == BoxEngine::python || job.executable >= 0;
  head.has_channel = job.channel >= 0;
  head.loopback = job.loopback;
  head.n_args = static_cast<uint32_t>(job.args.size());
  head.n_files = static_cast<uint32_t>(job.files.size());
  head.limits = job.limits;
  return head;
}

std::string texts_of(const BoxJob& job) {
  std::string texts;
  for (const std::string& arg : job.args) append_text(texts, arg);
  for (const BoxFile& file : job.files) append_text(texts, file.name);
  return texts;
}

void conclude_ending(int wait_status, BoxOutcome& outcome) {
  if (WIFEXITED(wait_status)) {
    outcome.exit_code = WEXITSTATUS(wait_status);
    outcome.verdict = *outcome.exit_code == 0 ? RunVerdict::ok : RunVerdict::runtime_error;
    return;
  }
  outcome.signal = WTERMSIG(wait_status);
  outcome.verdict = *outcome.signal == SIGSYS ? RunVerdict::forbidden : RunVerdict::runtime_error;
}

void conclude(const ResultWire& result, BoxOutcome& outcome) {
  outcome.cpu_s = static_cast<double>(result.cpu_ns) / 1e9;
  outcome.wall_s = static_cast<double>(result.wall_ns) / 1e9;
  outcome.memory_bytes = result.memory_bytes;
  conclude_ending(result.wait_status, outcome);
  switch (result.cause) {
  case Cause::ended: break;
  case Cause::cpu_limit: outcome.verdict = RunVerdict::timed_out, outcome.timeout = TimeLimit::cpu; break;
  case Cause::wall_limit: outcome.verdict = RunVerdict::timed_out, outcome.timeout = TimeLimit::wall; break;
  case Cause::memory_limit: outcome.verdict = RunVerdict::memory_limit; break;
  case Cause::output_limit: outcome.verdict = RunVerdict::output_limit; break;
  case Cause::cancelled:
  case Cause::setup_failed: // no ending of the program's own
    outcome.verdict = RunVerdict::setup_error;
    outcome.exit_code.reset();
    outcome.signal.reset();
    outcome.failure = result.cause == Cause::cancelled
                          ? kCancelled
                          : fmt::format("{}: {}", step_name(result.failed_step), std::strerror(result.failed_errno));
  }
}

BoxOutcome setup_error(std::string why) {
  BoxOutcome outcome;
  outcome.failure = std::move(why);
  return outcome;
}

std::string boxd_gone() { return fmt::format("{}: proctor-boxd is gone", step_name(BoxStep::lost)); }

// What boxd could not take apart, or would not copy.
std::string reason_against(const BoxJob& job, const std::string& texts) {
  if (texts.size() + sizeof(JobWire) > kMaxPacketBytes) return fmt::format("arguments of {} bytes are too long", texts.size());
  if (job.files.size() + 8 > kMaxPacketFds) return fmt::format("{} files are too many", job.files.size());
  for (const BoxFile& file : job.files)
    if (!lies_in_box(file.name)) return fmt::format("file name {} does not lie in the box", file.name);
  if (job.limits.cpu_s <= 0 || job.limits.memory_bytes == 0 || job.limits.output_bytes == 0) return "a limit is zero";
  return "";
}

} // namespace

bool lies_in_box(std::string_view name) { return !name.empty() && name.front() != '/' && fmt::format("/{}/", name).find("/../") == std::string::npos; }

Sandbox::Sandbox(SandboxOptions options) : options_(std::move(options)) {}
Sandbox::~Sandbox() = default;

Result<std::unique_ptr<Sandbox>> Sandbox::start(const SandboxOptions& options) {
  std::unique_ptr<Sandbox> sandbox(new Sandbox(options));
  if (sandbox->options_.n_slots <= 0) sandbox->options_.n_slots = static_cast<int>(n_processors());
  if (sandbox->options_.boxd.empty()) sandbox->options_.boxd = find_boxd();
  if (Status status = sandbox->launch(); !status) return status.error();
  if (Status status = sandbox->require_level(); !status) return status.error();
  if (Status status = sandbox->prove(); !status) return status.error();
  return sandbox;
}

int Sandbox::boxd_pid() const { return boxd_->pid(); }

Status Sandbox::launch() {
  boxd_.reset();
  auto boxd = BoxdProcess::start(options_.boxd);
  if (!boxd) return boxd.error();
  boxd_ = std::move(*boxd);
  send_wire(boxd_->socket(), StartWire{kWireVersion, options_.n_slots, options_.withhold});
  const bool python_soon = !options_.prepared.empty();
  if (python_soon) (void)find_python(); // while boxd looks at the machine. A failure is that of the first Python job
  auto packet = receive_packet(boxd_->socket());
  auto hello = packet ? packet->head<HelloWire>() : std::nullopt;
  if (!hello || hello->version != kWireVersion)
    return infrastructure_error(fmt::format("sandbox: {} does not answer as this version of proctor expects; install both together", options_.boxd));
  auto probes = std::move(attestation_.probes);
  attestation_ = attest(*hello);
  attestation_.probes = std::move(probes);
  ++generation_;
  lost_ = python_ready_ = false;
  if (python_soon) (void)prepare_python(); // gets ready beside the self-test
  return {};
}

Status Sandbox::require_level() const {
  if (attestation_.level < std::max(1, options_.min_level))
    return refusal(attestation_, "this machine cannot confine programs as required", std::max(1, options_.min_level));
  if (attestation_.level >= 2 && attestation_.per_process_memory && !options_.allow_soft_memory)
    return refusal(attestation_, "without a memory cgroup memory is limited per process; --allow-soft-memory accepts that", 3);
  return {};
}

Status Sandbox::prove() {
  attestation_.probes = prove_confinement(attestation_, [this](const BoxJob& job) { return run(job); });
  for (const Probe& probe : attestation_.probes)
    if (!probe.held)
      return refusal(attestation_, fmt::format("self-test {}: expected {}, saw {}", probe.name, probe.expected, probe.seen),
                     std::max(1, options_.min_level));
  return {};
}

Status Sandbox::find_python() {
  if (interpreter_) return {};
  auto found = find_interpreter(options_.python);
  if (!found) return found.error();
  interpreter_ = std::make_unique<Interpreter>(std::move(*found));
  return {};
}

Status Sandbox::prepare_python() {
  if (python_ready_) return {};
  if (Status found = find_python(); !found) return found;
  std::string message = wire_bytes(PythonWire{BoxAsk::python, static_cast<uint32_t>(interpreter_->trees.size()), static_cast<uint32_t>(options_.prepared.size())});
  append_text(message, interpreter_->program);
  for (const std::string& tree : interpreter_->trees) append_text(message, tree);
  for (const std::string& source : options_.prepared) append_text(message, source);
  for (const std::string& path : interpreter_->paths) append_text(message, path);
  python_ready_ = send_packet(boxd_->socket(), message);
  if (!python_ready_) lost_ = true; // the next boxd will be told
  return {};
}

BoxOutcome Sandbox::run(const BoxJob& job) { return finish(submit(job), job); }

BoxOutcome Sandbox::finish(Submitted submitted, const BoxJob& job) {
  for (int tries = 1;; ++tries) {
    BoxOutcome outcome = wait(submitted);
    bool lost = outcome.verdict == RunVerdict::setup_error && outcome.failure.starts_with(step_name(BoxStep::lost));
    if (!lost || tries == kTries) return outcome;
    submitted = submit(job);
  }
}

Sandbox::Submitted Sandbox::submit(const BoxJob& job) {
  Submitted submitted;
  submitted.output_bytes = job.limits.output_bytes;
  std::string texts = texts_of(job);
  JobFiles files;
  if (submitted.failure = reason_against(job, texts); !submitted.failure.empty()) return submitted;
  if (!files.open(job)) {
    submitted.failure = fmt::format("cannot make the program's files: {}", std::strerror(errno));
    return submitted;
  }
  const std::vector<int> fds = files.numbers(job);
  bool sent = send_job(job, texts, fds, submitted);
  if (!sent && submitted.failure.empty()) sent = send_job(job, texts, fds, submitted); // to the boxd after the one that is gone
  if (!sent) return submitted;
  submitted.out = std::move(files.out);
  submitted.err = std::move(files.err);
  return submitted;
}

BoxOutcome Sandbox::wait(const Submitted& submitted) {
  if (!submitted.failure.empty()) return setup_error(submitted.failure);
  auto result = wait_for(submitted.id, submitted.generation);
  if (!result) return setup_error(boxd_gone());
  BoxOutcome outcome;
  conclude(*result, outcome);
  outcome.out = read_memory_file(submitted.out.get(), submitted.output_bytes);
  outcome.err = read_memory_file(submitted.err.get(), submitted.output_bytes);
  return outcome;
}

void Sandbox::cancel(const Submitted& submitted, std::chrono::milliseconds grace) {
  std::lock_guard lock(mutex_);
  if (submitted.failure.empty() && submitted.generation == generation_ && !lost_)
    lost_ = !send_wire(boxd_->socket(), CancelWire{BoxAsk::cancel, submitted.id, static_cast<uint32_t>(grace.count())});
}

// False: with `failure` for good, without where boxd was gone.
bool Sandbox::send_job(const BoxJob& job, const std::string& texts, const std::vector<int>& fds, Submitted& submitted) {
  std::unique_lock lock(mutex_);
  if (lost_) arrived_.wait_for(lock, kReaderLeaves, [&] { return !reading_; });
  if (!ready_for(job, submitted.failure)) return false;
  JobWire head = head_of(job);
  head.id = submitted.id = next_id_++;
  submitted.generation = generation_;
  lost_ = lost_ || !send_packet(boxd_->socket(), wire_bytes(head) + texts, fds);
  return !lost_;
}

// With the lock held: a boxd, and Python where the job wants it. False: there can be none.
bool Sandbox::ready_for(const BoxJob& job, std::string& why_not) {
  if (lost_ && !reading_)
    if (Status status = launch(); !status) return why_not = status.error().message, false;
  if (job.engine != BoxEngine::python) return true;
  Status status = prepare_python();
  if (!status) why_not = status.error().message;
  return status.has_value();
}

std::optional<ResultWire> Sandbox::wait_for(uint64_t id, uint64_t generation) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (auto found = results_.find(id); found != results_.end()) {
      ResultWire result = found->second;
      results_.erase(found);
      return result;
    }
    if (lost_ || generation != generation_) return std::nullopt;
    if (reading_) arrived_.wait(lock);
    else read_one(lock);
  }
}

// One of the waiting threads reads for all of them.
void Sandbox::read_one(std::unique_lock<std::mutex>& lock) {
  reading_ = true;
  int socket = boxd_->socket();
  lock.unlock();
  auto packet = receive_packet(socket);
  lock.lock();
  reading_ = false;
  auto result = packet ? packet->head<ResultWire>() : std::nullopt;
  if (result) results_[result->id] = *result;
  else lost_ = true;
  arrived_.notify_all();
}

} // namespace proctor
