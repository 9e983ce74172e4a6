// SPDX-License-Identifier: MIT
// Abuse of the network and of inter-process communication: group C of docs/sandbox.md.
#include <doctest/doctest.h>

#include "tests/sandbox/abuse.h"

using namespace proctor;

TEST_CASE("C01 no network of any kind") {
  run_abuse({.id = "C01", .python = kDenied + R"py(
import socket
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_PACKET, socket.AF_NETLINK, 38, 15, 21, 29, 31, 44):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        if denied(lambda: socket.socket(family, kind)) not in ("EAFNOSUPPORT", "EPERM"): print(family, kind)
def connect(host, port): socket.create_connection((host, port), timeout=2)
print(denied(lambda: connect("127.0.0.1", @PORT@)), denied(lambda: connect("169.254.169.254", 80)))
)py", .check = prints("EAFNOSUPPORT EAFNOSUPPORT\n"), .lowest_level = 1});
}

TEST_CASE("C02 names are not resolved, and quickly not") {
  run_abuse({.id = "C02", .python = R"py(
import socket
try: print(socket.getaddrinfo("example.com", 80))
except OSError as error: print("failed")
)py", .check = prints("failed\n"), .limits = {.cpu_s = 5, .wall_s = 5}, .lowest_level = 1});
}

TEST_CASE("C03 virtual machine sockets are refused") {
  run_abuse({.id = "C03", .python = kDenied + R"py(
import socket
print(denied(lambda: socket.socket(40, socket.SOCK_STREAM)))
)py", .check = prints("EAFNOSUPPORT\n"), .lowest_level = 1});
}

TEST_CASE("C05 abstract sockets of the host cannot be reached") {
  run_abuse({.id = "C05", .python = kDenied + R"py(
import socket
def connect(): socket.socket(socket.AF_UNIX).connect("\0@ABSTRACT@")
print(denied(connect) in ("EPERM", "ECONNREFUSED", "EAFNOSUPPORT"))
)py", .check = prints("True\n"), .lowest_level = 1});
}

TEST_CASE("C06 sockets with a path are out of sight") {
  run_abuse({.id = "C06", .python = kDenied + R"py(
import socket
for path in ("/run/docker.sock", "/var/run/docker.sock", "/dev/log", "/run/dbus/system_bus_socket", "/run/systemd/journal/socket"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        seen = denied(lambda: socket.socket(socket.AF_UNIX, kind).connect(path))
        if seen not in ("ENOENT", "EACCES", "EAFNOSUPPORT"): print(path, seen)
)py", .check = prints(""), .lowest_level = 1});
}

TEST_CASE("C07 nothing shared in memory is left for the next box") {
  run_abuse({.id = "C07", .python = kDenied + R"py(
print([denied(lambda: syscall(number, 4711, 4096, 0o1666)) for number in (29, 64, 68)], denied(lambda: syscall(240, b"/mq", 66, 0o666, 0)))
)py", .check = prints("['ENOSYS', 'ENOSYS', 'ENOSYS'] ENOSYS\n"), .lowest_level = 1});
}

TEST_CASE("C08 keys are not kept for the next box") {
  run_abuse({.id = "C08", .python = kDenied + R"py(
print(denied(lambda: syscall(248, b"user", b"proctor", b"x", 1, -4)), denied(lambda: syscall(249, b"user", b"proctor", 0, 0)))
)py", .check = prints("ENOSYS ENOSYS\n"), .lowest_level = 1});
}

TEST_CASE("C09 io_uring does not open sockets past the filter") {
  run_abuse({.id = "C09", .python = kDenied + R"py(
print(denied(lambda: syscall(425, 8, ctypes.create_string_buffer(256))))
)py", .check = prints("ENOSYS\n"), .lowest_level = 1});
}

TEST_CASE("C10 locks on shared files are no channel") {
  run_abuse({.id = "C10", .python = kDenied + R"py(
import fcntl, struct
file = open("/usr/bin/env", "rb")
print(denied(lambda: fcntl.flock(file, fcntl.LOCK_SH)), denied(lambda: fcntl.lockf(file, fcntl.LOCK_SH)),
      denied(lambda: fcntl.fcntl(file, 1024, 0)), denied(lambda: fcntl.fcntl(file, 36, struct.pack("hhqqi", 0, 0, 0, 0, 0))))
)py", .check = prints("EPERM EPERM EPERM EPERM\n"), .lowest_level = 1});
}

TEST_CASE("C12 a private loopback reaches the own box only") {
  std::string program = R"py(
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=lambda: server.accept()[0].sendall(b"hello")).start()
print(socket.create_connection(("localhost", server.getsockname()[1])).recv(5).decode())
for host, port in (("127.0.0.1", @PORT@), ("169.254.169.254", 80), ("8.8.8.8", 53)):
    try: socket.create_connection((host, port), timeout=1); print("connected", host)
    except OSError as error: pass
)py";
  for (const Mode& mode : modes()) {
    std::string why;
    Sandbox* sandbox = sandbox_of(mode, why);
    if (sandbox == nullptr || mode.level < 2) continue;
    BoxJob job = python_job(program);
    job.source.replace(job.source.find("@PORT@"), 6, "22");
    job.loopback = true;
    job.limits.wall_s = 10;
    BoxOutcome outcome = sandbox->run(job);
    INFO(std::string(mode.name) << ": " << describe(outcome));
    CHECK(outcome.out == "hello\n");
  }
}
