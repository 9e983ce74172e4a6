# SPDX-License-Identifier: MIT
"""What is wrong with a data file is said with FILE:LINE and exit code 2, whatever the task."""
import json
import unittest

from proctor import ROOT, Case

GOLDENS = [golden for golden in map(json.loads, (ROOT / "tests/golden/prompts.jsonl").read_text().splitlines()) if "row" in golden]


class Rows(Case):
    def refused(self, task, name, content, line):
        with self.subTest(f"{task} {name}"):
            file = self.write(name, content)
            self.assertRegex(self.error("prompt", "-t", task, "--data", f"{task}={file}"), rf"{name}:{line}\b")

    def test_files_without_rows(self):
        for golden in GOLDENS:
            for name, content in {"empty.jsonl": "", "none.json": "[]", "text.json": '"hello"'}.items():
                self.refused(golden["task"], name, content, 1)

    def test_lines_that_are_no_rows(self):
        for golden in GOLDENS:
            good = json.dumps(golden["row"]) + "\n"
            for name, line in {"torn.jsonl": '{"id": 1,', "list.jsonl": "[1, 2]"}.items():
                self.refused(golden["task"], name, f"{good}\n{line}\n", 3)

    def test_rows_without_what_the_task_needs(self):
        for golden in GOLDENS:
            good = json.dumps(golden["row"]) + "\n"
            for name, row in {"other.jsonl": {"x": 1}, "null.jsonl": dict.fromkeys(golden["row"]), "types.jsonl": dict.fromkeys(golden["row"], {"a": 1})}.items():
                self.refused(golden["task"], name, good + json.dumps(row) + "\n", 2)

    def test_an_id_that_is_there_twice(self):
        n_own = 0
        for golden in GOLDENS:
            file = self.write_rows("one.jsonl", [golden["row"]])
            stdout, _ = self.proctor("prompt", "-t", golden["task"], "--json", "--data", f"{golden['task']}={file}")
            if json.loads(stdout)["doc_id"] == "0":
                continue  # the rows of this benchmark have no ids: equal ones are two questions
            n_own += 1
            self.refused(golden["task"], "twice.jsonl", 2 * (json.dumps(golden["row"]) + "\n"), 2)
        self.assertGreater(n_own, 35)

    def test_the_wrong_split(self):
        maths = {"problem": "What is 1 + 1?", "answer": "2"}
        knights = {"quiz": "Who?", "names": ["Ann", "Bob"], "solution": [True, False], "index": 1}
        choice = {"question_id": 1, "question": "Which?", "options": ["1", "2"], "answer": "A"}
        program = {"text": "Double.", "code": "def f(x):\n    return 2 * x", "test_list": ["assert f(1) == 2"]}
        for task, name, row in [("aime24", "aime.jsonl", {**maths, "id": "2023-I-1"}), ("aime_1983_2023", "aime.jsonl", {**maths, "id": "2024-I-1"}),
                                ("amc23", "amc.jsonl", {**maths, "year": 2022}), ("hmmt", "contests.jsonl", {**maths, "subset_for_metrics": "aime24"}),
                                ("gsm8k", "gsm8k_train.jsonl", {"question": "?", "answer": "#### 2"}), ("mmlu_pro", "mmlu_pro_validation.jsonl", choice),
                                ("hendrycks_math", "math_train.jsonl", maths), ("mbpp", "mbpp.jsonl", {**program, "task_id": 700}),
                                ("knights_knaves/3", "islands.jsonl", knights)]:
            self.refused(task, name, json.dumps(row) + "\n", 1)


if __name__ == "__main__":
    unittest.main()
