# SPDX-License-Identifier: MIT
"""proctor tokenize and proctor prompt -m, on a small vocabulary written here."""
import json
import subprocess
import unittest

from proctor import BINARY, Case

LETTERS = [chr(c) for c in range(33, 127)] + ["\u0120", "\u010a"]
ADDED = ["<s>", "<think>", "</think>", "<u>", "<a>"]
TEMPLATE = "{{ bos_token }}{% for m in messages %}<u>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a><think>\n{% endif %}"


class Tokenize(Case):
    def setUp(self):
        super().setUp()
        vocab = {piece: i for i, piece in enumerate(LETTERS + ["ab", "abab"])}
        added = [{"id": len(vocab) + i, "content": content, "special": i == 0} for i, content in enumerate(ADDED)]
        model = {"type": "BPE", "vocab": vocab, "merges": ["a b", ["ab", "ab"]]}
        split = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
        self.write("m/tokenizer.json", json.dumps({"model": model, "added_tokens": added, "pre_tokenizer": split}))
        self.write("m/tokenizer_config.json", json.dumps({"bos_token": "<s>", "add_bos_token": True, "chat_template": TEMPLATE}))

    def feed(self, text, *args, code=0):
        done = subprocess.run([BINARY, "tokenize", "-m", "m", *args], cwd=self.dir, env=self.env, input=text.encode(), capture_output=True)
        self.assertEqual(done.returncode, code, done.stderr)
        return (done.stdout if code == 0 else done.stderr).decode()

    def test_ids_and_back(self):
        ids = self.feed("ababab <think>")
        self.assertEqual(ids.split(), ["97", "96", "94", "99"])
        self.assertEqual(self.feed(ids, "--decode"), "ababab <think>")
        self.assertEqual(self.feed("ab", "--add-special").split(), ["98", "96"])
        self.assertEqual(self.feed("<s>ab", "--add-special").split(), ["98", "96"])

    def test_many_lines(self):
        rows = [json.loads(line) for line in self.feed('{"text": "ab"}\n\n{"text": ""}\n', "--jsonl").splitlines()]
        self.assertEqual(rows, [{"ids": [96]}, {"ids": []}])
        self.assertEqual(json.loads(self.feed('{"ids": [96, 64]}\n', "--jsonl", "--decode")), {"text": "aba"})

    def test_chat(self):
        row = json.loads(self.feed('{"messages": [{"role": "user", "content": "ab"}]}', "--chat"))
        self.assertEqual(row, {"text": "<s><u>ab<a><think>\n", "ids": [98, 101, 96, 102, 99, 95], "thinking_opened": True})

    def test_prompt_shows_text_and_ids(self):
        row = json.loads(self.proctor("prompt", "-t", "gen/arith", "-m", "m", "--json")[0])
        self.assertTrue(row["text"].endswith("<a><think>\n"))
        self.assertEqual(row["prompt_ids"][:2], [98, 101])
        self.assertTrue(row["thinking_opened"])
        self.assertIn("token ids", self.proctor("prompt", "-t", "gen/arith", "-m", "m")[0])

    def test_errors_name_the_place(self):
        self.assertIn("stdin:2", self.feed('{"text": "a"}\n{"txt": 1}\n', "--jsonl", code=2))
        self.assertIn("9999", self.feed("9999", "--decode", code=2))
        self.assertIn("--decode", self.feed("98 101", "--chat", "--decode", code=2))
        self.write("m/tokenizer_config.json", "{\n  broken")
        self.assertIn("tokenizer_config.json: not valid JSON at line 2", self.feed("a", code=2))
        self.write("m/tokenizer_config.json", json.dumps({"bos_token": "<none>"}))
        self.assertIn("<none>", self.feed("a", code=2))
        self.write("m/tokenizer_config.json", json.dumps({"chat_template": "a\n{% include 'x' %}"}))
        self.assertIn("chat_template:2: the tag 'include' is not supported", self.feed("{}", "--chat", code=2))
        self.assertIn("neither tokenizer.json", self.error("prompt", "-t", "gen/arith", "-m", "."))


if __name__ == "__main__":
    unittest.main()
