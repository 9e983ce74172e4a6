// SPDX-License-Identifier: MIT
// The root of a factory and the mounts of a box.
#include "graders/sandbox/mounts.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "graders/sandbox/fd.h"

// <sys/mount.h> and <linux/mount.h> of Debian 12 cannot be included together.
extern "C" int mount(const char*, const char*, const char*, unsigned long, const void*) noexcept;
extern "C" int umount2(const char*, int) noexcept;

namespace proctor {
namespace {

constexpr unsigned long kReadOnly = 1, kNoSuid = 2, kNoDev = 4, kNoExec = 8, kRemount = 32, kBind = 4096, kRecursive = 16384,
                        kPrivate = 1 << 18;
constexpr int kDetach = 2;

// Makes the folders of an absolute path below `root`.
bool make_folders(const std::string& root, std::string_view path) {
  for (size_t at = path.find('/', 1); at != path.npos; at = path.find('/', at + 1))
    if (::mkdir((root + std::string(path.substr(0, at))).c_str(), 0755) != 0 && errno != EEXIST) return false;
  return true;
}

bool make_folder(const std::string& root, const std::string& path) {
  return make_folders(root, path) && (::mkdir((root + path).c_str(), 0755) == 0 || errno == EEXIST);
}

bool is_below(std::string_view path, std::string_view tree) {
  return path.substr(0, tree.size()) == tree && (path.size() == tree.size() || path[tree.size()] == '/');
}

// A read-only copy of a host tree with everything mounted in it. Attributes are set recursively, which a remount
// cannot do.
bool bind_tree(const std::string& from, const std::string& to) {
  Fd tree(static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, from.c_str(),
                                     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)));
  if (!tree) return false;
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0)
    return false;
  return ::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, to.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

// A system directory as it is: a link stays a link (Debian's /bin), a directory is bound, a missing one left out.
bool show_system(const std::string& root, const std::string& path) {
  char target[PATH_MAX];
  ssize_t length = ::readlink(path.c_str(), target, sizeof target - 1);
  if (length > 0) return ::symlink(std::string(target, static_cast<size_t>(length)).c_str(), (root + path).c_str()) == 0;
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return true;
  return make_folder(root, path) && bind_tree(path, root + path);
}

