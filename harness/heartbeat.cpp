// SPDX-License-Identifier: MIT
#include "harness/heartbeat.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "harness/run_reader.h"
#include "harness/text/file_bytes.h"

namespace proctor {
namespace {

constexpr std::pair<const char*, std::optional<double> Spent::*> kDevices[] = {
    {"core_seconds", &Spent::core_seconds}, {"step_seconds", &Spent::step_seconds}, {"gpu_seconds", &Spent::gpu_seconds}};

Spent difference(Spent now, const Spent& before) {
  now.seconds -= before.seconds;
  for (const auto& [name, member] : kDevices)
    if (now.*member) *(now.*member) -= (before.*member).value_or(0);
  return now;
}

Status add_record(std::string_view line, const std::string& where, Spent& sum) {
  auto record = parse_json(line, where);
  if (!record) return record.error();
  const auto seconds = get_number(*record, "seconds");
  if (!seconds) return usage_error(where + ": a heartbeat without \"seconds\"");
  sum.seconds += *seconds;
  for (const auto& [name, member] : kDevices)
    if (auto value = get_number(*record, name)) sum.*member = (sum.*member).value_or(0) + *value;
  return {};
}

Status add_file(const std::string& path, Spent& sum) {
  auto file = FileBytes::open(path);
  if (!file) return file.error();
  LineReader lines(*file);
  std::string_view line;
  for (;;) {
    auto more = lines.next(line);
    if (!more) return more.error();
    if (!*more) return {};
    Status added = add_record(line, fmt::format("{}:{}", path, lines.number()), sum);
    if (!added && !lines.torn()) return added;
  }
}

} // namespace

void write_spent(const Spent& spent, Json& into) {
  into["seconds"] = spent.seconds;
  for (const auto& [name, member] : kDevices)
    if (spent.*member) into[name] = *(spent.*member);
}

Result<std::optional<Spent>> read_spent(const std::string& dir) {
  std::optional<Spent> sum;
  for (const std::string& file : record_files(dir, "heartbeats"))
    if (Status added = add_file(file, sum ? *sum : sum.emplace()); !added) return added.error();
  return sum;
}

Heartbeat::Heartbeat(Journal journal, std::function<Spent()> spent)
    : journal_(std::move(journal)), spent_(std::move(spent)), before_(spent_()), logged_(before_),
      thread_([this](std::stop_token stop) { beat_regularly(stop); }) {}

Heartbeat::~Heartbeat() { [[maybe_unused]] Status last = finish(); }

Status Heartbeat::finish() {
  if (!thread_.joinable()) return {};
  thread_.request_stop();
  thread_.join();
  return beat();
}

void Heartbeat::beat_regularly(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const double pause = std::clamp((logged_.seconds - before_.seconds) / 100, 1.0, 60.0);
    wake_.wait_for(lock, stop, std::chrono::duration<double>(pause), [] { return false; });
    if (stop.stop_requested()) return;
    [[maybe_unused]] Status again_next_time = beat();
  }
}

Status Heartbeat::beat() {
  const Spent now = spent_();
  Json record = Json::object();
  write_spent(difference(now, logged_), record);
  if (Status written = journal_.append(dump_json(record)); !written) return written;
  logged_ = now;
  return journal_.sync();
}

} // namespace proctor
