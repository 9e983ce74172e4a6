# SPDX-License-Identifier: MIT
"""math-eq, and maths runs: verdicts with reasons, the audit, and the case files where they are at hand."""
import json
import pathlib
import resource
import subprocess
import unittest

from proctor import BINARY, DATA, Case, needs_data, needs_plain_build

# Rows of cases.jsonl that stay wrong, by id, with the reason. Everything else that is undisputed must be right.
STAY_WRONG = {
    "h558": "needs the task's own tolerance per answer; no default accepts 0.001 for 0.002",
    "h562": "prose typeset with control spaces around a formula, without a mark",
    "h574": "token rows with two fraction bars and no second numerator: no formula",
    "h586": "the positive root of a cubic, to be solved",
    "h587": "a rounded value with fewer than 12 digits for an exact one",
    "h600": "F_30 is the Fibonacci number only to who read the question",
    "h601": "as h600",
    "h602": "as h600",
    "h927": "coefficients rounded to 6 digits; only a task's tolerance may accept them",
    "h928": "as h927",
    "h929": "e as a decimal of 15 digits inside a formula",
    "h1602": "the origin's gcd of floating point numbers; coefficients here are exact",
    "h1610": "as h1602",
    "h1975": "the origin's remainder in floating point; 299792458 mod 9.81 is 5.77",
    "h2010": "the origin prints 'not in' as a negated equation",
    "h2022": "the origin lower-cases names; S and s are two names",
    "h2256": "a list in square brackets for a set in braces",
}


def judge(rows, *options):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run([BINARY, "math-eq", "--jsonl", *options], input=text.encode(), capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def case_rows(name):
    path = pathlib.Path(DATA) / "math_equiv" / name
    return [json.loads(line) for line in path.read_text().splitlines()]


class MathEq(Case):
    def test_verdict_reason_and_exit_code(self):
        for gold, answer, code, reason in [("\\sqrt{8}", "2\\sqrt2", 0, "equal: calcium"), ("x^2", "x^3", 1, "differs at x="),
                                           ("1", "\\int_0^1 2x dx", 4, "unknown: not evaluated"),
                                           ("50\\%", "50", 0, "policy percent_bare")]:
            with self.subTest(gold=gold):
                self.assertIn(reason, self.proctor("math-eq", gold, answer, code=code)[0])
        self.proctor("math-eq", "50\\%", "50", "--policy", "percent_bare=off", code=1)
        self.proctor("math-eq", "50\\%", "50", "--profile", "strict", code=1)

    def test_usage_errors_name_what_there_is(self):
        self.assertIn("percent_bare", self.error("math-eq", "1", "1", "--policy", "percent_bar=off"))
        self.assertIn("strict", self.error("math-eq", "1", "1", "--profile", "stict"))
        self.error("math-eq", "1")

    def test_lines_in_order_and_bad_lines_said(self):
        text = '{"id":"a","gold":"1/2","pred":"0.5"}\nnonsense\n{"id":"b","gold":"1"}\n{"id":"c","gold":"1","pred":"2"}\n'
        done = subprocess.run([BINARY, "math-eq", "--jsonl"], input=text, capture_output=True, text=True, check=True)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([row["id"] for row in rows], ["a", None, None, "c"])
        self.assertEqual([row.get("verdict") for row in rows], ["equal", None, None, "different"])

    @needs_plain_build
    def test_megabytes_of_anything_end_in_a_verdict_within_the_caps(self):
        million = 1_000_000
        texts = ["(" * million, "9" * million, "\\frac{" * (million // 6), "boxed{" * (million // 6), "1+" * (million // 2),
                 "$" * million, "\\begin{pmatrix}" * 50_000, "the answer is " * 70_000, "=" * million, "1," * (million // 2),
                 "<think>" * 100_000, "a b " * (million // 4), "\u221a" * (million // 3), "\\boxed{1}" * 100_000, "x and " * 160_000]
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
        rows = "".join(json.dumps({"id": i, "gold": "1", "pred": text}) + "\n" for i, text in enumerate(texts))
        done = subprocess.run([BINARY, "math-eq", "--jsonl"], input=rows, capture_output=True, text=True, timeout=60, preexec_fn=limit)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), len(texts))


class Runs(Case):
    ROWS = [{"id": "a", "gold": "\\frac{1}{2}", "response": "It is \\boxed{0.5}."},
            {"id": "b", "gold": "50\\%", "response": "It is \\boxed{50}."},
            {"id": "c", "gold": "1", "response": "It is \\boxed{1.00001}."},
            {"id": "d", "gold": "1", "response": "It is \\boxed{\\int_0^1 2x dx}."}]

    def grade(self, *options):
        file = self.write_rows("out.jsonl", self.ROWS)
        return self.results("grade", "--task", "math", "--completions", file, "--map", "target=gold", *options)

    def test_reasons_credits_and_show(self):
        results = self.grade()
        self.assertEqual(results["proctor"]["verdict_counts"]["math"]["correct"], 2)
        self.assertEqual(results["proctor"]["credits"]["math"], {"lenient": 1, "percent_bare": 1})
        self.assertEqual(results["proctor"]["reasons"]["math"], {"undecided": 1, "wrong_answer": 1})
        self.assertTrue(any("percent_bare 1" in text for text in results["proctor"]["warnings"]))
        shown = self.proctor("show", results["run_dir"], "--doc", "b")[0]
        self.assertIn("by policy percent_bare", shown)

    def test_a_stricter_profile_grades_again(self):
        run = self.grade()["run_dir"]
        results = self.results("grade", run, "--profile", "strict")
        self.assertEqual(results["proctor"]["verdict_counts"]["math"]["correct"], 1)

    def test_the_audit_shows_where_profiles_differ(self):
        run = self.grade()["run_dir"]
        stdout, _ = self.proctor("grade", run, "--audit")
        self.assertRegex(stdout, r"math c/0: expected 1\n(?s:.*)qwen-like +correct")
        audit = json.loads((pathlib.Path(self.dir) / run / "audit.json").read_text())
        self.assertEqual(audit["n_samples"], 4)
        self.assertEqual(audit["profiles"]["proctor"]["correct"], 2)
        verdicts = {row["doc_id"]: row["verdicts"] for row in audit["disagreements"]}
        self.assertEqual(verdicts["c"]["proctor"]["verdict"], "incorrect")
        self.assertEqual(verdicts["c"]["qwen-like"]["verdict"], "correct")


@needs_data
class CaseFiles(Case):
    def wrong(self, rows):
        rows = [row for row in rows if not row.get("disputed")]
        for row, out in zip(rows, judge(rows), strict=True):
            if (out["verdict"] == "equal") != bool(row["expected"]):
                yield row, out

    def test_cases(self):
        rows = case_rows("cases.jsonl")
        wrong = {row["id"]: row for row, _ in self.wrong(rows)}
        self.assertEqual(sorted(wrong), sorted(STAY_WRONG))
        self.assertEqual([row["id"] for row in wrong.values() if not row["expected"]], [], "false positives")

    def test_bulk(self):
        self.assertEqual([(row["id"], out) for row, out in self.wrong(case_rows("bulk.jsonl"))], [])


if __name__ == "__main__":
    unittest.main()