// The node is the host's. Read-only it can be written to all the same, but keeps its times and its mode.
bool show_device(const std::string& root, const char* name) {
  std::string from = std::string("/dev/") + name, to = root + from;
  Fd made(::open(to.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
  return made && ::mount(from.c_str(), to.c_str(), nullptr, kBind, nullptr) == 0 &&
         ::mount(nullptr, to.c_str(), nullptr, kRemount | kBind | kReadOnly | kNoSuid | kNoExec, nullptr) == 0;
}

bool make_devices(const std::string& root) {
  if (!make_folder(root, "/dev")) return false;
  for (const char* name : {"null", "zero", "full", "urandom", "random"})
    if (!show_device(root, name)) return false;
  static constexpr const char* kLinks[][2] = {{"/proc/self/fd", "/dev/fd"},
                                              {"/proc/self/fd/0", "/dev/stdin"},
                                              {"/proc/self/fd/1", "/dev/stdout"},
                                              {"/proc/self/fd/2", "/dev/stderr"},
                                              {"/tmp", "/dev/shm"}};
  for (auto& [to, from] : kLinks)
    if (::symlink(to, (root + from).c_str()) != 0) return false;
  return true;
}

std::string read_file(const char* path) {
  std::string text;
  Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  char block[65536];
  for (ssize_t got; fd && (got = ::read(fd.get(), block, sizeof block)) > 0;) text.append(block, static_cast<size_t>(got));
  return text;
}

bool make_file(const std::string& root, const RootFile& file) {
  return make_folders(root, file.path) && write_file(root + file.path, file.content);
}

bool make_etc(const std::string& root) {
  if (::access("/etc/alternatives", F_OK) == 0 &&
      !(make_folder(root, "/etc/alternatives") && bind_tree("/etc/alternatives", root + "/etc/alternatives")))
    return false;
  return make_file(root, {"/etc/passwd", "box:x:1000:1000:box:/box:/bin/sh\n"}) &&
         make_file(root, {"/etc/group", "box:x:1000:\n"}) && make_file(root, {"/etc/hosts", "127.0.0.1 localhost box\n"}) &&
         make_file(root, {"/etc/ld.so.cache", read_file("/etc/ld.so.cache")});
}

// Host directories that programs get to see, each once.
bool show_trees(const std::string& root, const std::vector<std::string>& trees) {
  static constexpr const char* kSystem[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
  for (const char* path : kSystem)
    if (!show_system(root, path)) return false;
  std::vector<std::string> shown = {"/usr"};
  for (const std::string& tree : trees) {
    bool known = false;
    for (const std::string& other : shown) known = known || is_below(tree, other);
    if (known) continue;
    if (!make_folder(root, tree) || !bind_tree(tree, root + tree)) return false;
    shown.push_back(tree);
  }
  return true;
}

bool make_mount_points(const std::string& root) {
  for (const char* path : {"/box", "/tmp", "/proc"})
    if (!make_folder(root, path)) return false;
  return true;
}

// Where the new root is put together: any directory that covers none of the trees. It disappears with the old root.
std::string choose_stage(const std::vector<std::string>& trees) {
  for (const char* stage : {"/mnt", "/media", "/srv", "/opt", "/tmp"}) {
    bool covers = ::access(stage, F_OK) != 0;
    for (const std::string& tree : trees) covers = covers || is_below(tree, stage);
    if (!covers) return stage;
  }
  return "/tmp";
}

} // namespace

bool write_file(const std::string& path, const std::string& text) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

Failure enter_root(const RootSpec& spec) {
  std::string root = choose_stage(spec.trees);
  if (::mount(nullptr, "/", nullptr, kRecursive | kPrivate, nullptr) != 0) return failed(BoxStep::root_mount);
  if (::mount("proctor", root.c_str(), "tmpfs", kNoSuid | kNoDev, "size=16m,nr_inodes=4096,mode=0755") != 0)
    return failed(BoxStep::root_mount);
  if (!make_mount_points(root)) return failed(BoxStep::root_mount);
  if (!show_trees(root, spec.trees)) return failed(BoxStep::ro_bind);
  if (!make_devices(root)) return failed(BoxStep::device);
  if (!make_etc(root)) return failed(BoxStep::root_mount);
  // A box may mount its own /proc only where a whole one can be seen; its own then covers this one.
  if (::mount("proc", (root + "/proc").c_str(), "proc", kNoSuid | kNoDev | kNoExec, nullptr) != 0)
    return failed(BoxStep::proc_mount);
  for (const RootFile& file : spec.files)
    if (!make_file(root, file)) return failed(BoxStep::root_mount);
  if (::chdir(root.c_str()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0) return failed(BoxStep::pivot);
  if (::umount2(".", kDetach) != 0 || ::chdir("/") != 0) return failed(BoxStep::pivot);
  if (::mount(nullptr, "/", nullptr, kRemount | kBind | kReadOnly | kNoSuid | kNoDev, nullptr) != 0)
    return failed(BoxStep::pivot);
  return {};
}

Failure mount_proc() {
  if (::mount("proc", "/proc", "proc", kNoSuid | kNoDev | kNoExec, "subset=pid,hidepid=invisible") != 0)
    return failed(BoxStep::proc_mount);
  return {};
}

Failure mount_box() {
  std::string options = "size=" + std::to_string(kBoxBytes) + ",nr_inodes=" + std::to_string(kBoxFiles) + ",mode=";
  if (::mount("box", "/box", "tmpfs", kNoSuid | kNoDev, (options + "0755").c_str()) != 0) return failed(BoxStep::box_mount);
  if (::mount("tmp", "/tmp", "tmpfs", kNoSuid | kNoDev, (options + "1777").c_str()) != 0) return failed(BoxStep::box_mount);
  return {};
}

} // namespace proctor
