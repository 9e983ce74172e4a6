#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the harness costs around a model behind a URL: wall and CPU time of `proctor run` against a mock endpoint on
the same machine, process start and reports included.

    endpoint.py PROCTOR MOCK_ENDPOINT [ROUNDS]    500 questions x 4 samples, 2 kB answers; medians of ROUNDS (5)
"""
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time


@contextlib.contextmanager
def mock(program, latency_ms, answer_bytes=2000):
    process = subprocess.Popen([program, str(latency_ms), str(answer_bytes)], stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline()), process.pid
    finally:
        process.kill()
        process.wait()


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def most_descriptors(pid, found):
    """Looks at the process until it is gone; found[0] becomes the most descriptors that it had open."""
    with contextlib.suppress(OSError):
        while names := os.listdir(f"/proc/{pid}/fd"):
            found[0] = max(found[0], len(names))
            time.sleep(0.02)


def run(binary, port, in_flight, questions, n, *more):
    """Wall seconds, CPU seconds, peak MiB, most descriptors of one run."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        command = [binary, "run", "-t", "gen/arith", "--limit", str(questions), "-n", str(n), "-m", f"mock@http://127.0.0.1:{port}/v1", "-j", str(in_flight),
                   "--no-progress", "-o", folder, *more]
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        descriptors = [0]
        if in_flight > 64:  # looking costs a little
            threading.Thread(target=most_descriptors, args=(process.pid, descriptors), daemon=True).start()
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, status
        return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, descriptors[0]


def measure(binary, program, rounds, latency_ms, in_flight, questions, n, *more):
    ideal = questions * n * latency_ms / 1000 / in_flight
    with mock(program, latency_ms) as (port, pid):
        before = cpu_of(pid)
        figures = [run(binary, port, in_flight, questions, n, *more) for _ in range(rounds)]
        theirs = (cpu_of(pid) - before) / rounds
    wall, cpu, peak, descriptors = (statistics.median(column) for column in zip(*figures))
    against = f"{wall / ideal:5.2f} x the ideal {ideal:.2f} s" if ideal else " " * 23
    best = min(figures)
    print(f"{latency_ms:>3} ms, {in_flight:>4} in flight, {questions * n:>6} samples {' '.join(more):<28} {wall:6.2f} s wall (least {best[0]:.2f})  {against}  "
          f"{cpu:5.2f} s CPU  {peak:4.0f} MiB  {f'{descriptors} descriptors  ' if descriptors else ''}(mock: {theirs:.2f} s CPU)", flush=True)


def main():
    binary, program = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    for more in [(), ("--model_args", "stream=off")]:
        for latency_ms in [50, 0]:
            measure(binary, program, rounds, latency_ms, 64, 500, 4, *more)
    measure(binary, program, 1, 1000, 1024, 2500, 8)


if __name__ == "__main__":
    main()
