// SPDX-License-Identifier: MIT
// Packets with descriptors over AF_UNIX sockets.
#include "graders/sandbox/wire.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace proctor {

const char* step_name(BoxStep step) {
  static constexpr const char* kNames[] = {
      "nothing",           "creating namespaces", "mapping the user id",     "mounting the root",
      "binding a system directory", "binding a device", "changing the root",  "installing the system call filter",
      "creating the box",  "joining the cgroup",  "mounting /proc",          "mapping the box's user id",
      "forbidding nested user namespaces", "mounting /box", "dropping capabilities", "applying Landlock",
      "setting limits",    "passing descriptors", "copying files",           "starting the program",
      "starting Python",   "making a scratch directory", "losing the box"};
  return kNames[static_cast<int>(step)];
}

std::vector<std::string> Packet::split_texts(std::string_view joined) {
  std::vector<std::string> texts;
  while (!joined.empty()) {
    size_t end = joined.find('\0');
    texts.emplace_back(joined.substr(0, end));
    joined.remove_prefix(end == joined.npos ? joined.size() : end + 1);
  }
  return texts;
}

bool send_packet(int socket, std::string_view bytes, const std::vector<int>& fds) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxPacketFds)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fds.size() > kMaxPacketFds) return errno = EMSGSIZE, false;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  }
  ssize_t sent = -1;
  while ((sent = ::sendmsg(socket, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {}
  return sent == static_cast<ssize_t>(bytes.size());
}

std::optional<Packet> receive_packet(int socket) {
  Packet packet;
  char buffer[kMaxPacketBytes];
  iovec part{buffer, sizeof buffer};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxPacketFds)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = -1;
  // A peer that went while a packet of ours was on its way says so once, before its own last words.
  while ((got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && (errno == EINTR || errno == ECONNRESET)) {}
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); got >= 0 && header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = 0; at < (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++at) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + at * sizeof(int), sizeof(int));
      packet.fds.emplace_back(fd);
    }
  }
  if (got <= 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return std::nullopt;
  packet.bytes.assign(buffer, static_cast<size_t>(got));
  return packet;
}

std::pair<Fd, Fd> packet_pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return {};
  return {Fd(ends[0]), Fd(ends[1])};
}

} // namespace proctor
