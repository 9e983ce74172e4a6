# SPDX-License-Identifier: MIT
"""compare, baseline and gate from the outside: the numbers, the verdict, the exit code, and that all agree."""
import json
import os
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from proctor import BINARY, ROOT, Case

QUESTIONS = 20


class GateCase(Case):
    def run_of(self, name, right, samples=4, questions=range(QUESTIONS), target=lambda q: q + 1, tokens=100, more=()):
        """A graded run in which right(q) of each question's samples are right."""
        rows = [{"doc_id": f"q{q}", "prompt": f"What follows {q}?", "target": str(target(q)),
                 "response": f"\\boxed{{{target(q) if s < right(q) else q + 50}}}", "usage": {"completion_tokens": tokens + q}}
                for q in questions for s in range(samples)]
        self.write_rows(name + ".jsonl", rows)
        self.proctor("grade", "--task", "math", "--completions", f"{name}.jsonl", "-o", name, *more)
        return f"{name}/latest"

    def gate(self, run, code, *args, env=None):
        """The verdict's JSON; exit code and JSON must agree."""
        stdout, _ = self.proctor("gate", run, *args, "--json", code=code, env=env)
        told = json.loads(stdout)
        self.assertEqual(told["exit_code"], code)
        return told


class CompareTest(GateCase):
    def test_json_holds_the_difference_the_tests_and_the_flips(self):
        # q0 falls from 4 of 4 to 0, q1 rises from 0 to 4, eight lose one of four.
        before = self.run_of("before", lambda q: {0: 4, 1: 0}.get(q, 3))
        after = self.run_of("after", lambda q: {0: 0, 1: 4}.get(q, 2 if q < 10 else 3), tokens=200)
        stdout, _ = self.proctor("compare", before, after, "--json")
        (task,) = json.loads(stdout)["tasks"].values()
        self.assertAlmostEqual(task["a"], 58 / 80)
        self.assertAlmostEqual(task["b"], 50 / 80)
        self.assertAlmostEqual(task["diff"], -0.1)
        self.assertTrue(task["lo"] < -0.1 < task["hi"])
        self.assertTrue(0 < task["p"] < 1 and 0 < task["generalise"]["p"] <= 1)
        self.assertLess(task["hi"] - task["lo"], task["generalise"]["hi"] - task["generalise"]["lo"])
        self.assertIn("CMH", task["test"])
        self.assertEqual((task["gained"], task["lost"], task["n_questions"]), (["q1"], ["q0"], QUESTIONS))
        self.assertTrue(1.8 < task["tokens"]["ratio"] < 2)
        table, _ = self.proctor("compare", before, after)
        self.assertIn("72.5% -> 62.5%", table)
        self.assertIn("| math | 72.5% | 62.5% | -10.0 |", self.proctor("compare", before, after, "--format", "md")[0])

    def test_an_interval_is_told_with_its_level(self):
        before, after = self.run_of("before", lambda q: q % 5), self.run_of("after", lambda q: (q + 1) % 5)
        for level in ["95", "80", "99.9"]:
            table, _ = self.proctor("compare", before, after, "--level", str(float(level) / 100))
            for scope in ["fixed", "generalise"]:
                self.assertRegex(table, rf"(?m)^  {scope} +{level}% \[[-+]")

    def test_one_sample_per_question_is_mcnemar(self):
        # 5 questions lost, 1 gained: 2 (P(X = 0) + P(X = 1)) - P(X = 1), of 6 fair coins.
        before = self.run_of("before", lambda q: int(q < 15), samples=1)
        after = self.run_of("after", lambda q: int(5 <= q < 16), samples=1)
        (task,) = json.loads(self.proctor("compare", before, after, "--json")[0])["tasks"].values()
        self.assertIn("McNemar", task["test"])
        self.assertAlmostEqual(task["p"], 2 * 7 / 64 - 6 / 64)
        self.assertAlmostEqual(task["p_exact"], 2 * 7 / 64)

    def test_where_so_few_clusters_can_show_nothing_it_says_so(self):
        # Every sign flip of 5 clusters has a p of at least 2/32, whatever the difference; of 6 it is 2/64.
        for n, sees in [(5, False), (6, True)]:
            with self.subTest(n):
                before = self.run_of(f"before{n}", lambda q: 4 - q % 2, questions=range(n))
                after = self.run_of(f"after{n}", lambda q: q % 2, questions=range(n))
                (task,) = json.loads(self.proctor("compare", before, after, "--json")[0])["tasks"].values()
                self.assertEqual(task["generalise"]["p"] <= 0.05, sees)
                self.assertEqual("mdd" in task["generalise"], sees)
                table, _ = self.proctor("compare", before, after)
                self.assertRegex(table, r"sees .* in general \(80% power\)" if sees else r"sees .*\(80% power\), nothing in general: 5 clusters are too few")
                self.assertEqual("more clusters in general" in table, not sees)
                self.assertEqual("(5 clusters can give no p below 0.062)" in table, not sees)

    def test_a_metric_whose_noise_is_not_known_has_no_interval_for_that_reason(self):
        before, after = self.run_of("before", lambda q: q % 5), self.run_of("after", lambda q: (q + 1) % 5)
        table, _ = self.proctor("compare", before, after, "--metric", "pass^4")
        self.assertIn("no interval: the noise of pass^4 cannot be estimated from fewer than 8 samples per question", table)
        self.assertNotIn("varies on no question", table)
        self.write("proctor.json", json.dumps({"gates": [{"metric": "pass^4", "kind": "non_inferior"}]}))
        why = self.gate(after, 4, "--gate", "proctor.json", "--baseline", before)["gates"][0]["why"]
        self.assertIn("the noise of pass^4 cannot be estimated", why)
        self.assertNotIn("varies on no question", why)
        steady = self.run_of("steady", lambda q: 4)
        self.assertIn("no interval: pass^2 varies on no question within a run", self.proctor("compare", steady, steady, "--metric", "pass^2")[0])

    def test_votes_that_are_all_certain_are_equal(self):
        # Of 64 answers at most 6 are wrong: no vote of 16 or more can be lost, though none of the sums is exact in doubles.
        two, more = (self.run_of(name, right, samples=64, questions=range(30)) for name, right in [("two", lambda q: 62), ("more", lambda q: 58 + q % 5)])
        for k in 16, 24, 31, 32:
            table, _ = self.proctor("compare", two, more, "--metric", f"maj@{k}")
            self.assertIn("(+0.0 points", table)
            self.assertIn(f"no interval: maj@{k} varies on no question within a run", table)
            self.assertRegex(table, "no interval: the difference is the same in every cluster, p = 1 ")
            self.assertNotRegex(table, "sees|would need")
            self.gate(two, 0, "--min", f"maj@{k}>=1")
            self.write("votes.json", json.dumps({"gates": [{"metric": f"maj@{k}", "kind": "min", "value": 0.99, "bound": "lower"}]}))
            self.gate(two, 4, "--gate", "votes.json")
            self.write("votes.json", json.dumps({"gates": [{"metric": f"maj@{k}"}]}))
            self.gate(more, 4, "--gate", "votes.json", "--baseline", two)

    def test_a_difference_that_no_run_can_have_is_not_said_to_be_seen(self):
        before, after = self.run_of("before", lambda q: 1, samples=1, questions=[0]), self.run_of("after", lambda q: 0, samples=1, questions=[0])
        self.assertIn("sees        nothing below 100 points on these questions (80% power)", self.proctor("compare", before, after)[0])

    def test_the_plan_names_the_samples_of_both_runs(self):
        many, one, other = self.run_of("many", lambda q: q % 17, samples=16), self.run_of("one", lambda q: q % 2, samples=1), self.run_of("other", lambda q: q % 3 % 2, samples=1)
        self.assertRegex(self.proctor("compare", many, one)[0], r"would need [\d,]+ questions x 16 samples in the first run and 1 in the second on a fixed suite")
        self.assertRegex(self.proctor("compare", one, other)[0], r"would need [\d,]+ questions x 1 sample on a fixed suite")

    def test_a_level_or_power_that_has_no_quantile_is_refused(self):
        run = self.run_of("run", lambda q: q % 5)
        for option in "--level", "--power":
            for value in "nan", "0", "1", "0.9999999999999999", "inf", "-0.5":
                with self.subTest(option, value=value):
                    self.assertIn(f"{option}: a number above 0 and at most 0.999999999 is wanted", self.error("compare", run, run, option, value))
        self.proctor("compare", run, run, "--level", "0.999999999", "--power", "0.999999999")

    def test_the_order_of_the_runs_only_turns_the_sign(self):
        one, two = self.run_of("one", lambda q: q % 5), self.run_of("two", lambda q: (q + 1) % 4)
        (there,) = json.loads(self.proctor("compare", one, two, "--json")[0])["tasks"].values()
        (back,) = json.loads(self.proctor("compare", two, one, "--json")[0])["tasks"].values()
        self.assertAlmostEqual(there["diff"], -back["diff"])
        self.assertAlmostEqual(there["p"], back["p"])
        self.assertAlmostEqual(there["lo"], -back["hi"])
        self.assertEqual(there["gained"], back["lost"])

    def test_runs_that_cannot_be_compared_say_why(self):
        run = self.run_of("run", lambda q: 2)
        other_answers = self.run_of("answers", lambda q: 2, target=lambda q: q + 2)
        self.assertRegex(self.error("compare", run, other_answers), "20 of 20 common questions .*reference answer.*q0")
        other_questions = self.run_of("questions", lambda q: 2, questions=range(100, 110))
        self.assertIn("no question in common", self.error("compare", run, other_questions))
        self.write_rows("aime.jsonl", [{"doc_id": "q1", "target": "2", "response": "\\boxed{2}"}])
        self.proctor("grade", "--task", "aime", "--completions", "aime.jsonl", "-o", "aime")
        self.assertIn("no task in common", self.error("compare", run, "aime/latest"))
        self.assertIn("--metric", self.error("compare", run, run, "--metric", "pass@"))
        self.write("main.json", '{"schema": "proctor.baseline/9"}')
        self.assertIn("proctor.baseline/1", self.error("compare", "main.json", run))
        self.assertIn("nowhere", self.error("compare", run, "nowhere"))


