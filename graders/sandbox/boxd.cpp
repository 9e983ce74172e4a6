// SPDX-License-Identifier: MIT
// proctor-boxd: makes boxes for proctor. Small and single-threaded, so that forking is cheap and safe; started before
// anything heavy. Its standard input is the socket to proctor.
#include <climits>
#include <csignal>
#include <grp.h>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>

#include "graders/sandbox/box_server.h"

namespace {

// libproctor_box.so beside this program, or in the library folder beside its folder.
std::string find_library() {
  char path[PATH_MAX];
  ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return "";
  std::string folder(path, static_cast<size_t>(length));
  folder.erase(folder.rfind('/'));
  std::string beside = folder + "/libproctor_box.so";
  return ::access(beside.c_str(), R_OK) == 0 ? beside : folder + "/../../lib/proctor/libproctor_box.so";
}

} // namespace

int main() {
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN); // proctor decides when to stop
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); // boxes outlive a factory that was killed
  if (::geteuid() == 0) ::setgroups(0, nullptr);
  proctor::Fd client(::dup(STDIN_FILENO));
  ::close(STDIN_FILENO);
  return proctor::BoxServer(std::move(client), find_library()).serve();
}
