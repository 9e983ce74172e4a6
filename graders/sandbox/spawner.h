// SPDX-License-Identifier: MIT
#pragma once

// Starting trusted helper programs; the only file that includes Boost.Process.

#include <memory>
#include <string>
#include <vector>

#include "graders/sandbox/fd.h"
#include "harness/result.h"

namespace proctor {

// proctor-boxd and our end of its socket. Closing it ends boxd and everything that boxd runs; the destructor waits.
class BoxdProcess {
 public:
  static Result<std::unique_ptr<BoxdProcess>> start(const std::string& program);
  ~BoxdProcess();
  int socket() const { return socket_.get(); }
  int pid() const;

 private:
  struct Impl;
  BoxdProcess();
  std::unique_ptr<Impl> impl_;
  Fd socket_;
};

// The standard output of a trusted program; an infrastructure error when it does not end with 0.
Result<std::string> output_of(const std::string& program, const std::vector<std::string>& args);

} // namespace proctor
