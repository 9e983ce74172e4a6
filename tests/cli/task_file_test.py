# SPDX-License-Identifier: MIT
"""Tasks of a user's own, from a JSON file: what is asked, what is graded, and what is said of a file that is wrong."""
import json
import pathlib
import re
import unittest

from proctor import ROOT, Case, read_lines

ROWS = [{"n": i, "twice": 2 * i, "split": "test" if i < 4 else "train"} for i in range(6)]
TASK = {"name": "double", "data": "rows.jsonl", "split": "test", "id": "n", "prompt": "What is {{ n }} + {{ n }}?\nPut it in \\boxed{}.",
        "target": "{{ twice }}", "grader": {"name": "math"}, "sampling": {"temperature": 0.25}, "metric": "maj@2"}
GRADER = """import json, sys
asked = json.loads(sys.stdin.readline())
answer = asked["answer_text"].split()[-1]
print(json.dumps({"correct": answer == asked["target"], "answer": answer, "explanation": "row %d" % asked["row"]["n"]}))
"""


class TaskFile(Case):
    def setUp(self):
        super().setUp()
        self.write_rows("rows.jsonl", ROWS)

    def task(self, **changes):
        task = {**TASK, **changes}
        return self.write("double.json", json.dumps({k: v for k, v in task.items() if v is not None}))

    def wrong(self, **changes):
        return self.error("prompt", "-t", self.task(**changes))

    def recorded(self, answers):
        return self.write_rows("out.jsonl", [{"doc_id": str(i), "completion": a} for i, a in answers])

    def test_asks_the_rows_of_its_split_with_its_prompt(self):
        prompt = json.loads(self.proctor("prompt", "-t", self.task(), "--doc", "3", "--json")[0])
        self.assertEqual(prompt["messages"], [{"role": "user", "content": "What is 3 + 3?\nPut it in \\boxed{}."}])
        self.assertEqual((prompt["task"], prompt["doc_id"], prompt["target"], prompt["form"]), ("double", "3", "6", "box"))

    def test_worked_examples_come_before_the_question(self):
        path = self.task(fewshot={"data": "rows.jsonl", "split": "train", "n": 2, "answer": "{{ twice }}."})
        messages = json.loads(self.proctor("prompt", "-t", path, "--json")[0])["messages"]
        self.assertEqual([m["content"] for m in messages if m["role"] == "assistant"], ["8.", "10."])
        self.assertEqual(len(messages), 5)

    def test_runs_with_its_own_sampling_and_number_of_samples(self):
        plan = json.loads(self.proctor("run", "-t", self.task(), "-m", "demo", "--dry-run", "--json")[0])
        self.assertEqual(plan["sampling"]["temperature"], 0.25)
        self.assertEqual((plan["tasks"][0]["questions"], plan["tasks"][0]["samples"]), (4, 8))
        plan = json.loads(self.proctor("run", "-t", self.task() + ":3", "-m", "demo", "--temperature", "1", "--dry-run", "--json")[0])
        self.assertEqual((plan["sampling"]["temperature"], plan["tasks"][0]["samples"]), (1, 12))

    def test_a_run_is_graded_again_without_the_file(self):
        path = self.task()
        out = self.recorded([(0, "\\boxed{0}"), (1, "\\boxed{2}"), (2, "\\boxed{5}"), (3, "\\boxed{6}")])
        results = self.results("grade", "-t", path, "-c", out)
        self.assertEqual(results["results"]["double"]["pass@1,none"], 0.75)
        kept = json.loads((self.dir / results["run_dir"] / "run.json").read_text())["tasks"]["double"]["task_file"]
        self.assertEqual(len(kept["hash"]), 32)
        pathlib.Path(path).unlink()
        self.assertEqual(self.results("grade", results["run_dir"])["results"]["double"]["pass@1,none"], 0.75)

    def test_a_command_grades_in_the_sandbox_and_again_without_its_file(self):
        script = self.write("grade.py", GRADER)
        path = self.task(grader={"command": ["python3", "grade.py"], "files": ["grade.py"]})
        out = self.recorded([(0, "it is 0"), (1, "it is 2"), (2, "it is 5"), (3, "it is 7")])
        results = self.results("grade", "-t", path, "-c", out)
        self.assertEqual(results["results"]["double"]["pass@1,none"], 0.5)
        grades = read_lines(self.dir / results["run_dir"] / "grades.jsonl")
        self.assertIn("row 2", [g.get("explanation") for g in grades])
        pathlib.Path(script).unlink()
        self.assertEqual(self.results("grade", results["run_dir"])["results"]["double"]["pass@1,none"], 0.5)

    def test_a_command_that_fails_leaves_answers_not_graded(self):
        for name, program in {"no_verdict": "print('fine')", "raises": "raise SystemExit('lost')", "network": "import socket; socket.create_connection(('127.0.0.1', 1))"}.items():
            self.write("bad.py", program)
            path = self.task(grader={"command": ["python3", "bad.py"], "files": ["bad.py"]})
            results = self.results("grade", "-t", path, "-c", self.recorded([(0, "0")]), "-o", name, code=3)
            self.assertEqual(results["proctor"]["verdict_counts"]["double"]["not_graded"], 1, name)

    def test_a_typo_is_named_with_its_place_and_the_nearest_key(self):
        self.assertRegex(self.wrong(promt="x"), r"double\.json: /promt: no such key; did you mean prompt")
        self.assertRegex(self.wrong(grader={"name": "mathh"}), r"/grader/name: unknown grader \"mathh\"; did you mean math")
        self.assertRegex(self.wrong(grader={"name": "math", "policies": {"percent_bar": "on"}}), r"/grader/policies/percent_bar: .*percent_bare")
        self.assertRegex(self.wrong(sampling={"temprature": 1}), r"/sampling/temprature: .*temperature")
        self.assertRegex(self.wrong(sampling={"temperature": -1}), r"/sampling: temperature is -1")
        self.assertRegex(self.wrong(prompt="{{ m }}"), r"rows\.jsonl:1: .*'m' is undefined")
        self.assertRegex(self.wrong(target="{{ twise }}"), r"rows\.jsonl:1: .*'twise' is undefined.*did you mean twice")
        self.assertRegex(self.wrong(prompt="{% if %}"), r"double\.json: /prompt:1")
        self.assertRegex(self.wrong(metric="maj@8", samples=4), r"/metric: maj@8 needs 8 samples")
        self.assertRegex(self.wrong(prompt=None), r"\"prompt\" is missing")
        self.assertRegex(self.wrong(name="aime24"), r"/name: aime24 is a task of proctor's own")
        self.assertRegex(self.wrong(name="double.json"), r"/name: .*no \.json at the end")

    def test_wrong_rows_are_named_with_their_line(self):
        self.assertRegex(self.wrong(split="dev"), r"rows\.jsonl:1: none of its 6 rows has \"split\": \"dev\"")
        self.assertRegex(self.wrong(id="split"), r"rows\.jsonl:2: the id test is already that of .*rows\.jsonl:1")
        self.write_rows("rows.jsonl", [{"n": 1, "twice": None, "split": "test"}, {"n": 2, "twice": 4, "split": "test"}])
        for target in ("{{ twice }}", "{{ twice ~ ' apples' }}"):
            self.assertRegex(self.wrong(target=target), r"rows\.jsonl:1: .*'twice' is null")
        self.assertRegex(self.wrong(prompt="Half of {{ twice }}?", target="{{ n }}"), r"rows\.jsonl:1: .*'twice' is null")
        path = self.task(target="{{ twice if twice is not none else 'no solution' }}") # a null that the template expects
        self.assertEqual(json.loads(self.proctor("prompt", "-t", path, "--doc", "1", "--json")[0])["target"], "no solution")
        self.write("rows.jsonl", '{"n": 1, "twice": 2, "split": "test"}\n{"n": 1,\n')
        self.assertRegex(self.wrong(), r"rows\.jsonl:2")
        self.write("rows.jsonl", "")
        self.assertRegex(self.wrong(), r"rows\.jsonl")
        self.assertRegex(self.error("prompt", "-t", self.write("torn.json", '{"name": "x",\n "data" "y"}')), r"torn\.json:2")
        self.error("prompt", "-t", "missing.json")

    def test_the_documents_example_works_as_printed(self):
        text = (ROOT / "docs/tasks.md").read_text()
        blocks = dict(re.findall(r"`([\w.]+)`:\n\n```\w*\n(.*?)```", text, re.S))
        for name, content in blocks.items():
            self.write(name, content)
        out = self.write_rows("answers.jsonl", [{"doc_id": "kiwi", "completion": "<answer>Bird</answer>"}, {"doc_id": "orca", "completion": "fish"}])
        results = self.results("grade", "-t", "animals.json", "-c", out)
        self.assertEqual(results["results"]["animals"]["pass@1,none"], 0.5)

    def test_the_documents_benchmark_in_cpp_is_the_one_that_is_compiled(self):
        blocks = re.findall(r"```cpp\n(.*?)```", (ROOT / "docs/tasks.md").read_text(), re.S)
        self.assertEqual(len(blocks), 1)
        self.assertIn(blocks[0].strip(), (ROOT / "tests/examples/example_benchmark.h").read_text())


if __name__ == "__main__":
    unittest.main()
