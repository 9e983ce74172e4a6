// SPDX-License-Identifier: MIT
// Abuse of the file system: group A of docs/sandbox.md.
#include <doctest/doctest.h>

#include "tests/sandbox/abuse.h"

using namespace proctor;

TEST_CASE("A01 the host's private files cannot be read") {
  run_abuse({.id = "A01", .python = kDenied + R"py(
paths = ["/etc/shadow", "/root/.ssh", "/root", "/home", "/proc/1/root/etc/shadow", "/proc/1/environ", "@FILE@", "/etc/hostname"]
for path in paths:
    f = lambda: open(path).read() if not os.path.isdir(path) else os.listdir(path)
    if denied(f) not in ("ENOENT", "EACCES", "EPERM", "ESRCH", "EISDIR"): print(path, denied(f))
)py", .check = prints(""), .lowest_level = 1});
}

TEST_CASE("A02 tests and harness cannot be found by walking up or down") {
  run_abuse({.id = "A02", .python = kDenied + R"py(
for up in range(1, 12):
    for path in ("work", "home", "root", "srv", "var", "etc/shadow", "@FILE@".lstrip("/"), "proctor.json"):
        full = "../" * up + path
        if denied(lambda: open(full).read() if not os.path.isdir(full) else os.listdir(full)) == "worked": print(full)
seen = sorted(os.listdir("/")) if denied(lambda: os.listdir("/")) == "worked" else []
print([name for name in seen if name not in ".proctor bin box dev etc lib lib32 lib64 libx32 proc sbin tmp usr".split()
       and not os.path.realpath(sys.executable).startswith("/" + name)])
)py", .check = prints("[]\n"), .lowest_level = 1});
}

TEST_CASE("A03 system directories are read-only") {
  run_abuse({.id = "A03", .python = kDenied + R"py(
for path in ("/usr/x", "/etc/x", "/bin/bash", "/x", os.__file__, os.path.dirname(os.__file__) + "/__pycache__/x", "/dev/x", "/proc/x"):
    if denied(lambda: open(path, "ab")) not in ("EROFS", "EACCES", "ENOENT", "EPERM"): print(path, denied(lambda: open(path, "ab")))
if denied(lambda: os.chmod("/usr", 0o777)) == "worked": print("chmod")
if denied(lambda: os.rename("/usr", "/usr2")) == "worked": print("rename")
)py", .check = prints(""), .lowest_level = 1});
}

TEST_CASE("A05 links that the program plants are never followed by the host") {
  run_abuse({.id = "A05", .python = R"py(
import os
os.symlink("/etc/shadow", "/box/stdout")
os.symlink("@FILE@", "/box/a.out")
os.mkdir("/box/d")
for _ in range(2000):
    os.rename("/box/d", "/box/e"); os.symlink("/etc", "/box/d"); os.unlink("/box/d"); os.rename("/box/e", "/box/d")
print("done")
)py", .check = prints("done\n")});
}

TEST_CASE("A06 hard links to system files do not make them writable") {
  run_abuse({.id = "A06", .python = kDenied + R"py(
print(denied(lambda: os.link("/usr/bin/env", "/box/env")) in ("EXDEV", "EROFS", "EPERM", "EACCES", "ENOENT"))
print(denied(lambda: os.chmod("/usr/bin/env", 0o777)) in ("EROFS", "EPERM", "EACCES"))
)py", .check = prints("True\nTrue\n"), .lowest_level = 1});
}

TEST_CASE("A07 links of /proc lead nowhere outside") {
  run_abuse({.id = "A07", .python = kDenied + R"py(
for base in ("/proc/self/root", "/proc/self/cwd/..", "/proc/thread-self/root", "/proc/1/root", "/proc/1/cwd", "/proc/self/task/%d/root" % os.getpid()):
    for path in ("/etc/shadow", "/home", "/var", "/root", "@FILE@"):
        if denied(lambda: os.stat(base + path)) == "worked": print(base + path)
)py", .check = prints("")});
}

TEST_CASE("A09 no descriptor of ours is inherited") {
  run_abuse({.id = "A09", .python = R"py(
import os
own = os.open("/", os.O_RDONLY)
for fd in range(3, 1024):
    if fd == own: continue
    try:
        os.stat("../../../../etc/shadow", dir_fd=fd); print("escape", fd)
    except OSError as error:
        if error.errno != 9 and fd != own: print(fd, error.errno, os.readlink("/proc/self/fd/%d" % fd))
)py", .check = [](const Seen& seen) {
    CHECK(seen.outcome.verdict == RunVerdict::ok);
    CHECK(seen.outcome.out == "");
  }});
}

TEST_CASE("A10 chroot, mounts and pivot_root are refused") {
  run_abuse({.id = "A10", .python = kDenied + R"py(
print(denied(lambda: os.chroot("/tmp")))
mount = lambda *a: libc.mount(*a)
def call(f, *a):
    if f(*a) != 0: raise OSError(ctypes.get_errno(), "call")
print(denied(lambda: call(libc.mount, b"/", b"/tmp", None, 4096, None)))
print(denied(lambda: call(libc.mount, b"tmpfs", b"/tmp", b"tmpfs", 0, None)))
print(denied(lambda: call(libc.umount2, b"/", 2)), denied(lambda: call(libc.umount2, b"/proc", 2)))
for nr in (155, 428, 429, 430, 431, 432, 442): print(denied(lambda: syscall(nr, 0, 0, 0, 0, 0)))
)py", .check = prints("EPERM\nEPERM\nEPERM\nEPERM EPERM\nEPERM\nEPERM\nEPERM\nEPERM\nEPERM\nEPERM\nEPERM\n"), .lowest_level = 1});
}

TEST_CASE("A11 file handles do not open files by number") {
  run_abuse({.id = "A11", .python = kDenied + R"py(
buffer = ctypes.create_string_buffer(128)
print(denied(lambda: syscall(303, -100, b"/", buffer, buffer, 0)), denied(lambda: syscall(304, 3, buffer, 0)))
)py", .check = prints("EPERM EPERM\n"), .lowest_level = 1});
}

TEST_CASE("A13 the disk of the host cannot be filled") {
  run_abuse({.id = "A13", .python = kDenied + R"py(
block, seen = b"x" * 900_000, []
for folder in ("/box", "/tmp", "/dev/shm"):
    total, at = 0, 0
    try:
        for at in range(400):
            with open(f"{folder}/f{at}", "wb") as file: total += file.write(block)
    except OSError as error:
        seen.append((errno.errorcode[error.errno], total < 70_000_000))
print(seen)
)py", .check = prints("[('ENOSPC', True), ('ENOSPC', True), ('ENOSPC', True)]\n")});
}

TEST_CASE("A14 huge sparse files and a million empty ones are refused") {
  run_abuse({.id = "A14", .python = kDenied + R"py(
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = open("/box/sparse", "wb")
print(denied(lambda: file.truncate(1 << 40)), denied(lambda: os.posix_fallocate(file.fileno(), 0, 1 << 40)))
def make():
    for at in range(1_000_000): os.close(os.open(f"/box/{at}", os.O_CREAT | os.O_WRONLY))
print(denied(make))
)py", .check = prints("EFBIG EFBIG\nENOSPC\n")});
}

TEST_CASE("A15 a very deep directory does not keep the box alive") {
  run_abuse({.id = "A15", .python = R"py(
import os
try:
    for _ in range(20000): os.mkdir("a"); os.chdir("a")
except OSError as error: print(error.errno)
)py", .check = prints("28\n")});
}

TEST_CASE("A17 memory without a name is counted or refused") {
  run_abuse({.id = "A17", .python = kDenied + R"py(
print(denied(lambda: os.memfd_create("x")))
)py", .check = [](const Seen& seen) {
    CHECK(seen.outcome.out == (seen.memory_cgroup ? "worked\n" : "ENOSYS\n"));
  }, .lowest_level = 1});
  run_abuse({.id = "A17 O_TMPFILE", .python = R"py(
import os
fd = os.open("/box", os.O_TMPFILE | os.O_RDWR)
total = 0
try:
    while True: total += os.write(fd, bytes(500_000)); fd = os.open("/box", os.O_TMPFILE | os.O_RDWR) if total % 1_000_000 == 0 else fd
except OSError as error: print(error.errno, total < 70_000_000)
)py", .check = prints("28 True\n")});
}

TEST_CASE("A18 setuid programs gain nothing") {
  run_abuse({.id = "A18", .python = R"py(
import os, shutil, subprocess
shutil.copy("/usr/bin/id", "/box/id"); os.chmod("/box/id", 0o6755)
print(subprocess.run(["/box/id", "-u"], capture_output=True, text=True).stdout.strip())
print(subprocess.run(["/usr/bin/su", "-c", "id -u"], input=b"", capture_output=True).returncode != 0)
print([line for line in open("/proc/self/status") if line.startswith(("NoNewPrivs", "CapEff", "CapBnd"))])
)py", .check = prints("1000\nTrue\n['CapEff:\\t0000000000000000\\n', 'CapBnd:\\t0000000000000000\\n', 'NoNewPrivs:\\t1\\n']\n")});
}

TEST_CASE("A19 files that refuse to be removed disappear with the box") {
  run_abuse({.id = "A19", .python = R"py(
import os
os.mkdir("/box/locked"); open("/box/locked/file", "w").write("x"); os.chmod("/box/locked/file", 0); os.chmod("/box/locked", 0); os.chmod("/box", 0)
print("done")
)py", .check = prints("done\n")});
}

TEST_CASE("A20 a box starts empty, whatever the one before left") {
  run_abuse({.id = "A20", .python = R"py(
import os
print([name for name in os.listdir("/box") if name != "main.py"], os.listdir("/tmp"))
for folder in ("/box", "/tmp", "/dev/shm"): open(folder + "/left", "w").write("for the next")
)py", .check = prints("[] []\n")});
}

TEST_CASE("A22 devices, which are the host's, keep their times and their mode") {
  run_abuse({.id = "A22", .python = kDenied + R"py(
print([denied(lambda: os.utime("/dev/" + name)) for name in ("null", "zero", "random")], denied(lambda: os.chmod("/dev/null", 0o600)))
open("/dev/null", "w").write("x")
print(len(open("/dev/zero", "rb").read(10)))
)py", .check = prints("['EROFS', 'EROFS', 'EROFS'] EROFS\n10\n")});
}

TEST_CASE("A23 nothing tells a program what others do with the files that all share") {
  run_abuse({.id = "A23", .python = R"py(
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
print([(call(0), errno.errorcode[ctypes.get_errno()]) for call in (libc.inotify_init1, libc.inotify_init)])
)py", .check = prints("[(-1, 'ENOSYS'), (-1, 'ENOSYS')]\n")});
}

TEST_CASE("A24 the name of the host is not the box's") {
  run_abuse({.id = "A24", .python = "import socket\nprint(socket.gethostname())", .check = prints("box\n")});
}

TEST_CASE("A21 extended attributes, device nodes and named pipes open nothing") {
  run_abuse({.id = "A21", .python = kDenied + R"py(
import stat
print(denied(lambda: os.mknod("/box/sda", stat.S_IFBLK | 0o666, os.makedev(8, 0))), denied(lambda: os.setxattr("/box", "user.x", b"y")))
print(denied(lambda: os.chown("/box", 0, 0)) in ("EPERM", "EINVAL"))
)py", .check = prints("EPERM EPERM\nTrue\n")});
}
