// SPDX-License-Identifier: MIT
// The attempts and what they must end in, per set of layers.
#include "graders/sandbox/prove.h"

#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graders/sandbox/landlock.h"

namespace proctor {
namespace {

// Things of the host that a confined program must not reach: a file, a listening port, this process.
class Canary {
 public:
  Canary() : file_(::mkstemp(name_)), port_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (file_) ::fchmod(file_.get(), 0644);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(port_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0 && ::listen(port_.get(), 4) == 0)
      ::getsockname(port_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    number_ = ntohs(address.sin_port);
  }
  ~Canary() { ::unlink(name_); }
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;

  const char* file() const { return name_; }
  int port() const { return number_; }

 private:
  char name_[32] = "/tmp/proctor-canary-XXXXXX";
  Fd file_, port_;
  int number_ = 0;
};

BoxJob probe_job(std::vector<std::string> args) {
  BoxJob job;
  job.work = BoxWork::self_test;
  job.args = std::move(args);
  job.limits.cpu_s = 2;
  job.limits.wall_s = 30; // a busy machine is no reason to refuse work
  job.limits.memory_bytes = uint64_t{64} << 20;
  job.limits.output_bytes = 64 << 10;
  job.limits.n_processes = 8;
  return job;
}

std::map<std::string, int> numbers_in(const std::string& text) {
  std::map<std::string, int> numbers;
  std::istringstream lines(text);
  std::string name;
  for (int value; lines >> name >> value;) numbers[name] = value;
  return numbers;
}

std::string describe(const BoxOutcome& outcome) {
  if (outcome.verdict == RunVerdict::setup_error) return outcome.failure;
  const char* which = outcome.timeout == TimeLimit::cpu ? " cpu" : outcome.timeout == TimeLimit::wall ? " wall" : "";
  return std::string(verdict_name(outcome.verdict)) + which;
}

// One attempt that must fail with any errno.
Probe refused(const std::string& name, const std::map<std::string, int>& seen) {
  auto found = seen.find(name);
  if (found == seen.end()) return {name, "refused", "no answer", false};
  return {name, "refused", found->second == 0 ? "worked" : std::strerror(found->second), found->second != 0};
}

void add_confinement(const Attestation& claimed, const RunJob& run, std::vector<Probe>& probes) {
  Canary canary;
  BoxOutcome outcome = run(probe_job({"confinement", canary.file(), std::to_string(::getpid()), std::to_string(canary.port())}));
  auto seen = numbers_in(outcome.out);
  for (const char* name : {"read_host_file", "write_usr", "write_root", "signal_host", "connect", "personality", "user_namespace"})
    probes.push_back(refused(name, seen));
  if (claimed.layers.has(Layer::landlock)) probes.push_back(refused("write_proc", seen));
  if (claimed.landlock_abi >= kLandlockScopes) probes.push_back(refused("signal_keeper", seen));
  if (claimed.layers.has(Layer::userns))
    probes.push_back({"pid", "2", std::to_string(seen["pid"]), seen["pid"] == 2});
  if (outcome.verdict != RunVerdict::ok) probes.push_back({"confinement", "ok", describe(outcome), false});
}

Probe memory_probe(const Attestation& claimed, const RunJob& run) {
  BoxJob job = probe_job({"memory", std::to_string(uint64_t{256} << 20)});
  if (!claimed.per_process_memory) job.limits.memory_bytes = uint64_t{16} << 20; // every page of it is touched
  BoxOutcome outcome = run(job);
  if (!claimed.per_process_memory)
    return {"memory", "memory_limit", describe(outcome), outcome.verdict == RunVerdict::memory_limit};
  int error = numbers_in(outcome.out)["memory"];
  return {"memory", "refused", error == 0 ? describe(outcome) : std::strerror(error), error != 0};
}

Probe process_probe(const Attestation& claimed, const RunJob& run) {
  auto seen = numbers_in(run(probe_job({"processes"})).out);
  int most = claimed.layers.has(Layer::userns) ? 7 : 0;
  bool known = seen.contains("processes");
  return {"processes", fmt::format("at most {}", most), known ? std::to_string(seen["processes"]) : "no answer",
          known && seen["processes"] <= most};
}

Probe output_probe(const RunJob& run) {
  BoxOutcome outcome = run(probe_job({"output"}));
  return {"output", "output_limit", describe(outcome), outcome.verdict == RunVerdict::output_limit};
}

Probe cpu_probe(const RunJob& run) {
  BoxJob job = probe_job({"spin"});
  job.limits.cpu_s = 0.02;
  BoxOutcome outcome = run(job);
  return {"cpu", "timed_out cpu", describe(outcome), outcome.timeout == TimeLimit::cpu};
}

} // namespace

std::vector<Probe> prove_confinement(const Attestation& claimed, const RunJob& run) {
  std::vector<Probe> probes;
  add_confinement(claimed, run, probes);
  probes.push_back(memory_probe(claimed, run));
  probes.push_back(process_probe(claimed, run));
  probes.push_back(output_probe(run));
  probes.push_back(cpu_probe(run));
  return probes;
}

} // namespace proctor