class GateTest(GateCase):
    def setUp(self):
        super().setUp()
        self.base = self.run_of("base", lambda q: 3)
        self.proctor("baseline", "write", self.base, "-o", "main.json")

    def against(self, run, code, *args, **options):
        return self.gate(run, code, "--baseline", "main.json", "--margin", "0.05", *args, **options)

    def rules(self, *gates, **more):
        self.write("proctor.json", json.dumps({"baseline": "main.json", "gates": gates, **more}))

    def test_a_drop_is_a_regression_and_exits_1(self):
        worse = self.run_of("worse", lambda q: 1)
        self.assertEqual(self.against(worse, 1)["verdict"], "regression")
        self.assertEqual(self.against(worse, 9, "--fail-exit-code", "9")["verdict"], "regression")
        self.assertEqual(self.against(worse, 0, "--soft")["verdict"], "regression")
        self.assertIn("regression", self.proctor("gate", worse, "--baseline", self.base, code=1)[0])  # a run is a baseline too

    def test_a_rise_passes(self):
        self.assertEqual(self.against(self.run_of("better", lambda q: 4), 0)["verdict"], "pass")

    def test_too_few_samples_are_no_pass_and_no_failure(self):
        told = self.against(self.run_of("same", lambda q: 3 if q % 2 else 2), 4)
        self.assertEqual(told["verdict"], "inconclusive")
        self.assertRegex(told["gates"][0]["why"], r"one-sided p = .*CMH.*a drop of 5\.0 points is not excluded")
        self.against(self.run_of("again", lambda q: 3 if q % 2 else 2), 0, "--soft")

    def test_clusters_too_few_to_show_a_drop_are_named_as_the_lack(self):
        # One-sided, the least p of n clusters is 1 / 2^n.
        for n, code, why in [(4, 4, "4 clusters of questions cannot show a drop at alpha 0.05: questions of other templates are needed"), (5, 1, "a regression")]:
            before = self.run_of(f"before{n}", lambda q: 4 - q % 2, questions=range(n))
            after = self.run_of(f"after{n}", lambda q: q % 2, questions=range(n))
            told = self.gate(after, code, "--baseline", before, "--margin", "0.05", "--scope", "generalise")
            self.assertIn(why, told["gates"][0]["why"])
            self.assertNotIn("not excluded", told["gates"][0]["why"])

    def test_a_change_without_any_noise_is_no_pass_of_zero_width(self):
        all_right = self.run_of("all", lambda q: 4)
        self.assertIn("no question varies within a run", self.gate(all_right, 4, "--baseline", all_right)["gates"][0]["why"])

    def test_a_threshold_is_met_by_the_very_share(self):
        # The mean of thirty times 0.7 is a little less in doubles, that of thirty times 0.2 a little more.
        for right in range(11):
            run = self.run_of(f"of{right}", lambda q: right, samples=10, questions=range(30))
            self.gate(run, 0, "--min", f"pass@1>={right / 10}", "--max", f"accuracy|completed<={right / 10}")
            if right > 0:
                self.gate(run, 1, "--max", f"accuracy|completed<={right / 10 - 1e-6}")

    def test_a_drop_of_the_very_margin_is_one(self):
        for base, cand in ((9, 8), (3, 2), (8, 7)):  # 0.9 - 0.8 is less than 0.1
            before, after = (self.run_of(f"{name}{base}", lambda q: right, samples=10, questions=range(60)) for name, right in (("b", base), ("c", cand)))
            self.gate(after, 1, "--baseline", before, "--margin", "0.1")

    def test_near_100_percent_a_drop_is_not_excluded_too_easily(self):
        # 478 of 480 right answers after 480 of 480: were one in a hundred lost, as few would still be seen in 13 runs of a hundred.
        before = self.run_of("before", lambda q: 16, samples=16, questions=range(30))
        after = self.run_of("after", lambda q: 15 if q < 2 else 16, samples=16, questions=range(30))
        (gate,) = self.gate(after, 4, "--baseline", before, "--margin", "0.01")["gates"]
        self.assertLess(gate["lo"], -0.01)
        self.gate(after, 0, "--baseline", before, "--margin", "0.02")

    def test_rules_that_no_number_can_meet_are_refused(self):
        for rule in "pass@1>=nan", "pass@1>=inf", "tokens>=-1":
            self.assertIn("[TASK:]METRIC>=NUMBER is wanted", self.error("gate", self.base, "--min", rule))
        self.assertIn("[TASK:]METRIC<=NUMBER is wanted", self.error("gate", self.base, "--max", "tokens<=nan"))
        for alpha in "1e-17", "1e-300", "0", "nan", "0.5":
            self.assertIn("from 1e-09 and below 0.5 is wanted", self.error("gate", self.base, "--baseline", "main.json", "--alpha", alpha))
        for scope in "fixed", "generalise":
            self.gate(self.run_of(scope, lambda q: q % 5), 4, "--baseline", self.base, "--alpha", "1e-9", "--scope", scope)

    def test_tokens_and_money_have_an_interval_for_questions_like_these_whatever_the_scope(self):
        run = self.run_of("run", lambda q: 1 + q % 4, tokens=300)
        for scope in "fixed", "generalise":
            for gate in {"kind": "max", "metric": "tokens_per_correct"}, {"kind": "max_ratio", "metric": "tokens"}:
                self.rules({**gate, "value": 1e6, "bound": "upper", "scope": scope})
                (told,) = self.gate(run, 0, "--gate", "proctor.json")["gates"]
                self.assertEqual(told["scope"], "generalise")
                self.assertRegex(told["why"], "generalise 90%|tokens x")

    def test_junit_names_no_two_gates_alike(self):
        self.rules(*({"kind": "min", "value": 0.5, "bound": bound, "scope": scope} for bound in ("lower", "point") for scope in ("fixed", "generalise")),
                   {"alpha": 0.05}, {"alpha": 0.01})
        self.proctor_code("gate", self.base, "--gate", "proctor.json", "--junit", "junit.xml")
        suite = xml.etree.ElementTree.parse(self.dir / "junit.xml").getroot().find("testsuite[@name='gates']")
        names = [case.get("name") for case in suite.findall("testcase")]
        self.assertEqual(names, ["math pass@1 min 0.5 by its interval", "math pass@1 min 0.5 by its interval in general", "math pass@1 min 0.5",
                                 "math pass@1 min 0.5 in general", "math pass@1 margin 0.02", "math pass@1 margin 0.02 #2"])

    def test_every_kind(self):
        run = self.run_of("run", lambda q: 3, tokens=300)
        for gate, verdict, code in [
            ({"kind": "min", "metric": "pass@1", "value": 0.7}, "pass", 0),
            ({"kind": "min", "metric": "pass@1", "value": 0.8}, "regression", 1),
            ({"kind": "min", "metric": "pass@1", "value": 0.7, "bound": "lower"}, "inconclusive", 4),
            ({"kind": "min", "metric": "pass@1", "value": 0.5, "bound": "lower"}, "pass", 0),
            ({"kind": "min", "metric": "pass@1", "value": 0.95, "bound": "lower", "scope": "generalise"}, "regression", 1),
            ({"kind": "max", "metric": "truncated", "value": 0.02}, "pass", 0),
            ({"kind": "max", "metric": "tokens", "value": 309}, "regression", 1),
            ({"kind": "max", "metric": "tokens_per_correct", "value": 413}, "pass", 0),
            ({"kind": "max", "metric": "tokens_per_correct", "value": 412}, "regression", 1),
            ({"kind": "max", "metric": "usd_per_correct", "value": 1}, "invalid", 3),  # no price is known
            ({"kind": "max_ratio", "metric": "tokens", "value": 1.1}, "regression", 1),
            ({"kind": "max_ratio", "metric": "tokens", "value": 3.1}, "pass", 0),
            ({"kind": "non_inferior", "metric": "format", "margin": 0.3}, "inconclusive", 4),  # every answer is in form
            ({"task": "aime24", "metric": "pass@1"}, "incomparable", 2),
            ({"kind": "min", "metric": "pass@64", "value": 0.5}, "invalid", 3),
        ]:
            with self.subTest(gate=gate):
                self.rules(gate)
                self.assertEqual(self.gate(run, code, "--gate", "proctor.json")["verdict"], verdict)

    def test_money_is_judged_where_a_price_is_known(self):
        self.write("prices.json", json.dumps({"prices": [{"model": "m", "input": 0, "output": 1000}]}))
        run = self.run_of("paid", lambda q: 1 + q % 3, tokens=300, more=("--prices", "prices.json", "--price-model", "m"))
        # 309.5 tokens an answer at a tenth of a cent each; 4 answers for every 1.95 right ones.
        for metric, dear, cheap in (("usd_per_correct", 0.64, 0.63), ("usd_per_question", 1.239, 1.237), ("usd", 25, 24)):
            with self.subTest(metric=metric):
                for value, verdict, code in ((dear, "pass", 0), (cheap, "regression", 1)):
                    self.rules({"kind": "max", "metric": metric, "value": value})
                    self.assertEqual(self.gate(run, code, "--gate", "proctor.json")["verdict"], verdict)
        for value, verdict, code in ((0.9, "pass", 0), (0.64, "inconclusive", 4), (0.45, "regression", 1)):
            self.rules({"kind": "max", "metric": "usd_per_correct", "value": value, "bound": "upper"})
            self.assertEqual(self.gate(run, code, "--gate", "proctor.json")["verdict"], verdict)

    def test_a_failed_answer_that_was_paid_counts_per_correct_answer_as_in_the_report(self):
        rows = [{"doc_id": f"q{q}", "prompt": f"What follows {q}?", "target": "1", "response": "\\boxed{1}", "usage": {"completion_tokens": 1000}} for q in range(60)]
        rows.append({**rows[0], "response": None, "finish_reason": "error"})
        self.write_rows("failed.jsonl", rows)
        self.proctor("grade", "--task", "math", "--completions", "failed.jsonl", "-o", "failed")
        told = self.results("report", "failed/latest")["proctor"]["cost"]["math"]["tokens_per_correct"]
        self.assertAlmostEqual(told, 61000 / 60)
        for value, code in ((told + 1, 0), (told - 1, 1)):
            self.rules({"kind": "max", "metric": "tokens_per_correct", "value": value}, min_coverage=0.5)
            self.assertAlmostEqual(self.gate("failed/latest", code, "--gate", "proctor.json")["gates"][0]["value"], told)

    def test_a_baseline_file_is_judged_by_best_at_k_and_by_settled_votes_as_its_run_is(self):
        best = self.results("run", "-t", "gen/arith", "-m", "demo", "--limit", "8", "-n", "4", "-o", "best")["run_dir"]
        settled = self.results("run", "-t", "gen/arith", "-m", "scripted", "--limit", "8", "-n", "16", "--adaptive", "-o", "settled")["run_dir"]
        for run, metric in (best, "best@2"), (settled, "maj@16"):
            with self.subTest(metric):
                self.proctor("baseline", "write", run, "-o", "written.json")
                self.write("proctor.json", json.dumps({"gates": [{"metric": metric}]}))
                told = [self.gate(run, 4, "--gate", "proctor.json", "--baseline", base)["gates"][0] for base in (run, "written.json")]
                self.assertEqual(told[0], told[1])

    def test_the_gravest_of_several_gates_is_the_verdict(self):
        self.rules({"kind": "min", "value": 0.7}, {"kind": "min", "value": 0.8}, {"kind": "min", "value": 0.7, "bound": "lower"})
        told = self.gate(self.base, 1, "--gate", "proctor.json")
        self.assertEqual([gate["verdict"] for gate in told["gates"]], ["pass", "regression", "inconclusive"])
        self.gate(self.base, 1, "--min", "pass@1>=0.7", "--max", "tokens<=10")

    def test_a_run_with_missing_samples_is_invalid(self):
        part = self.run_of("part", lambda q: 3)
        rows = (self.dir / "part.jsonl").read_text().splitlines(True)
        cut = "".join(row for i, row in enumerate(rows) if i % 4 != 3 or i > 60)  # 15 questions lack their last sample
        self.write("cut.jsonl", cut)
        self.proctor("grade", "--task", "math", "--completions", "cut.jsonl", "-o", "cut")
        told = self.against("cut/latest", 3)
        self.assertEqual(told["verdict"], "invalid")
        self.assertIn("missing", told["gates"][0]["why"])
        self.rules({"margin": 0.05}, min_coverage=0.5)
        self.assertIn(self.proctor_code("gate", "cut/latest", "--gate", "proctor.json"), (0, 4))
        self.against(part, 4)

    def proctor_code(self, *args):
        done = self.start(*args)
        done.communicate()
        return done.returncode

    def test_a_baseline_of_something_else_is_refused_until_its_field_is_allowed(self):
        other = self.run_of("other", lambda q: 4, questions=range(1, QUESTIONS))
        told = self.against(other, 2)
        self.assertEqual(told["verdict"], "incomparable")
        self.assertRegex(told["gates"][0]["why"], "the questions differ: 1 missing.*--allow-mismatch questions")
        told = self.against(other, 0, "--allow-mismatch", "questions")
        self.assertRegex(told["notes"][0], "allowed: math: the questions differ")
        self.assertIn("did you mean questions", self.error("gate", other, "--baseline", "main.json", "--allow-mismatch", "question"))

    def test_the_ratchet_moves_only_on_a_conclusive_pass(self):
        before = (self.dir / "main.json").read_text()
        for name, right, code in ("worse", lambda q: 1, 1), ("unsure", lambda q: 3 if q % 2 else 2, 4):
            _, said = self.proctor("baseline", "update", "main.json", self.run_of(name, right), code=code)
            self.assertIn("main.json is unchanged", said)
            self.assertEqual((self.dir / "main.json").read_text(), before)
        better = self.run_of("better", lambda q: 4)
        self.proctor("baseline", "update", "main.json", better)
        self.assertNotEqual((self.dir / "main.json").read_text(), before)
        self.against(self.base, 1)  # what was the baseline is now a regression

    def test_what_is_no_regular_file_is_written_to_and_a_symlink_stays(self):
        pipe = self.dir / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        for option, begin in [("--junit", b"<?xml"), ("--markdown", b"<!-- proctor")]:
            self.proctor("gate", self.base, "--min", "pass@1>=0", option, "pipe")
            self.assertTrue(os.read(reader, 1 << 16).startswith(begin))
            self.assertTrue(pipe.is_fifo())
        (self.dir / "link.json").symlink_to("main.json")
        before = (self.dir / "main.json").stat().st_ino
        self.proctor("baseline", "write", self.base, "-o", "link.json")
        self.assertTrue((self.dir / "link.json").is_symlink())
        self.assertNotEqual((self.dir / "main.json").stat().st_ino, before)

    def test_a_file_that_is_standard_output_comes_behind_what_was_printed(self):
        with open(self.dir / "out", "wb") as out:
            done = subprocess.run([BINARY, "gate", self.base, "--min", "pass@1>=0", "--markdown", "/proc/self/fd/1"], cwd=self.dir, env=self.env, stdout=out)
        self.assertEqual(done.returncode, 0)
        self.assertRegex((self.dir / "out").read_text(), r"(?s)\Agate: pass.*\n<!-- proctor:gate -->\n")

    def test_a_baseline_holds_no_word_of_question_or_answer(self):
        text = (self.dir / "main.json").read_text()
        self.assertNotIn("follows", text)
        self.assertNotIn("boxed", text)

    def test_a_wrong_gate_file_is_named_with_its_place(self):
        for content, place in [
            ('{"gates": []}', r"proctor\.json\.gates: "),
            ('{"gates": [{"kind": "nim"}]}', r'gates\[0\]\.kind: unknown kind "nim"; there are non_inferior'),
            ('{"gates": [{"margni": 0.1}]}', r'gates\[0\]: unknown key "margni".*did you mean margin'),
            ('{"gates": [{"margin": 2}]}', r"gates\[0\]\.margin: "),
            ('{"gates": [{"alpha": 1e-17}]}', r"gates\[0\]\.alpha: a number from 1e-09 and at most 0.499 is wanted"),
            ('{"gates": [{"alpha": 1e-300}]}', r"gates\[0\]\.alpha: "),
            ('{"gates": [{"kind": "min"}]}', r"gates\[0\]\.value: is missing"),
            ('{"gates": [{"kind": "min", "value": 70}]}', r"gates\[0\]\.value: pass@1 is a share"),
            ('{"gates": [{}]}', "no baseline"),
            ('{"gates": [', "proctor.json"),
        ]:
            with self.subTest(content=content):
                self.write("proctor.json", content)
                done = self.start("gate", self.base, "--gate", "proctor.json")
                out, err = done.communicate()
                self.assertEqual(done.returncode, 2)
                self.assertRegex(out + err, place)

    def test_junit_tells_a_wrong_answer_from_a_regressed_question(self):
        worse = self.run_of("worse", lambda q: 0 if q == 0 else 3, samples=16)
        self.run_of("wide", lambda q: 16 if q == 0 else 3, samples=16)
        self.gate(worse, 4, "--baseline", "wide/latest", "--margin", "0.04", "--junit", "junit.xml")
        root = xml.etree.ElementTree.parse(self.dir / "junit.xml").getroot()
        suites = {suite.get("name"): suite for suite in root}
        (gate,) = suites["gates"].findall("testcase")
        self.assertIsNotNone(gate.find("skipped"))
        cases = {case.get("name"): case for case in suites["math"].findall("testcase")}
        self.assertEqual(len(cases), QUESTIONS)
        self.assertEqual([name for name, case in cases.items() if case.find("failure") is not None], ["q0"])
        self.assertEqual(root.get("failures"), "1")
        self.assertEqual(root.get("tests"), str(QUESTIONS + 1))

    def test_markdown_has_its_marker_first_and_fits_a_comment(self):
        worse = self.run_of("worse", lambda q: 1)
        self.against(worse, 1, "--markdown", "comment.md", "--name", "nightly")
        text = (self.dir / "comment.md").read_text()
        self.assertTrue(text.startswith("<!-- proctor:nightly -->\n## ❌ proctor: regression\n"))
        self.assertIn("| math | pass&#64;1 | 75.0% | 25.0% | -50.0 [", text)
        self.assertIn("<details><summary>math: 20 lost, 0 gained</summary>", text)
        self.assertLess(len(text), 65536)

    def test_github_gets_annotations_and_a_step_summary(self):
        worse = self.run_of("worse", lambda q: 1)
        self.rules({"margin": 0.05})
        env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(self.dir / "summary.md")}
        self.write("summary.md", "earlier\n")
        _, said = self.proctor("gate", worse, "--gate", "proctor.json", code=1, env=env)
        self.assertRegex(said, r"(?m)^::error title=proctor regression%3A math,file=proctor\.json,line=1::pass@1 75\.0%25 -> 25\.0%25 ")
        summary = (self.dir / "summary.md").read_text()
        self.assertTrue(summary.startswith("earlier\n<!-- proctor:gate -->"))
        _, said = self.proctor("gate", worse, "--gate", "proctor.json", code=1, env={"GITHUB_ACTIONS": "false"})
        self.assertNotIn("::error", said)


