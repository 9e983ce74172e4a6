# SPDX-License-Identifier: MIT
"""A model in this process: files, prompts, sampling, and the same bits whatever runs beside it."""
import json
import pathlib
import resource
import signal
import struct
import subprocess
import time
import unittest

import tiny_model
from proctor import BINARY, Case, key, needs_plain_build, read_lines, samples

RUN = ["run", "-t", "gen/arith", "--limit", "4", "-n", "16", "--max-tokens", "120", "--temperature", "1", "--top-p", "0.9"]


class Engine(Case):
    def setUp(self):
        super().setUp()
        self.model = tiny_model.write_directory(self.dir / "tiny")
        self.gguf = self.write("tiny.gguf", tiny_model.gguf_bytes())

    def generate(self, *args, model=None):
        stdout, _ = self.proctor("generate", "-m", model or self.model, "--json", *args)
        return json.loads(stdout)["samples"]

    def run_dir(self, root):
        [found] = [p for p in (self.dir / root).iterdir() if p.is_dir() and not p.is_symlink()]
        return found

    def contents(self, root):
        kept = ["text", "text_base64", "reasoning", "answer_text", "answer_text_base64", "finish_reason", "status", "seed", "logprob_sum", "usage"]
        return {key(r): {k: r.get(k) for k in kept} for r in samples(self.run_dir(root))}

    def test_samples_are_equal_at_any_batch_and_number_of_threads_and_after_a_resume(self):
        self.proctor(*RUN, "-m", self.model, "-o", "one", "-j", "1", "--threads", "1")
        expected = self.contents("one")
        self.assertEqual(len(expected), 64)
        self.assertGreater(len({v["text"] or v["text_base64"] for v in expected.values()}), 60)
        for root, options in [("seven", ["-j", "7", "--threads", "2"]), ("all", ["-j", "64", "--threads", "3"])]:
            self.proctor(*RUN, "-m", self.model, "-o", root, *options)
            self.assertEqual(self.contents(root), expected)
        process = self.start(*RUN, "-m", self.model, "-o", "resumed", "-j", "5")
        self.wait_for_samples(process, "resumed")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.proctor(*RUN, "-m", self.model, "-o", "resumed", "-j", "64")
        self.assertEqual(self.contents("resumed"), expected)

    def wait_for_samples(self, process, root):
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            found = list((self.dir / root).glob("*/samples.jsonl"))
            if found and found[0].read_bytes().count(b"\n") > 8:
                break
            time.sleep(0.01)

    def test_bench_refuses_what_does_not_fit_into_the_context(self):
        bench = ["bench", "engine", "-m", self.model, "--repeats", "2"]
        for args, said in [(["--prompt-tokens", "2048"], "prompt of 2048: its 2051 tokens do not fit into the model's context of 2048"),
                           (["--tokens", "2040"], "16 samples of one prompt: its 2056 tokens"),
                           (["--tokens", "2147483647"], "1 stream: its 2147483648 tokens")]:
            self.assertIn(said, self.error(*bench, *args))

    def test_a_signal_ends_a_run_on_several_threads_in_good_order(self):
        run = ["run", "-t", "gen/arith", "--limit", "4", "-n", "100", "--max-tokens", "120", "-m", self.model, "--threads", "3", "--no-progress"]
        ignored = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN) # as a shell does for `proctor ... &`
        for root, number, code, before in [("int", signal.SIGINT, 130, None), ("term", signal.SIGTERM, 143, None), ("ignored", signal.SIGINT, 130, ignored)]:
            process = self.start(*run, "-o", root, preexec_fn=before)
            self.wait_for_samples(process, root)
            process.send_signal(number)
            _, stderr = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, stderr)
            self.assertRegex(stderr, r"interrupted: \d+ of 400 samples are in ")
        self.proctor(*run, "-o", "int")
        self.assertEqual(len(self.contents("int")), 400)

    def test_the_embedded_model_answers_the_suite_alike_whatever_runs_beside_it(self):
        def outcome(root, *options):
            report = self.results("run", "-t", "gen/1", "-m", "demo", "--limit", "2", "-n", "4", "-o", root, "--no-progress", *options)
            grades = {(key(r), r["grader"]): (r["verdict"], r.get("answer")) for r in read_lines(self.run_dir(root) / "grades.jsonl") if "schema" not in r}
            return self.contents(root), grades, report["results"]

        texts, grades, metrics = outcome("one", "-j", "1", "--threads", "1")
        self.assertEqual(len(texts), 21 * 8)
        self.assertEqual(len(metrics), 21)
        correct = {task for (task, _, _), _ in (k for k, (verdict, _) in grades.items() if verdict == "correct")}
        self.assertGreater(len(correct), 10) # it reasons, and its programs run
        for root, options in [("seven", ["-j", "7", "--threads", "2"]), ("all", ["-j", "64", "--threads", "3"])]:
            self.assertEqual(outcome(root, *options), (texts, grades, metrics))

    def test_an_embedded_model_is_a_model_everywhere(self):
        self.assertIn("demo-early", self.proctor("ls", "models")[0])
        stdout, _ = self.proctor("prompt", "-t", "gen/arith/1", "-m", "demo")
        self.assertEqual(stdout.count("<｜begin▁of▁sentence｜>"), 1)
        [row] = self.generate("--chat", "-p", "What is 2 + 3?", "--max-tokens", "20", model="demo")
        self.assertGreater(row["completion_tokens"], 0)
        self.assertIn("did you mean demo", self.error("run", "-t", "gen/1", "-m", "demmo"))
        self.assertIn("embedded:/none.gguf", self.error("run", "-t", "gen/1", "-m", "embedded:/none.gguf"))

    def test_keys_and_values_of_another_type_are_another_run(self):
        run = lambda *args: self.results("run", "-t", "gen/arith/1", "-m", "demo", "--limit", "2", *args)["run_dir"]
        usual = run()
        self.assertEqual(run("--model_args", "kv=bf16"), usual)
        self.assertNotEqual(run("--model_args", "kv=f32"), usual)

    def test_gguf_and_safetensors_of_the_same_weights_say_the_same(self):
        ask = ["--chat", "-p", "What is 7 * 8?", "-n", "4", "--max-tokens", "40"]
        drop = lambda rows: [{k: v for k, v in row.items() if k not in ("seconds", "ttft_s", "step_seconds")} for row in rows]
        rows = drop(self.generate(*ask))
        self.assertEqual(drop(self.generate(*ask, model=self.gguf)), rows)
        for row in rows:
            self.assertEqual(len(row["ids"]), row["completion_tokens"])
            self.assertAlmostEqual(sum(row["logprobs"]), row["logprob_sum"], places=3)
            self.assertTrue(all(i < len(tiny_model.VOCAB) for i in row["ids"]), "a padded row was drawn")

    def test_a_prompt_of_ids_says_what_its_text_says(self):
        asked = ["generate", "-m", self.model, "--max-tokens", "5", "-n", "3"]
        of_text = json.loads(self.proctor(*asked, "-p", "Hi <think>", "--json")[0])
        self.assertEqual(list(of_text), ["prompt_ids", "samples"])
        self.assertEqual([row["sample_idx"] for row in of_text["samples"]], [0, 1, 2])
        for row in of_text["samples"]:
            self.assertTrue({"text", "ids", "logprobs", "finish_reason", "seed"} <= set(row))
            self.assertTrue(all(logprob <= 0 for logprob in row["logprobs"]))
        ids = ",".join(map(str, of_text["prompt_ids"]))
        of_ids = json.loads(self.proctor(*asked, "--ids", ids, "--json")[0])
        self.assertEqual(of_ids["prompt_ids"], of_text["prompt_ids"])
        drawn = lambda document: [[row.get(k) for k in ("ids", "logprobs", "seed", "status", "reasoning", "answer_text")] for row in document["samples"]]
        self.assertEqual(drawn(of_ids), drawn(of_text))
        self.assertEqual({row["status"] for row in of_ids["samples"]}, {"truncated_thinking"})
        shown = self.proctor(*asked, "-p", "Hi <think>", "--ids")[0].splitlines()[1::2]
        self.assertEqual(sorted(shown), sorted(" ".join(map(str, row["ids"])) for row in of_text["samples"]))
        self.assertIn("--ids 1,x: token ids such as 1,2,3 are wanted", self.error(*asked, "--ids", "1,x"))
        self.assertIn("leave out -p", self.error(*asked, "--ids", "1,2", "-p", "Hi"))
        self.assertIn("no embedding", self.error(*asked, "--ids", "1,999999"))
        self.assertIn("in this process", self.error("generate", "-m", "m@http://127.0.0.1:1/v1", "--ids", "1,2"))

    def test_think_tags_that_are_no_tokens_count_in_a_prompt_of_ids_too(self):
        tokenizer = json.loads(pathlib.Path(self.model, "tokenizer.json").read_text())
        tokenizer["added_tokens"] = [t for t in tokenizer["added_tokens"] if t["content"] not in tiny_model.THINK]
        self.write("tiny/tokenizer.json", json.dumps(tokenizer))
        for text, status in [("Hi <think>", "truncated_thinking"), ("<think>a</think>", "truncated_answer")]:
            ids = ",".join(str(tiny_model.VOCAB.index(c.replace(" ", "\u0120"))) for c in text)
            self.assertEqual(self.generate("--ids", ids, "--max-tokens", "3")[0]["status"], status)

    def test_tokenize_and_prompt_read_a_gguf_as_they_read_a_directory(self):
        for args in (["--add-special"], ["--chat"]):
            rows = '{"messages": [{"role": "user", "content": "Hi <think>"}]}' if args == ["--chat"] else "Hi <think> 7 * 8"
            out = [subprocess.run([BINARY, "tokenize", "-m", m, *args], input=rows, env=self.env, cwd=self.dir, text=True, capture_output=True, check=True).stdout
                   for m in (self.model, self.gguf)]
            self.assertEqual(out[0], out[1])
        prompts = [self.proctor("prompt", "-t", "gen/arith", "-m", m, "--json")[0] for m in (self.model, self.gguf)]
        self.assertEqual(prompts[0], prompts[1])
        self.assertIn("cut.gguf", self.error("prompt", "-t", "gen/arith", "-m", self.write("cut.gguf", b"GGUF\3")))

    def test_the_template_decides_what_is_asked(self):
        [chat] = self.generate("--chat", "-p", "Hi", "--max-tokens", "2")
        [plain] = self.generate("-p", "Hi", "--max-tokens", "2")
        self.assertEqual(plain["prompt_tokens"], 2)
        self.assertEqual(chat["prompt_tokens"], len("user\nHi") + len("\n") + len("assistant\n") + 3)
        [off] = self.generate("--chat", "-p", "Hi", "--max-tokens", "2", "--thinking", "off")
        self.assertEqual(off["prompt_tokens"], chat["prompt_tokens"] + len("\n\n") + len("\n\n") + 2)

    def test_chat_is_refused_where_the_model_has_no_template(self):
        self.write("tiny/tokenizer_config.json", "{}")
        plain = self.write("plain.gguf", tiny_model.gguf_bytes({"tokenizer.chat_template": None}))
        for model in (self.model, plain, f"dummy:{self.model}/config.json"):
            self.assertIn(f"{model}: has no chat template", self.error("generate", "-m", model, "--chat", "-p", "Hi", "--json"))
        self.generate("-p", "Hi", "--max-tokens", "2", model=plain)

    def test_a_template_is_read_wherever_it_stands_or_refused_by_name(self):
        prompt = lambda: self.proctor("prompt", "-t", "gen/arith", "-m", self.model, "--json")[0]
        expected = prompt()
        config = lambda template: self.write("tiny/tokenizer_config.json", json.dumps({"eos_token": "<|im_end|>", "chat_template": template}))
        for template in (3, {"default": "x"}, [{"name": "tool_use", "template": "x"}], [{"name": "default"}]):
            config(template)
            self.assertIn("tiny/tokenizer_config.json: chat_template: a text is wanted", self.error("generate", "-m", self.model, "-p", "Hi", "--json"))
        config([{"name": "tool_use", "template": "x"}, {"name": "default", "template": tiny_model.TEMPLATE}])
        self.assertEqual(prompt(), expected)
        config(None)
        self.write("tiny/chat_template.json", json.dumps({"chat_template": tiny_model.TEMPLATE}))
        self.assertEqual(prompt(), expected)
        self.write("tiny/chat_template.json", json.dumps({"chat_template": 3}))
        self.assertIn("tiny/chat_template.json: chat_template: a text is wanted", self.error("generate", "-m", self.model, "-p", "Hi", "--json"))
        config(tiny_model.TEMPLATE) # transformers does not look at the other then
        self.assertEqual(prompt(), expected)

    def test_a_prompt_that_opens_the_thinking_is_never_stopped_inside_it(self):
        stops = [a for letter in "etaoinshrdlu " for a in ("--stop", letter)]
        [row] = self.generate("-p", "<think>\n", "--max-tokens", "60", "--temperature", "1", *stops)
        self.assertEqual(row["status"], "truncated_thinking")
        self.assertEqual(row["completion_tokens"], 60)
        self.assertEqual(row["answer_text"], "")
        [row] = self.generate("-p", "Hi", "--max-tokens", "500", "--temperature", "1", "--top-p", "1", *stops)
        self.assertEqual(row["finish_reason"], "stop")
        self.assertFalse(set("etaoinshrdlu ") & set(row["answer_text"]))

    def test_run_json_says_what_answered_and_what_it_took(self):
        self.proctor(*RUN, "-m", self.gguf, "-o", "runs", "--device", "cpu")
        run = json.loads((self.run_dir("runs") / "run.json").read_text())
        details, activity = run["model"]["details"], run["activity"]
        self.assertEqual((details["architecture"], details["weights"], details["device"]), ("qwen3", "F32", "cpu"))
        self.assertGreater(run["core_seconds"], 0)
        self.assertGreater(activity["tokens_per_second"], 0)
        self.assertTrue(0 < activity["kv_fill"] <= 1)
        self.assertGreater(activity["memory_bandwidth_share"], 0)
        self.assertGreater(activity["shared_tokens"], activity["prefilled_tokens"], "prompts are computed once for 16 samples")

    def test_without_a_gpu_cuda_is_refused_with_what_is_missing_and_auto_says_why_it_took_the_processor(self):
        asked = ["generate", "-m", self.gguf, "-p", "x", "--max-tokens", "2"]
        result = subprocess.run([BINARY, *asked, "--device", "cuda"], env=self.env, cwd=self.dir, text=True, capture_output=True)
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        [line] = [line for line in result.stderr.splitlines() if line.startswith("proctor: ")]
        self.assertRegex(line, "no CUDA module: .*libproctor_cuda.so|no NVIDIA driver|no NVIDIA device|cuBLASLt is missing")
        self.assertIn("--device cpu", line)
        self.proctor(*RUN, "-m", self.gguf, "-o", "runs", "--device", "auto")
        details = json.loads((self.run_dir("runs") / "run.json").read_text())["model"]["details"]
        self.assertEqual(details["device"], "cpu")
        self.assertIn(details["device_fallback"], line)
        self.proctor(*RUN, "-m", self.gguf, "-o", "plain", "--device", "cpu")
        self.assertNotIn("device_fallback", json.loads((self.run_dir("plain") / "run.json").read_text())["model"]["details"])

    def test_bench_prints_throughput_beside_the_bandwidth(self):
        stdout, _ = self.proctor("bench", "engine", "-m", "dummy:" + self.model + "/config.json", "--model_args", "dtype=q4_1",
                                 "--tokens", "4", "--repeats", "1", "--json")
        result = json.loads(stdout)
        self.assertEqual(result["model"]["weights"], "Q4_1")
        self.assertEqual([load["load"] for load in result["loads"]], ["1 stream", "16 samples of one prompt", "prompt of 128"])
        self.assertTrue(all(load["tokens_per_second"] > 0 for load in result["loads"]))
        self.assertGreater(result["memory_gigabytes_per_second"], 0)
        real = json.loads(self.proctor("bench", "engine", "-m", self.gguf, "--tokens", "4", "--repeats", "1", "--json")[0])
        self.assertEqual(real["model"]["end_ids"], []) # every answer has its length

    def test_weights_whose_logits_are_not_finite_end_in_one_error_and_no_answer(self):
        nan, infinity = (struct.pack("<f", float(value)) for value in ("nan", "inf"))
        at = 4 * tiny_model.HIDDEN * 200
        for name, damaged in [("all", lambda raw: nan * (len(raw) // 4)), ("one", lambda raw: raw[:at] + infinity + raw[at + 4:])]:
            model = tiny_model.write_directory(self.dir / name, lambda tensor, raw: damaged(raw) if tensor == "lm_head.weight" else raw)
            for args in (["generate", "-p", "x", "--json"], ["generate", "-p", "x", "--json", "--temperature", "0"], ["run", "-t", "gen/arith", "--limit", "2", "-o", name + "-runs"]):
                line = self.error(*args, "-m", model, "--max-tokens", "4", code=3)
                self.assertIn(f"{model}: the model's logits are not finite", line)

    def test_a_sample_that_memory_has_no_room_for_is_an_error_and_no_answer_that_was_cut_off(self):
        config = json.loads(pathlib.Path(self.model, "config.json").read_text())
        del config["eos_token_id"]
        self.write("tiny/config.json", json.dumps({**config, "max_position_embeddings": 8192}))
        self.write("tiny/tokenizer_config.json", "{}") # nothing ends an answer
        ask = lambda *args, megabytes=1: ["generate", "-m", self.model, "--json", "--model_args", f"kv_megabytes={megabytes}", *args]
        for args in (["-p", "x" * 2100, "--max-tokens", "2"], ["-p", "x", "--max-tokens", "3000"]):
            line = self.error(*ask(*args), code=3)
            self.assertIn("no room for keys and values: 2048 positions", line)
            self.assertIn("kv_megabytes=2", line)
            self.proctor(*ask(*args, megabytes=2))
        [row] = self.generate("-p", "x", "--max-tokens", "1900", "--model_args", "kv_megabytes=1")
        self.assertEqual((row["finish_reason"], row["completion_tokens"]), ("length", 1900))
        _, stderr = self.proctor("run", "-t", "gen/arith", "--limit", "1", "-n", "2", "-m", self.model, "--max-tokens", "3000", "-o", "runs", "--model_args", "kv_megabytes=1", code=3)
        self.assertEqual(stderr.count("note: a sample that is too long for the keys and values will be an error"), 1)
        for record in samples(self.run_dir("runs")):
            self.assertEqual((record["status"], record["finish_reason"]), ("error", "error"))
            self.assertIn("kv_megabytes", record["error"])

    def test_a_gguf_key_of_the_wrong_kind_is_named_and_never_replaced_by_a_default(self):
        wrong, number = (8, tiny_model.text("x")), lambda value: (4, struct.pack("<I", value))
        for name, value, said in [
                ("qwen3.rope.freq_base", wrong, "a number is wanted"),
                ("qwen3.attention.layer_norm_rms_epsilon", wrong, "a number is wanted"),
                ("qwen3.rope.scaling.type", number(1), "a text is wanted"),
                ("tokenizer.ggml.eos_token_id", wrong, "a token id is wanted"),
                ("tokenizer.ggml.eot_token_id", number(264), "264 is no token of 264"),
                ("tokenizer.ggml.merges", None, "is missing"),
                ("tokenizer.ggml.merges", wrong, "a list of texts is wanted"),
                ("tokenizer.ggml.token_type", wrong, "a list of whole numbers is wanted"),
                ("tokenizer.ggml.add_bos_token", wrong, "true or false is wanted"),
                ("tokenizer.chat_template", number(1), "a text is wanted")]:
            line = self.error("generate", "-m", self.write("wrong.gguf", tiny_model.gguf_bytes({name: value})), "-p", "x", "--json")
            self.assertIn(f"wrong.gguf: {name}: {said}", line)
        none = self.write("none.gguf", tiny_model.gguf_bytes({"tokenizer.ggml.eot_token_id": number(2**32 - 1)}))
        self.generate("-p", "x", "--max-tokens", "2", model=none)

    def test_a_gguf_rope_factor_is_linear_where_no_type_says_otherwise(self):
        four, said = (6, struct.pack("<f", 4)), {}
        for name, keys in [("plain", {}), ("typed", {"type": (8, tiny_model.text("linear")), "factor": four}), ("untyped", {"factor": four})]:
            changed = {"qwen3.rope.scaling." + key: value for key, value in keys.items()}
            [row] = self.generate("-p", "Hi there", "--max-tokens", "8", "--logprobs", model=self.write(name + ".gguf", tiny_model.gguf_bytes(changed)))
            said[name] = row["logprobs"]
        self.assertEqual(said["untyped"], said["typed"])
        self.assertNotEqual(said["untyped"], said["plain"])

    def test_a_gguf_in_parts_is_one_model_and_every_part_the_one_that_its_name_says(self):
        def part(n, **wrong):
            keys = {"split.no": n - 1, "split.count": 2, **{"split." + key: value for key, value in wrong.items()}}
            values = {key: None if value is None else (2, struct.pack("<H", value)) for key, value in keys.items()}
            return tiny_model.gguf_bytes(values, lambda: [t for t in tiny_model.tensors() if ("mlp" in t[0]) == (n == 2)])

        ask = ["-p", "Hi", "--max-tokens", "8", "--logprobs"]
        first = self.write("parts-00001-of-00002.gguf", part(1))
        self.write("parts-00002-of-00002.gguf", part(2))
        self.assertEqual(self.generate(*ask, model=first)[0]["logprobs"], self.generate(*ask, model=self.gguf)[0]["logprobs"])
        for wrong, said in [({"no": 0}, "split.no: 1 is wanted of part 2 of 2"), ({"count": 3}, "split.count: 2 is wanted"), ({"no": None}, "split.no: 1")]:
            self.write("parts-00002-of-00002.gguf", part(2, **wrong))
            self.assertIn("parts-00002-of-00002.gguf: GGUF key " + said, self.error("generate", "-m", first, "-p", "Hi", "--json"))

    def test_an_instruction_set_that_is_not_known_is_refused_with_those_that_are(self):
        _, stderr = self.proctor("generate", "-m", self.gguf, "-p", "x", env={"PROCTOR_CPU": "nonsense"}, code=2)
        self.assertIn("proctor: PROCTOR_CPU in the environment: scalar, avx2, avx512 or avx512bf16 is wanted", stderr)
        for known in ("", "scalar", "avx512bf16"):
            self.proctor("generate", "-m", self.gguf, "-p", "x", "--max-tokens", "2", "--json", env={"PROCTOR_CPU": known})

    def test_yarn_of_another_kind_than_is_computed_is_refused_by_its_key(self):
        float32 = lambda value: (6, struct.pack("<f", value))
        yarn = {"qwen3.rope.scaling.type": (8, tiny_model.text("yarn")), "qwen3.rope.scaling.factor": float32(4)}
        for name, usual, other in [("yarn_ext_factor", 1, 0.5), ("yarn_attn_factor", 1, 2), ("yarn_log_multiplier", 0, 0.1)]:
            asked = lambda value: ["generate", "-m", self.write("yarn.gguf", tiny_model.gguf_bytes({**yarn, "qwen3.rope.scaling." + name: float32(value)})), "-p", "x", "--max-tokens", "2", "--json"]
            self.proctor(*asked(usual))
            self.assertIn(f"qwen3.rope.scaling.{name}: {other} is not supported", self.error(*asked(other)))

    def test_tokens_that_end_a_turn_end_an_answer_of_a_gguf_where_they_are_control_tokens(self):
        added = {"<|endoftext|>": 3, "<|end_of_text|>": 3, "<EOT>": 1, "<|fim_pad|>": 3}
        types = [1] * 256 + [3, 3, 4, 4] + list(added.values())
        model = self.write("ends.gguf", tiny_model.gguf_bytes({
            "tokenizer.ggml.tokens": (9, tiny_model.array(8, [tiny_model.text(t) for t in [*tiny_model.VOCAB, *added]])),
            "tokenizer.ggml.token_type": (9, tiny_model.array(5, [struct.pack("<i", t) for t in types]))}))
        self.proctor("run", "-t", "gen/arith", "--limit", "1", "--max-tokens", "2", "-m", model, "-o", "runs")
        details = json.loads((self.run_dir("runs") / "run.json").read_text())["model"]["details"]
        self.assertEqual(sorted(details["end_ids"]), [tiny_model.VOCAB.index("<|im_end|>"), 260, 261])

    def test_what_a_prompt_says_of_the_time_is_when_the_run_was_begun(self):
        dated = "{{ strftime_now('%B %Y') }}" + tiny_model.TEMPLATE
        self.write("tiny/tokenizer_config.json", json.dumps({"chat_template": dated}))
        run = ["run", "-t", "gen/arith", "--limit", "1", "--max-tokens", "2", "-m", self.model, "-o", "runs"]
        self.proctor(*run, "-n", "1")
        path = self.run_dir("runs") / "run.json"
        begun = json.loads(path.read_text())
        now = time.strptime(begun["created"], "%Y-%m-%dT%H:%M:%SZ")
        path.write_text(json.dumps({**begun, "created": "2001-05-31T23:59:59Z"}))
        self.proctor(*run, "-n", "2", env={"TZ": "Pacific/Auckland"})
        taken = {record["sample_idx"]: record["usage"]["prompt_tokens"] for record in samples(self.run_dir("runs"))}
        self.assertEqual(taken[0] - taken[1], len(time.strftime("%B %Y", now)) - len("May 2001"))

    def test_another_tokenizer_is_another_run(self):
        run = lambda model: self.results("run", "-t", "gen/arith", "--limit", "1", "--max-tokens", "2", "-m", model)["run_dir"]
        first = run(self.model)
        tokenizer = json.loads(pathlib.Path(self.model, "tokenizer.json").read_text())
        vocab = tokenizer["model"]["vocab"]
        vocab["x"], vocab["y"] = vocab["y"], vocab["x"]
        self.write("tiny/tokenizer.json", json.dumps(tokenizer))
        second = run(self.model)
        self.assertNotEqual(second, first)
        self.write("tiny/notes.json", "{}")
        self.assertEqual(run(self.model), second)
        whole = tiny_model.gguf_bytes({"general.padding": (8, tiny_model.text("-" * (4 << 20))), "tokenizer.ggml.note": (8, tiny_model.text("a" * 40000))})
        note, stride = whole.index(b"a" * 40000), (len(whole) - (1 << 20)) // 256
        at = next(i for i in range(note, note + 40000) if (i - (1 << 20)) % stride > 4096) # no sampled block has it
        of_gguf = [run(self.write("same.gguf", content)) for content in (whole, whole[:at] + b"b" + whole[at + 1:])]
        self.assertNotEqual(*of_gguf)

    @needs_plain_build
    def test_threads_that_cannot_be_had_are_one_error_that_names_the_option(self):
        limited = lambda: resource.setrlimit(resource.RLIMIT_AS, (1_500_000 << 10, 1_500_000 << 10))
        process = self.start("generate", "-m", self.gguf, "-p", "x", "--max-tokens", "2", "--threads", "250", preexec_fn=limited)
        self.addCleanup(process.kill)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3, stderr)
        self.assertRegex(stderr, "proctor: cannot start 250 threads: .*; ask for fewer with --threads")

    def test_dummy_weights_beyond_the_machine_are_refused_before_they_are_made(self):
        config = json.loads(pathlib.Path(self.model, "config.json").read_text())
        self.write("huge.json", json.dumps({**config, "hidden_size": 1 << 20, "intermediate_size": 1 << 20, "num_hidden_layers": 100}))
        for command in (["bench", "engine"], ["generate", "-p", "x"]):
            self.assertRegex(self.error(*command, "-m", "dummy:huge.json", code=3), r"huge.json: weights of this shape take \d+ MB as Q8_0, and this machine has \d+")

    def test_files_that_are_not_right_are_one_line_with_the_file_and_what_is_wrong(self):
        whole = pathlib.Path(self.gguf).read_bytes()
        cases = [("cut.gguf", whole[:-500], "run past the end of the file"), ("empty.gguf", b"", "empty"),
                 ("text.gguf", b"hello", "not a GGUF file"),
                 ("arch.gguf", whole.replace(b"qwen3", b"mamba"), "architecture mamba is not supported")]
        for name, content, wrong in cases:
            line = self.error("generate", "-m", self.write(name, content), "-p", "x")
            self.assertIn(name, line)
            self.assertIn(wrong, line)
        self.assertIn("gone.gguf", self.error("run", "-t", "gen/arith", "-m", "gone.gguf"))
        self.assertIn("config.json", self.error("generate", "-m", self.dir, "-p", "x"))
        self.assertIn("--device", self.error("generate", "-m", self.gguf, "-p", "x", "--device", "tpu"))
        self.assertIn("fp8", self.error("generate", "-m", self.gguf, "-p", "x", "--device", "cpu", "--model_args", "kv=fp8"))
        self.assertIn("kv_megabytes", self.error("generate", "-m", self.gguf, "-p", "x", "--model_args", "kv_megabyte=3"))
        self.assertIn("context", self.error("generate", "-m", self.gguf, "-p", "x" * 3000))
        self.assertIn("-p", self.error("generate", "-m", self.gguf))
        self.assertIn("dtype", self.error("bench", "engine", "-m", "dummy:" + self.model + "/config.json", "--model_args", "dtype=q9"))


if __name__ == "__main__":
    unittest.main()
