#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The long checks of scripts/test --all: 100,000 completions of 20 kB in flat memory, and a long series of kills.

    soak.py PROCTOR
"""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import pipeline


def flat_memory(binary):
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        completions = pathlib.Path(folder) / "completions.jsonl"
        peaks = []
        for count in [10_000, 100_000]:
            pipeline.write_completions(completions, count, 20_000)
            seconds, _, peak = pipeline.grade(binary, completions, pathlib.Path(folder) / f"runs-{count}")
            rate = completions.stat().st_size / 1e6 / seconds
            print(f"{count} completions of 20 kB: {rate:.0f} MB/s on one core, {peak:.0f} MiB peak", flush=True)
            peaks.append(peak)
        # Ten times the texts may cost the small records of ten times the samples, not the texts themselves (2 GB).
        assert peaks[1] < 400, peaks


def many_kills(binary):
    test = pathlib.Path(__file__).with_name("resume_test.py")
    for i in range(5):
        subprocess.run([sys.executable, "-B", str(test), "Resume.test_killed_at_random_times_a_run_loses_and_repeats_nothing"],
                       env={**os.environ, "PROCTOR": binary, "PROCTOR_KILL_SEED": str(i)}, check=True)


if __name__ == "__main__":
    program = str(pathlib.Path(sys.argv[1]).resolve())
    flat_memory(program)
    many_kills(program)
    print("soak: ok")
