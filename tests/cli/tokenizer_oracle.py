#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Token ids against Hugging Face `tokenizers`, string by string.

  tokenizer_oracle.py PROCTOR [DIRECTORY...]     directories with a tokenizer.json; default: those of PROCTOR_TEST_DATA

Exits 77 where the oracle or the data are not installed. STRINGS (default 10000) fuzzed strings a tokenizer, SEED (0).
"""
import json
import os
import pathlib
import random
import subprocess
import sys

try:
    from tokenizers import Tokenizer
except ImportError:
    print("skipped: the Python package tokenizers is not installed")
    sys.exit(77)

WORDS = ["the", "don't", "I'LL", "we've", "it'\u017f", "naïve", "e\u0301te\u0301", "Привет", "你好世界", "ひらがな", "カタカナ",
         "한국어", "\u1100\u1161\u11a8", "العربية", "हिन्दी", "ไทย", "👩‍👩‍👧‍👦", "🇩🇪", "x^2", "\\frac{1}{2}", "def f(a):", "0x1F",
         "1234567", "٣٤٥", "Ⅳ", "½", "<|im_end|>", "<|im_start|>", "<think>", "</think>", "<|begin_of_text|>",
         "<｜User｜>", "<｜Assistant｜>", "<|eot_id|>", "http://a.b/c?d=e", "CamelCaseWord", "snake_case", "…", "—", "\ufeff"]
BLANKS = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n", "\n ", "\u00a0", "\u3000", "\u2028", "\x0b", "\x1c", "\x85", ""]
RANGES = [(0x20, 0x7E), (0x00, 0x1F), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xEFF),
          (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x2BFF), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
          (0xFE00, 0xFFEF), (0x10000, 0x103FF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF)]


def fuzzed(rng):
    parts = []
    for _ in range(rng.randint(1, 14)):
        kind = rng.random()
        if kind < 0.45:
            parts.append(rng.choice(WORDS))
        elif kind < 0.75:
            low, high = rng.choice(RANGES)
            parts.append("".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 6))))
        elif kind < 0.85:
            parts.append(rng.choice("a1 .=-é\u0301\n") * rng.randint(2, 90))
        parts.append(rng.choice(BLANKS))
    return "".join(parts)


def check(proctor, directory, count, seed):
    rng = random.Random(seed)
    texts = [fuzzed(rng) for _ in range(count)]
    rows = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    path = pathlib.Path(directory) / "tokenizer.json"
    out = subprocess.run([proctor, "tokenize", "-m", str(path), "--jsonl"], input=rows.encode(), capture_output=True, check=True).stdout
    ours = [json.loads(line)["ids"] for line in out.splitlines()]
    theirs = Tokenizer.from_file(str(path)).encode_batch(texts, add_special_tokens=False)
    wrong = [(text, a, b.ids) for text, a, b in zip(texts, ours, theirs, strict=True) if a != b.ids]
    for text, a, b in wrong[:5]:
        print(f"  {text!r}\n    proctor    {a}\n    tokenizers {b}")
    print(f"{directory}: {count - len(wrong)} of {count} strings identical")
    return not wrong


def main():
    proctor, directories = sys.argv[1], sys.argv[2:]
    data = os.environ.get("PROCTOR_TEST_DATA")
    if not directories and not data:
        print("skipped: PROCTOR_TEST_DATA not set")
        return 77
    directories = directories or [str(p.parent) for p in sorted(pathlib.Path(data).glob("models/tokenizers/*/tokenizer.json"))]
    count, seed = int(os.environ.get("STRINGS", 10000)), int(os.environ.get("SEED", 0))
    return 0 if all([check(proctor, directory, count, seed) for directory in directories]) else 1


if __name__ == "__main__":
    sys.exit(main())