class RunGateTest(GateCase):
    """run --gate: judged when done, and ended as soon as that is sure."""

    RUN = ["run", "-t", "gen/order", "-n", 2, "--limit", 300, "--no-progress"]

    def setUp(self):
        super().setUp()
        self.proctor(*self.RUN, "-m", "scripted", "-o", "base")
        self.proctor("baseline", "write", "base/latest", "-o", "main.json")

    def wrong_answers(self):
        questions = [json.loads(line) for line in next((self.dir / "base").glob("*/questions.jsonl")).read_text().splitlines()]
        self.write_rows("wrong.jsonl", [{"doc_id": row["doc_id"], "sample_idx": s, "response": "\\boxed{nobody}"}
                                        for row in questions for s in range(2)])
        return "recorded:wrong.jsonl"

    def test_a_regression_is_decided_before_all_is_asked(self):
        out, _ = self.proctor(*self.RUN, "-m", self.wrong_answers(), "-o", "cand", "--baseline", "main.json", "--margin", 0.1,
                              "--junit", "junit.xml", code=1)
        self.assertRegex(out, r"gate: regression \(exit 1\)\n  regression   gen/order: pass@1 .* over \d{2} of 300 questions, sequential")
        suites = xml.etree.ElementTree.parse(self.dir / "junit.xml").getroot()
        self.assertIsNotNone(suites.find("testsuite[@name='gates']/testcase/failure"))

    def test_an_unchanged_model_passes_before_all_is_asked(self):
        out, _ = self.proctor(*self.RUN, "-m", "scripted", "-o", "cand", "--seed", 1, "--baseline", "main.json", "--margin", 0.15)
        self.assertRegex(out, r"gate: pass \(exit 0\)\n  pass +gen/order: pass@1 .* over \d+ of 300 questions, sequential")
        warnings = " ".join(self.results("report", "cand/latest")["proctor"]["warnings"])
        self.assertRegex(warnings, r"gen/order: ended by its gate after \d+ questions; pass@1 and its intervals are not corrected")
        self.assertNotIn("ended by its gate", " ".join(self.results(*self.RUN, "-m", "scripted", "-o", "cand", "--seed", 1)["proctor"]["warnings"]))

    def test_thresholds_are_judged_at_the_end_of_a_whole_run(self):
        out, _ = self.proctor(*self.RUN, "-m", "scripted", "-o", "cand", "--baseline", "main.json", "--max", "truncated<=0.001", code=1)
        self.assertIn("truncated is", out)
        self.assertNotIn("sequential", out)

    def test_what_is_wrong_with_the_gate_is_said_before_anything_is_asked(self):
        self.assertIn("nowhere.json", self.error(*self.RUN, "-m", "scripted", "-o", "cand", "--baseline", "nowhere.json"))
        self.assertIn("shard", self.error(*self.RUN, "-m", "scripted", "-o", "cand", "--baseline", "main.json", "--shard", "1/2"))
        self.assertFalse((self.dir / "cand").exists())

    def test_a_run_that_could_never_be_compared_is_not_begun(self):
        run = [*self.RUN, "-m", "scripted", "-o", "cand", "--seed", 1, "--baseline", "main.json", "--margin", 0.15]
        self.assertRegex(self.error(*run, "--temperature", 0.1), r"gen/order: temperature was .*--allow-mismatch sampling")
        self.assertRegex(self.error(*[299 if word == 300 else word for word in run]), "gen/order: the questions differ: 1 missing")
        self.assertRegex(self.error(*run, "--gen-seed", 5), "the questions differ")
        self.assertRegex(self.error(*run, "--system", "Be brief."), "prompts of 300 questions differ")
        self.assertRegex(self.error(*run, "-t", "gen/arith"), "gen/order: the baseline has this task, the run does not|does not have this task")
        self.assertFalse((self.dir / "cand").exists())
        self.proctor(*run, "--temperature", 0.1, "--allow-mismatch", "sampling")
        self.proctor(*run, "--temperature", 0.1, "--allow-mismatch", "sampling")  # again: the verdict once more


