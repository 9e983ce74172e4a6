#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Time and memory of whole reports: tests/bench/reports.py PROCTOR [GRADES]
A run of a million grades to its table, the same with fewer samples of more questions, to all of its files, and the
frontier of 100 runs of 1,000 grades. Prints one line each."""
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time


def write_run(path, n_questions, n_samples, seed, usd=2.19):
    chance = random.Random(seed)
    path.mkdir(parents=True)
    rates = [chance.betavariate(0.8, 0.6) for _ in range(n_questions)]
    (path / "run.json").write_text(json.dumps({"id": f"{seed:08x}", "created": "2025-01-20T00:00:00Z", "model": {"name": f"model {seed}"}, "seconds": 100,
        "pricing": {"basis": "price_list", "usd_per_million_tokens": {"input": usd / 4, "cached_input": usd / 16, "output": usd}},
        "plan": {"t": {"n_questions": n_questions, "n_samples": n_samples}}, "tasks": {"t": {"version": "1"}}}))
    with open(path / "questions.jsonl", "w") as out:
        for q in range(n_questions):
            out.write(json.dumps({"task": "t", "doc_id": str(q), "prompt_hash": hashlib.md5(str(q).encode()).hexdigest(), "messages": [{"role": "user", "content": f"Question {q}?"}],
                                  "target": "7", "level": str(q % 5)}) + "\n")
    with open(path / "samples.jsonl", "w") as samples, open(path / "grades.jsonl", "w") as grades:
        for q in range(n_questions):
            prompt = hashlib.md5(str(q).encode()).hexdigest()
            for s in range(n_samples):
                right, length = chance.random() < rates[q], int(chance.lognormvariate(7, 0.8)) + 10
                answer = "7" if right else str(chance.randrange(20, 26))
                samples.write(f'{{"task":"t","doc_id":"{q}","sample_idx":{s},"prompt_hash":"{prompt}","text":"<think>so</think>{answer}","reasoning":"so","answer_text":"{answer}","finish_reason":"stop",'
                              f'"status":"complete","usage":{{"prompt_tokens":150,"completion_tokens":{length}}},"seconds":1.5}}\n')
                grades.write(f'{{"task":"t","doc_id":"{q}","sample_idx":{s},"grader":"none","verdict":"{"correct" if right else "incorrect"}","answer":"{answer}","target":"7",'
                             f'"vote_key":"{answer}","format_ok":true,"stats":{{"characters":{4 * length},"words":{length // 2},"foreign_words":0,"reflective":{length // 200},'
                             f'"aha":1,"wait":{length % 3},"loop":false,"reasoning_characters":{3 * length}}}}}\n')


def measured(*command):
    """(seconds, MB of memory at most)"""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(process.stderr.read().decode()[-500:])
    return time.monotonic() - start, usage.ru_maxrss / 1024


def main():
    proctor, n = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    folder = pathlib.Path(tempfile.mkdtemp(prefix="proctor-bench-"))
    try:
        write_run(folder / "big", max(1, n // 1000), 1000, 1)
        write_run(folder / "many", max(1, n // 64), 64, 3)
        for name, shape in ("big", f"{max(1, n // 1000):,} x 1,000"), ("many", f"{max(1, n // 64):,} x 64"):
            seconds, megabytes = measured(proctor, "report", folder / name, "--format", "table")
            print(f"summary of {n:,} grades, {shape}: {seconds:.1f} s, {megabytes:.0f} MB")
        shutil.rmtree(folder / "many")
        seconds, megabytes = measured(proctor, "report", folder / "big", "--format", "table,json,html,md,csv,openmetrics")
        print(f"report of {n:,} grades: {seconds:.1f} s, {megabytes:.0f} MB, report.html {(folder / 'big/report.html').stat().st_size / 1e6:.2f} MB")
        write_run(folder / "wide", 10_000, 1, 2)
        seconds, megabytes = measured(proctor, "report", folder / "wide", "--format", "html")
        print(f"report of 10,000 questions: {seconds:.1f} s, {megabytes:.0f} MB, report.html {(folder / 'wide/report.html').stat().st_size / 1e6:.2f} MB")
        runs = [folder / f"runs/{i}" for i in range(100)]
        for i, run in enumerate(runs):
            write_run(run, 250, 4, 100 + i, usd=0.1 * 1.06 ** i)
        seconds, megabytes = measured(proctor, "report", *runs, "--format", "table", "-o", folder / "out")
        print(f"frontier of 100 runs of 1,000 grades: {seconds:.1f} s, {megabytes:.0f} MB, comparison.html {(folder / 'out/comparison.html').stat().st_size / 1e6:.2f} MB")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
