// SPDX-License-Identifier: MIT
// An endpoint that costs next to nothing, to measure what a harness costs: one thread, epoll, the same answer to
// every request after a fixed latency. Prints its port.
//   mock_endpoint LATENCY_MS ANSWER_BYTES
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

namespace {

using Clock = std::chrono::steady_clock;

std::string http(std::string_view type, const std::string& body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", type, body.size(), body);
}

// About `bytes` of thinking and an answer.
std::string answer_text(size_t bytes) {
  std::string text = "<think>\\n";
  while (text.size() + 60 < bytes) text += "So the next step gives 42, wait, let me check that again.\\n";
  return text + "</think>\\n\\\\boxed{42}";
}

class Mock {
 public:
  Mock(Clock::duration latency, size_t bytes) : latency_(latency) {
    std::string text = answer_text(bytes);
    std::string usage = R"("usage":{"prompt_tokens":40,"completion_tokens":500,"total_tokens":540})";
    document_ = http(
        "application/json",
        fmt::format(
            R"({{"id":"c","object":"chat.completion","model":"mock","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],{}}})",
            text, usage));
    std::string events;
    for (size_t at = 0; at < text.size(); at += 300) { // a handful of events, none of which cuts an escape
      size_t end = std::min(at + 300, text.size());
      while (end < text.size() && text[end - 1] == '\\') ++end;
      events +=
          fmt::format(
              R"(data: {{"model":"mock","choices":[{{"index":0,"delta":{{"content":"{}"}},"finish_reason":null}}]}})",
              text.substr(at, end - at)) +
          "\n\n";
      at = end - 300;
    }
    events += R"(data: {"model":"mock","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
              "\n\n";
    events += "data: {\"choices\":[]," + usage + "}\n\ndata: [DONE]\n\n";
    stream_ = http("text/event-stream", events);
    models_ = http("application/json", R"({"object":"list","data":[{"id":"mock"}]})");
  }

  [[noreturn]] void serve() {
    listening_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listening_, 4096) != 0)
      std::exit(3);
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    watch(listening_);
    fmt::print("{}\n", ntohs(address.sin_port));
    std::fflush(stdout);
    for (;;) turn();
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void turn() {
    epoll_event ready[256];
    int n = wait(ready, 256);
    for (int i = 0; i < n; ++i) ready[i].data.fd == listening_ ? accept_all() : receive(ready[i].data.fd);
    for (auto now = Clock::now(); !due_.empty() && due_.front().at <= now; due_.pop_front())
      send_all(due_.front().fd, *due_.front().reply);
  }

  // To the nanosecond: epoll_wait's milliseconds would add to the latency.
  int wait(epoll_event* ready, int most) {
    if (due_.empty()) return epoll_wait(epoll_, ready, most, -1);
    auto left = std::max<int64_t>(0, std::chrono::nanoseconds(due_.front().at - Clock::now()).count());
    timespec longest{left / 1'000'000'000, left % 1'000'000'000};
    return epoll_pwait2(epoll_, ready, most, &longest, nullptr);
  }

  void accept_all() {
    for (int fd; (fd = accept4(listening_, nullptr, nullptr, 0)) >= 0;) {
      int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      watch(fd);
    }
  }

  void receive(int fd) {
    char buffer[65536];
    ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n <= 0) {
      received_.erase(fd);
      close(fd);
      return;
    }
    std::string& request = received_[fd];
    request.append(buffer, static_cast<size_t>(n));
    size_t head = request.find("\r\n\r\n");
    if (head == request.npos) return;
    size_t length = request.find("Content-Length: ");
    size_t body =
        length == request.npos || length > head ? 0 : std::strtoul(request.c_str() + length + 16, nullptr, 10);
    if (request.size() < head + 4 + body) return;
    const std::string& reply = request.starts_with("GET")                        ? models_
                               : request.find("\"stream\":true") != request.npos ? stream_
                                                                                 : document_;
    request.clear();
    if (latency_.count() == 0) return send_all(fd, reply);
    due_.push_back({Clock::now() + latency_, fd, &reply});
  }

  static void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }

  struct Due {
    Clock::time_point at;
    int fd;
    const std::string* reply;
  };
  const Clock::duration latency_;
  std::string document_, stream_, models_;
  int epoll_ = epoll_create1(0), listening_ = -1;
  std::unordered_map<int, std::string> received_;
  std::deque<Due> due_;
};

} // namespace

int main(int count, char** words) {
  if (count != 3) {
    fmt::print(stderr, "usage: mock_endpoint LATENCY_MS ANSWER_BYTES\n");
    return 2;
  }
  Mock(std::chrono::milliseconds(std::atoi(words[1])), std::strtoul(words[2], nullptr, 10)).serve();
}
