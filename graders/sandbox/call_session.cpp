// SPDX-License-Identifier: MIT
// Requests and replies over descriptor 3 of the program: size, sequence number, payload.
#include "graders/sandbox/call_session.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <poll.h>
#include <random>
#include <sys/socket.h>

namespace proctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kGrace(1000); // for a program that seems to have ended
constexpr size_t kLeastRead = 4096, kMostRead = size_t{256} << 10; // of a reply at once: most are shorter than a page

std::pair<Fd, Fd> stream_pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return {};
  return {Fd(ends[0]), Fd(ends[1])};
}

// Reads and writes with a deadline. recv() takes no descriptors: what a program attaches is dropped by the kernel.
class Channel {
 public:
  Channel(int fd, double timeout_s)
      : fd_(fd), deadline_(Clock::now() + std::chrono::microseconds(static_cast<int64_t>(timeout_s * 1e6))) {}

  CallStatus write(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return CallStatus::ended;
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
      else if (CallStatus status = wait(POLLOUT); status != CallStatus::value) return status;
    }
    return CallStatus::value;
  }

  // Until `bytes` has `size` of them, or more.
  CallStatus read(std::string& bytes, size_t size) {
    while (bytes.size() < size) {
      if (CallStatus status = wait(POLLIN); status != CallStatus::value) return status;
      const size_t had = bytes.size();
      const size_t room = std::clamp(size - had, kLeastRead, kMostRead);
      bytes.resize(had + room);
      ssize_t got = ::recv(fd_, bytes.data() + had, room, MSG_DONTWAIT);
      bytes.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return CallStatus::ended;
    }
    return CallStatus::value;
  }

 private:
  CallStatus wait(short events) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    pollfd waiting{fd_, events, 0};
    if (left < 0 || ::poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left + 1, 1 << 30))) == 0) return CallStatus::timed_out;
    return CallStatus::value;
  }
  int fd_;
  Clock::time_point deadline_;
};

// Not to be guessed: an answer written before its question cannot carry the right number.
uint64_t draw_sequence() {
  thread_local std::random_device device;
  return uint64_t{device()} << 32 | device();
}

CallResult broken(CallStatus status) {
  CallResult result;
  result.status = status;
  return result;
}

CallResult read_reply(char kind, std::string_view payload) {
  CallResult result;
  auto value = decode_typed(payload);
  if (!value) return broken(CallStatus::protocol);
  bool pair = value->items.size() == 2 && value->items[0].kind == TypedKind::text && value->items[1].kind == TypedKind::text;
  if (kind == 'R') {
    result.status = CallStatus::value;
    result.value = std::move(*value);
  } else if (kind == 'X' && pair) {
    result.status = CallStatus::exception;
    result.error_type = value->items[0].bytes;
    result.error_text = value->items[1].bytes;
  } else if (kind == 'U' && value->kind == TypedKind::text) {
    result.status = CallStatus::not_plain;
    result.error_text = value->bytes;
  } else {
    return broken(CallStatus::protocol);
  }
  return result;
}

// The reply that carries this number. What came with it stays in `received`.
CallResult take_reply(Channel& channel, uint64_t sequence, std::string& received) {
  CallFrame head{};
  if (CallStatus status = channel.read(received, sizeof head); status != CallStatus::value) return broken(status);
  std::memcpy(&head, received.data(), sizeof head);
  if (head.sequence != sequence || head.size < 1 || head.size > kMaxTypedBytes + 1024) return broken(CallStatus::protocol);
  const size_t whole = sizeof head + head.size;
  if (CallStatus status = channel.read(received, whole); status != CallStatus::value) return broken(status);
  CallResult result = read_reply(received[sizeof head], std::string_view(received).substr(sizeof head + 1, head.size - 1));
  received = received.substr(whole); // a long one is not kept
  return result;
}

} // namespace

CallSession::CallSession(Sandbox& sandbox, BoxJob job) : sandbox_(sandbox) {
  auto [ours, theirs] = stream_pair();
  channel_ = std::move(ours);
  job.work = BoxWork::calls;
  job.channel = theirs.get();
  submitted_ = sandbox.submit(job);
}

CallSession::~CallSession() { finish(); }

CallResult CallSession::load(double timeout_s) { return ask(TypedValue{}, timeout_s); }

CallResult CallSession::call(const std::string& target, std::vector<TypedValue> args,
                             std::vector<std::pair<std::string, TypedValue>> named, double timeout_s) {
  std::vector<TypedValue> pairs;
  for (auto& [name, value] : named) pairs.push_back(TypedValue::text(name)), pairs.push_back(std::move(value));
  return ask(TypedValue::sequence(TypedKind::list, {TypedValue::text(target), TypedValue::sequence(TypedKind::list, std::move(args)),
                                                    TypedValue::sequence(TypedKind::dict, std::move(pairs))}),
             timeout_s);
}

CallResult CallSession::ask(const TypedValue& request, double timeout_s) {
  if (broken_) return broken(CallStatus::protocol);
  auto start = Clock::now();
  std::string payload = encode_typed(request);
  const CallFrame head{static_cast<uint32_t>(payload.size()), draw_sequence()};
  Channel channel(channel_.get(), timeout_s);
  CallStatus status = channel.write(std::string(reinterpret_cast<const char*>(&head), sizeof head) + payload);
  CallResult result = status == CallStatus::value ? take_reply(channel, head.sequence, received_) : broken(status);
  ended_ = result.status == CallStatus::ended;
  broken_ = ended_ || result.status == CallStatus::timed_out || result.status == CallStatus::protocol;
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

BoxOutcome CallSession::finish() {
  if (outcome_) return *outcome_;
  ::shutdown(channel_.get(), SHUT_RDWR);
  // Nobody waits for its threads, or for what it does at exit; nor for one that has closed the channel and goes on.
  sandbox_.cancel(submitted_, ended_ ? kGrace : std::chrono::milliseconds(0));
  outcome_ = sandbox_.wait(submitted_);
  if (outcome_->failure == kCancelled) outcome_->verdict = RunVerdict::ok, outcome_->failure.clear();
  return *outcome_;
}

} // namespace proctor
