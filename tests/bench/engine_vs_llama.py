#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""proctor, llama.cpp and ik_llama.cpp on the same GGUF files, one after the other, repeated:

    engine_vs_llama.py PROCTOR FILE.gguf... [--ik IK_SPEED]

Tokens per second (wall) and per core-second of one stream, of 16 samples of one prompt, and of a prompt of 128; the
ratios are to the faster of the others. Needs llama-cpp-python, built with native flags (pip install --no-binary
llama-cpp-python llama-cpp-python); IK_SPEED is ik_speed.cpp, built as its first lines say.
"""
import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import time

TOKENS, SAMPLES, PROMPT = 48, 16, 128


class Llama:
    """The C interface: contexts with as many sequences as are measured."""

    def __init__(self, path, threads):
        import llama_cpp
        self.c = llama_cpp
        self.silence = llama_cpp.llama_log_callback(lambda *_: None)
        llama_cpp.llama_log_set(self.silence, ctypes.c_void_p(0))
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch, params.n_seq_max = 256 * SAMPLES, 512, 512, SAMPLES
        params.n_threads = params.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        self.batch = llama_cpp.llama_batch_init(512, 0, SAMPLES)

    def decode(self, rows):
        """rows: (token, position, sequence, wants logits)"""
        self.batch.n_tokens = len(rows)
        for i, (token, position, sequence, logits) in enumerate(rows):
            self.batch.token[i], self.batch.pos[i] = token, position
            self.batch.n_seq_id[i], self.batch.seq_id[i][0], self.batch.logits[i] = 1, sequence, logits
        assert self.c.llama_decode(self.context, self.batch) == 0
        self.c.llama_synchronize(self.context)

    def clear(self):
        self.c.llama_memory_clear(self.c.llama_get_memory(self.context), True)

    def generate(self, samples, prompt):
        self.clear()
        for s in range(samples):
            self.decode([(100 + i, i, s, i == prompt - 1) for i in range(prompt)])
        start = clocks()
        for step in range(TOKENS):
            self.decode([(1000 + 17 * step + s, prompt + step, s, True) for s in range(samples)])
        return rates(TOKENS * samples, start)

    def read(self, prompt):
        self.clear()
        start = clocks()
        self.decode([(100 + i, i, 0, i == prompt - 1) for i in range(prompt)])
        return rates(prompt, start)

    def measure(self):
        return {"1 stream": self.generate(1, 1), f"{SAMPLES} samples": self.generate(SAMPLES, 16), f"prompt {PROMPT}": self.read(PROMPT)}


def clocks():
    return time.perf_counter(), time.process_time()


def rates(tokens, start):
    now = clocks()
    return tokens / (now[0] - start[0]), tokens / (now[1] - start[1])


def proctor(binary, path, threads):
    command = [binary, "bench", "engine", "-m", path, "--threads", str(threads), "--repeats", "1", "--tokens", str(TOKENS),
               "-n", str(SAMPLES), "--prompt-tokens", str(PROMPT), "--json"]
    loads = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["loads"]
    names = ["1 stream", f"{SAMPLES} samples", f"prompt {PROMPT}"]
    return {name: (load["tokens_per_second"], load["tokens_per_core_second"]) for name, load in zip(names, loads)}


def ik(binary, path, threads):
    command = [binary, path, *map(str, (threads, SAMPLES, PROMPT, TOKENS))]
    loads = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return dict(zip(["1 stream", f"{SAMPLES} samples", f"prompt {PROMPT}"], loads))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("proctor")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--ik")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    try:
        import llama_cpp
    except ImportError:
        sys.exit("skipped: llama-cpp-python is not installed")
    print(llama_cpp.llama_print_system_info().decode().strip())
    engines = ["proctor", "llama.cpp"] + ["ik_llama.cpp"] * bool(args.ik)
    print(f"{'':<26}" + "".join(f"{name:>18}" for name in engines) +
          f"{'ratio':>8}   tok/s and tok/core-s, median of {args.repeats}, {args.threads} threads")
    for path in args.files:
        llama, runs = Llama(path, args.threads), []
        llama.measure()
        for _ in range(args.repeats):
            runs.append([proctor(args.proctor, path, args.threads), llama.measure()] +
                        ([ik(args.ik, path, args.threads)] if args.ik else []))
        for name in runs[0][0]:
            speeds = [[statistics.median(run[who][name][i] for run in runs) for i in (0, 1)] for who in range(len(engines))]
            ratios = [speeds[0][i] / max(other[i] for other in speeds[1:]) for i in (0, 1)]
            print(f"{os.path.basename(path)[:12]:<13}{name:<13}" + "".join(f"{wall:>9.0f}{core:>9.0f}" for wall, core in speeds) +
                  f"{ratios[0]:>8.2f}{ratios[1]:>6.2f}", flush=True)


if __name__ == "__main__":
    main()
