# SPDX-License-Identifier: MIT
"""--preset and --reference: a protocol by name, and the published numbers beside a run of it."""
import json
import unittest

from proctor import ROOT, Case

try:
    import jsonschema
except ImportError:
    jsonschema = None

QUESTIONS = [{"id": f"2024-I-{i}", "problem": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(30)]
MODEL = "DeepSeek-R1-Distill-Qwen-7B"


class Published(Case):
    def setUp(self):
        super().setUp()
        self.write_rows("aime24.jsonl", QUESTIONS)

    def answers(self, right, name="outputs.jsonl", n=4):
        rows = [{"doc_id": q["id"], "sample_idx": s, "response": f"So \\boxed{{{q['answer'] if s < right else 999}}}."} for q in QUESTIONS for s in range(n)]
        return self.write_rows(name, rows)

    def validate(self, document):
        if jsonschema:
            validator = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/results.schema.json").read_text()))
            self.assertEqual([e.message for e in validator.iter_errors(document)], [])

    def grade(self, *args, right=2, **options):
        return self.results("grade", "--task", "aime24", "--data", "aime24=aime24.jsonl", "--completions", self.answers(right), *args, **options)

    def test_recorded_outputs_stand_beside_the_numbers_of_the_model_they_are_from(self):
        result = self.grade("--preset", "r1", "--reference", MODEL)
        entry = result["proctor"]["published"]["aime24"][0]
        self.assertEqual((entry["standing"], entry["published"], entry["value"], entry["samples"], entry["model"]), ("within", 0.555, 0.5, 64, MODEL))
        self.assertGreater(entry["allowance"], abs(entry["difference"]))
        run = self.dir / result["run_dir"]
        table, _ = self.proctor("report", run)
        said = " ".join(table.split())
        self.assertIn(f"aime24: published 55.5% ({MODEL}, pass@1 of 64 samples; report v1, table 5), this run 50.0% [", said)
        self.assertIn("within what 30 questions and 4 samples allow", said)
        self.assertIn("Beside published numbers", (run / "report.html").read_text())
        self.assertIn("published 55", (run / "report.md").read_text())
        other = self.results("report", run, "--reference", "DeepSeek-R1")
        self.assertEqual(other["proctor"]["published"]["aime24"][0]["standing"], "below")
        self.validate(result)
        self.validate(other)

    def test_what_is_not_known_to_be_alike_is_not_compared(self):
        entry = self.grade("--reference", MODEL)["proctor"]["published"]["aime24"][0]
        self.assertEqual(entry["standing"], "not_comparable")
        self.assertNotIn("allowance", entry)
        self.assertIn("--preset r1", entry["differs"][0])
        few = self.grade("--preset", "r1", "--reference", MODEL, "--limit", "10", "--fresh")["proctor"]["published"]["aime24"][0]
        self.assertEqual(few["differs"], ["10 instead of 30 questions"])

    def test_the_file_s_name_may_name_the_model(self):
        self.answers(2, f"{MODEL}.jsonl")
        result = self.results("grade", "--task", "aime24", "--data", "aime24=aime24.jsonl", "--completions", f"{MODEL}.jsonl", "--preset", "r1")
        self.assertEqual(result["proctor"]["published"]["aime24"][0]["model"], MODEL)

    def test_a_preset_without_published_numbers_says_so_once(self):
        _, stderr = self.proctor("run", "-t", "aime24", "--data", "aime24=aime24.jsonl", "-m", "scripted", "--preset", "r1", "-n", "1", "--no-progress")
        self.assertEqual(stderr.count("no published numbers are known for scripted; --reference"), 1)
        _, stderr = self.proctor("run", "-t", "gen/arith/1", "-m", "scripted", "--limit", "2", "--no-progress")
        self.assertNotIn("published", stderr)

    def test_a_preset_sets_the_protocol_and_what_is_typed_wins(self):
        def planned(*args):
            return self.results("run", "-t", "aime24", "--data", "aime24=aime24.jsonl", "-m", "scripted", "--dry-run", *args)
        r1 = planned("--preset", "r1", "--gen_kwargs", "temperature=0.7")
        self.assertEqual((r1["tasks"][0]["samples"], r1["sampling"]["temperature"], r1["sampling"]["top_p"], r1["sampling"]["max_tokens"]), (30 * 64, 0.7, 0.95, 32768))
        greedy = planned("--preset", "greedy")
        self.assertEqual((greedy["tasks"][0]["samples"], greedy["sampling"]["temperature"]), (30, 0))
        self.assertEqual(planned("--preset", "r1-zero", "-n", "2")["tasks"][0]["samples"], 60)

    def test_unknown_names_are_answered_with_the_nearest(self):
        self.assertIn("there are r1, r1-zero, greedy; did you mean r1", self.error("run", "-t", "gen/arith", "-m", "demo", "--preset", "r11"))
        for command in (["run", "-t", "gen/arith", "-m", "demo"], ["grade", "--task", "aime24", "--completions", "x"], ["report", "x"]):
            self.assertIn(f"did you mean {MODEL}", self.error(*command, "--reference", "DeepSeek-R1-Distil-Qwen-7B"))

    def test_worked_examples_are_counted_in_results(self):
        self.write_rows("d/gsm8k_test.jsonl", [{"question": "One and two?", "answer": "1+2=3\n#### 3"}])
        self.write_rows("d/gsm8k_train.jsonl", [{"question": "One and one?", "answer": "1+1=2\n#### 2"}])
        for shots in (1, 0):
            result = self.results("run", "-t", "gsm8k", "--data", "d", "-m", "scripted", "--num-fewshot", shots, "--fresh")
            self.assertEqual(result["n-shot"], {"gsm8k": shots})

    def test_big_bench_hard_has_a_mean_over_its_tasks(self):
        data = []
        for name, rows in {"navigate": ["Yes", "No", "Yes"], "sports_understanding": ["yes"]}.items():
            data += ["--data", f"bbh/{name}={self.write(name + '.json', json.dumps({'examples': [{'input': f'Is it {i}?', 'target': t} for i, t in enumerate(rows)]}))}"]
        result = self.results("run", "-t", "bbh/navigate,bbh/sports_understanding", *data, "-m", "scripted", "-n", "2")
        self.assertEqual(result["group_subtasks"], {"bbh": ["bbh/navigate", "bbh/sports_understanding"]})
        self.assertEqual(result["groups"]["bbh"]["pass@1,none"], sum(result["results"][t]["pass@1,none"] for t in result["group_subtasks"]["bbh"]) / 2)
        self.assertIn("bbh: mean of 2 tasks: pass@1", self.proctor("report", self.dir / result["run_dir"])[0])
        self.validate(result)


if __name__ == "__main__":
    unittest.main()
