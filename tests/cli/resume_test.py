# SPDX-License-Identifier: MIT
"""Runs that are killed, interrupted, widened, sharded and run twice."""
import collections
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import time
import unittest

import fake_server as fake
from proctor import Case, key, read_lines, samples

PACED = ["--model_args", "tokens_per_second=1000"]  # slow enough to be killed in the middle


class Resume(Case):
    def run_dirs(self):
        return sorted(path for path in (self.dir / "runs").iterdir() if path.is_dir() and not path.is_symlink())

    def texts(self, run_dir):
        return {key(record): (record.get("reasoning"), record.get("text")) for record in samples(run_dir)}

    def assert_each_once(self, run_dir):
        for name in ["samples.jsonl", "grades.jsonl", "questions.jsonl"]:
            records = [r for r in read_lines(run_dir / name) if "schema" not in r]
            counts = collections.Counter((r["task"], r["doc_id"], r.get("sample_idx")) for r in records)
            self.assertEqual([k for k, n in counts.items() if n != 1], [], name)

    def test_killed_at_random_times_a_run_loses_and_repeats_nothing(self):
        chance = random.Random(int(os.environ.get("PROCTOR_KILL_SEED", "20261123")))
        command = ["run", "-t", "gen/arith,gen/trace,gen/order", "-m", "scripted", "--limit", "12", "-n", "6", *PACED]
        kills, journal = 0, b""
        for attempt in range(200):
            process = self.start(*command, "-j", "8")
            try:
                _, stderr = process.communicate(timeout=chance.uniform(0.02, 0.3 + 0.05 * attempt))  # the longest answer must fit
                self.assertEqual(process.returncode, 0, stderr)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
            found = self.run_dirs() if (self.dir / "runs").exists() else []
            if found and (found[0] / "samples.jsonl").exists():
                now = (found[0] / "samples.jsonl").read_bytes()
                whole = journal[:journal.rfind(b"\n") + 1]
                self.assertTrue(now.startswith(whole), "finished samples were changed or lost")
                journal = now
        else:
            self.fail("the run never came to its end")
        self.assertGreaterEqual(kills, 3, "the run was too fast to be killed")
        [run_dir] = self.run_dirs()
        self.assertEqual(len(samples(run_dir)), 3 * 12 * 6)
        self.assert_each_once(run_dir)

        self.proctor(*command, "-o", "undisturbed", "-j", "64")
        [undisturbed] = [p for p in (self.dir / "undisturbed").iterdir() if p.is_dir() and not p.is_symlink()]
        self.assertEqual(self.texts(run_dir), self.texts(undisturbed))
        ours, theirs = (json.loads((d / "results.json").read_text()) for d in (run_dir, undisturbed))
        self.assertEqual(ours["results"], theirs["results"])

    def test_interrupted_a_run_says_how_to_go_on_and_does(self):
        command = ["run", "-t", "gen/arith,gen/trace,gen/order", "-m", "scripted", "--limit", "20", "-n", "4", "-j", "8", *PACED]
        for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:
            process = self.start(*command)
            time.sleep(0.4)
            process.send_signal(number)
            _, stderr = process.communicate(timeout=20)
            self.assertEqual(process.returncode, code, stderr)
            self.assertIn("the same command resumes", stderr)
        [run_dir] = self.run_dirs()
        done = len(samples(run_dir))
        self.assertGreater(done, 0)
        _, stderr = self.proctor(*command)
        self.assertIn(f"{done} of 240 samples are done", stderr)
        self.assertEqual(len(samples(run_dir)), 240)
        self.assert_each_once(run_dir)

    def test_widening_generates_only_what_is_missing(self):
        run = ["run", "-t", "gen/arith", "-m", "demo", "--limit", "5"]
        self.proctor(*run, "-n", "8")
        [run_dir] = self.run_dirs()
        first = self.texts(run_dir)
        results = self.results(*run, "-n", "64")
        self.assertEqual(self.run_dirs(), [run_dir])
        self.assertEqual(len(samples(run_dir)), 5 * 64)
        self.assertTrue(first.items() <= self.texts(run_dir).items())
        self.assertIn("maj@64,none", results["results"]["gen/arith"])
        self.assert_each_once(run_dir)

    def test_a_narrower_request_says_that_the_report_is_about_more(self):
        run = ["run", "-t", "gen/arith", "-m", "demo"]
        _, stderr = self.proctor(*run, "--limit", "6", "-n", "4")
        self.assertNotIn("asked for", stderr)
        [run_dir] = self.run_dirs()
        [first, *_] = [question["doc_id"] for question in read_lines(run_dir / "questions.jsonl") if "doc_id" in question]
        for asked, n, more in [(["--limit", "3", "-n", "2"], "4 samples", "3 with 2"), (["--limit", "6", "-n", "2"], "4 samples", "6 with 2"),
                               (["--samples", first, "-n", "4"], "4 samples", "1 with 4")]:
            _, stderr = self.proctor(*run, *asked)
            self.assertRegex(stderr, rf"note: \S+ holds 6 questions of gen/arith with up to {n} each, more than the {more} asked for; the report and its gates are about all")
        for asked in [["--limit", "6", "-n", "4"], ["--limit", "8", "-n", "5"]]:
            self.assertNotIn("asked for", self.proctor(*run, *asked)[1])
        self.assertEqual(self.run_dirs(), [run_dir])
        self.assertNotIn("asked for", self.proctor("grade", run_dir)[1])

    def test_a_sample_that_is_lost_takes_its_grade_along(self):
        right = {}  # the server knows nothing at first
        server = fake.Server(lambda body, nth: fake.response(fake.chat("\\boxed{%s}" % right.get(body["messages"][-1]["content"], "12345678"))))
        self.addCleanup(server.close)
        run = ["run", "-t", "gen/arith", "-m", server.model, "--limit", "6", "-n", "2", "--no-progress"]
        self.assertEqual(self.results(*run)["results"]["gen/arith"]["pass@1,none"], 0)
        [run_dir] = self.run_dirs()
        questions = [r for r in read_lines(run_dir / "questions.jsonl") if "messages" in r]
        right.update({q["messages"][-1]["content"]: q["target"] for q in questions})
        header, *lines = (run_dir / "samples.jsonl").read_text().splitlines(keepends=True)
        lost = {q["doc_id"] for q in questions[:3]}
        (run_dir / "samples.jsonl").write_text(header + "".join(line for line in lines if json.loads(line)["doc_id"] not in lost))

        told = json.loads(self.proctor("report", run_dir, "--json")[0])["proctor"]
        self.assertEqual(told["verdict_counts"]["gen/arith"]["incorrect"], 6)
        self.assertIn("6 grades are without a finished sample", self.proctor("report", run_dir)[0])
        self.proctor("gate", run_dir, "--max", "truncated<=0.5", code=3)  # samples are missing
        self.assertNotIn("verdict:", self.proctor("show", run_dir, "--doc", questions[0]["doc_id"])[0])

        results = self.results(*run)
        self.assertEqual(results["results"]["gen/arith"]["pass@1,none"], 0.5)
        self.assertEqual(results["proctor"]["verdict_counts"]["gen/arith"]["correct"], 6)
        self.assertIn("verdict: correct", self.proctor("show", run_dir, "--doc", questions[0]["doc_id"])[0])
        self.assert_each_once(run_dir)
        self.assertTrue((run_dir / "grades.1.jsonl").exists())
        os.remove(run_dir / "samples.jsonl")
        self.assertEqual(self.results(*run)["results"]["gen/arith"]["pass@1,none"], 1)

    def test_changed_sampling_seed_or_system_text_never_reuses_samples(self):
        run = ["run", "-t", "gen/arith", "-m", "demo", "--limit", "2"]
        for change in [[], ["--temperature", "0.7"], ["--top-p", "0.9"], ["--max-tokens", "99"], ["--seed", "1"], ["--system", "Hi."],
                       ["--stop", "x"], ["--top-k", "5"], ["--min-p", "0.1"]]:
            self.proctor(*run, *change)
        self.assertEqual(len(self.run_dirs()), 9)

    def test_other_prompts_never_reuse_samples(self):
        rows = [{"id": 1, "problem": "What is 2+2?", "answer": "4"}]
        self.write_rows("aime24_nemo.jsonl", rows)
        run = ["run", "-t", "aime24", "-m", "demo", "--data", "."]
        self.proctor(*run)
        self.write_rows("aime24_nemo.jsonl", [{**rows[0], "problem": "What is 2 + 2?"}])
        self.assertIn("--fresh", self.error(*run))
        self.proctor(*run, "--fresh")

    def test_a_corrected_reference_answer_grades_again_without_generating(self):
        self.write_rows("out.jsonl", [{"id": 1, "response": "\\boxed{5}", "gold": "4"}])
        self.write_rows("aime24_nemo.jsonl", [{"id": 1, "problem": "What is 2+3?", "answer": "4"}])
        grade = ["grade", "--task", "aime24", "--completions", "out.jsonl", "--map", "target=gold", "--data", "."]
        self.assertEqual(self.results(*grade)["results"]["aime24"]["pass@1,none"], 0)
        self.write_rows("aime24_nemo.jsonl", [{"id": 1, "problem": "What is 2+3?", "answer": "5"}])
        self.assertEqual(self.results(*grade)["results"]["aime24"]["pass@1,none"], 1)
        [run_dir] = self.run_dirs()
        self.assertEqual(len(samples(run_dir)), 1)
        self.assertEqual([g["target"] for g in read_lines(run_dir / "grades.jsonl")], ["4", "5"])
        self.assertEqual(self.results(*grade)["results"]["aime24"]["pass@1,none"], 1)
        self.assertEqual(len(read_lines(run_dir / "grades.jsonl")), 2)

    def test_shards_fill_one_run_that_equals_the_whole(self):
        run = ["run", "-t", "gen/arith,gen/trace,gen/order", "-m", "demo", "--limit", "7", "-n", "3"]
        processes = [self.start(*run, "--shard", f"{i}/3") for i in (1, 2, 3)]
        for process in processes:
            _, stderr = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, stderr)
        [run_dir] = self.run_dirs()
        self.assertEqual(len(list(run_dir.glob("samples.*-of-3.jsonl"))), 3)
        sharded = json.loads(self.proctor("report", run_dir, "--json")[0])
        whole = self.results(*run, "-o", "whole")
        self.assertEqual(sharded["results"], whole["results"])
        self.env.update(SLURM_PROCID="1", SLURM_NTASKS="3")
        _, stderr = self.proctor(*run, "--shard", "auto")
        self.assertIn("shard 2/3 is done", stderr)

    def test_two_processes_on_one_run_directory_the_second_is_told_who_holds_it(self):
        command = ["run", "-t", "gen/arith,gen/trace,gen/order", "-m", "scripted", "--limit", "40", "-n", "8", *PACED]
        process = self.start(*command)
        process.stderr.readline()
        message = self.error(*command, code=3)
        self.assertIn(f"in use by process {process.pid}", message)
        process.kill()
        process.communicate()

    def test_grading_again_keeps_the_old_grades(self):
        self.proctor("run", "-t", "gen/trace", "-m", "demo", "--limit", "4", "-n", "2")
        [run_dir] = self.run_dirs()
        before = (run_dir / "samples.jsonl").read_bytes()
        old = json.loads((run_dir / "results.json").read_text())["results"]
        again = self.results("grade", run_dir)
        self.assertEqual(again["results"], old)
        self.assertEqual((run_dir / "samples.jsonl").read_bytes(), before)
        self.assertTrue((run_dir / "grades.1.jsonl").exists())
        self.results("grade", run_dir)
        self.assertTrue((run_dir / "grades.2.jsonl").exists())
        self.assert_each_once(run_dir)

    def test_grading_again_into_another_folder_leaves_the_run_as_it_is(self):
        self.proctor("run", "-t", "gen/trace", "-m", "demo", "--limit", "4", "-n", "2")
        [run_dir] = self.run_dirs()
        before = {path.name: path.read_bytes() for path in run_dir.iterdir()}
        again = self.results("grade", "runs/latest", "-o", "again")
        self.assertEqual({path.name: path.read_bytes() for path in run_dir.iterdir()}, before)
        copy = self.dir / "again" / run_dir.name
        self.assertEqual((self.dir / again["run_dir"]).resolve(), copy.resolve())
        self.assertEqual((copy / "samples.jsonl").read_bytes(), before["samples.jsonl"])
        self.assertEqual((copy / "grades.1.jsonl").read_bytes(), before["grades.jsonl"])
        self.assertIn("is there already", self.error("grade", run_dir, "-o", "again"))
        self.assertEqual(sorted(path.name for path in (self.dir / "again").iterdir()), [run_dir.name, "latest"])
        self.proctor("grade", run_dir, "-o", "runs")  # where it lies already
        self.assertTrue((run_dir / "grades.1.jsonl").exists())

    def test_a_full_disk_is_said_in_one_line_and_the_run_can_go_on(self):
        self.proctor("run", "-t", "gen/arith", "-m", "demo", "--limit", "1")
        [run_dir] = self.run_dirs()
        # A limit on file sizes stands in for a full disk.
        command = ["run", "-t", "gen/arith,gen/trace,gen/order", "-m", "demo", "--limit", "30", "-n", "16"]
        limit = lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)))
        process = self.start(*command, preexec_fn=limit)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3, stderr)
        self.assertIn("cannot write", stderr)
        self.proctor(*command)
        self.assert_each_once(run_dir)

    def test_a_corrected_reference_counts_whatever_wrote_the_old_grades(self):
        rows = [{"id": i, "problem": f"What is {i}+0?", "answer": "4"} for i in range(4)]
        self.write_rows("out.jsonl", [{"id": i, "response": "\\boxed{4}"} for i in range(4)])
        run = ["run", "-t", "aime24", "-m", "recorded:out.jsonl", "--data", ".", "--no-progress"]
        score = lambda *more: self.results(*run, *more)["results"]["aime24"]["pass@1,none"]
        self.write_rows("aime24_nemo.jsonl", rows)
        for shard in ["1/2", "2/2"]:
            self.proctor(*run, "--shard", shard)
        self.assertEqual(score(), 1)
        self.write_rows("aime24_nemo.jsonl", [{**row, "answer": "5"} for row in rows])
        self.assertEqual(score(), 0)
        [run_dir] = self.run_dirs()
        self.assertEqual(self.results("grade", run_dir)["results"]["aime24"]["pass@1,none"], 0)
        self.write_rows("aime24_nemo.jsonl", rows)
        for shard in ["1/2", "2/2"]:
            self.proctor(*run, "--shard", shard)
        self.assertEqual(json.loads(self.proctor("report", run_dir, "--json")[0])["results"]["aime24"]["pass@1,none"], 1)
        sizes = lambda: [path.stat().st_size for path in sorted(run_dir.glob("[gqs]*.jsonl"))] # grades, questions, samples
        before = sizes()
        self.assertEqual(score(), 1)
        self.assertEqual(sizes(), before)

    def test_a_whole_run_and_shards_exclude_each_other(self):
        command = ["run", "-t", "gen/arith,gen/trace,gen/order", "-m", "scripted", "--limit", "40", "-n", "8", *PACED]
        process = self.start(*command, "--shard", "1/2")
        process.stderr.readline()
        time.sleep(0.2)
        self.assertIn("is in use by process", self.error(*command, code=3))
        [run_dir] = self.run_dirs()
        self.assertIn("is in use by process", self.error("grade", run_dir, code=3))
        message = self.error(*command, "--shard", "1/3", code=3)
        self.assertIn("--shard 1/3 beside 1-of-2", message)
        self.assertIn(f"in use by process {process.pid}", message)
        process.kill()
        process.communicate()
        self.assertIn("--fresh", self.error(*command, "--shard", "1/2", "--fresh"))

    def test_shards_of_another_count_take_up_what_finished_ones_left(self):
        command = ["run", "-t", "gen/arith,gen/trace,gen/order", "-m", "demo", "--limit", 9, "-n", 2]
        for shard in ["1/3", "1/2", "2/2"]:
            self.proctor(*command, "--shard", shard)
        [run_dir] = self.run_dirs()
        generated = collections.Counter(key(r) for file in run_dir.glob("samples*.jsonl") for r in read_lines(file) if "schema" not in r)
        self.assertEqual((len(generated), max(generated.values())), (54, 1))
        self.assertEqual(json.loads(self.proctor("report", run_dir, "--json")[0])["results"], self.results(*command, "-o", "whole")["results"])

    def test_grading_again_does_not_launder_failed_samples(self):
        self.write_rows("out.jsonl", [{"id": 1, "response": "\\boxed{4}", "gold": "4"}, {"id": 2, "response": None, "gold": "4"}])
        self.proctor("grade", "--task", "aime", "--completions", "out.jsonl", "--map", "target=gold", code=3)
        again = self.results("grade", "runs/latest", code=3)
        self.assertEqual(again["proctor"]["verdict_counts"]["aime"]["not_graded"], 1)
        self.assertIn("go with --completions", self.error("grade", "runs/latest", "--dry-run"))

    def test_an_interrupted_regrade_leaves_the_old_grades_in_force(self):
        self.write_rows("out.jsonl", [{"id": i, "response": f"so \\boxed{{{i % 7}}}", "gold": "4"} for i in range(20_000)])
        self.proctor("grade", "--task", "aime", "--completions", "out.jsonl", "--map", "target=gold", "--no-progress")
        [run_dir] = self.run_dirs()
        before = (run_dir / "grades.jsonl").read_bytes()
        process = self.start("grade", run_dir)
        time.sleep(0.03)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        if process.returncode == 130:
            self.assertEqual((run_dir / "grades.jsonl").read_bytes(), before)
        self.proctor("report", run_dir)

    def test_a_log_of_another_version_is_refused(self):
        self.proctor("run", "-t", "gen/arith", "-m", "demo", "--limit", "1")
        [run_dir] = self.run_dirs()
        log = (run_dir / "samples.jsonl").read_text()
        (run_dir / "samples.jsonl").write_text(log.replace("proctor.samples/1", "proctor.samples/9"))
        self.assertIn("samples.jsonl:1", self.error("report", run_dir))

    def test_error_records_are_superseded(self):
        # A request that failed when it was recorded, then a file in which it succeeded, logged as one run.
        def line(status, body):
            return {"custom_id": "q1", "response": {"status_code": status, "body": body}}
        answer = {"choices": [{"message": {"content": "\\boxed{4}"}, "finish_reason": "stop"}]}
        self.write_rows("out.jsonl", [line(500, {"error": {"message": "overloaded"}}),
                                      {**line(200, answer), "custom_id": "q2"}])
        data = [{"id": "q1", "problem": "2+2?", "answer": "4"}, {"id": "q2", "problem": "1+3?", "answer": "4"}]
        self.write_rows("aime24_nemo.jsonl", data)
        grade = ["grade", "--task", "aime24", "--completions", "out.jsonl", "--data", "."]
        results = self.results(*grade, code=3)  # half of the samples could not be graded
        counts = results["proctor"]["verdict_counts"]["aime24"]
        self.assertEqual((counts["correct"], counts["not_graded"]), (1, 1))
        self.results(*grade, "--max-error-rate", "0.5")


if __name__ == "__main__":
    unittest.main()
