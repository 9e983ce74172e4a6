# SPDX-License-Identifier: MIT
"""results.json keeps its shape, the reports agree with it, and a fixed run keeps its signature."""
import hashlib
import json
import pathlib
import re
import unittest
import xml.etree.ElementTree

from proctor import ROOT, Case

try:
    import jsonschema
except ImportError:
    jsonschema = None


class Reports(Case):
    def setUp(self):
        super().setUp()
        self.result = self.results("run", "-t", "gen/arith,gen/trace,gen/order", "-m", "demo", "--limit", "8", "-n", "8", "--k", "3")
        self.run_dir = self.dir / self.result["run_dir"]

    def test_results_json_has_the_shape_that_scripts_rely_on(self):
        r = self.result
        for key in ["schema_version", "results", "n-samples", "versions", "configs", "config", "higher_is_better", "task_hashes",
                    "date", "total_evaluation_time_seconds", "proctor"]:
            self.assertIn(key, r)
        self.assertIsInstance(r["total_evaluation_time_seconds"], str)
        for task in ["gen/arith", "gen/trace", "gen/order"]:
            metrics = r["results"][task]
            self.assertEqual(metrics["alias"], task)
            for k in [1, 2, 3, 4, 8]:
                for name in ["pass@", "maj@", "pass^"]:
                    self.assertIn(f"{name}{k},none", metrics)
            for name in ["format,none", "truncated,none", "accuracy|completed,none"]:
                self.assertIn(name, metrics)
            self.assertEqual(metrics["maj@1,none"], metrics["pass@1,none"])
            detail = r["proctor"]["metrics"][task]["pass@1,none"]
            self.assertEqual((detail["n_questions"], detail["n_samples"], detail["n_short"], detail["definition"]), (8, 64, 0, "avg-of-8"))
            self.assertEqual(sum(r["proctor"]["verdict_counts"][task].values()), 64)
            self.assertTrue(r["higher_is_better"][task])
        self.assertNotIn("null", json.dumps(r))
        self.assertNotIn("NaN", json.dumps(r))

    @unittest.skipUnless(jsonschema, "no jsonschema (Debian: apt-get install python3-jsonschema)")
    def test_results_json_validates_against_the_schema_in_docs(self):
        schema = json.loads((ROOT / "docs/results.schema.json").read_text())
        validator = jsonschema.Draft202012Validator(schema)
        charged = self.results("report", self.run_dir, "--format", "json", "--core-hour-usd", "2")
        rows = [{"doc_id": "a", "prompt": "?", "target": "1", "completion": "\\boxed{1.0}"}, {"doc_id": "b", "prompt": "!", "target": "2", "completion": ""}]
        self.write_rows("rows.jsonl", rows)
        recorded = self.results("grade", "--task", "math", "--completions", "rows.jsonl")
        for document in [self.result, charged, recorded, json.loads((self.run_dir / "results.json").read_text())]:
            self.assertEqual([f"{e.json_path}: {e.message[:200]}" for e in validator.iter_errors(document)], [])
        for spoil in [lambda d: d["proctor"]["cost"]["gen/arith"].update(basis="guess"), lambda d: d["results"]["gen/arith"].update({"pass@1,none": None}),
                      lambda d: d["proctor"].update(surprise=1), lambda d: d.pop("results")]:
            document = json.loads(json.dumps(self.result))
            spoil(document)
            self.assertTrue(list(validator.iter_errors(document)))

    def test_n_samples_says_how_many_questions_there_are_and_how_many_were_asked(self):
        def n_samples(*run):
            (numbers,) = self.results("run", "-m", "demo", *run, "--fresh")["n-samples"].values()
            return numbers
        rows = [{"id": f"q{i}", "problem": f"Say {i}.", "answer": str(i)} for i in range(5)]
        self.write_rows("aime24_nemo.jsonl", rows)
        self.write_rows("own.jsonl", rows)
        self.write("own.json", json.dumps({"name": "own", "data": "own.jsonl", "id": "id", "prompt": "{{ problem }}", "target": "{{ answer }}", "grader": "math"}))
        for task in ["aime24", "./own.json"]:
            with self.subTest(task):
                for choice, n in [([], 5), (["--limit", 2], 2), (["--limit", 0.5], 3), (["--samples", "q3"], 1)]:
                    self.assertEqual(n_samples("-t", task, "--data", ".", *choice), {"original": 5, "effective": n})
        self.assertEqual(n_samples("-t", "gen/arith", "--limit", 2), {"original": 2, "effective": 2})

    def test_the_stored_results_are_the_printed_ones(self):
        stored = json.loads((self.run_dir / "results.json").read_text())
        self.assertEqual({k: v for k, v in self.result.items() if k != "run_dir"}["results"], stored["results"])

    def test_report_writes_the_same_again_elsewhere(self):
        self.proctor("report", self.run_dir, "--format", "html,md,json", "-o", "copy")
        for name in ["report.html", "report.md", "results.json"]:
            self.assertTrue((self.dir / "copy" / name).stat().st_size > 0)
        again = json.loads(self.proctor("report", self.run_dir, "--format", "json", "--k", "3", "--json")[0])
        self.assertEqual(again["results"], self.result["results"])

    def test_junit_xml_has_a_suite_per_task_and_no_failure_for_wrong_answers(self):
        self.proctor("report", self.run_dir, "--format", "junit", "--k", "3", "-o", "copy")
        self.assertEqual((self.dir / "copy/junit.xml").read_bytes(), (self.run_dir / "junit.xml").read_bytes())
        root = xml.etree.ElementTree.parse(self.run_dir / "junit.xml").getroot()
        self.assertEqual([suite.get("name") for suite in root], ["gen/arith", "gen/trace", "gen/order"])
        self.assertEqual((root.get("tests"), root.get("failures"), root.get("errors")), ("24", "0", "0"))
        said = root.find("testsuite[@name='gen/arith']/testcase/system-out").text
        self.assertRegex(said, r"^\d of 8 answers are right$")

    def test_junit_xml_of_a_run_without_grades_has_an_error(self):
        (self.run_dir / "grades.jsonl").write_text("")
        self.proctor("report", self.run_dir, "--format", "junit")
        root = xml.etree.ElementTree.parse(self.run_dir / "junit.xml").getroot()
        self.assertEqual({suite.get("name") for suite in root if int(suite.get("errors")) > 0}, {"gen/arith", "gen/trace", "gen/order"})

    def test_the_seconds_of_samples_can_be_limited_by_a_gate(self):
        seconds = self.result["proctor"]["seconds"]["gen/arith"]
        self.assertEqual((seconds["unit"], seconds["n"]), ("seconds", 64))
        self.assertLessEqual(seconds["p50"], seconds["p90"])
        for limit, code in [(3600, 0), (seconds["p90"] / 2, 1 if seconds["p90"] > 0 else 0)]:
            self.write("gate.json", json.dumps({"gates": [{"task": "gen/arith", "metric": "seconds_p90", "kind": "max", "value": limit}]}))
            self.proctor("gate", self.run_dir, "--gate", "gate.json", code=code)

    def test_every_report_shows_the_headline_number(self):
        share = self.result["results"]["gen/arith"]["pass@1,none"]
        shown = f"{100 * share:.1f}"
        table, _ = self.proctor("report", self.run_dir, "--format", "table")
        for text in [table, (self.run_dir / "report.md").read_text(), (self.run_dir / "report.html").read_text()]:
            self.assertIn(shown, text)

    def test_the_page_is_one_file_without_scripts_or_requests(self):
        page = (self.run_dir / "report.html").read_text()
        self.assertNotRegex(page, r"<script|<link|@import|url\(|src=")
        self.assertNotRegex(page.replace("http://www.w3.org/2000/svg", ""), r"https?://")

    def test_a_fixed_scripted_run_keeps_its_signature(self):
        # One number for behaviour: seeds, prompts, questions, grades, estimators. A commit leaves it alone or says why.
        run = self.results("run", "-t", "gen/arith,gen/trace,gen/order", "-m", "scripted", "--limit", "8", "-n", "8", "--k", "3")
        digest = hashlib.sha256(json.dumps([run["results"], run["task_hashes"]], sort_keys=True).encode()).hexdigest()
        self.assertEqual(digest[:16], (ROOT / "tests/golden/signature.txt").read_text().strip())
        self.assertIn("not a neural", (self.dir / run["run_dir"] / "report.html").read_text())


if __name__ == "__main__":
    unittest.main()
