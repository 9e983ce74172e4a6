# SPDX-License-Identifier: MIT
"""proctor data against a local server that serves what publishers serve and fails as networks fail."""
import gzip
import hashlib
import http.server
import json
import pathlib
import subprocess
import threading
import unittest
import urllib.parse

from proctor import BINARY, DATA, Case, needs_data

ROWS = [{"unique_id": f"test/{i}.json", "problem": f"What is {i} + 1?", "answer": str(i + 1), "level": 1 + i % 5} for i in range(40)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
MATH500 = "/datasets/HuggingFaceH4/MATH-500/resolve/main/test.jsonl"
GPQA = "/datasets/Idavidrein/gpqa/resolve/main/gpqa_diamond.csv"
MMLU = [{"question_id": i, "question": f"Which is {i}?", "options": [str(i), str(i + 1), "x"], "answer": "A", "answer_index": 0,
         "cot_content": "", "category": "math"} for i in range(250)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        place = self.server.place
        with place.lock:
            place.requests.append((self.path, dict(self.headers)))
            answer = place.plans.get(urllib.parse.urlsplit(self.path).path, [])
            step = (answer.pop(0) if len(answer) > 1 else answer[0]) if answer else None
        if self.path.startswith("/rows?"):
            return self.rows(place)
        if step is None:
            return self.send(404, b"Entry not found")
        step(self)

    def rows(self, place):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        rows = place.tables.get((query["dataset"], query["config"], query["split"]))
        if rows is None:
            return self.send(404, b'{"error":"no such split"}')
        at, n = int(query["offset"]), min(int(query["length"]), 100)
        page = [{"row_idx": i, "row": row, "truncated_cells": place.cut_cells} for i, row in enumerate(rows)][at:at + n]
        self.send(200, json.dumps({"features": [], "rows": page, "num_rows_total": len(rows), "partial": False}).encode(), Content_Type="application/json")


def whole(body, **headers):
    """Serves all of it, or the range that is asked for."""
    def serve(handler):
        asked = handler.headers.get("Range")
        if not asked:
            return handler.send(200, body, **headers)
        begin = int(asked.removeprefix("bytes=").rstrip("-"))
        if begin >= len(body):
            return handler.send(416, b"", Content_Range=f"bytes */{len(body)}")
        handler.send(206, body[begin:], Content_Range=f"bytes {begin}-{len(body) - 1}/{len(body)}", **headers)
    return serve


def cut(body, after, ranges=True):
    """Promises all of it and hangs up after some bytes."""
    def serve(handler):
        asked = handler.headers.get("Range")
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked and ranges else 0
        handler.send_response(206 if begin else 200)
        handler.send_header("Content-Length", str(len(body) - begin))
        handler.end_headers()
        handler.wfile.write(body[begin:begin + after])
        handler.wfile.flush()
        handler.close_connection = True
    return serve


def status(code, body=b"", **headers):
    return lambda handler: handler.send(code, body, **headers)


def redirect(to, code=302, **headers):
    return lambda handler: handler.send(code, b"", Location=to, **headers)


class Place:
    """A server: path -> the answers it gives one after the other, the last one for ever."""

    def __init__(self):
        self.requests, self.plans, self.tables, self.cut_cells, self.lock = [], {}, {}, [], threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.place = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Data(Case):
    def setUp(self):
        super().setUp()
        self.place = Place()
        self.addCleanup(self.place.close)
        for name in list(self.env):
            if name.lower().endswith("_proxy") or name.startswith("HF_"):
                del self.env[name]
        self.env |= {"HF_ENDPOINT": self.place.url, "GITHUB_RAW": self.place.url + "/raw", "PROCTOR_CACHE": str(self.dir / "cache"), "HOME": str(self.dir)}

    def file(self, name):
        return self.dir / "cache" / "data" / name

    def pull(self, *args, code=0, **env):
        return self.proctor("data", "pull", *args, code=code, env=env)

    def refused(self, *args, code=2, **env):
        _, stderr = self.pull(*args, code=code, **env)
        lines = [line for line in stderr.splitlines() if line.startswith("proctor: ")]
        self.assertEqual(len(lines), 1, stderr)
        return lines[0]


class Pull(Data):
    def test_a_file_is_pulled_shown_and_found_by_its_task(self):
        self.place.plans[MATH500] = [whole(LINES)]
        stdout, _ = self.pull("math500")
        self.assertIn("licence MIT", stdout)
        self.assertIn("hf:HuggingFaceH4/MATH-500/test.jsonl", stdout)
        self.assertIn(hashlib.sha256(LINES).hexdigest()[:16], stdout)
        self.assertEqual(self.file("math500.jsonl").read_bytes(), LINES)
        stdout, _ = self.proctor("prompt", "-t", "math500", "--doc", "test/3.json")
        self.assertIn("What is 3 + 1?", stdout)
        n = len(self.place.requests)
        self.assertIn("is there", self.pull("math500")[0])
        self.assertEqual(len(self.place.requests), n)
        self.pull("math500", "--again")
        self.assertGreater(len(self.place.requests), n)

    def test_the_token_goes_to_the_hub_and_not_to_whom_it_redirects(self):
        store = Place()
        self.addCleanup(store.close)
        store.plans["/blob"] = [whole(LINES)]
        self.place.plans[MATH500] = [redirect("/moved/here", 307)]
        self.place.plans["/moved/here"] = [redirect(store.url + "/blob", X_Linked_Etag='"' + hashlib.sha256(LINES).hexdigest() + '"')]
        self.pull("math500", HF_TOKEN="hf_secret")
        self.assertEqual([headers.get("Authorization") for _, headers in self.place.requests], ["Bearer hf_secret"] * 2)
        self.assertEqual([headers.get("Authorization") for _, headers in store.requests], [None])
        github = "/raw/openai/grade-school-math/3101c7d50724/grade_school_math/data/train.jsonl"
        self.place.plans[github] = [whole(b'{"question":"q","answer":"a #### 1"}\n')]
        self.pull("gsm8k", "--unpinned", HF_TOKEN="hf_secret", code=2)  # the test split is not served
        self.assertNotIn("Authorization", [headers for path, headers in self.place.requests if path == github][0])

    def test_a_redirect_loop_ends(self):
        self.place.plans[MATH500] = [redirect(MATH500)]
        self.assertIn("redirects", self.refused("math500"))

    def test_busy_servers_are_tried_again_when_they_say(self):
        self.place.plans[MATH500] = [status(429, Retry_After="0"), status(503, Retry_After="0"), status(500, Retry_After="0"), whole(LINES)]
        self.pull("math500")
        self.assertEqual(self.file("math500.jsonl").read_bytes(), LINES)

    def test_a_server_that_stays_busy_is_infrastructure(self):
        self.place.plans[MATH500] = [status(429, Retry_After="0")]
        self.assertRegex(self.refused("math500", code=3), r"answered 429 after \d tries; the same command goes on")

    def test_what_was_cut_off_goes_on_where_it_stopped(self):
        self.place.plans[MATH500] = [cut(LINES, 1000), cut(LINES, 500), whole(LINES)]
        self.pull("math500")
        self.assertEqual(self.file("math500.jsonl").read_bytes(), LINES)
        self.assertEqual([headers.get("Range") for _, headers in self.place.requests], [None, "bytes=1000-", "bytes=1500-"])

    def test_a_later_command_goes_on_too(self):
        self.write("cache/data/math500.jsonl.part", LINES[:700])
        self.place.plans[MATH500] = [whole(LINES)]
        self.pull("math500")
        self.assertEqual(self.file("math500.jsonl").read_bytes(), LINES)
        self.assertEqual(self.place.requests[0][1].get("Range"), "bytes=700-")

    def test_a_server_without_ranges_sends_everything_again(self):
        self.place.plans[MATH500] = [cut(LINES, 1000, ranges=False), lambda handler: handler.send(200, LINES)]
        self.pull("math500")
        self.assertEqual(self.file("math500.jsonl").read_bytes(), LINES)

    def test_what_was_begun_of_another_file_is_begun_again(self):
        self.write("cache/data/math500.jsonl.part", b"x" * (len(LINES) + 5))
        self.place.plans[MATH500] = [whole(LINES)]
        self.pull("math500")
        self.assertEqual(self.file("math500.jsonl").read_bytes(), LINES)

    def test_damage_that_the_hub_s_own_checksum_shows_is_pulled_again(self):
        sound = '"' + hashlib.sha256(LINES).hexdigest() + '"'
        self.place.plans[MATH500] = [whole(LINES.replace(b"+", b"-"), X_Linked_Etag=sound), whole(LINES, X_Linked_Etag=sound)]
        self.pull("math500")
        self.assertEqual(self.file("math500.jsonl").read_bytes(), LINES)

    def test_a_file_that_is_not_the_pinned_one_is_not_taken_silently(self):
        path = "/raw/QwenLM/QwQ/620a5eadc89f/eval/data/aime24.jsonl"
        body = b'{"prompt":"What is 1 + 1?","answer":2}\n'
        self.place.plans[path] = [whole(body)]
        self.assertRegex(self.refused("aime24"), r"differs from the pinned one \(sha256 \w+ instead of \w+\).*--unpinned")
        self.assertFalse(self.file("aime24_qwq.jsonl").exists())
        self.pull("aime24", "--unpinned")
        said = self.write_rows("said.jsonl", [{"id": 0, "response": "\\boxed{2}"}])
        _, stderr = self.proctor("run", "-t", "aime24", "-m", f"recorded:{said}", "-n", "1", "--no-progress")
        self.assertRegex(stderr, r"note: aime24: .*aime24_qwq\.jsonl is not the file that was pinned")

    def test_gz_zst_csv_and_json_are_read_as_they_come(self):
        packed = subprocess.run(["zstd", "-q", "-c"], input=LINES, capture_output=True, check=False)
        if packed.returncode == 0:
            self.place.plans["/files/rows.jsonl.zst"] = [whole(packed.stdout)]
            self.assertIn("40 rows", self.pull(self.place.url + "/files/rows.jsonl.zst")[0])
        self.place.plans["/raw/own/er/HEAD/d/rows.jsonl.gz"] = [whole(gzip.compress(LINES))]
        self.assertIn("40 rows", self.pull("github:own/er/d/rows.jsonl.gz")[0])
        self.place.plans["/datasets/own/er/resolve/main/rows.csv"] = [whole(b"question,answer\nq,1\nr,2\n")]
        self.assertIn("2 rows", self.pull("hf:own/er/rows.csv")[0])
        self.place.plans["/datasets/own/er/resolve/v2/rows.json"] = [whole(json.dumps(ROWS, indent=1).encode())]
        self.assertIn("40 rows", self.pull("hf:own/er@v2/rows.json")[0])

    def test_a_compressing_server_does_not_spoil_the_file(self):
        self.place.plans[MATH500] = [lambda handler: handler.send(200, gzip.compress(LINES), Content_Encoding="gzip")
                                     if "gzip" in handler.headers.get("Accept-Encoding", "") else handler.send(200, LINES)]
        self.pull("math500")
        self.assertEqual(self.file("math500.jsonl").read_bytes(), LINES)

    def test_rows_come_page_by_page(self):
        self.place.tables[("TIGER-Lab/MMLU-Pro", "default", "test")] = MMLU
        self.place.tables[("TIGER-Lab/MMLU-Pro", "default", "validation")] = MMLU[:5]
        self.pull("mmlu_pro", "-j", "1")
        self.assertEqual([json.loads(line)["question_id"] for line in self.file("mmlu_pro_test.jsonl").read_text().splitlines()], list(range(250)))
        pages = [path for path, _ in self.place.requests if "split=test" in path]
        self.assertEqual([dict(urllib.parse.parse_qsl(path))["offset"] for path in pages], ["0", "100", "200"])
        stdout, _ = self.proctor("prompt", "-t", "mmlu_pro", "--doc", "7", "--num-fewshot", "2")
        self.assertIn("Which is 7?", stdout)

    def test_rows_that_the_server_shortened_are_refused(self):
        self.place.tables[("TIGER-Lab/MMLU-Pro", "default", "test")] = MMLU
        self.place.tables[("TIGER-Lab/MMLU-Pro", "default", "validation")] = MMLU[:5]
        self.place.cut_cells = ["question"]
        self.assertIn("cut long cells", self.refused("mmlu_pro", "-j", "1"))

    def test_gated_data_says_what_it_needs(self):
        self.place.plans[GPQA] = [status(401, b"Access to dataset is restricted")]
        message = self.refused("gpqa_diamond", HF_TOKEN="hf_secret")
        self.assertIn("HF_TOKEN", message)
        self.assertNotIn("hf_secret", message)

    def test_a_page_for_people_is_no_data(self):
        self.place.plans[MATH500] = [lambda handler: handler.send(200, b"<!DOCTYPE html><html>Sign in</html>", Content_Type="text/html")]
        self.assertIn("page for people", self.refused("math500"))
        self.place.plans[MATH500] = [whole(b'{"oops":\n')]
        self.assertIn("not data", self.refused("math500"))
        self.assertFalse(self.file("math500.jsonl").exists())

    def test_one_missing_file_does_not_keep_the_others(self):
        self.place.plans[MATH500] = [whole(LINES)]
        self.assertIn("404", self.refused("gpqa_diamond", "math500"))
        self.assertTrue(self.file("math500.jsonl").exists())

    def test_files_are_pulled_in_parallel(self):
        barrier = threading.Barrier(2, timeout=20)
        def together(body):
            def serve(handler):
                barrier.wait()
                handler.send(200, body)
            return serve
        self.place.plans[MATH500] = [together(LINES)]
        self.place.plans[GPQA] = [together(b"Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\nr,q,a,b,c,d\n")]
        self.pull("math500", "gpqa_diamond")

    def test_a_proxy_is_used_and_no_proxy_is_not(self):
        proxy = Place()
        self.addCleanup(proxy.close)
        proxy.plans[MATH500] = [whole(LINES)]
        self.pull("math500", HF_ENDPOINT="http://hub.invalid", HTTP_PROXY=proxy.url, http_proxy=proxy.url)
        self.assertTrue(proxy.requests[0][0].startswith("http://hub.invalid"), proxy.requests)
        self.place.plans[MATH500] = [whole(LINES)]
        n = len(proxy.requests)
        self.pull("math500", "--again", http_proxy=proxy.url, HTTP_PROXY=proxy.url, no_proxy="127.0.0.1", NO_PROXY="127.0.0.1")
        self.assertEqual(len(proxy.requests), n)

    def test_a_place_that_cannot_be_reached_is_infrastructure(self):
        self.place.close()
        self.assertIn("no whole answer", self.refused("math500", code=3))

    def test_names_are_checked(self):
        self.assertIn("did you mean math500?", self.refused("math5000"))
        self.assertIn("name tasks", self.refused())
        self.assertIn("--data lineage=FILE", self.refused("lineage"))
        self.assertIn("did you mean pull?", self.error("data", "pul", "math500"))
        self.assertIn("origin is", self.refused("hf:no-path"))

    def test_a_folder_that_cannot_be_written_is_infrastructure(self):
        self.write("cache/data", b"a file")
        self.place.plans[MATH500] = [whole(LINES)]
        self.assertIn("cannot", self.refused("math500", code=3))


class Verify(Data):
    def test_golds_are_graded_by_their_own_grader(self):
        self.write_rows("bench/math500.jsonl", ROWS[:3])
        stdout, stderr = self.proctor("data", "verify", "math500", "--data", "bench")
        self.assertRegex(stdout, r"math500 +3 questions, 3 of 3 golds pass")
        self.assertIn("not the file that was pinned", stdout)
        self.write_rows("bench/math500.jsonl", [*ROWS[:2], {**ROWS[2], "answer": "\\frac{"}])
        stdout, _ = self.proctor("data", "verify", "math500", "--data", "bench", code=1)
        self.assertIn("2 of 3 golds pass", stdout)
        self.assertIn("test/2.json", stdout)

    def test_golds_that_are_programs_are_run(self):
        def row(name, solution):
            return {"task_id": name, "prompt": "def inc(x):\n    \"\"\"One more.\"\"\"\n", "entry_point": "inc", "canonical_solution": solution,
                    "test": "def check(candidate):\n    assert candidate(1) == 2\n"}
        if subprocess.run([BINARY, "sandbox", "doctor"], capture_output=True, check=False).returncode != 0:
            self.skipTest("the sandbox is refused here")
        self.write_rows("bench/humaneval.jsonl", [row("T/0", "    return x + 1\n"), row("T/1", "    return x\n"), row("T/2", "")])
        stdout, _ = self.proctor("data", "verify", "humaneval", "--data", "bench", code=1)
        self.assertIn("1 of 2 golds pass, 1 have no reference answer", stdout)
        self.assertRegex(stdout, r"T/1: tests \w+ is incorrect: .*assert candidate\(1\) == 2")

    def test_a_pulled_file_that_was_changed_since_is_named(self):
        self.place.plans[MATH500] = [whole(LINES)]
        self.pull("math500")
        self.assertNotIn("changed", self.proctor("data", "verify", "math500")[0])
        self.file("math500.jsonl").write_bytes(LINES.replace(b"What is 3", b"What was 3"))
        self.assertRegex(self.proctor("data", "verify", "math500")[0], r"math500\.jsonl has changed since it was pulled")

    def test_ls_names_files_origin_and_licence(self):
        self.write_rows("bench/math500.jsonl", ROWS[:3])
        stdout, _ = self.proctor("data", "ls", "--data", "bench")
        line = [line for line in stdout.splitlines() if line.startswith("math500 ")][0]
        self.assertIn("bench/math500.jsonl", line)
        self.assertIn("licence MIT", line)
        rows = [json.loads(line) for line in self.proctor("data", "ls", "@r1", "--json", "--data", "bench")[0].splitlines()]
        self.assertEqual({row["task"] for row in rows}, {"aime24", "math500", "gpqa_diamond", "mmlu_pro", "livecodebench"})

    @needs_data
    def test_every_real_gold_passes(self):
        rows = {}
        stdout, _ = self.proctor("data", "verify", "--json", "--data", pathlib.Path(DATA) / "bench", "@math", "@logic", "hendrycks_math")
        for row in map(json.loads, stdout.splitlines()):
            rows[row["task"]] = row
        self.assertGreater(len(rows), 40)
        for task, row in rows.items():
            with self.subTest(task):
                self.assertEqual(row["flaws"], [])
                self.assertEqual(row["unpinned"], [])
                self.assertEqual(row["golds"], row["questions"])


if __name__ == "__main__":
    unittest.main()
