// SPDX-License-Identifier: MIT
#include "harness/run_dir.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

Error cannot_use(const std::string& path, std::string_view why) {
  return infrastructure_error(
      fmt::format("cannot use {} as output directory: {} (choose another with -o)", path, why));
}

// Who holds a lock file: what its holder wrote into it.
std::string holder(int fd) {
  char text[256];
  ssize_t n = ::pread(fd, text, sizeof text, 0);
  std::string_view who = trim({text, n > 0 ? static_cast<size_t>(n) : 0});
  return who.empty() ? "another process" : std::string(who);
}

enum class LockKind { shared, alone, alone_waiting };

// flock() on `path`. The descriptor is the lock.
Result<int> lock_file(const std::string& path, LockKind kind) {
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  const std::string dir = fs::path(path).parent_path().string();
  if (fd < 0) return cannot_use(dir, std::strerror(errno));
  int operation = kind == LockKind::shared ? LOCK_SH | LOCK_NB : kind == LockKind::alone ? LOCK_EX | LOCK_NB : LOCK_EX;
  int code;
  do code = ::flock(fd, operation);
  while (code != 0 && errno == EINTR);
  if (code == 0) return fd;
  Error error = errno == EWOULDBLOCK
                    ? infrastructure_error(fmt::format("{} is in use by {}; wait for it or stop it", dir, holder(fd)))
                    : cannot_use(dir, std::strerror(errno));
  ::close(fd);
  return error;
}

void sign(int lock) {
  char host[128] = "";
  ::gethostname(host, sizeof host - 1);
  std::string who = fmt::format("process {} on {} since {:%Y-%m-%d %H:%M:%S} UTC\n", ::getpid(), host,
                                fmt::gmtime(std::time(nullptr)));
  [[maybe_unused]] int truncated = ::ftruncate(lock, 0);
  [[maybe_unused]] ssize_t written = ::pwrite(lock, who.data(), who.size(), 0);
}

struct Locks {
  int whole = -1, shard = -1;
};

// Shards of another count cut the same questions otherwise: side by side they would generate samples twice.
Status check_other_shards(const std::string& dir, Shard shard) {
  const std::string ours = fmt::format("-of-{}", shard.count);
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir, error)) {
    std::string name = entry.path().filename().string();
    if (!name.starts_with("lock.") || name.ends_with(ours)) continue;
    auto other = lock_file(entry.path().string(), LockKind::alone);
    if (!other) return in_context(fmt::format("--shard {}/{} beside {}", shard.index + 1, shard.count, name.substr(5)), other.error());
    ::close(*other);
  }
  return {};
}

Result<Locks> hold(const std::string& dir, Shard shard) {
  bool is_shard = shard.count > 1;
  auto whole = lock_file(dir + "/lock", is_shard ? LockKind::shared : LockKind::alone);
  if (!whole) return whole.error();
  sign(*whole);
  if (!is_shard) return Locks{*whole, -1};
  Status alike = check_other_shards(dir, shard);
  auto own = alike ? lock_file(fmt::format("{}/lock.{}-of-{}", dir, shard.index + 1, shard.count), LockKind::alone) : Result<int>(alike.error());
  if (!own) {
    ::close(*whole);
    return own.error();
  }
  sign(*own);
  return Locks{*whole, *own};
}

// By the date at the front, which carries a number when several directories were made within a second.
bool made_after(const std::string& a, const std::string& b) {
  return a.substr(0, a.find('_')) > b.substr(0, std::min(b.find('_'), b.size()));
}

// runs/latest -> NAME. Best effort: the link is a convenience, and a real file of that name is not ours to replace.
void point_latest(const fs::path& root, const std::string& name) {
  std::error_code error;
  fs::path link = root / "latest";
  if (fs::exists(fs::symlink_status(link, error)) && !fs::is_symlink(link, error)) return;
  fs::path temporary = root / fmt::format(".latest.{}", ::getpid());
  fs::remove(temporary, error);
  fs::create_directory_symlink(name, temporary, error);
  if (!error) fs::rename(temporary, link, error);
}

Result<std::string> make_dir(const RunDirRequest& request) {
  std::string date = fmt::format("{:%Y%m%d-%H%M%S}", fmt::gmtime(std::time(nullptr)));
  for (int attempt = 0;; ++attempt) {
    std::string suffix = attempt == 0 ? "" : fmt::format("{:03}", attempt); // two fresh runs within one second
    std::string name = fmt::format("{}{}_{}_{}", date, suffix, file_safe_name(request.model_name), request.id);
    std::string path = request.root + "/" + name;
    std::error_code error;
    if (fs::create_directory(path, error)) return path;
    if (error) return cannot_use(path, error.message());
  }
}

