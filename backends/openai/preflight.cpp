// SPDX-License-Identifier: MIT
#include "backends/openai/preflight.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/say.h"
#include "harness/secrets.h"
#include "harness/text/nearest.h"

namespace proctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kPause = 0.5;                    // seconds between two rounds
constexpr double kLeastPatience = 1;              // seconds for an answer, whatever --retry-for says
constexpr double kReplicaPatience = 5;            // the most where another replica may answer
constexpr std::chrono::milliseconds kLookForAnswers{50};    // between two looks at whether it is still wanted
constexpr std::chrono::milliseconds kNotice{700}; // of silence, until a person is told
constexpr size_t kListBytes = size_t{16} << 20;
constexpr size_t kNamed = 8;

// Says what is being waited for, if it lasts.
class Notice {
 public:
  explicit Notice(std::string text)
      : thread_([this, text = std::move(text)](std::stop_token done) {
          std::unique_lock lock(mutex_);
          if (!wake_.wait_for(lock, done, kNotice, [] { return false; }) && !done.stop_requested()) say(text);
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

std::vector<std::string> listed_models(const std::string& body) {
  Json json = parse_json_quietly(body);
  std::vector<std::string> names;
  const Json* data = find_member(json, "data");
  if (data == nullptr || !data->is_array()) return names;
  for (const Json& entry : *data)
    if (auto id = get_string(entry, "id")) names.push_back(*id);
  return names;
}

Status check_listed(const EndpointSettings& settings, const Url& url, const std::string& body) {
  const std::string& wanted = settings.options.request.model;
  std::vector<std::string> names = listed_models(body);
  bool found = std::find(names.begin(), names.end(), wanted) != names.end();
  if (names.empty() || found || settings.options.unlisted) return {};
  size_t more = names.size() > kNamed ? names.size() - kNamed : 0;
  std::string nearest = did_you_mean(wanted, names);
  names.resize(names.size() - more);
  return usage_error(fmt::format(
      "{} has no model {}{}; it lists {}{} (to send another name than NAME: --model_args model=ID)", url.text(),
      wanted, nearest, fmt::join(names, ", "), more == 0 ? "" : fmt::format(" and {} more", more)));
}

Status check_status(const EndpointSettings& settings, const Url& url, const HttpReply& reply,
                    const std::string& body) {
  if (reply.status >= 300 && reply.status < 400)
    return usage_error(fmt::format("{} redirects to {}; give that URL", url.text(), one_line_text(reply.location)));
  bool refused = reply.status == 401 || reply.status == 403 || reply.status == 407;
  if (reply.status >= 200 && reply.status < 300) return check_listed(settings, url, body);
  if (!refused) return {}; // 404 and its kin: a server without a list of models
  std::string key =
      settings.options.key.empty() ? "no key was sent; set OPENAI_API_KEY or --api-key-env VAR" : "is the key right?";
  return usage_error(fmt::format("{} refuses us (HTTP {}): {} ({})", url.text(), reply.status,
                                 read_server_error(body).message, key));
}

} // namespace

ReplicaProbe::ReplicaProbe(const EndpointSettings& settings, const HttpTarget& target)
    : settings_(settings), target_(target), connection_(target), thread_([this] {
        Finding finding = ask();
        std::lock_guard lock(mutex_);
        found_ = std::move(finding);
        answered_.notify_all();
      }) {}

ReplicaProbe::~ReplicaProbe() { end(); }

void ReplicaProbe::end() {
  std::unique_lock lock(mutex_);
  while (!found_) {
    connection_.abort(); // again, should it have been connecting
    answered_.wait_for(lock, kLookForAnswers);
  }
}

ReplicaProbe::Finding ReplicaProbe::ask() {
  std::string body;
  HttpReply reply = connection_.send("/models", "", [&](int, std::string_view bytes) {
    body += bytes;
    return body.size() < kListBytes;
  });
  if (reply.fault != HttpFault::none) return {{}, reply.why};
  if (reply.status >= 500 || reply.status == 429)
    return {{}, fmt::format("HTTP {}: {}", reply.status, read_server_error(body).message)};
  return {check_status(settings_, target_.url(), reply, body), {}};
}

ReplicaProbe::Finding ReplicaProbe::finding(double seconds, const std::function<bool()>& wanted) {
  const auto deadline = begun_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::unique_lock lock(mutex_);
  while (!found_ && wanted() && Clock::now() < deadline) answered_.wait_until(lock, std::min(deadline, Clock::now() + kLookForAnswers));
  if (found_) return *found_;
  lock.unlock();
  end();
  return {{}, fmt::format("no answer within {:.0f} s", seconds)};
}

ReplicaProbes ask_replicas(const EndpointSettings& settings) {
  ReplicaProbes probes;
  for (const HttpTarget& target : settings.targets) probes.push_back(std::make_unique<ReplicaProbe>(settings, target));
  return probes;
}

Status preflight(const EndpointSettings& settings, ReplicaProbes probes, double seconds, const std::function<bool()>& wanted) {
  const auto begin = Clock::now();
  auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const bool alone = settings.targets.size() == 1;
  const double patience = std::max(kLeastPatience, alone ? seconds : std::min(seconds, kReplicaPatience));
  bool told = false;
  for (;; probes.clear()) {
    if (probes.empty()) probes = ask_replicas(settings);
    std::string trouble;
    size_t answered = 0;
    for (const auto& probe : probes) {
      const std::string url = probe->target().url().text();
      Notice notice(fmt::format("waiting for {}", url));
      ReplicaProbe::Finding found = probe->finding(patience, wanted);
      std::string key_free = without_words(found.refusal ? found.trouble : found.refusal.error().message, settings.secrets);
      if (!wanted()) return {};
      if (!found.refusal) return usage_error(key_free);
      answered += found.trouble.empty();
      if (found.trouble.empty()) continue;
      trouble = fmt::format("{}: {}", url, key_free);
      if (!std::exchange(told, alone)) say(fmt::format("{}; trying for {:.0f} s", trouble, seconds));
    }
    if (answered > 0) return {};
    if (elapsed() >= seconds)
      return infrastructure_error(fmt::format("{} (tried for {:.0f} s; --retry-for waits longer)", trouble, seconds));
    std::this_thread::sleep_for(std::chrono::duration<double>(std::min(kPause, seconds)));
  }
}

} // namespace proctor
