# SPDX-License-Identifier: MIT
"""What runs cost: limits that stop a run cleanly (exit code 5), estimates beforehand, and the bills of real usage."""
import json
import pathlib
import random
import signal
import time
import unittest

from fake_server import MODEL, Server, chat, response
from proctor import DATA, Case, key, needs_data, read_lines, samples


def read_whole_lines(path):
    """The records of a journal that is being written, or whose writer was killed."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


PRICES = {"schema": "proctor.prices/1", "name": "test", "version": "1",
          "prices": [{"provider": "P", "model": MODEL, "valid_from": "2024-01-01", "input": 0, "output": 1000}]}


class Limits(Case):
    def setUp(self):
        super().setUp()
        self.write("prices.json", json.dumps(PRICES))

    def serve(self, **options):
        # 100 completion tokens at 1,000 dollars a million: ten cents an answer.
        server = Server(lambda body, nth: response({**chat(), "usage": {"prompt_tokens": 7, "completion_tokens": 100, "total_tokens": 107}}), **options)
        self.addCleanup(server.close)
        return server

    def command(self, server, *more):
        return ["run", "-t", "gen/arith", "-m", server.model, "--limit", "10", "-n", "4", "-j", "2", "--prices", "prices.json", "--max-tokens", "100", *more]

    def spent(self, result):
        return result["proctor"]["cost"]["gen/arith"]["usd"]

    def test_a_budget_is_kept_and_the_same_command_goes_on(self):
        server = self.serve()
        first = self.results(*self.command(server, "--budget", "1.05"), code=5)
        run = self.dir / first["run_dir"]
        self.assertAlmostEqual(self.spent(first), 1.0)
        self.assertEqual(len(samples(run)), 10)
        self.assertEqual(len(server.requests), 10)
        _, stderr = self.proctor(*self.command(server, "--budget", "1.05"), code=5)
        self.assertIn("--budget", stderr)
        self.assertIn("20 of 40 samples", stderr)
        rest = self.results(*self.command(server))
        self.assertEqual(rest["run_dir"], first["run_dir"])
        self.assertEqual(len({key(s) for s in samples(run)}), 40)
        self.assertEqual(len(server.requests), 40)
        self.assertAlmostEqual(self.spent(rest), 4.0)
        self.assertEqual(json.loads((run / "run.json").read_text())["pricing"]["basis"], "price_list")

    def test_a_day_that_no_calendar_has_is_refused(self):
        self.write_rows("rows.jsonl", [{"prompt": "?", "target": "1", "response": "1"}])
        run = self.results("grade", "--task", "exact", "--completions", "rows.jsonl")["run_dir"]
        for day in ["2025-13-45", "2025-02-29", "2025-00-10", "2025-1-1", "20250120", "2025-01-2x"]:
            self.assertIn(f"--price-date {day}: a day such as", self.error("report", run, "--prices", "builtin", "--price-date", day))
        self.assertNotIn("a day such as", self.error("report", run, "--prices", "builtin", "--price-date", "2024-02-29"))

    def test_a_budget_below_one_answer_asks_nothing_twice_over(self):
        server = self.serve()
        self.proctor(*self.command(server, "--budget", "0.05"), code=5)
        self.assertLessEqual(len(server.requests), 1)

    def test_a_budget_that_is_enough_changes_nothing(self):
        server = self.serve()
        result = self.results(*self.command(server, "--budget", "4.5"))
        self.assertEqual(len(samples(self.dir / result["run_dir"])), 40)

    def test_a_budget_just_used_up_stopped_nothing_when_all_votes_are_settled(self):
        server = self.serve()
        run = ["run", "-t", "gen/arith", "-m", server.model, "--limit", "4", "-n", "32", "-j", "2", "--prices", "prices.json", "--max-tokens", "100", "--adaptive"]
        result = self.results(*run, "--budget", "6.85") # 4 x 17 answers
        self.assertEqual(len(samples(self.dir / result["run_dir"])), 68)

    def test_max_time_stops_between_answers_and_resumes(self):
        server = self.serve(latency=0.2)
        first = self.results(*self.command(server, "--max-time", "1s"), code=5)
        done = len(samples(self.dir / first["run_dir"]))
        self.assertTrue(0 < done < 40, done)
        self.assertNotIn("error", {s.get("status") for s in samples(self.dir / first["run_dir"])})
        server.latency = 0
        rest = self.results(*self.command(server))
        self.assertEqual(len({key(s) for s in samples(self.dir / rest["run_dir"])}), 40)

    def test_grades_are_complete_after_a_stop(self):
        server = self.serve()
        first = self.results(*self.command(server, "--budget", "0.65"), code=5)
        run = self.dir / first["run_dir"]
        graded = [key(g) for g in read_lines(run / "grades.jsonl") if "schema" not in g]
        self.assertEqual(sorted(graded), sorted(key(s) for s in samples(run)))
        self.assertTrue((run / "report.html").exists())

    def test_wrong_limits_are_one_line_and_nothing_is_asked(self):
        server = self.serve()
        for more, words in [(["--budget", "0"], "--budget"), (["--budget", "-3"], "--budget"), (["--budget", "nan"], "--budget"), (["--max-time", "soon"], "--max-time"),
                            (["--max-time", "-1"], "--max-time"), (["--max-time", "1:xx"], "--max-time")]:
            with self.subTest(more):
                self.assertIn(words, self.error(*self.command(server, *more)))
        self.assertIn("no price for", self.error("run", "-t", "gen/arith", "-m", server.model, "--limit", "2", "--prices", "prices.json", "--price-model", "tinny"))
        self.write("bad.json", '{"schema": "proctor.prices/1", "prices": [{"model": "x", "input": -1, "output": 2}]}')
        self.assertIn("price 1 (x)", self.error("run", "-t", "gen/arith", "-m", server.model, "--limit", "2", "--prices", "bad.json"))
        self.assertEqual(server.requests, [])


class RecordedBills(Case):
    def bill(self, usage, **price):
        self.write("prices.json", json.dumps({"schema": "proctor.prices/1", "prices": [{"model": "m", **price}]}))
        self.write_rows("rows.jsonl", [{"doc_id": str(i), "prompt": f"question {i}", "target": "1", "response": "1", "usage": usage} for i in range(4)])
        result = self.results("grade", "--task", "exact", "--completions", "rows.jsonl", "--prices", "prices.json", "--price-model", "m", "--fresh")["proctor"]
        return result["cost"]["exact"], result["tokens"]["exact"]

    def test_a_recorded_bill_of_anthropic_holds_what_its_cache_read_and_wrote(self):
        cost, tokens = self.bill({"input_tokens": 50, "cache_read_input_tokens": 10000, "cache_creation_input_tokens": 248, "output_tokens": 503},
                                 input=1, cached_input=0.1, output=2)
        self.assertAlmostEqual(cost["usd"], 4 * (298 + 10000 * 0.1 + 503 * 2) / 1e6, 12)
        self.assertAlmostEqual(cost["prompt_usd"] + cost["cached_usd"] + cost["completion_usd"], cost["usd"], 12)
        self.assertEqual((tokens["prompt"], tokens["cached"]), (4 * 10298, 40000))

    def test_a_recorded_bill_of_xai_holds_the_thinking_that_it_counts_apart(self):
        cost, tokens = self.bill({"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135, "prompt_tokens_details": {"cached_tokens": 6},
                                  "completion_tokens_details": {"reasoning_tokens": 94}}, input=1, cached_input=0.1, output=2)
        self.assertAlmostEqual(cost["usd"], 4 * (26 + 6 * 0.1 + 103 * 2) / 1e6, 12)
        self.assertEqual((tokens["completion"], tokens["reasoning"]), (412, 376))


class Killed(Case):
    def records(self, kind):
        return [record for path in self.dir.glob(f"runs/*_*/{kind}.jsonl") for record in read_whole_lines(path) if "schema" not in record]

    def heartbeats(self):
        return self.records("heartbeats")

    def test_what_a_killed_run_spent_is_counted_once(self):
        process = self.start("run", "-t", "gen", "-m", "demo", "--limit", "500", "-n", "64", "--threads", "1", "--core-hour-usd", "3600")
        deadline = time.monotonic() + 120
        while sum(beat.get("core_seconds", 0) > 0 for beat in self.heartbeats()) < 2 or not self.records("grades"):
            self.assertLess(time.monotonic(), deadline)
            self.assertIsNone(process.poll(), "the run was too fast to be killed")
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed = self.heartbeats()
        [run] = [path for path in (self.dir / "runs").iterdir() if path.is_dir() and not path.is_symlink()]
        self.assertEqual(json.loads((run / "run.json").read_text())["seconds"], 0, "a killed run writes no totals")
        spent = {name: sum(beat.get(name, 0) for beat in killed) for name in ["seconds", "core_seconds", "step_seconds"]}
        self.assertGreater(spent["seconds"], 1)
        self.assertGreater(spent["core_seconds"], 0)
        self.proctor("grade", run) # what arrived before the kill; it spends nothing
        cost = self.results("report", run, "--format", "json")["proctor"]["cost"]
        self.assertAlmostEqual(sum(task.get("usd", 0) for task in cost.values()), spent["core_seconds"], 6)

        for _ in range(2): # resumed, twice
            written = len(self.heartbeats())
            self.proctor("run", "-t", "gen/arith/1", "-m", "demo", "--limit", "1", "--core-hour-usd", "3600")
            totals = json.loads((run / "run.json").read_text())
            for name, before in spent.items():
                self.assertAlmostEqual(totals[name], sum(beat.get(name, 0) for beat in self.heartbeats()), 6)
                self.assertGreaterEqual(totals[name], before)
            self.assertGreater(len(self.heartbeats()), written)


class Estimates(Case):
    def estimate(self, *args, code=0):
        stdout, _ = self.proctor("estimate", *args, "--json", code=code)
        return {row["task"]: row for row in map(json.loads, stdout.splitlines())}

    def test_the_pilot_is_small_is_kept_and_tells_the_whole(self):
        plan = ["-t", "gen/arith,gen/trace,gen/order", "-m", "scripted", "--limit", "200", "-n", "8", "--core-hour-usd", "1"]
        rows = self.estimate(*plan, "--pilot", "20")
        self.assertEqual({row["samples"] for row in rows.values()}, {1600})
        self.assertEqual({row["pilot"] for row in rows.values()}, {40})
        self.assertRegex(self.proctor("estimate", *plan, "--pilot", "20")[0], r"(?m)^gen/order .*± \d+\.\d points$")
        whole = self.results("run", *plan)
        self.assertEqual(len([p for p in (self.dir / "runs").iterdir() if p.is_dir() and not p.is_symlink()]), 1)
        for task, row in rows.items():
            tokens = whole["proctor"]["tokens"][task]["completion"]
            wide = 2 * (row["tokens_hi"] - row["tokens_lo"]) / 2 # twice the half: a miss of 1 in 10,000
            self.assertLess(abs(tokens - row["tokens"]), wide)
            interval = whole["proctor"]["metrics"][task]["pass@1,none"]["generalise"]
            self.assertLess(row["pass@1_within"] / ((interval["hi"] - interval["lo"]) / 2), 3)
            self.assertGreater(row["usd"], 0)

    def test_a_run_that_is_there_is_the_pilot_and_stays_as_it_is(self):
        plan = ["-t", "gen/arith", "-m", "demo", "--limit", "10", "-n", "4"]
        before = self.results("run", *plan)
        run = self.dir / before["run_dir"]
        log = (run / "samples.jsonl").read_bytes(), (run / "run.json").read_bytes()
        row = self.estimate("-t", "gen/arith", "-m", "demo", "--limit", "100", "-n", "16")["gen/arith"]
        self.assertEqual(((run / "samples.jsonl").read_bytes(), (run / "run.json").read_bytes()), log)
        self.assertEqual((row["pilot"], row["samples"]), (40, 1600))
        self.assertAlmostEqual(row["tokens"], before["proctor"]["tokens"]["gen/arith"]["completion"] * 40)

    def test_the_table_names_what_is_not_known(self):
        stdout, stderr = self.proctor("estimate", "-t", "gen/arith,gen/trace,gen/order", "-m", "demo", "--limit", "9")
        for word in ["task", "tokens", "USD", "gen/order", "all"]:
            self.assertIn(word, stdout)
        self.assertIn("no price is known", stderr)


@needs_data
class RealUsage(Case):
    def bill(self, rows, *options):
        self.write_rows("usage.jsonl", [{"doc_id": str(i), "prompt": f"question {i}", "target": "1", "completion": "1", "finish_reason": row["finish_reason"], "usage": row["usage"]}
                                        for i, row in enumerate(rows)])
        return self.results("grade", "--task", "exact", "--completions", "usage.jsonl", "--fresh", *options)["proctor"]["cost"]["exact"]

    def usage(self, run=None):
        rows = [json.loads(line) for line in (pathlib.Path(DATA) / "cost/lineage_usage_all.jsonl").read_text().splitlines()]
        return [row for row in rows if run is None or row["run"] == run]

    def test_recorded_dollars_are_reproduced(self):
        rows = [row for row in self.usage() if "estimated_cost" in row["usage"]]
        self.assertEqual(len(rows), 200)
        cost = self.bill(rows)
        self.assertEqual((cost["basis"], cost["n_priced"]), ("reported", 200))
        self.assertAlmostEqual(cost["usd"], sum(row["usage"]["estimated_cost"] for row in rows), 9)

    def test_r1_is_so_much_cheaper_per_correct_answer_than_o1_mini_on_the_same_hundred_plans(self):
        runs, totals = {}, {}
        for name, file in [("o1-mini", "o1-mini"), ("deepseek-reasoner", "deepseek-r1-api")]:
            rows = [json.loads(line) for line in (pathlib.Path(DATA) / f"labelled/plan/planbench_blocksworld_3_{file}.jsonl").read_text().splitlines()]
            self.write_rows(f"{name}.jsonl", [{"doc_id": str(row["instance_id"]), "prompt": f"plan {row['instance_id']}", "target": "True", "completion": str(bool(row["label"])), "usage": row["usage"]} for row in rows])
            result = self.results("grade", "--task", "exact", "--completions", f"{name}.jsonl", "--prices", "builtin", "--price-date", "2025-01-20")
            runs[name] = result["run_dir"]
            totals[name] = [(self.by_hand(name, row["usage"]), bool(row["label"])) for row in rows]
            self.assertAlmostEqual(result["proctor"]["cost"]["exact"]["usd"], sum(usd for usd, _ in totals[name]), 8)
        self.proctor("report", runs["o1-mini"], runs["deepseek-reasoner"], "--format", "table", "-o", "out")
        comparison = json.loads((self.dir / "out/comparison.json").read_text())["exact"]["comparisons"][0]
        self.assertTrue(comparison["paired"])
        self.assertAlmostEqual(comparison["saving"], self.saving(totals, range(100)), 8)
        self.assertRegex(comparison["sentence"], r"^deepseek-reasoner is \d\d\.\d% \[\d\d\.\d, \d\d\.\d\] cheaper per correct answer than o1-mini, and \d+\.\d points \[-?\d+\.\d, -?\d+\.\d\] more accurate\.$")
        chance = random.Random(1)
        draws = sorted(self.saving(totals, chance.choices(range(100), k=100)) for _ in range(2000))
        for limit, other in [("lo", draws[50]), ("hi", draws[1950])]: # BCa and plain percentiles agree but for the skew
            self.assertLess(abs(comparison["saving_interval"][limit] - other), 0.25 * (draws[1950] - draws[50]))

    def by_hand(self, name, usage):
        if name == "o1-mini":
            cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
            return ((usage["prompt_tokens"] - cached) * 3 + cached * 1.5 + usage["completion_tokens"] * 12) / 1e6
        return (usage["prompt_cache_miss_tokens"] * 0.55 + usage["prompt_cache_hit_tokens"] * 0.14 + usage["completion_tokens"] * 2.19) / 1e6

    def saving(self, totals, chosen):
        usd = {name: sum(rows[i][0] for i in chosen) / sum(rows[i][1] for i in chosen) for name, rows in totals.items()}
        return 1 - usd["deepseek-reasoner"] / usd["o1-mini"]

    def test_and_so_by_the_price_of_the_provider(self):
        # Prices that the recorded dollars themselves imply.
        for run, price_in, price_out in [("gpt-oss-120b", 0.05, 0.24), ("qwen3-32b", 0.1, 0.28)]:
            rows = [row for row in self.usage(run) if "estimated_cost" in row["usage"]]
            self.write("prices.json", json.dumps({"prices": [{"model": "recorded", "input": price_in, "output": price_out}]}))
            for part in [rows, rows[:1], rows[7:20]]:
                cost = self.bill(part, "--prices", "prices.json", "--price-model", "recorded")
                self.assertAlmostEqual(cost["usd"], sum(row["usage"]["estimated_cost"] for row in part), 8)

    def test_reasoning_tokens_that_an_endpoint_does_not_count_cost_all_the_same(self):
        rows = self.usage("deepseek-r1-0528")
        self.assertTrue(all(row["usage"]["reasoning_tokens"] == 0 for row in rows))
        cost = self.bill(rows, "--prices", "builtin", "--price-model", "deepseek-reasoner", "--price-date", "2025-01-20")
        by_hand = sum(row["usage"]["prompt_tokens"] * 0.55 + row["usage"]["completion_tokens"] * 2.19 for row in rows) / 1e6
        self.assertAlmostEqual(cost["usd"], by_hand, 8)

    def test_the_bill_of_deepseeks_own_api_with_its_cache(self):
        rows = [json.loads(line) for line in (pathlib.Path(DATA) / "labelled/plan/planbench_blocksworld_3_deepseek-r1-api.jsonl").read_text().splitlines()]
        rows = [{"usage": row["usage"], "finish_reason": "stop"} for row in rows if row.get("usage")]
        cost = self.bill(rows, "--prices", "builtin", "--price-model", "deepseek-reasoner", "--price-date", "2025-01-20")
        by_hand = sum(u["prompt_cache_miss_tokens"] * 0.55 + u["prompt_cache_hit_tokens"] * 0.14 + u["completion_tokens"] * 2.19 for u in (row["usage"] for row in rows)) / 1e6
        self.assertGreater(sum(row["usage"]["prompt_cache_hit_tokens"] for row in rows), 0)
        self.assertAlmostEqual(cost["usd"], by_hand, 8)


if __name__ == "__main__":
    unittest.main()
