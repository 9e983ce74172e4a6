# SPDX-License-Identifier: MIT
"""Recorded runs of others, graded under proctor's own tasks: their published accuracy is reproduced, and every verdict
that differs from the recorded one is listed here by its id with the reason."""
import collections
import json
import pathlib
import unittest

from proctor import DATA, Case, needs_data

QWEN = "completion=code.0,doc_id=idx,target=gt"  # Qwen2.5-Math's harness, greedy, its verdict in score

# The recorded grader ...
SCIENTIFIC = "did not read 1.70 \\times 10^4 as 1.70e4"
ORDER = "wanted a set in the reference's order, or its brackets"
SPELLING = "compared text where the values are equal (2.625 and 2 5/8, f(x) = y and y, intervals and inequalities, factors)"
UNITS = "did not take off a unit, or hid an option's letter behind its text"
OPEN_END = "took (1, oo) for [1, oo)"
PART = "took a part of a set, or a set with more in it, for the set"
PERCENT = "took 1 for 100 and 1000 for 10, as if they were per cents"
NEAR = "took a number that is not the reference for it (relative tolerance, 1.70e+06 for 1.70e4)"
LAST_NUMBER = "took the last number of a text without any stated answer"
HOPE = "read 'I hope it is correct' into the answer"

Run = collections.namedtuple("Run", "file task data map expect published differ", defaults=({},))
MATHS = [
    Run("qwen25_3b_instruct_aime24", "aime24", "aime24_qwen", QWEN, "score.0", 6.7),
    Run("qwen25_3b_rg_rlft_aime24", "aime24", "aime24_qwen", QWEN, "score.0", 13.3),
    Run("qwen25_3b_instruct_amc23", "amc23", "amc23", QWEN, "score.0", 42.5),
    Run("qwen25_3b_rg_rlft_amc23", "amc23", "amc23", QWEN, "score.0", 37.5),
    Run("qwen25_3b_instruct_gaokao2023en", "gaokao2023en", "gaokao2023en", QWEN, "score.0", 54.3,
        {SPELLING: [0, 237, 274, 292, 297, 370, 70], UNITS: [116, 192], ORDER: [185], OPEN_END: [74]}),
    Run("qwen25_3b_instruct_minerva_math", "minerva_math", "minerva_math", QWEN, "score.0", 25.7,
        {SCIENTIFIC: [10, 129, 136, 166, 175, 194, 223, 263, 265, 267, 44], SPELLING: [81, 85]}),
    Run("qwen25_3b_rg_rlft_minerva_math", "minerva_math", "minerva_math", QWEN, "score.0", 30.5,
        {SCIENTIFIC: [135, 179, 194, 232, 267], SPELLING: [41, 72], NEAR: [104, 166]}),
    Run("qwen25_3b_instruct_olympiadbench", "olympiadbench", "olympiadbench_oe_to_maths_en", QWEN, "score.0", 25.8,
        {SPELLING: [17, 132, 204, 91], ORDER: [148, 151, 154, 160, 185, 187, 203, 207, 216, 221, 226, 237, 243, 281, 285, 303],
         PART: [114, 68, 381, 386], PERCENT: [78], LAST_NUMBER: [576]}),
    Run("qwen25_3b_rg_rlft_olympiadbench", "olympiadbench", "olympiadbench_oe_to_maths_en", QWEN, "score.0", 31.1,
        {SPELLING: [132, 204, 91, 31], ORDER: [148, 151, 154, 160, 226, 243, 260], PART: [114, 126, 193, 229, 248, 288, 292, 386, 68],
         PERCENT: [78, 348, 361], NEAR: [92]}),
    Run("rho-math-1b-v0.1_math500", "math500", "math500", QWEN, "score.0", 15.8,
        {HOPE: [107, 174, 182, 243, 329, 337, 37, 374], LAST_NUMBER: [121, 210, 221, 3, 430, 449, 451, 474, 54, 55, 65], PART: [25], NEAR: [399]}),
]
LOGIC = [Run(f"bbh_codex_cot_{subset}", f"bbh/{subset}", f"bbh/{subset}", "completion=prediction,doc_id=item", "", published) for subset, published in
         [("boolean_expressions", 92.8), ("formal_fallacies", 50.4), ("logical_deduction_five_objects", 54.8), ("temporal_sequences", 96.8), ("web_of_lies", 95.2)]]
QUIZZES = [Run(f"lineage_{model}", "lineage", "lineage_deepseek-r1", "completion=response,doc_id=size+item,target=gold", "label_strict", published)
           for model, published in [("deepseek-r1", 91.75), ("o1-mini", 56.25)]]
QUIZZES += [Run(f"farel_{model}", "farel", "farel_deepseek-r1", "completion=response,doc_id=item,target=gold", "label_strict", published)
            for model, published in [("deepseek-r1", 99.8), ("gpt-4o-2024-11-20", 84.2)]]
