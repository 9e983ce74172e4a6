// SPDX-License-Identifier: MIT
#pragma once

// proctor-boxd: one thread, one loop. It owns factories, boxes ready for use, and running programs; it starts clocks
// when a program gets its job, strikes when a limit is passed, and reports each job exactly once.

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graders/sandbox/cgroup.h"
#include "graders/sandbox/factory.h"
#include "graders/sandbox/wire.h"

namespace proctor {

class BoxServer {
 public:
  // `client`: the socket to proctor. `library`: the path of libproctor_box.so.
  BoxServer(Fd client, std::string library);
  ~BoxServer();

  // Until proctor is gone; then kills everything and returns the exit code.
  int serve();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Stage { starting, ready, running, stopping };
  struct Line { // boxes of one kind come from one factory
    BoxEngine engine;
    bool loopback;
    bool operator<(const Line& other) const {
      return engine != other.engine ? engine < other.engine : loopback < other.loopback;
    }
  };
  static constexpr int kLines = 4; // either engine, with a network of its own or without one
  struct Running {
    JobWire head;
    Fd out, err; // to watch their sizes
    Clock::time_point start, next_look;
    Cause cause = Cause::ended; // the first limit that was passed
    std::optional<Clock::time_point> stop_sent, cancel_at;
    uint64_t cpu_ns = 0;        // as last seen while it ran
  };
  struct Box {
    Line line;
    size_t slot;
    Fd job, status, pidfd;
    Stage stage = Stage::starting;
    std::optional<Running> running;
  };
  struct Source {
    Factory factory;
    bool ready = false;
    int failures = 0; // in a row; three and its jobs are refused
    Failure last;
  };

  bool handshake();
  LayerSet probe_layers();
  Failure try_namespaces();
  void answer_hello(BoxStep step);
  FactorySpec spec_of(const Line& line) const;

  void look_at_client();
  void take_python(const Packet& packet);
  void cancel(const CancelWire& cancelled);
  bool takes_jobs() const;
  void forgive_stall(Clock::time_point now);
  void look_at_factory(const Line& line);
  void look_at_box(uint32_t id);
  void dispatch();
  void refill(const Line& line);
  bool make_box(const Line& line);
  Source* source(const Line& line);
  void lose_factory(const Line& line, Failure why);
  bool deliver(uint32_t id, Packet& packet);
  void strike(Box& box, Cause cause);
  void watch(uint32_t id, Clock::time_point now);
  void check_limits(Box& box, Clock::time_point now);
  void box_ended(uint32_t id, const StatusWire& status);
  void box_lost(uint32_t id);
  void finish(Box& box, ResultWire result);
  void refuse_pending(const Line& line, Failure why);
  void answer_unrun(uint64_t job, Cause cause, Failure why);
  void remove_box(uint32_t id);
  int wait_ms() const;
  size_t n_running() const;
  size_t n_boxes(const Line& line, Stage stage) const;
  size_t n_unused(const Line& line) const;

  Fd client_;
  std::string library_;
  StartWire start_{};
  size_t n_ready_ = 0; // boxes that wait in each line: no more than processors can make at a time, and one
  std::string python_;
  std::vector<std::string> trees_, prepared_, paths_;
  Confinement confinement_;
  HelloWire hello_{};
  std::string scratch_;
  std::unique_ptr<CgroupTree> cgroups_;
  std::vector<bool> slot_used_;
  std::map<Line, Source> sources_;
  std::map<uint32_t, Box> boxes_;
  uint32_t next_box_ = 0;
  std::deque<Packet> pending_;
  bool client_gone_ = false;
};

} // namespace proctor
