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

# Recorded EvalPlus verdicts that an honest run does not reproduce, each with its reason.
KNOWN = {}


def proctor(*args, cwd=None):
    return subprocess.run([PROCTOR, *map(str, args)], capture_output=True, text=True, cwd=cwd)


def confined():
    """Whether this machine lets programs be confined at all."""
    return proctor("sandbox", "doctor").returncode == 0


@unittest.skipUnless(confined(), "skipped: the sandbox is refused here (proctor sandbox doctor)")
class Code(unittest.TestCase):
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

    def test_a_task_of_ones_own_in_humanevals_form(self):
        data = self.write("HumanEval.jsonl", [{"task_id": "T/0", "prompt": "def inc(x):\n    \"\"\"One more.\"\"\"\n", "entry_point": "inc",
                                              "canonical_solution": "    return x + 1\n", "test": "def check(candidate):\n    assert candidate(1) == 2\n"}])
        completions = self.write("c.jsonl", [{"task_id": "T/0", "completion": "    return x + 1\n"}, {"task_id": "T/0", "completion": "    return x\n"},
                                             {"task_id": "T/0", "completion": "    import os; os._exit(0)\n"}])
        results, _ = self.grade("humaneval", completions, "--data", f"humaneval={data}")
        self.assertAlmostEqual(results["results"]["humaneval"]["pass@1,none"], 1 / 3)
        shown = proctor("show", results["run_dir"], "--sample", "1").stdout
        self.assertIn("fails at line 2 of the tests, assert candidate(1) == 2", shown)

    def bench(self, name):
        if not DATA:
            self.skipTest("skipped: PROCTOR_TEST_DATA is not set")
        return pathlib.Path(DATA) / "bench/code" / name

    def rows(self, path):
        return [json.loads(line) for line in path.read_text().splitlines()]

    def assert_all_pass(self, task, path, solutions):
        results, _ = self.grade(task, self.write("solutions.jsonl", solutions), "--data", f"{task}={path}")
        failed = [(g["doc_id"], g["grader"], g["explanation"]) for g in self.grades(results) if g["verdict"] != "correct"]
        self.assertEqual(failed, [])

    def test_humaneval_solutions_pass(self):
        path = self.bench("HumanEval.jsonl")
        self.assert_all_pass("humaneval", path, [{"task_id": r["task_id"], "solution": r["prompt"] + r["canonical_solution"]} for r in self.rows(path)])

    def test_mbpp_plus_solutions_pass(self):
        path = self.bench("MbppPlus-v0.1.0.jsonl")
        self.assert_all_pass("mbpp_plus", path, [{"task_id": r["task_id"], "solution": r["prompt"] + r["canonical_solution"]} for r in self.rows(path)])

    def test_leetcode_solutions_pass(self):
        path = self.bench("leetcode_rllm_test.json")
        solutions = [{"id": str(i), "solution": r["solutions"]} for i, r in enumerate(json.loads(path.read_text()))]
        self.assert_all_pass("leetcode", path, solutions)

    def test_recorded_evalplus_verdicts(self):
        for task, file, recorded in [("humaneval", "HumanEval.jsonl", "humaneval"), ("mbpp_plus", "MbppPlus-v0.1.0.jsonl", "mbpp")]:
            path = self.bench(file)
            rows = json.loads((pathlib.Path(DATA) / f"labelled/code/qwen25coder_1.5b-base_evalplus_{recorded}.json").read_text())["eval"]
            solutions = [{"task_id": name, "solution": row[0]["solution"]} for name, row in rows.items()]
            results, _ = self.grade(task, self.write("s.jsonl", solutions), "--data", f"{task}={path}")
            for grade in self.grades(results):
                row = rows[grade["doc_id"]][0]
                key = "plus_status" if grade["grader"] == "plus" else "base_status"
                expected = row["base_status"] == "pass" and row[key] == "pass"
                if (grade["doc_id"], grade["grader"]) not in KNOWN:
                    self.assertEqual(grade["verdict"] == "correct", expected, (grade["doc_id"], grade["grader"], grade["explanation"]))

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
