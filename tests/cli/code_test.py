#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Coding tasks through the command line: benchmarks' own solutions pass, recorded verdicts are reproduced."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROCTOR = os.environ["PROCTOR"]
DATA = os.environ.get("PROCTOR_TEST_DATA")

def proctor(*args, cwd=None):
    return subprocess.run([PROCTOR, *map(str, args)], capture_output=True, text=True, cwd=cwd)


def confined():
    """Whether this machine lets programs be confined at all."""
    return proctor("sandbox", "doctor").returncode == 0


# Reference answers that do not pass their own grader, and why.
KNOWN_GOLDS = {
    "leetcode": {"126": "imports sortedcontainers, which Python does not bring along (it passes where that is installed)"},
    "cruxeval_i": {"sample_135": "no arguments at all: an empty answer is no answer", "sample_258": "a name, which means nothing outside its file",
                   "sample_344": "a function, which is no literal", "sample_364": "a function, which is no literal", "sample_522": "a range, which is no literal"},
}


@unittest.skipUnless(confined(), "skipped: the sandbox is refused here (proctor sandbox doctor)")
class CodeCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp"))
        self.addCleanup(self.folder.cleanup)
        self.dir = pathlib.Path(self.folder.name)

    def write(self, name, rows):
        path = self.dir / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    def grade(self, task, completions, *more):
        done = proctor("grade", "--task", task, "--completions", completions, "--no-progress", "--json", "-o", self.dir / "runs", *more)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout), done.stderr

    def grades(self, results):
        lines = (pathlib.Path(results["run_dir"]) / "grades.jsonl").read_text().splitlines()
        return [row for row in map(json.loads, lines) if "verdict" in row]

    def bench(self, name):
        if not DATA:
            self.skipTest("skipped: PROCTOR_TEST_DATA is not set")
        return pathlib.Path(DATA) / "bench/code" / name

    def rows(self, path):
        return [json.loads(line) for line in path.read_text().splitlines()]

    def assert_golds_pass(self, *tasks):
        """Every reference answer passes its own grader, but for KNOWN_GOLDS."""
        if not DATA:
            self.skipTest("skipped: PROCTOR_TEST_DATA is not set")
        done = proctor("data", "verify", *tasks, "--json", "--data", pathlib.Path(DATA) / "bench")
        rows = {row["task"]: row for row in map(json.loads, done.stdout.splitlines())}
        self.assertEqual(list(rows), list(tasks), done.stderr)
        for task, row in rows.items():
            with self.subTest(task):
                self.assertEqual((row["golds"], row["without_reference"]), (row["questions"], 0))
                unknown = [flaw for flaw in row["flaws"] if flaw["doc_id"] not in KNOWN_GOLDS.get(task, {})]
                self.assertEqual(unknown, [])

    def assert_all_pass(self, task, path, solutions):
        results, _ = self.grade(task, self.write("solutions.jsonl", solutions), "--data", f"{task}={path}")
        self.assertEqual([(g["doc_id"], g["grader"], g["explanation"]) for g in self.grades(results) if g["verdict"] != "correct"], [])

    def recorded_verdicts_are_reproduced(self, task, file, recorded, known=()):
        """As EvalPlus recorded them; `known`: (problem, grader) where the recorded verdict is not the truth any more."""
        path = self.bench(file)
        rows = json.loads((pathlib.Path(DATA) / f"labelled/code/qwen25coder_1.5b-base_evalplus_{recorded}.json").read_text())["eval"]
        solutions = [{"task_id": name, "solution": row[0]["solution"]} for name, row in rows.items()]
        results, _ = self.grade(task, self.write("s.jsonl", solutions), "--data", f"{task}={path}")
        differ = {}
        for grade in self.grades(results):
            row = rows[grade["doc_id"]][0]
            key = "plus_status" if grade["grader"] == "plus" else "base_status"
            expected = row["base_status"] == "pass" and row[key] == "pass"
            if (grade["verdict"] == "correct") != expected:
                differ[grade["doc_id"], grade["grader"]] = grade["explanation"]
        self.assertEqual({key: why for key, why in differ.items() if key not in known}, {})


