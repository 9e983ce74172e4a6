# SPDX-License-Identifier: MIT
"""results.json keeps its shape, the reports agree with it, and a fixed run keeps its signature."""
import hashlib
import json
import pathlib
import re
import unittest

from proctor import ROOT, Case


class Reports(Case):
    def setUp(self):
        super().setUp()
        self.result = self.results("run", "-t", "gen", "-m", "scripted", "--limit", "8", "-n", "8", "--k", "3")
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

    def test_the_stored_results_are_the_printed_ones(self):
        stored = json.loads((self.run_dir / "results.json").read_text())
        self.assertEqual({k: v for k, v in self.result.items() if k != "run_dir"}["results"], stored["results"])

    def test_report_writes_the_same_again_elsewhere(self):
        self.proctor("report", self.run_dir, "--format", "html,md,json", "-o", "copy")
        for name in ["report.html", "report.md", "results.json"]:
            self.assertTrue((self.dir / "copy" / name).stat().st_size > 0)
        again = json.loads(self.proctor("report", self.run_dir, "--format", "json", "--k", "3", "--json")[0])
        self.assertEqual(again["results"], self.result["results"])

    def test_every_report_shows_the_headline_number(self):
        share = self.result["results"]["gen/arith"]["pass@1,none"]
        shown = f"{100 * share:.1f}"
        table, _ = self.proctor("report", self.run_dir, "--format", "table")
        for text in [table, (self.run_dir / "report.md").read_text(), (self.run_dir / "report.html").read_text()]:
            self.assertIn(shown, text)

    def test_the_page_is_one_file_without_scripts_or_requests_and_says_what_the_model_is(self):
        page = (self.run_dir / "report.html").read_text()
        self.assertNotRegex(page, r"<script|<link|@import|url\(|src=")
        self.assertNotRegex(page.replace("http://www.w3.org/2000/svg", ""), r"https?://")
        self.assertIn("scripted", page)
        self.assertIn("not a neural", page)

    def test_a_fixed_scripted_run_keeps_its_signature(self):
        # One number for behaviour: seeds, prompts, questions, grades, estimators. A commit leaves it alone or says why.
        digest = hashlib.sha256(json.dumps([self.result["results"], self.result["task_hashes"]], sort_keys=True).encode()).hexdigest()
        self.assertEqual(digest[:16], (ROOT / "tests/golden/signature.txt").read_text().strip())


if __name__ == "__main__":
    unittest.main()
