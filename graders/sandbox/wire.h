// SPDX-License-Identifier: MIT
#pragma once

// The messages between proctor, proctor-boxd, its factories and the boxes: plain structs in SEQPACKET packets, with
// file descriptors beside them. Both ends are always built from the same tree; kWireVersion catches a stale boxd.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "graders/sandbox/fd.h"
#include "graders/sandbox/layers.h"
#include "graders/sandbox/limits.h"

namespace proctor {

constexpr uint32_t kWireVersion = 4;
constexpr size_t kMaxPacketBytes = 128 * 1024; // below the default socket buffer
constexpr int kMaxPacketFds = 64;

enum class BoxEngine : uint8_t { python, exec };

// What the box's worker does. self_test runs our own probes inside the box instead of a program.
enum class BoxWork : uint8_t { script, calls, command, self_test };

// Where setting up went wrong; names in step_name().
enum class BoxStep : uint8_t {
  none, clone, id_map, root_mount, ro_bind, device, pivot, seccomp, box_clone, cgroup_join, proc_mount, box_id_map,
  nested_userns, box_mount, capabilities, landlock, limits, descriptors, files, exec, interpreter, scratch, lost,
};
const char* step_name(BoxStep step);

struct StartWire { // proctor -> boxd, once
  uint32_t version;
  int32_t n_slots;
  LayerSet withhold; // layers to do without, as on a machine that lacks them
};

struct HelloWire { // boxd -> proctor, once
  uint32_t version;
  LayerSet layers;
  int32_t layer_errno[kLayers]; // of those that are missing
  int32_t landlock_abi;
  BoxStep failed_step; // of the namespaces
};

enum class BoxAsk : uint32_t { job, python, cancel }; // what follows the start, the first member of each

struct PythonWire { // proctor -> boxd, before the first Python job; text: the interpreter, its trees, prepared programs, its sys.path
  BoxAsk ask;
  uint32_t n_trees, n_prepared;
};

struct JobWire { // proctor -> boxd -> box; text: arguments, file names; fds: stdin, stdout, stderr, program?, channel?, files
  BoxAsk ask;
  uint64_t id;
  BoxEngine engine;
  BoxWork work;
  bool has_program, has_channel;
  bool loopback; // its own network with nothing but lo
  uint32_t n_args, n_files;
  Limits limits;
};

struct CancelWire { // proctor -> boxd, after the job; its result comes all the same, and soon after `grace_ms`
  BoxAsk ask;
  uint64_t id;
  uint32_t grace_ms; // to end of itself
};

enum class Cause : uint8_t { ended, cpu_limit, wall_limit, memory_limit, output_limit, cancelled, setup_failed };

struct ResultWire { // boxd -> proctor
  uint64_t id;
  Cause cause;
  BoxStep failed_step;
  int32_t failed_errno;
  int32_t wait_status;
  uint64_t cpu_ns, wall_ns, memory_bytes;
};

struct MakeWire { // boxd -> factory; fds: job socket, status socket, cgroup.procs...
  uint32_t box;
  bool loopback;
};

struct MadeWire { // factory -> boxd; fd: pidfd. box kFactoryItself: the factory is ready, or failed
  uint32_t box;
  BoxStep failed_step;
  int32_t failed_errno;
};
constexpr uint32_t kFactoryItself = ~uint32_t{0};

enum class Report : uint8_t { ready, usage, ended, failed };

struct StatusWire { // keeper or worker -> boxd
  Report report;
  bool memory_refused; // the program says that it ended for want of memory
  BoxStep failed_step;
  int32_t failed_errno;
  int32_t wait_status;
  uint64_t cpu_ns, memory_bytes;
};

enum class Order : uint8_t { stop, usage }; // boxd -> keeper

// Before each request and each reply of a typed call (typed_value.h).
struct [[gnu::packed]] CallFrame {
  uint32_t size;
  uint64_t sequence;
};
constexpr int kMaxTypedDepth = 200;
constexpr size_t kMaxTypedBytes = size_t{64} << 20;
constexpr size_t kMaxTypedValues = size_t{8} << 20; // of a reply, whose items are 80 times as large outside the box as there

struct Packet {
  std::string bytes;
  std::vector<Fd> fds;

  // The leading struct; nullopt when the packet is too short for it.
  template <class T> std::optional<T> head() const {
    static_assert(std::is_trivially_copyable_v<T>);
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T value;
    __builtin_memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  // The NUL-terminated strings after a T.
  template <class T> std::vector<std::string> texts() const { return split_texts(std::string_view(bytes).substr(sizeof(T))); }

  static std::vector<std::string> split_texts(std::string_view joined);
};

// False with errno set on failure (EPIPE: the other side is gone).
bool send_packet(int socket, std::string_view bytes, const std::vector<int>& fds = {});
template <class T> bool send_wire(int socket, const T& value, const std::vector<int>& fds = {}) {
  static_assert(std::is_trivially_copyable_v<T>);
  return send_packet(socket, {reinterpret_cast<const char*>(&value), sizeof(value)}, fds);
}
template <class T> std::string wire_bytes(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

// Waits for one packet; nullopt at the end of the stream or on an error. Descriptors arrive close-on-exec.
std::optional<Packet> receive_packet(int socket);

// A connected pair of SEQPACKET sockets, close-on-exec; both empty with errno set on failure.
std::pair<Fd, Fd> packet_pair();

} // namespace proctor