class Code(CodeCase):
    def test_a_task_of_ones_own_in_humanevals_form(self):
        data = self.write("HumanEval.jsonl", [{"task_id": "T/0", "prompt": "def inc(x):\n    \"\"\"One more.\"\"\"\n", "entry_point": "inc",
                                              "canonical_solution": "    return x + 1\n", "test": "def check(candidate):\n    assert candidate(1) == 2\n"}])
        completions = self.write("c.jsonl", [{"task_id": "T/0", "completion": "    return x + 1\n"}, {"task_id": "T/0", "completion": "    return x\n"},
                                             {"task_id": "T/0", "completion": "    import os; os._exit(0)\n"}])
        results, _ = self.grade("humaneval", completions, "--data", f"humaneval={data}")
        self.assertAlmostEqual(results["results"]["humaneval"]["pass@1,none"], 1 / 3)
        shown = proctor("show", results["run_dir"], "--sample", "1").stdout
        self.assertIn("fails at line 2 of the tests, assert candidate(1) == 2", shown)

    def test_one_program_confined(self):
        program, given = self.dir / "double.py", self.dir / "in.txt"
        program.write_text("print(2 * int(input()))\n")
        given.write_text("21\n")
        done = proctor("sandbox", "python", program, "--stdin", given, "--json")
        seen = json.loads(done.stdout)
        self.assertEqual((done.returncode, seen["verdict"], seen["exit_code"], seen["stdout"]), (0, "ok", 0, "42\n"))
        spun = json.loads(proctor("sandbox", "run", "--cpu", "0.1", "--json", "--", "/bin/sh", "-c", "while :; do :; done").stdout)
        self.assertEqual((spun["verdict"], spun["timeout"]), ("timed_out", "cpu"))
        refused = proctor("sandbox", "run", "--", "/no/such/program")
        self.assertEqual((refused.returncode, len(refused.stderr.splitlines())), (3, 1))
        self.assertEqual(proctor("sandbox", "python").returncode, 2)
        self.assertEqual(proctor("sandbox", "sideways").returncode, 2)

    def test_what_follows_two_dashes_is_the_programs(self):
        program = self.dir / "args.py"
        program.write_text("import sys; print(sys.argv[1:])\n")
        seen = lambda *args: proctor("sandbox", "python", *args).stdout
        self.assertEqual(seen(program, "--", "--cpu", "--json", "--", ""), "['--cpu', '--json', '--', '']\n")
        self.assertEqual(seen(program, "a", "--cpu", "3", "--", "-b"), "['a', '-b']\n")
        self.assertEqual(seen("--engine", "exec", "--", program, "-x"), "['-x']\n")
        self.assertEqual(proctor("sandbox", "run", "--", "/bin/echo", "--", "--cpu").stdout, "-- --cpu\n")

    def test_reference_solutions_pass(self):
        self.assert_golds_pass("humaneval", "leetcode")  # the others: code_oracle.py

    def test_mbpp_plus_solutions_pass(self):
        path = self.bench("MbppPlus-v0.1.0.jsonl")
        some = [{"task_id": r["task_id"], "solution": r["prompt"] + r["canonical_solution"]} for r in self.rows(path)[::8]]  # all: code_oracle.py
        self.assert_all_pass("mbpp_plus", path, some)

    def test_recorded_humaneval_verdicts(self):
        self.recorded_verdicts_are_reproduced("humaneval", "HumanEval.jsonl", "humaneval")

    def test_cruxeval_output_as_published(self):
        path = self.bench("cruxeval.jsonl")
        recorded = json.loads((pathlib.Path(DATA) / "labelled/code/cruxeval_codellama7b_t02_output_k10.json").read_text())
        rows = [{"id": name, "completion": text, "label": right} for name, texts in recorded["raw_generations"].items()
                for text, right in zip(texts, recorded["raw_scored_generations"][name])]
        results, said = self.grade("cruxeval_o", self.write("g.jsonl", rows), "--data", f"cruxeval_o={path}", "--expect", "label", "--k", "5")
        self.assertIn("0 disagree", said)
        self.assertAlmostEqual(100 * results["results"]["cruxeval_o"]["pass@1,none"], recorded["pass_at_1"], places=4)
        self.assertAlmostEqual(100 * results["results"]["cruxeval_o"]["pass@5,none"], recorded["pass_at_5"], places=4)


if __name__ == "__main__":
    unittest.main()
