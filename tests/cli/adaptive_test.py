# SPDX-License-Identifier: MIT
"""run --adaptive from the outside: fewer samples, the same winners, pass@1 from the fixed prefix, and resuming."""
import pathlib
import unittest

from fake_server import Server, chat, response
from proctor import Case, key, samples

N, QUESTIONS = 32, 12
PREFIX = N // 2 + 1


class AdaptiveTest(Case):
    def run_scripted(self, out, *more, n=N, limit=QUESTIONS):
        return self.results("run", "-t", "gen/arith", "-m", "scripted", "-n", n, "--limit", limit, "-o", out, "--no-progress", *more)

    def keys(self, run):
        return sorted(map(key, samples(self.dir / run["run_dir"])))

    def test_fewer_samples_the_same_vote_and_the_rest_from_the_fixed_prefix(self):
        full, early = self.run_scripted("full"), self.run_scripted("early", "--adaptive")
        taken = self.keys(early)
        self.assertLess(len(taken), 0.85 * N * QUESTIONS)
        for doc in {doc for _, doc, _ in taken}:
            indices = [index for _, of, index in taken if of == doc]
            self.assertEqual(indices, list(range(len(indices))))
            self.assertGreaterEqual(len(indices), PREFIX)
        saving = early["proctor"]["adaptive"]["gen/arith"]
        self.assertEqual(saving["n_samples_saved"], N * QUESTIONS - len(taken))
        self.assertEqual(saving["prefix"], PREFIX)
        self.assertGreater(saving["tokens_saved"], 0)
        name = f"maj@{N},none"
        self.assertAlmostEqual(early["results"]["gen/arith"][name], full["results"]["gen/arith"][name])
        prefix = self.run_scripted("prefix", n=PREFIX)
        for metric in ("pass@1,none", "pass@8,none", "maj@4,none", "truncated,none"):
            self.assertAlmostEqual(early["results"]["gen/arith"][metric], prefix["results"]["gen/arith"][metric])
        for ratio in ("tokens_per_correct", "tokens_per_sample"):
            self.assertEqual(early["proctor"]["cost"]["gen/arith"][ratio], prefix["proctor"]["cost"]["gen/arith"][ratio])
        self.assertIn("settled early", " ".join(early["proctor"]["warnings"]))
        self.assertEqual(early["proctor"]["metrics"]["gen/arith"]["pass@1,none"]["n_short"], 0)

    def test_what_is_taken_depends_on_the_answers_alone(self):
        one = self.keys(self.run_scripted("one", "--adaptive", "--max-connections", 1))
        self.assertEqual(one, self.keys(self.run_scripted("eight", "--adaptive", "--max-connections", 8)))
        # Later questions first need nothing, then are added.
        self.run_scripted("wider", "--adaptive", limit=QUESTIONS // 3)
        self.assertEqual(one, self.keys(self.run_scripted("wider", "--adaptive")))

    def test_a_run_cut_off_anywhere_goes_on_as_if_it_had_not_been(self):
        whole = self.run_scripted("whole", "--adaptive")
        for n_samples, n_grades in ((100, 100), (180, 60), (222, 222)):
            cut = self.run_scripted(f"cut-{n_samples}", "--adaptive")
            for name, n in (("samples", 1 + n_samples), ("grades", n_grades)):
                path = pathlib.Path(self.dir / cut["run_dir"] / f"{name}.jsonl")
                path.write_bytes(b"".join(path.read_bytes().splitlines(True)[:n]))
            resumed = self.run_scripted(f"cut-{n_samples}", "--adaptive")
            self.assertEqual(self.keys(resumed), self.keys(whole))
            self.assertEqual(resumed["results"], whole["results"])

    def test_the_same_command_adds_nothing_and_without_the_option_the_rest_is_generated(self):
        early = self.run_scripted("runs", "--adaptive")
        again = self.run_scripted("runs", "--adaptive")
        self.assertEqual(again["results"], early["results"])
        self.assertEqual(self.keys(again), self.keys(early))
        whole, full = self.run_scripted("runs"), self.run_scripted("full")
        self.assertEqual(whole["results"], full["results"])
        self.assertNotIn("adaptive", whole["proctor"])

    def test_fewer_samples_without_the_option_would_be_no_fair_ones(self):
        self.run_scripted("early", "--adaptive")
        message = self.error("run", "-t", "gen/arith", "-m", "scripted", "-n", N - 1, "--limit", QUESTIONS, "-o", "early")
        self.assertIn(f"ask with --adaptive, with -n {N} or more, or use --fresh", message)

    def test_a_confidence_stops_sooner(self):
        sure, likely = self.run_scripted("a", "--adaptive"), self.run_scripted("b", "--adaptive", "--adaptive-confidence", 0.99)
        saved = [run["proctor"]["adaptive"]["gen/arith"]["n_samples_saved"] for run in (sure, likely)]
        self.assertLess(*saved)
        self.assertEqual(likely["proctor"]["adaptive"]["gen/arith"]["prefix"], 8)

    def test_an_endpoint_is_asked_no_more_when_the_vote_is_settled(self):
        server = Server(lambda body, nth: response(chat()))
        self.addCleanup(server.close)
        run = self.results("run", "-t", "gen/arith", "-m", f"tiny@{server.url}", "-n", N, "--limit", 4, "--max-connections", 3, "--adaptive", "--no-progress")
        self.assertEqual(len(self.keys(run)), 4 * PREFIX)
        self.assertEqual(run["proctor"]["adaptive"]["gen/arith"]["n_settled"], 4)

    def test_the_engine_takes_more_only_where_the_vote_is_open(self):
        run = self.results("run", "-t", "gen/arith/1", "-m", "demo", "-n", 8, "--limit", 4, "--adaptive", "--no-progress")
        taken = self.keys(run)
        self.assertEqual(run["proctor"]["adaptive"]["gen/arith/1"]["n_samples_saved"], 8 * 4 - len(taken))
        self.assertLess(len(taken), 8 * 4)

    def test_recorded_answers_are_left_out_too_and_uneven_ones_refused(self):
        rows = [{"doc_id": f"q{q}", "prompt": f"{q}?", "target": "1", "response": "\\boxed{1}"} for q in range(3) for _ in range(N)]
        self.write_rows("rows.jsonl", rows)
        run = self.results("run", "-t", "math", "-m", "recorded:rows.jsonl", "-n", N, "--adaptive", "--no-progress")
        self.assertEqual(run["results"]["math"][f"maj@{N},none"], 1)
        self.assertEqual(run["proctor"]["adaptive"]["math"]["n_samples_saved"], 3 * (N - PREFIX))
        self.write_rows("uneven.jsonl", rows[:-1])
        self.assertIn("the same number of samples", self.error("run", "-t", "math", "-m", "recorded:uneven.jsonl", "-n", N, "--adaptive", "--no-progress"))

    def pass_1(self, run):
        return run["proctor"]["metrics"]["gen/arith"]["pass@1,none"]

    def test_what_later_sessions_asked_for_counts_when_all_questions_have_it(self):
        one = self.run_scripted("one", "--adaptive")
        self.assertEqual(self.pass_1(one)["definition"], f"avg-of-{PREFIX}")
        smaller = self.run_scripted("one", "--adaptive", n=8) # draws nothing
        self.assertEqual(smaller["results"], one["results"])
        self.assertEqual(self.pass_1(self.run_scripted("wider", "--adaptive", n=8))["definition"], "avg-of-5")
        wider = self.run_scripted("wider", "--adaptive")
        self.assertEqual(self.pass_1(wider), self.pass_1(one))
        again = self.run_scripted("wider", "--adaptive", n=8)
        self.assertEqual(self.pass_1(again), self.pass_1(one))

    def test_a_run_that_holds_all_its_samples_is_an_ordinary_one(self):
        self.run_scripted("runs", "--adaptive")
        self.run_scripted("runs")
        self.run_scripted("runs", n=8) # fewer than --adaptive took: all are there
        more = self.run_scripted("runs", "--adaptive", n=64)
        self.assertEqual(self.pass_1(more)["definition"], "avg-of-33")

    def test_a_run_without_open_work_reached_no_limit(self):
        whole = self.run_scripted("runs", "--adaptive")
        again = self.run_scripted("runs", "--adaptive", "--max-time", "0.0001")
        self.assertEqual(again["results"], whole["results"])
        _, stderr = self.proctor("run", "-t", "gen/arith", "-m", "scripted", "-n", N, "--limit", QUESTIONS, "-o", "runs", "--adaptive")
        n = len(self.keys(whole))
        self.assertIn(f"{n} of {n} samples are done", stderr)

    def test_a_progress_line_ends_without_what_was_not_needed(self):
        _, stderr = self.proctor("run", "-t", "gen/arith", "-m", "scripted", "-n", N, "--limit", QUESTIONS, "-o", "runs", "--adaptive")
        line = [line for line in stderr.splitlines() if " samples  " in line][-1]
        self.assertRegex(line, r"^(\d+)/\1 samples")
        self.assertNotIn("eta", line)

    def test_the_pilot_of_an_estimate_beside_an_adaptive_run(self):
        early = self.run_scripted("runs", "--adaptive")
        estimate = ("estimate", "-t", "gen/arith,gen/trace", "-m", "scripted", "-n", N, "--limit", QUESTIONS, "-o", "runs", "--adaptive", "--no-progress")
        self.assertIn("gen/trace", self.proctor(*estimate)[0])
        self.assertEqual(self.run_scripted("runs", "--adaptive")["results"]["gen/arith"], early["results"]["gen/arith"])

    def test_a_gate_is_said_to_be_judged_at_the_end(self):
        base = self.run_scripted("base")["run_dir"]
        _, stderr = self.proctor("run", "-t", "gen/arith", "-m", "scripted", "-n", N, "--limit", QUESTIONS, "-o", "runs", "--adaptive", "--baseline", base, "--no-progress", "--margin", 0.5)
        self.assertIn("judged at the end", stderr)

    def test_options_that_make_no_sense(self):
        run = ("run", "-t", "gen/arith", "-m", "scripted")
        self.assertIn("--adaptive", self.error(*run, "--adaptive-confidence", 0.99))
        self.assertIn("0.5", self.error(*run, "--adaptive", "--adaptive-confidence", 0.3))


if __name__ == "__main__":
    unittest.main()
