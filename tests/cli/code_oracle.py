#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Verdicts that others recorded, reproduced program by program: code_oracle.py PROCTOR.

The reference answers of MBPP, MBPP+ and CRUXEval pass; EvalPlus' verdicts on a base model's 399 MBPP+ programs; LiveCodeBench's on 488 programs of
o1-mini, by their public tests. Takes minutes. Exits 77 where the files or the sandbox are missing."""
import json
import os
import pathlib
import sys
import unittest

os.environ["PROCTOR"] = str(pathlib.Path(sys.argv[1]).resolve())
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import code_test

# (problem, grader) where EvalPlus' recorded verdict is not the truth any more, and why.
KNOWN = {
    # recorded before these were compared as sets
    ("Mbpp/2", "base"), ("Mbpp/2", "plus"), ("Mbpp/232", "base"), ("Mbpp/249", "base"), ("Mbpp/579", "plus"),
    # the recording machine ran out of wall time on input 9999; CPU time suffices
    ("Mbpp/123", "base"),
}


class Recorded(code_test.CodeCase):
    def test_every_reference_solution_passes(self):
        self.assert_golds_pass("mbpp", "mbpp_plus", "cruxeval_o", "cruxeval_i")

    def test_mbpp_plus_verdicts(self):
        self.recorded_verdicts_are_reproduced("mbpp_plus", "MbppPlus-v0.1.0.jsonl", "mbpp", KNOWN)

    def test_livecodebench_passes_pass_the_public_tests(self):
        labelled = pathlib.Path(code_test.DATA) / "labelled/code"
        tests = {row["question_id"]: row["tests"] for row in self.rows(labelled / "lcb_stdin_public_tests.jsonl")}
        rows = [row for row in json.loads((labelled / "lcb_o1mini_n1.json").read_text()) if row["question_id"] in tests]
        keep = ("question_id", "question_title", "question_content", "platform", "contest_id", "contest_date", "difficulty")
        data = self.write("lcb.jsonl", [{**{key: row[key] for key in keep}, "starter_code": "", "private_test_cases": "[]", "metadata": "{}",
                                         "public_test_cases": json.dumps([{**test, "testtype": "stdin"} for test in tests[row["question_id"]]])}
                                        for row in rows])
        programs = self.write("programs.jsonl", [{"task_id": row["question_id"], "solution": row["code_list"][0]} for row in rows])
        results, _ = self.grade("livecodebench", programs, "--data", f"livecodebench={data}")
        passed = {row["question_id"] for row in rows if row["graded_list"][0]}
        failed = [(g["doc_id"], g["explanation"]) for g in self.grades(results)
                  if g["doc_id"] in passed and g["verdict"] != "correct" and g.get("reason") != "missing_module"]
        self.assertEqual((len(passed), failed), (308, []))


if __name__ == "__main__":
    if not code_test.DATA or not code_test.confined():
        print("skipped: PROCTOR_TEST_DATA is not set, or the sandbox is refused here")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
