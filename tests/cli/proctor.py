# SPDX-License-Identifier: MIT
"""Runs the real binary for the command-line tests: PROCTOR names it."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BINARY = os.environ["PROCTOR"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = os.environ.get("PROCTOR_TEST_DATA")


def needs_data(test):
    """Skips, saying so, where the real files are not at hand."""
    return unittest.skipUnless(DATA, "PROCTOR_TEST_DATA not set")(test)


def needs_plain_build(test):
    """Skips, saying so, what a sanitizer's own memory and its checks of whole ranges make meaningless."""
    return unittest.skipIf(os.environ.get("PROCTOR_SANITIZED"), "memory and megabytes are measured without a sanitizer")(test)


class Case(unittest.TestCase):
    """One temporary working directory per test; nothing of the caller's environment that proctor reads."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="proctor-cli-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("PROCTOR_DATA", "SLURM_"))}
        self.env["CUDA_VISIBLE_DEVICES"] = "" # the answers expected are those of the processors

    def write(self, name, content):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def write_rows(self, name, rows):
        return self.write(name, "".join(json.dumps(row) + "\n" for row in rows))

    def start(self, *args, **options):
        return subprocess.Popen([BINARY, *map(str, args)], cwd=self.dir, env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)

    def proctor(self, *args, code=0, env=None):
        """Runs to the end and checks the exit code; returns (stdout, stderr)."""
        done = subprocess.run([BINARY, *map(str, args)], cwd=self.dir, env={**self.env, **(env or {})},
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, code, f"{args}\nstdout: {done.stdout[-2000:]}\nstderr: {done.stderr[-2000:]}")
        return done.stdout, done.stderr

    def error(self, *args, code=2):
        """The one line of an expected error."""
        _, stderr = self.proctor(*args, code=code)
        lines = [line for line in stderr.splitlines() if line.startswith("proctor: ")]
        self.assertEqual(len(lines), 1, stderr)
        return lines[0]

    def results(self, *args, code=0):
        stdout, _ = self.proctor(*args, "--json", code=code)
        return json.loads(stdout)


def read_lines(path):
    """The records of a journal; every line must be whole."""
    data = pathlib.Path(path).read_bytes()
    assert data == b"" or data.endswith(b"\n"), f"{path} ends in a torn line"
    return [json.loads(line) for line in data.splitlines()]


def samples(run_dir):
    return [record for record in read_lines(pathlib.Path(run_dir) / "samples.jsonl") if "schema" not in record]


def key(record):
    return record["task"], record["doc_id"], record["sample_idx"]
