# SPDX-License-Identifier: MIT
"""What exactly is asked: a golden prompt of every task, one BOS whatever the chat template, and what is said of data that changed."""
import json
import pathlib
import unittest

from proctor import DATA, ROOT, Case, needs_data
from tiny_model import gguf_bytes

GOLDENS = [json.loads(line) for line in (ROOT / "tests/golden/prompts.jsonl").read_text().splitlines()]
LETTERS = [chr(c) for c in range(33, 127)] + ["\u0120", "\u010a"]
TURNS = "{% for m in messages %}<u>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"


class Goldens(Case):
    def setUp(self):
        super().setUp()
        self.env["PROCTOR_CACHE"] = str(self.dir)
        self.data = []
        for i, golden in enumerate(GOLDENS):
            if "row" in golden:
                self.data += ["--data", f"{golden['task']}={self.rows(i, golden)}"]

    def rows(self, i, golden):
        if golden["task"].startswith("bbh/"):
            return self.write(f"{i}.json", json.dumps({"canary": "", "examples": [golden["row"]]}))
        return self.write_rows(f"{i}.jsonl", [golden["row"]])

    def prompts(self, *args):
        stdout, stderr = self.proctor("prompt", "-t", ",".join(g["task"] for g in GOLDENS), "--json", *self.data, *args)
        self.assertNotIn("BOS", stderr)
        return [json.loads(line) for line in stdout.splitlines()]

    def test_every_task_has_one_and_asks_exactly_that(self):
        tasks = [json.loads(line) for line in self.proctor("ls", "tasks", "--json")[0].splitlines()]
        self.assertEqual([g["task"] for g in GOLDENS], [t["task"] for t in tasks if t["kind"] != "generic"])
        for golden, prompt, zero in zip(GOLDENS, self.prompts(), self.prompts("--preset", "r1-zero"), strict=True):
            with self.subTest(golden["task"]):
                self.assertEqual(prompt["messages"], [{"role": "user", "content": golden["prompt"]}])
                self.assertEqual((prompt["task"], prompt["target"], prompt["form"]), (golden["task"], golden["target"], golden["form"]))
                self.assertEqual(zero["prompt_hash"], golden["r1_zero"])

    def check_bos(self, model, n):
        for prompt in self.prompts("-m", model):
            with self.subTest(f"{model} {prompt['task']}"):
                self.assertEqual(prompt.get("n_bos"), n)
                self.assertTrue(prompt["prompt_ids"])

    def model(self, template, **config):
        """A byte-level vocabulary whose BOS is <s>."""
        added = [{"id": len(LETTERS) + i, "content": content, "special": i == 0} for i, content in enumerate(["<s>", "<u>", "<a>"])]
        split = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
        vocab = {piece: i for i, piece in enumerate(LETTERS)}
        self.write("m/tokenizer.json", json.dumps({"model": {"type": "BPE", "vocab": vocab, "merges": []}, "added_tokens": added, "pre_tokenizer": split}))
        self.write("m/tokenizer_config.json", json.dumps({"chat_template": template, **config}))
        return str(self.dir / "m")

    def test_a_prompt_has_one_bos_whoever_writes_it(self):
        self.check_bos(self.model("{{ bos_token }}" + TURNS, bos_token="<s>", add_bos_token=True), 1)
        self.check_bos(self.model("<s>" + TURNS, bos_token="<s>", add_bos_token=False), 1)

    def test_a_model_without_bos_gets_none(self):
        self.check_bos(self.model(TURNS, bos_token=None), None)
        self.check_bos(self.write("tiny.gguf", gguf_bytes()), None)

    @needs_data
    def test_published_templates_give_one_bos_or_none_where_there_is_none(self):
        models = pathlib.Path(DATA) / "models"
        for name, n in {"tokenizers/deepseek_v3": 1, "tokenizers/llama3_1": 1, "tokenizers/qwen2_5": None, "qwen2_tokenizer": None}.items():
            self.check_bos(models / name, n)

    def test_a_second_bos_is_told(self):
        model = self.model("{{ bos_token }}{{ bos_token }}" + TURNS, bos_token="<s>")
        stdout, stderr = self.proctor("prompt", "-t", "gen/arith", "-m", model)
        self.assertIn("token ids, 2 BOS", stdout)
        self.assertIn("note: gen/arith arith@2/1/1000000/0: the prompt has 2 BOS", stderr)

    def test_the_switches_of_the_thinking_are_those_of_a_run(self):
        model = self.write("tiny.gguf", gguf_bytes())
        shown = lambda *args: json.loads(self.proctor("prompt", "-t", "gen/arith", "-m", model, "--json", *args)[0])
        plain, off, forced = shown(), shown("--thinking", "off"), shown("--model_args", "think_prefill=force")
        self.assertEqual(off["text"], plain["text"] + "<think>\n\n</think>\n\n")
        self.assertEqual((forced["text"], forced["thinking_opened"]), (plain["text"] + "<think>\n", True))
        self.assertIn("--thinking maybe", self.error("prompt", "-t", "gen/arith", "-m", model, "--thinking", "maybe"))

    def test_results_hash_what_was_asked(self):
        def content_hash(problem, answer):
            rows = self.write_rows("aime24.jsonl", [{"id": "2024-I-1", "problem": problem, "answer": answer}])
            return self.results("run", "-t", "aime24", "--data", f"aime24={rows}", "-m", "scripted", "-n", "1", "--fresh")["task_hashes"]["aime24"]
        first = content_hash("What is 1 + 1?", 2)
        self.assertRegex(first, r"^[0-9a-f]{32}$")
        self.assertEqual(content_hash("What is 1 + 1?", 2), first)
        self.assertNotEqual(content_hash("What is 1 + 1 ?", 2), first)
        self.assertNotEqual(content_hash("What is 1 + 1?", 3), first)

    def test_a_file_that_is_not_the_pinned_one_is_told_by_every_command_that_reads_it(self):
        self.write_rows("d/gsm8k_test.jsonl", [{"question": "One and two?", "answer": "#### 3"}])
        out = self.write_rows("out.jsonl", [{"id": 0, "response": "\\boxed{3}"}])
        for command in (["prompt", "-t", "gsm8k"], ["run", "-t", "gsm8k", "-m", "scripted", "-n", "1"], ["grade", "-t", "gsm8k", "-c", out]):
            with self.subTest(command[0]):
                _, stderr = self.proctor(*command, "--data", "d")
                self.assertRegex(stderr, r"note: gsm8k: .*gsm8k_test\.jsonl is not the file that was pinned \(sha256 \w+ instead of \w+, github:openai/")


if __name__ == "__main__":
    unittest.main()
