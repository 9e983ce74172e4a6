// SPDX-License-Identifier: MIT
#pragma once

// Finds or makes the directory of a run and holds it for one process: runs/<date>_<model>_<id>/, and the link
// runs/latest.

#include <functional>
#include <string>

#include "harness/plan.h"
#include "harness/result.h"

namespace proctor {

struct RunDirRequest {
  std::string root;       // of all runs, created when missing
  std::string id;         // the run's identity: equal identities resume
  std::string model_name; // for the folder's name; any text
  bool fresh = false;     // a new directory although one with this identity exists
  Shard shard;
};

// Holds the directory until destroyed: alone, or, for a shard, beside the other shards. Movable.
class RunDir {
 public:
  // On failure: an infrastructure error; when another process holds the directory, it says which.
  static Result<RunDir> open(const RunDirRequest& request);

  // An existing run directory, to grade it again.
  static Result<RunDir> open_existing(const std::string& dir);

  // A copy of an existing run directory below `root`, under its own name; the directory itself where it lies there
  // already. On failure, a usage error where another has that name, nothing is left behind.
  static Result<std::string> copy(const std::string& dir, const std::string& root);

  RunDir(RunDir&& other) noexcept;
  RunDir& operator=(RunDir&& other) noexcept;
  ~RunDir();

  const std::string& path() const { return path_; }

  // Runs `change` while no other process, not even another shard, is in such a call for this directory.
  Status alone(const std::function<Status()>& change) const;

  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  RunDir(std::string path, int lock, int shard_lock) : path_(std::move(path)), lock_(lock), shard_lock_(shard_lock) {}
  std::string path_;
  int lock_ = -1, shard_lock_ = -1;
};

// The newest run directory below `root` with that identity, empty when there is none.
std::string find_run_dir(const std::string& root, std::string_view id);

// Letters, digits, '.', '_' and '-' of a name; never hidden, never a path, at most 60 bytes, never empty.
std::string file_safe_name(std::string_view name);

} // namespace proctor
