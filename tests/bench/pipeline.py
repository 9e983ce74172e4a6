#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Start-up times, and throughput and memory of `proctor grade` on one core.

    pipeline.py PROCTOR [COMPLETIONS [BYTES]]    default: 20,000 completions of 20,000 bytes
"""
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time


def startup(binary, *args):
    """Milliseconds, median of 20."""
    times = []
    for _ in range(20):
        begin = time.perf_counter()
        subprocess.run([binary, *args], stdout=subprocess.DEVNULL, check=True)
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times)


def write_completions(path, count, size):
    steps = "".join(f"Step {i}: so $x_{{{i}}} = \\frac{{{3 * i + 1}}}{{7}}$, wait, let me \"check\" that once more.\n"
                    for i in range(size // 60))
    with open(path, "w") as out:
        for i in range(count):
            text = f"<think>\n{i} {steps[:size - 60]}</think>\nThe answer is \\boxed{{{i % 1000}}}."
            out.write(json.dumps({"id": i, "response": text, "target": str(i % 997)}) + "\n")


def grade(binary, completions, runs):
    """Seconds on one core, CPU seconds, peak MiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    command = ["taskset", "-c", "0", binary, "grade", "--task", "aime", "--completions", str(completions), "-o", str(runs), "--no-progress"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    assert status == 0, status
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    size = int(sys.argv[3]) if len(sys.argv) > 3 else 20_000
    for args in [["--version"], ["--help"], ["run", "--help"]]:
        print(f"proctor {' '.join(args):<12} {startup(binary, *args):7.1f} ms")
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        completions = pathlib.Path(folder) / "completions.jsonl"
        for n in [count // 10, count]:
            write_completions(completions, n, size)
            seconds, cpu, peak = grade(binary, completions, pathlib.Path(folder) / f"runs-{n}")
            megabytes = completions.stat().st_size / 1e6
            print(f"{n:>7} completions, {megabytes:6.0f} MB: {seconds:6.2f} s on one core, {megabytes / seconds:5.0f} MB/s, "
                  f"{cpu:6.2f} s CPU, {peak:5.0f} MiB peak")


if __name__ == "__main__":
    main()