LOST = "lost or doubled actions when it cut the plan out of the answer"
PLANS = [Run(f"planbench_blocksworld_3_{model}", "planbench", f"planbench_blocksworld_3_{model}", "completion=response,doc_id=instance_id,target=gold_plan",
             "label", published, differ)
         for model, published, differ in [("deepseek-r1-api", 99, {LOST: [93]}), ("gpt-4o", 53, {}), ("o1-mini", 70, {LOST: [65, 89, 91]})]]

# Quizzes of reasoning-gym whose right answer is one text.
ONE_TEXT = """simple_equations base_conversion count_primes letter_counting basic_arithmetic calendar_arithmetic chain_sum gcd gsm_symbolic lcm leg_counting
    prime_factorization products number_sequence mini_sudoku sudoku simple_geometry course_schedule family_relationships largest_island aiw circuit_logic
    self_reference syllogism""".split()


@needs_data
class PublishedRuns(Case):
    def graded(self, run, file, data):
        args = ["grade", "-t", run.task, "--data", f"{run.task}={data}", "-c", file, "--map", run.map, "--json"]
        return json.loads(self.proctor(*args)[0])

    def check(self, run, kind, data):
        """The recorded verdicts have the published accuracy, and proctor's differ from them where it is listed."""
        with self.subTest(run.file):
            file = f"{DATA}/labelled/{kind}/{run.file}.jsonl"
            results = self.graded(run, file, data)
            accuracy = 100 * results["results"][run.task]["pass@1,none"]
            listed = sorted(str(i) for ids in run.differ.values() for i in ids)
            if run.expect:
                accuracy = self.check_labels(run, file, results, listed)
            self.assertAlmostEqual(accuracy, run.published, delta=0.051)

    def check_labels(self, run, file, results, listed):
        """The accuracy of the recorded labels."""
        grades = {}
        for line in (self.dir / results["run_dir"] / "grades.jsonl").read_text().splitlines():
            grade = json.loads(line)
            if "verdict" in grade:
                grades[grade["doc_id"]] = grade["verdict"] == "correct"
        labels = {}
        for line in pathlib.Path(file).read_text().splitlines():
            row = json.loads(line)
            label = row["score"][0] if run.expect == "score.0" else row[run.expect]
            labels["/".join(str(row[key]) for key in self.id_keys(run))] = bool(label)
        self.assertEqual(len(grades), len(labels))
        self.assertEqual(sorted(i for i in labels if labels[i] != grades[i]), listed)
        return 100 * sum(labels.values()) / len(labels)

    @staticmethod
    def id_keys(run):
        return dict(pair.split("=") for pair in run.map.split(","))["doc_id"].split("+")

    def test_maths(self):
        for run in MATHS:
            self.check(run, "math", f"{DATA}/bench/math/{run.data}.jsonl")

    def test_big_bench_hard(self):
        for run in LOGIC:
            self.check(run, "logic", f"{DATA}/bench/logic/{run.data}.json")

    def test_quizzes(self):
        for run in QUIZZES:
            self.check(run, "logic", f"{DATA}/labelled/logic/{run.data}.jsonl")

    def test_plans(self):
        for run in PLANS:
            self.check(run, "plan", f"{DATA}/labelled/plan/{run.data}.jsonl")

    def test_quizzes_of_reasoning_gym_whose_answer_is_one_text(self):
        rows = [json.loads(line) for line in pathlib.Path(f"{DATA}/labelled/logic/rg_easy_deepseek-r1.jsonl").read_text().splitlines()]
        for name in ONE_TEXT:
            with self.subTest(name):
                file = self.write_rows(f"{name}.jsonl", [{"doc_id": row["item"], "sample_idx": row["sample"], "completion": row["response"], "target": str(row["expected"]),
                                                          "label": row["label"] == 1} for row in rows if row["dataset"] == name])
                _, stderr = self.proctor("grade", "-t", "tag", "-c", file, "--expect", "label")
                self.assertIn("150 verdicts compared, 0 disagree", stderr)


class OtherOrders(Case):
    def test_rows_in_another_order_than_the_task_s_are_refused_though_both_are_only_numbered(self):
        self.write_rows("aime24.jsonl", [{"problem": f"Say {10 * i}.", "answer": str(10 * i)} for i in range(6)])
        backwards = self.write_rows("out.jsonl", [{"id": i, "response": "\\boxed{10}", "gold": 10 * (5 - i)} for i in range(6)])
        args = ["grade", "-t", "aime24", "--data", "aime24=aime24.jsonl", "--map", "target=gold", "-c"]
        self.assertIn("taken as positions 6 of 6 references disagree", self.error(*args, backwards))
        forwards = self.write_rows("out.jsonl", [{"id": i, "response": "\\boxed{10}", "gold": 10 * i} for i in range(6)])
        self.assertEqual(self.results(*args, forwards)["proctor"]["verdict_counts"]["aime24"]["correct"], 1)
        elsewhere = self.write_rows("out.jsonl", [{"id": i, "response": "\\boxed{10}", "gold": f"as on page {i}"} for i in range(6)])
        self.assertEqual(self.results(*args, elsewhere)["proctor"]["verdict_counts"]["aime24"]["correct"], 1)


if __name__ == "__main__":
    unittest.main()