class ExampleTest(GateCase):
    def test_the_example_fails_for_the_right_reason(self):
        shutil.copytree(ROOT / "tests/examples/gate", self.dir, dirs_exist_ok=True)
        run = ["run", "-t", "gen/recur/1", "-n", 4, "--limit", 30, "--no-progress"]
        self.proctor(*run, "-m", "demo", "-o", "runs/demo")
        self.proctor("baseline", "write", "runs/demo/latest", "-o", "runs/main.json")
        out, _ = self.proctor(*run, "-m", "demo-early", "-o", "runs/early", "--gate", "proctor.json", code=1)
        told = self.gate("runs/early/latest", 1, "--gate", "proctor.json")
        self.assertEqual([gate["verdict"] for gate in told["gates"]], ["regression", "pass", "pass", "pass"])
        self.assertIn(told["gates"][0]["why"], out)
        self.assertTrue(told["gates"][0]["metric"] == "pass@1" and told["gates"][0]["p"] < 0.001)
        self.gate("runs/demo/latest", 0, "--gate", "proctor.json")


class SandboxGateTest(GateCase):
    def test_code_grades_need_the_attestation_of_their_sandbox(self):
        data = self.write_rows("HumanEval.jsonl", [{
            "task_id": "T/0", "prompt": "def inc(x):\n    \"\"\"One more.\"\"\"\n", "entry_point": "inc",
            "canonical_solution": "    return x + 1\n", "test": "def check(candidate):\n    assert candidate(1) == 2\n"}])
        self.write_rows("code.jsonl", [{"task_id": "T/0", "completion": "    return x + 1\n"}])
        done = self.start("grade", "--task", "humaneval", "--completions", "code.jsonl", "--data", f"humaneval={data}", "-o", "run")
        if done.communicate() and done.returncode == 3:
            self.skipTest("programs cannot be confined on this machine")
        self.gate("run/latest", 0, "--min", "pass@1>=0.5")
        path = next((self.dir / "run").glob("*/run.json"))
        run = json.loads(path.read_text())
        self.assertTrue(run["sandbox"]["level"] and run["sandbox"]["self_test"]["hash"])
        del run["sandbox"]
        path.write_text(json.dumps(run))
        self.assertRegex(self.gate("run/latest", 3, "--min", "pass@1>=0.5")["gates"][0]["why"], "attestation")
        self.proctor("grade", "run/latest")
        self.gate("run/latest", 0, "--min", "pass@1>=0.5")


if __name__ == "__main__":
    unittest.main()