// A copy that can be written, whatever the file is.
std::error_code copy_writable(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (!error) fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, fs::perm_options::add, error);
  return error;
}

// The files of a run, without what says that a process holds it.
std::error_code copy_files(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directory(to, error);
  for (fs::directory_iterator file(from, error), end; !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename().string();
    const bool is_lock = name.starts_with("lock") || name.starts_with(".lock");
    std::error_code unknown;
    if (is_lock || !fs::is_regular_file(file->path(), unknown)) continue;
    if (std::error_code failed = copy_writable(file->path(), to / name)) return failed;
  }
  return error;
}

} // namespace

std::string find_run_dir(const std::string& root, std::string_view id) {
  std::string suffix = "_" + std::string(id);
  std::string newest;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root, error)) {
    std::string name = entry.path().filename().string();
    if (name.ends_with(suffix) && entry.is_directory(error) && made_after(name, newest)) newest = name;
  }
  return newest.empty() ? "" : root + "/" + newest;
}

std::string file_safe_name(std::string_view name) {
  std::string safe;
  for (char c : name.substr(0, 60)) {
    bool plain = is_letter(c) || is_digit(c) || c == '-' || c == '_' || (c == '.' && !safe.empty());
    if (plain)
      safe += c;
    else if (!safe.empty() && safe.back() != '-')
      safe += '-';
  }
  while (!safe.empty() && (safe.back() == '-' || safe.back() == '.')) safe.pop_back();
  return safe.empty() ? "model" : safe;
}

Result<RunDir> RunDir::open(const RunDirRequest& request) {
  std::error_code error;
  fs::create_directories(request.root, error);
  if (error || !fs::is_directory(request.root, error))
    return cannot_use(request.root, error ? error.message() : "it is not a directory");

  auto guard = lock_file(request.root + "/.lock", LockKind::alone_waiting); // shards that start at once must agree on one directory
  if (!guard) return guard.error();
  std::string path = request.fresh ? "" : find_run_dir(request.root, request.id);
  if (path.empty()) {
    auto made = make_dir(request);
    if (!made) return made.error();
    path = *made;
  }
  auto lock = hold(path, request.shard);
  if (lock) point_latest(request.root, fs::path(path).filename().string());
  ::close(*guard);
  if (!lock) return lock.error();
  return RunDir(path, lock->whole, lock->shard);
}

Result<RunDir> RunDir::open_existing(const std::string& dir) {
  if (::access(dir.c_str(), W_OK) != 0) return infrastructure_error(fmt::format("cannot write into {}: {} (-o DIR grades a copy of it)", dir, std::strerror(errno)));
  auto lock = hold(dir, Shard{});
  if (!lock) return lock.error();
  return RunDir(dir, lock->whole, lock->shard);
}

Result<std::string> RunDir::copy(const std::string& dir, const std::string& root) {
  std::error_code error;
  const fs::path from = fs::canonical(dir, error); // dir may be the link runs/latest
  if (error) return usage_error(fmt::format("cannot read {}: {}", dir, error.message()));
  fs::create_directories(root, error);
  if (error) return cannot_use(root, error.message());
  const std::string name = from.filename().string();
  const fs::path to = fs::path(root) / name, unfinished = fs::path(root) / fmt::format(".{}.{}", name, ::getpid());
  if (fs::equivalent(from, to, error)) return dir;
  if (fs::exists(to, error))
    return usage_error(fmt::format("{} is there already; `proctor grade {}` grades it again, or choose another folder with -o", to.string(), to.string()));
  error = copy_files(from, unfinished);
  if (!error) fs::rename(unfinished, to, error);
  if (error) {
    const std::string why = error.message();
    fs::remove_all(unfinished, error);
    return cannot_use(to.string(), why);
  }
  point_latest(root, name);
  return to.string();
}

Status RunDir::alone(const std::function<Status()>& change) const {
  auto lock = lock_file(path_ + "/.lock", LockKind::alone_waiting);
  if (!lock) return lock.error();
  Status status = change();
  ::close(*lock);
  return status;
}

RunDir::RunDir(RunDir&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)),
      shard_lock_(std::exchange(other.shard_lock_, -1)) {}

RunDir& RunDir::operator=(RunDir&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(shard_lock_, other.shard_lock_);
  return *this;
}

RunDir::~RunDir() {
  for (int lock : {lock_, shard_lock_})
    if (lock >= 0) ::close(lock);
}

} // namespace proctor
