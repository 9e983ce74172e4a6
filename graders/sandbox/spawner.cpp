// SPDX-License-Identifier: MIT
// Boost.Process v2.
#include "graders/sandbox/spawner.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graders/sandbox/wire.h"

namespace proctor {

namespace process = boost::process::v2;
namespace asio = boost::asio;

namespace {

// Boost leaves a child that cannot start its program by exit(), which runs the destructors of our globals.
struct LeaveAtOnce {
  template <class Launcher, class Path>
  void on_exec_error(Launcher&, const Path&, const char* const*, const boost::system::error_code&) {
    ::_exit(EXIT_FAILURE);
  }
  // Boost 1.81 asks whether this form exists, and then calls the one above.
  template <class Launcher, class Path>
  void on_exec_error(Launcher&, const boost::system::error_code&, const Path&, const char* const*, const boost::system::error_code&);
};

// Ours may hold keys.
struct EmptyEnvironment {
  template <class Launcher, class Path>
  boost::system::error_code on_setup(Launcher& launcher, const Path&, const char* const*) {
    static const char* const kNone[] = {nullptr};
    launcher.env = kNone;
    return {};
  }
};

} // namespace

struct BoxdProcess::Impl {
  asio::io_context context;
  std::optional<process::process> child;
};

BoxdProcess::BoxdProcess() : impl_(std::make_unique<Impl>()) {}

Result<std::unique_ptr<BoxdProcess>> BoxdProcess::start(const std::string& program) {
  auto [ours, theirs] = packet_pair();
  if (!ours) return infrastructure_error("sandbox: cannot make a socket pair");
  std::unique_ptr<BoxdProcess> boxd(new BoxdProcess());
  boxd->socket_ = std::move(ours);
  // fork, not vfork: Boost's child runs more of its own code than a child on its parent's memory may.
  process::posix::default_launcher launch;
  try {
    boxd->impl_->child.emplace(launch(boxd->impl_->context, program, std::vector<std::string>{},
                                      process::process_stdio{theirs.get(), nullptr, {}}, EmptyEnvironment{}, LeaveAtOnce{}));
  } catch (const std::exception& error) {
    if (launch.pid > 0) ::waitpid(launch.pid, nullptr, 0);
    return infrastructure_error(fmt::format("sandbox: cannot start {}: {}", program, error.what()));
  }
  return boxd;
}

BoxdProcess::~BoxdProcess() {
  socket_.reset();
  boost::system::error_code ignored;
  if (impl_->child) impl_->child->wait(ignored);
}

int BoxdProcess::pid() const { return impl_->child ? static_cast<int>(impl_->child->id()) : -1; }

Result<std::string> output_of(const std::string& program, const std::vector<std::string>& args) {
  std::string output;
  try {
    asio::io_context context;
    asio::readable_pipe pipe(context);
    process::process child(context, program, args, process::process_stdio{nullptr, pipe, nullptr}, LeaveAtOnce{});
    boost::system::error_code at_end;
    asio::read(pipe, asio::dynamic_buffer(output), at_end);
    if (int code = child.wait(); code != 0) return infrastructure_error(fmt::format("{} ended with {}", program, code));
  } catch (const std::exception& error) {
    return infrastructure_error(fmt::format("cannot run {}: {}", program, error.what()));
  }
  return output;
}

} // namespace proctor
