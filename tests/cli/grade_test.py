# SPDX-License-Identifier: MIT
"""Recorded completions: every way a file may look, and the numbers of published runs."""
import gzip
import json
import pathlib
import subprocess
import unittest

from proctor import BINARY, DATA, Case, needs_data, samples

ROWS = [{"id": 1, "response": "<think>2+2 is 4</think>So \\boxed{4}.", "gold": 4},
        {"id": 1, "response": "I say \\boxed{5}.", "gold": 4},
        {"id": "2", "response": "<think>hm, \\boxed{7}", "gold": "007"},
        {"id": "2", "response": "\\boxed{007}", "gold": "007"}]
MAP = ["--map", "target=gold"]


class Formats(Case):
    def counts(self, file, *more, task="aime", code=0):
        results = self.results("grade", "--task", task, "--completions", file, *MAP, "--fresh", *more, code=code)
        return {k: v for k, v in results["proctor"]["verdict_counts"][task].items() if v}

    def test_the_same_rows_in_every_container_give_the_same_verdicts(self):
        text = "".join(json.dumps(row) + "\n" for row in ROWS)
        expected = {"correct": 2, "incorrect": 1, "truncated": 1}
        files = {"plain.jsonl": text, "crlf.jsonl": text.replace("\n", "\r\n"), "bom.jsonl": b"\xef\xbb\xbf" + text.encode(),
                 "blank.jsonl": text.replace("\n", "\n\n"), "untorn.jsonl": text.rstrip("\n"),
                 "list.json": json.dumps(ROWS, indent=2), "packed.jsonl.gz": gzip.compress(text.encode())}
        for name, content in files.items():
            with self.subTest(name):
                self.assertEqual(self.counts(self.write(name, content)), expected)

    def test_ids_are_the_same_as_numbers_and_as_strings(self):
        file = self.write_rows("out.jsonl", [{**ROWS[0], "id": 1}, {**ROWS[1], "id": "1"}])
        results = self.results("grade", "--task", "aime", "--completions", file, *MAP)
        self.assertEqual(results["n-samples"]["aime"]["effective"], 1)
        self.assertIn("pass@2,none", results["results"]["aime"])

    def test_a_pipe_is_a_file(self):
        file = self.write_rows("out.jsonl", ROWS)
        for name in ["/dev/stdin", "-"]:
            done = subprocess.run(f"cat {file} | {BINARY} grade --task aime --completions {name} --map target=gold --json",
                                  shell=True, cwd=self.dir, env=self.env, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_torn_last_line_is_reported_and_skipped(self):
        text = "".join(json.dumps(row) + "\n" for row in ROWS)
        _, stderr = self.proctor("grade", "--task", "aime", "--completions", self.write("out.jsonl", text + '{"id": 3, "resp'), *MAP)
        self.assertRegex(stderr, r"note: .*out\.jsonl.*last line|torn")

    def test_what_cannot_be_read_says_where_and_why(self):
        def grade(name, content, *more):
            return self.error("grade", "--task", "aime", "--completions", self.write(name, content), *(more or MAP))
        good = json.dumps(ROWS[0]) + "\n"
        self.assertRegex(grade("bad.jsonl", good + "{oops}\n" + good), r"bad\.jsonl:2")
        self.assertIn("empty", grade("empty.jsonl", ""))
        self.assertRegex(grade("two.jsonl", '{"id":1,"response":"a","output":"b","gold":1}\n'), r"response.*output|output.*response")
        self.assertIn("--map completion=", grade("none.jsonl", '{"id":1,"said":"a","gold":1}\n'))
        self.assertIn("--map target=", grade("notarget.jsonl", '{"id":1,"response":"a"}\n', "--map", "doc_id=id"))
        self.assertIn("nowhere", grade("unmapped.jsonl", good, "--map", "completion=nowhere"))
        self.assertIn("no such file", self.error("grade", "--task", "aime", "--completions", "absent.jsonl"))
        self.assertIn("directory", self.error("grade", "--task", "aime", "--completions", "."))
        self.assertIn("did you mean completion?", grade("a.jsonl", good, "--map", "compeltion=response"))

    def test_usage_below_zero_is_not_known(self):
        self.write_rows("rows.jsonl", [{"prompt": "?", "target": "1", "response": "1", "usage": {"prompt_tokens": -5, "completion_tokens": 4, "cost": -1}}])
        run = self.results("grade", "--task", "math", "--completions", "rows.jsonl")["run_dir"]
        [sample] = samples(self.dir / run)
        self.assertEqual(sample["usage"], {"completion_tokens": 4})

    def test_of_many_keys_only_the_first_are_named(self):
        self.write_rows("wide.jsonl", [{f"key{i}": i for i in range(1600)}])
        line = self.error("grade", "--task", "math", "--completions", "wide.jsonl")
        self.assertIn("key0, key1, ", line)
        self.assertRegex(line, r" and 1\d{3} more")
        self.assertLess(len(line), 500)

    def test_expect_lists_disagreements_and_fails(self):
        rows = [{**row, "label": label} for row, label in zip(ROWS, [1, 0, 0, 0])]
        file = self.write_rows("out.jsonl", rows)
        _, stderr = self.proctor("grade", "--task", "aime", "--completions", file, *MAP, "--expect", "label", code=1)
        self.assertIn("4 verdicts compared, 1 disagree", stderr)
        self.assertRegex(stderr, r"aime 2/1: correct .*recorded as not correct")

    def test_max_truncated_fails_and_max_error_rate_is_infrastructure(self):
        file = self.write_rows("out.jsonl", ROWS)
        self.proctor("grade", "--task", "aime", "--completions", file, *MAP, "--max-truncated", "0.2", code=1)
        self.proctor("grade", "--task", "aime", "--completions", file, *MAP, "--max-truncated", "0.3")
        # Of 11 answers 8 are truncated, all of one of four questions.
        uneven = self.write_rows("uneven.jsonl", [{"id": 0, "response": "<think>hm", "gold": 4}] * 8 + [{"id": i, "response": "\\boxed{4}", "gold": 4} for i in (1, 2, 3)])
        _, stderr = self.proctor("grade", "--task", "aime", "--completions", uneven, *MAP, "--max-truncated", "0.5", code=1)
        self.assertIn("72.7% of the answers are truncated", stderr)
        self.proctor("grade", "--task", "aime", "--completions", uneven, *MAP, "--max-truncated", "0.8")
        failed = self.write_rows("bad.jsonl", [{**row, "gold": "not a number"} for row in ROWS])
        self.proctor("grade", "--task", "aime", "--completions", failed, *MAP, code=3)

    def test_a_task_with_data_takes_its_own_targets_and_says_when_the_file_differs(self):
        self.write_rows("aime24_nemo.jsonl", [{"id": f"x-{i}", "problem": f"Say {i}.", "answer": str(i)} for i in range(5)])
        file = self.write_rows("out.jsonl", [{"id": "x-3", "response": "\\boxed{3}", "gold": "4"}])
        stdout, stderr = self.proctor("grade", "--task", "aime24", "--completions", file, *MAP, "--data", ".", "--json")
        results = json.loads(stdout)
        self.assertEqual(results["results"]["aime24"]["pass@1,none"], 1)
        self.assertEqual(results["n-samples"]["aime24"], {"original": 5, "effective": 1})
        self.assertIn("answers 1 of 5 questions", stderr)
        self.assertIn("spelled otherwise", stderr)
        by_position = self.write_rows("positions.jsonl", [{"id": 4, "response": "\\boxed{4}"}, {"id": 0, "response": "\\boxed{0}"}])
        stdout, stderr = self.proctor("grade", "--task", "aime24", "--completions", by_position, "--data", ".", "--json")
        self.assertEqual(json.loads(stdout)["results"]["aime24"]["pass@1,none"], 1)
        self.assertIn("positions", stderr)
        stranger = self.write_rows("stranger.jsonl", [{"id": "x-9", "response": "\\boxed{4}"}])
        self.assertIn("x-9 is not one of", self.error("grade", "--task", "aime24", "--completions", stranger, "--data", "."))

    def test_a_mistaken_task_does_not_spoil_the_right_one(self):
        rows = [{**row, "label": label} for row, label in zip(ROWS, [1, 0, 0, 1])]
        file = self.write_rows("out.jsonl", rows)
        self.proctor("grade", "--task", "choice", "--completions", file, *MAP, code=3)
        stdout, stderr = self.proctor("grade", "--task", "aime", "--completions", file, *MAP, "--expect", "label")
        self.assertIn("4 verdicts compared, 0 disagree", stderr)
        self.assertIn("also holds choice", stderr)
        self.assertNotIn("choice", stdout)

    def test_positions_whose_references_disagree_are_refused(self):
        self.write_rows("aime24_nemo.jsonl", [{"id": f"x-{i}", "problem": f"Say {i}.", "answer": str(i)} for i in range(5)])
        file = self.write_rows("out.jsonl", [{"id": i, "response": f"\\boxed{{{i + 1}}}", "gold": i + 1} for i in range(4)])
        self.assertIn("references disagree", self.error("grade", "--task", "aime24", "--completions", file, *MAP, "--data", "."))

    def test_thinking_that_stands_twice_is_not_the_answer(self):
        rows = [{"id": 1, "reasoning": "2+2, maybe \\boxed{4}", "completion": "<think>2+2, maybe \\boxed{4}", "gold": 4},
                {"id": 2, "reasoning": "2+2 is 4", "completion": "So \\boxed{4}", "gold": 4}]
        self.assertEqual(self.counts(self.write_rows("out.jsonl", rows)), {"correct": 1, "truncated": 1})

    def test_grades_made_by_other_rules_are_said_to_be_that(self):
        self.counts(self.write_rows("out.jsonl", ROWS))
        run = (self.dir / "runs" / "latest").resolve()
        for name in ("run.json", "grades.jsonl"):
            (run / name).write_text((run / name).read_text().replace('"aime@', '"aime@0.'))
        for code, *command in ((0, "report", "runs/latest", "--format", "table"), (2, "compare", "runs/latest", "runs/latest"),
                               (3, "gate", "runs/latest", "--min", "pass@1>=0.1"), (2, "baseline", "write", "runs/latest", "-o", "base.json")):
            with self.subTest(command[0]):
                words = " ".join("".join(self.proctor(*command, code=code)).split())
                self.assertIn("(4 grades made under others); `proctor grade RUN` does it", words)
        self.assertEqual(self.results("grade", "runs/latest")["proctor"]["verdict_counts"]["aime"]["correct"], 2)

    def test_n_limit_and_samples_choose(self):
        file = self.write_rows("out.jsonl", ROWS)
        self.assertEqual(self.counts(file, "-n", "1"), {"correct": 1, "truncated": 1})
        self.assertEqual(self.counts(file, "--limit", "1"), {"correct": 1, "incorrect": 1})
        self.assertEqual(self.counts(file, "--samples", "2"), {"correct": 1, "truncated": 1})
        self.assertIn("did you mean", self.error("grade", "--task", "aime", "--completions", file, *MAP, "--samples", "22"))

    def test_show_prints_the_trace_the_verdict_and_why(self):
        file = self.write_rows("out.jsonl", ROWS)
        self.proctor("grade", "--task", "aime", "--completions", file, *MAP)
        overview, _ = self.proctor("show", "runs/latest")
        self.assertIn("aime  1  +-", overview)
        self.assertIn("aime  2  /+", overview)
        text, _ = self.proctor("show", "runs/latest", "--doc", "1", "--sample", "0")
        for part in ["2+2 is 4", "verdict: correct", "extracted: 4", "expected answer\n4"]:
            self.assertIn(part, text)
        self.assertIn("has no sample 7", self.error("show", "runs/latest", "--doc", "1", "--sample", "7"))
        self.assertIn("no question 99", self.error("show", "runs/latest", "--doc", "99"))
        self.assertIn("has no task aimee", self.error("show", "runs/latest", "--task", "aimee"))

    def test_model_text_cannot_drive_the_terminal(self):
        file = self.write_rows("out.jsonl", [{"id": "1\x1b]0;owned\x07", "response": "\x1b[2J\\boxed{4}", "gold": 4}])
        stdout, stderr = self.proctor("grade", "--task", "aime", "--completions", file, *MAP)
        shown, _ = self.proctor("show", "runs/latest", "--doc", "0")
        for text in [stdout, stderr, shown]:
            self.assertNotIn("\x1b", text)
        self.assertEqual(samples(self.dir / "runs/latest")[0]["text"], "\x1b[2J\\boxed{4}")


class Published(Case):
    """Real recorded runs whose accuracy is published; each disagreement is explained here."""

    @needs_data
    def test_1500_completions_in_r1_zeros_format(self):
        stdout, stderr = self.proctor(
            "grade", "--task", "aime", "--map", "completion=response,target=gold,doc_id=item,sample_idx=sample", "--expect", "label",
            "--completions", f"{DATA}/labelled/math/rg_llama3b_step400_aime24_k50.jsonl", "--json")
        self.assertIn("1500 verdicts compared, 0 disagree", stderr)
        results = json.loads(stdout)["results"]["aime"]
        for metric, value in [("pass@1", 0.0240), ("pass@8", 0.11633), ("pass@50", 0.3000), ("maj@50", 0.0333)]:
            self.assertAlmostEqual(results[f"{metric},none"], value, places=4 if metric != "pass@8" else 5)

    @needs_data
    def test_900_answers_in_tags(self):
        for model in ["deepseek-r1", "gpt-4o-2024-11-20"]:
            _, stderr = self.proctor("grade", "--task", "tag", "--map", "doc_id=item+relation", "--expect", "label_strict",
                                     "--completions", f"{DATA}/labelled/logic/farel_{model}.jsonl")
            self.assertIn("450 verdicts compared, 0 disagree", stderr)

    @needs_data
    def test_gsm8k_model_solutions(self):
        # is_correct of the file, counted.
        for model in ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"]:
            source = pathlib.Path(DATA, "labelled/math/gsm8k_openai_example_model_solutions.jsonl")
            rows = [json.loads(line) for line in source.read_text().splitlines()]
            flat = self.write_rows(f"{model}.jsonl", [{"id": i, "response": row[model]["solution"], "ok": row[model]["is_correct"],
                                                       "gold": row["ground_truth"].rsplit("A: ", 1)[1]} for i, row in enumerate(rows)])
            published = sum(row[model]["is_correct"] for row in rows)
            stdout, stderr = self.proctor("grade", "--task", "math", "--completions", flat, *MAP, "--json")
            correct = json.loads(stdout)["proctor"]["verdict_counts"]["math"]["correct"]
            self.assertEqual(correct, published, f"{model}\n{stderr}")


if __name__ == "__main__":
    unittest.main()
