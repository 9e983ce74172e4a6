# SPDX-License-Identifier: MIT
"""Models behind a server: what is sent, what is made of every answer, and of every kind of trouble."""
import collections
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import fake_server as fake
import tiny_model
from fake_server import STREAM_HEAD, chat, chunk, cut, delta, events, refusal, response, silent, stream, trickle
from proctor import BINARY, Case, key, needs_plain_build, read_lines, samples
import unittest

GOOD = stream(delta("<think>hm"), delta("</think>\\boxed{1}"), delta(None, "stop"))


def pass_on(listening, port, greet=lambda near: None):
    """Passes every connection on to the port, after greeting it."""
    def copy(a, b):
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                b.sendall(data)
        b.close()

    while True:
        try:
            near, _ = listening.accept()
        except OSError:
            return
        greet(near)
        far = socket.create_connection(("127.0.0.1", port))
        for pair in [(near, far), (far, near)]:
            threading.Thread(target=copy, args=pair, daemon=True).start()


class Endpoint(Case):
    """5 questions x 3 samples unless told otherwise."""

    def setUp(self):
        super().setUp()
        for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]:
            self.env.pop(name, None)
            self.env.pop(name.lower(), None)

    def server(self, answer=None, **options):
        server = fake.Server(answer, **options)
        self.addCleanup(server.close)
        return server

    def command(self, server, *more, questions=5, n=3):
        model = server if isinstance(server, str) else server.model
        return ["run", "-t", "gen/arith", "-m", model, "--limit", questions, "-n", n, "--no-progress", *more]

    def run_samples(self, server, *more, code=0, questions=5, n=3, env=None):
        """Runs and returns the records, each sample once in the last record of it."""
        self.stderr = self.proctor(*self.command(server, *more, questions=questions, n=n), code=code, env=env)[1]
        return samples(self.run_dir())

    def run_dir(self):
        return self.dir / "runs" / "latest"

    def run_json(self):
        return json.loads((self.run_dir() / "run.json").read_text())

    def assert_whole(self, records, count=15):
        self.assertEqual([r["error"] for r in records if r["status"] == "error"], [])
        self.assertEqual(len(records), count)
        self.assertEqual(len({key(r) for r in records}), count)


class WhatIsSent(Endpoint):
    def test_sampling_seed_and_key(self):
        server = self.server()
        records = self.run_samples(server, "--temperature", "0.7", "--top-p", "0.9", "--top-k", "20", "--min-p", "0.05", "--max-tokens", "99",
                                   env={"OPENAI_API_KEY": "sk-first"})
        body = server.requests[0]
        wanted = {"model": "tiny", "temperature": 0.7, "top_p": 0.9, "top_k": 20, "min_p": 0.05, "max_tokens": 99, "stream": True}
        self.assertEqual({k: body[k] for k in wanted}, wanted)
        self.assertEqual(len({r["seed"] for r in server.requests}), 15)
        self.assertEqual({r["seed"] & 0x7FFFFFFF for r in records}, {r["seed"] for r in server.requests})
        self.assertEqual({h["authorization"] for _, _, h in server.headers}, {"Bearer sk-first"})
        self.assertEqual(server.headers[0][:2], ("GET", "/v1/models"))
        self.assertLess(server.connections, 17)

    def test_thinking_effort_and_extra_body(self):
        server = self.server()
        self.run_samples(server, "--thinking", "off", "--reasoning-effort", "low", "--stop", "###", "--extra-body",
                         '{"chat_template_kwargs":{"enable_thinking":true},"priority":3}')
        body = server.requests[0]
        self.assertEqual(body["reasoning_effort"], "low")
        self.assertEqual(body["chat_template_kwargs"], {"enable_thinking": True, "thinking": False})
        self.assertEqual((body["priority"], body["stop"]), (3, ["###"]))
        self.assertIn("proctor's to set", self.error(*self.command(server, "--extra-body", '{"stream":false}')))

    def test_sampling_is_given_by_its_options_so_that_reports_know_it(self):
        server = self.server()
        for key, option in [("temperature", "--temperature"), ("top_p", "--top-p"), ("max_tokens", "--max-tokens"), ("max_completion_tokens", "--max-tokens"),
                            ("seed", "--seed"), ("stop", "--stop")]:
            message = self.error(*self.command(server, "--extra-body", json.dumps({key: 1})))
            self.assertIn(f'"{key}"', message)
            self.assertIn(f"use {option}", message)
        self.assertEqual(server.requests, [])
        self.run_samples(server, "--extra-body", '{"temperature":null,"seed":null}', questions=1, n=1)
        self.assertFalse({"temperature", "seed"} & set(server.requests[0]))
        self.assertIn("leaves out temperature, seed; the server's own default was in force", self.run_json()["model"]["note"])

    def test_what_was_asked_of_the_model_is_compared_and_guards_a_gate(self):
        server = self.server()
        runs = []
        for more in [[], ["--thinking", "off"], ["--reasoning-effort", "high"], ["--extra-body", '{"priority":3}']]:
            self.run_samples(server, *more, questions=4, n=2)
            runs.append(self.run_dir().resolve())
        for run, field, text in zip(runs[1:], ["thinking", "reasoning_effort", "extra_body"], ["none and false", 'none and "high"', 'none and {"priority":3}']):
            self.assertIn(f"{field} differs: {text}", self.proctor("compare", runs[0], run)[0])
            out = self.proctor("gate", run, "--baseline", runs[0], code=2)[0]
            self.assertIn(f"--allow-mismatch {field}", out)
            self.assertNotIn("--allow-mismatch", self.proctor("gate", run, "--baseline", runs[0], "--allow-mismatch", field, code=4)[0])

    def test_stop_strings_never_cut_the_thinking(self):
        server = self.server(lambda body, nth: response(chat("<think>a ### b</think>\\boxed{1} ### \\boxed{2}", "length")))
        records = self.run_samples(server, "--stop", "###")
        self.assertNotIn("stop", server.requests[0])
        self.assertEqual({(r["reasoning"], r["answer_text"], r["status"]) for r in records}, {("a ### b", "\\boxed{1} ", "complete")})

    def test_plain_completions_have_no_second_bos(self):
        server = self.server(lambda body, nth: response({"choices": [{"index": 0, "text": "\\boxed{1}", "finish_reason": "stop"}]}))
        self.run_samples(server, "--model_args", "api=completions,stream=off", "--system", "<｜begin▁of▁sentence｜>Be brief.")
        body = server.requests[0]
        self.assertTrue(body["prompt"].startswith("Be brief.\n\n"))
        self.assertNotIn("messages", body)
        self.assertNotIn("stream", body)
        self.assertEqual(server.headers[-1][1], "/v1/completions")

    def test_options_that_change_answers_are_another_run(self):
        server = self.server()
        for more in [[], ["--reasoning-effort", "low"], ["--thinking", "on"], ["--extra-body", '{"a":1}'], ["--model_args", "api=completions"]]:
            self.run_samples(server, *more, questions=1, n=1)
        self.assertEqual(len([d for d in (self.dir / "runs").iterdir() if d.is_dir() and not d.is_symlink()]), 5)
        requests = len(server.requests)
        self.run_samples(server, "--max-connections", "3", "--model_args", "timeout=9", questions=1, n=1)
        self.assertEqual(len(server.requests), requests)

    def test_several_samples_in_one_request(self):
        def answer(body, nth):
            choices = [{"index": i, "message": {"content": f"\\boxed{{{i}}}"}, "finish_reason": "stop"} for i in range(body.get("n", 1))]
            return response({"choices": choices, "usage": {"prompt_tokens": 7, "completion_tokens": 10}})
        server = self.server(answer)
        records = self.run_samples(server, "--model_args", "n=2")
        self.assert_whole(records)
        self.assertEqual(len(server.requests), 10)
        self.assertEqual(sum(r["usage"]["completion_tokens"] for r in records), 10 * 10)
        self.assertEqual(sum(r["usage"]["prompt_tokens"] for r in records), 7 * 10)

    def test_a_stream_that_counts_each_choice_is_believed(self):
        def answer(body, nth):
            events = []
            for i, tokens in enumerate([3, 8][:body["n"]]):
                ended = {"choices": [{"index": i, "delta": {"content": f"\\boxed{{{i}}}"}, "finish_reason": "stop"}]}
                events += [ended, {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": tokens}}]
            return stream(*events)
        records = self.run_samples(self.server(answer), "--model_args", "n=2", questions=1, n=2)
        self.assertEqual([(r["usage"]["prompt_tokens"], r["usage"]["completion_tokens"]) for r in records], [(7, 3), (0, 8)])
        self.assertNotIn("usage", records[0].get("extra", {}))

    def test_n_ignored_is_noticed_and_nothing_is_missing(self):
        server = self.server()
        self.assert_whole(self.run_samples(server, "--model_args", "n=3", "-j", "1"))
        self.assertIn("ignores n", self.stderr)
        self.assertEqual(self.run_json()["model"]["details"]["parameters"]["n"], "ignored")

    def test_parameters_that_a_server_refuses_are_left_out_and_recorded(self):
        def answer(body, nth):
            if "max_tokens" in body:
                return refusal("400 Bad Request", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
                               param="max_tokens", code="unsupported_parameter")
            for name in ["temperature", "top_p"]:
                if name in body:
                    return refusal("400 Bad Request", f"Unsupported value: '{name}' does not support this.", param=name, code="unsupported_value")
            if "seed" in body:
                return response({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
                                "422 Unprocessable Entity")
            return GOOD
        server = self.server(answer)
        records = self.run_samples(server, "--max-tokens", "77")
        self.assert_whole(records)
        self.assertEqual(server.requests[-1]["max_completion_tokens"], 77)
        self.assertEqual(sorted(records[0]["extra"]["refused"]), ["seed", "temperature", "top_p"])
        self.assertNotIn("seed", records[0])
        self.assertIn("the server refused seed, temperature, top_p", self.stderr)
        parameters = self.run_json()["model"]["details"]["parameters"]
        self.assertIn("Unsupported value", parameters["temperature"])
        self.assertIn("max_completion_tokens", parameters["max_tokens"])


    def test_a_refusal_of_what_extra_body_sets_is_the_users_to_hear(self):
        server = self.server(lambda body, nth: refusal("400 Bad Request", "'chat_template_kwargs' must be an object", param="chat_template_kwargs"))
        stderr = self.proctor(*self.command(server, "--extra-body", '{"chat_template_kwargs":"hot"}'), code=2)[1]
        self.assertIn("'chat_template_kwargs' must be an object", stderr)
        self.assertNotIn("the server refused", stderr)
        self.assertLessEqual(len({json.dumps(r, sort_keys=True) for r in server.requests if r["seed"] == server.requests[0]["seed"]}), 1)


class WhatIsAnswered(Endpoint):
    def one(self, reply, *more, **options):
        [record] = self.run_samples(self.server(lambda body, nth: reply), *more, questions=1, n=1, **options)
        return record

    def test_a_stream_and_a_document_are_read_alike_whatever_was_asked_for(self):
        usage = {"prompt_tokens": 7, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4},
                 "completion_tokens_details": {"reasoning_tokens": 3}}
        wanted = {"prompt_tokens": 7, "cached_tokens": 4, "completion_tokens": 9, "reasoning_tokens": 3}
        streamed = stream(delta("", role="assistant"), delta(reasoning_content="h"), delta(reasoning_content="m"), delta("\\boxed{"), delta("1}", "stop"),
                          {"choices": [], "usage": usage})
        for reply in [streamed, response(chat("\\boxed{1}", reasoning="hm", usage=usage) | {"usage": usage})]:
            for asked in ["stream=on", "stream=off"]:
                record = self.one(reply, "--model_args", asked, "--fresh")
                self.assertEqual((record["text"], record["reasoning"], record["answer_text"]), ("\\boxed{1}", "hm", "\\boxed{1}"))
                self.assertEqual((record["usage"], record["status"], record["finish_reason"]), (wanted, "complete", "stop"))

    def test_thinking_in_every_shape(self):
        for reply, reasoning, answer, status in [
                (stream(delta(reasoning="a"), delta("b", "stop")), "a", "b", "complete"),
                (stream(delta("a</think>b", "stop")), "a", "b", "complete"),
                (stream(delta("<think>a</think>b", "stop")), "a", "b", "complete"),
                (stream(delta(reasoning_content="a"), delta(None, "length")), "a", "", "truncated_thinking"),
                (stream(delta("<think>a", "length")), "a", "", "truncated_thinking"),
                (response(chat(None, "length", reasoning="a")), "a", "", "truncated_thinking"),
                (response(chat([{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}, {"type": "text", "text": "b"}])), "a", "b", "complete")]:
            record = self.one(reply, "--fresh")
            self.assertEqual((record.get("reasoning"), record["answer_text"], record["status"]), (reasoning, answer, status))

    def test_streams_as_servers_write_them(self):
        whole = json.dumps(delta("\\boxed{1}", "stop"))
        for body in [f": ping\r\n\r\ndata: {whole}\r\n\r\ndata: [DONE]\r\n\r\n", f"\ufeffdata:{whole}\n\ndata:[DONE]", f"event: message\nid: 3\ndata: {whole}\n\n",
                     f"data: {whole}\r\rdata: [DONE]\r\r", "data: " + json.dumps(delta("\\boxed{1}", "stop"), indent=1).replace("\n", "\ndata: ") + "\n\n"]:
            self.assertEqual(self.one(response(body, kind="text/event-stream"), "--fresh")["text"], "\\boxed{1}", body)

    def test_bytes_that_are_no_utf8_are_kept(self):
        import base64
        raw = json.dumps(chat("XX\\boxed{1}")).encode().replace(b"XX", b"\xff\xc3(")
        self.assertEqual(base64.b64decode(self.one(response(raw))["text_base64"]), b"\xff\xc3(\\boxed{1}")
        halves = events(delta("AA"), delta("BB\\boxed{1}", "stop")).replace(b"AA", b"\xe2\x82").replace(b"BB", b"\xac")
        self.assertEqual(self.one(response(halves, kind="text/event-stream"), "--fresh")["text"], "\u20ac\\boxed{1}")
        lone = json.dumps(chat("XX\\boxed{1}")).replace("XX", "\\ud83d")
        self.assertEqual(self.one(response(lone), "--fresh")["text"], "\ufffd\\boxed{1}")

    def test_a_character_cut_between_two_packets(self):
        reply = chunk(events(delta("é\\boxed{1}", "stop")).replace(b"\\u00e9", "é".encode()))
        self.assertEqual(self.one(trickle(STREAM_HEAD + reply + b"0\r\n\r\n", 0))["text"], "é\\boxed{1}")

    def test_a_choice_sent_twice_counts_once(self):
        choice = {"index": 0, "message": {"content": "\\boxed{1}"}, "finish_reason": "stop"}
        self.assertEqual(self.one(response({"choices": [choice, choice, {**choice, "index": 1}]}))["text"], "\\boxed{1}")

    def test_usage_missing_is_absent_and_not_zero(self):
        self.assertNotIn("usage", self.one(response(chat(usage=False))))

    def test_generate_tells_of_a_server_only_what_it_said(self):
        document = json.loads(self.proctor("generate", "-m", self.server(lambda body, nth: response(chat(usage=False))).model, "--chat", "-p", "Hi", "-n", "2", "--json")[0])
        self.assertEqual(list(document), ["samples"])
        self.assertEqual([row["text"] for row in document["samples"]], ["\\boxed{1}"] * 2)
        for key_ in ["ids", "logprobs", "prompt_tokens", "completion_tokens"]:
            self.assertNotIn(key_, document["samples"][0])

    def test_usage_below_zero_is_not_known(self):
        usage = {"prompt_tokens": -5, "completion_tokens": -1, "cost": -0.5, "prompt_tokens_details": {"cached_tokens": -2},
                 "completion_tokens_details": {"reasoning_tokens": -3}}
        self.assertNotIn("usage", self.one(response({**chat(), "usage": usage})))
        self.assertEqual(self.one(response({**chat(), "usage": {**usage, "completion_tokens": 4}}), "--fresh")["usage"], {"completion_tokens": 4})

    @needs_plain_build
    def test_twenty_megabytes(self):
        text = "\\boxed{1}" + "x" * 20_000_000
        self.assertEqual(len(self.one(response(chat(text)))["text"]), len(text))

    def test_tokens_time_and_concurrency_are_logged(self):
        server = self.server(lambda body, nth: GOOD, latency=0.05)
        stderr = self.proctor(*[a for a in self.command(server, "-j", "4") if a != "--no-progress"])[1]
        self.assertRegex(stderr, r"in flight  0\.\d+ s each, 0\.\d+ s to the first token")
        traffic = self.run_json()["model"]["details"]["last_session"]
        self.assertEqual((traffic["requests"], traffic["samples"], traffic["most_in_flight"]), (15, 15, 4))
        self.assertGreater(traffic["latency_s"]["median"], 0.04)
        self.assertIn("ttft_s", traffic)
        self.assertIn('"most_in_flight":4', (self.run_dir() / "log.txt").read_text())
        self.assertEqual(server.most_in_flight, 4)


class Refusals(Endpoint):
    def refused(self, server, *more):
        begin = time.monotonic()
        message = self.error(*self.command(server, *more))
        self.assertLess(time.monotonic() - begin, 1)
        return message

    def test_the_servers_own_words_at_once(self):
        for status, words in [("400 Bad Request", "maximum context length is 4096 tokens"), ("401 Unauthorized", "invalid key"),
                              ("403 Forbidden", "not for you"), ("404 Not Found", "The model `tiny` does not exist.")]:
            server = self.server(lambda body, nth: refusal(status, words))
            self.assertIn(words, self.refused(server))
        self.assertIn("no key was sent", self.refused(self.server(models=refusal("401 Unauthorized", "who?"))))

    def test_an_unknown_model_is_told_before_anything_is_asked(self):
        server = self.server()
        message = self.refused(server.model.replace("tiny@", "tinny@"))
        self.assertIn("has no model tinny; did you mean tiny", message)
        self.assertEqual(server.requests, [])
        self.run_samples(server.model.replace("tiny@", "tinny@"), "--model_args", "model=tiny")
        self.assertEqual(server.requests[0]["model"], "tiny")

    def test_a_redirect_is_not_followed(self):
        location = ["Location: http://127.0.0.1:1/elsewhere"]
        self.assertIn("redirects to http://127.0.0.1:1/elsewhere", self.refused(self.server(models=response("", "307 Temporary Redirect", location))))
        self.assertIn("redirects to", self.refused(self.server(lambda body, nth: response("", "308 Permanent Redirect", location))))

    def test_a_server_without_a_list_of_models(self):
        self.assert_whole(self.run_samples(self.server(models=refusal("404 Not Found", "no such path"))))

    def test_wrong_urls(self):
        for model, words in [("m@http://", "is wanted"), ("m@http://h:99999/v1", "is wanted"), ("m@http://[::1/v1", "is wanted"),
                             ("m@http://user:pw@h/v1", "OPENAI_API_KEY"), ("@http://h/v1", "model's name"), ("m@", "OPENAI_BASE_URL"),
                             ("m@http://h/v1,http://h/v1", "twice")]:
            message = self.error(*self.command(model))
            self.assertIn(words, message)
            self.assertNotIn("pw", message)
        self.assertIn("for models behind a URL", self.error("run", "-t", "gen", "-m", "demo", "--retry-for", "3"))

    def test_unreachable_is_said_in_the_first_second_and_tried(self):
        begin = time.monotonic()
        process = self.start(*self.command("tiny@http://127.0.0.1:1/v1", "--retry-for", "2"))
        said = [process.stderr.readline() for _ in range(2)]
        self.assertLess(time.monotonic() - begin, 1)
        self.assertIn("connection refused; trying for 2 s", said[1])
        _, stderr = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 3, stderr)
        self.assertGreater(time.monotonic() - begin, 1.9)
        self.assertIn("not found", self.error(*self.command("tiny@http://no-such-host.invalid/v1", "--retry-for", "0"), code=3))

    def test_silence_from_the_start(self):
        begin = time.monotonic()
        process = self.start(*self.command(self.server(models=silent(b"")), "--retry-for", "2"))
        said = [process.stderr.readline() for _ in range(2)]
        self.assertLess(time.monotonic() - begin, 1)
        self.assertIn("waiting for http://", said[1])
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 3)

    def test_a_server_that_comes_up_late(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = self.start(*self.command(f"tiny@http://127.0.0.1:{port}/v1", "--retry-for", "10"))
        process.stderr.readline(), process.stderr.readline()
        server = self.server()
        relay = socket.create_server(("127.0.0.1", port))
        self.addCleanup(relay.close)
        threading.Thread(target=pass_on, args=(relay, server.port), daemon=True).start()
        _, stderr = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, stderr)


class Trouble(Endpoint):
    """The first attempt at every sample goes wrong; nothing is lost, doubled or scored 0."""

    def once(self, bad, *more):
        return self.run_samples(self.server(lambda body, nth: bad if nth == 0 else GOOD), *more)

    def test_every_fault_once(self):
        half = chunk(events(delta("\\boxed{2}"), done=False))
        for name, bad in {
                "429": refusal("429 Too Many Requests", "slow down"),
                "429 with Retry-After": refusal("429 Too Many Requests", "slow down", ["Retry-After: 0.2"]),
                "503": refusal("503 Service Unavailable", "loading"),
                "error in a 200": response({"error": {"message": "CUDA out of memory", "code": 500}}),
                "error in a stream": stream(delta("\\boxed{2}"), {"error": {"message": "aborted"}}),
                "cut in mid-stream": cut(STREAM_HEAD + half),
                "cut in mid-character": cut(STREAM_HEAD + b"40\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"\xe2\x82"),
                "cut before the answer": cut(b""),
                "a stream that only ends": response(events(delta("\\boxed{2}"), done=False), kind="text/event-stream"),
                "malformed JSON": response("{\"choices\": [{"),
                "malformed events": response("data: {\"choices\": [}\n\n", kind="text/event-stream"),
                "an empty body": response(""),
                "an empty stream": response("data: [DONE]\n\n", kind="text/event-stream"),
                "no choices": response({"choices": []}),
                "HTML": response("<html>Bad gateway</html>", kind="text/html"),
                "content length too long": cut(response(chat()).replace(b"Content-Length: ", b"Content-Length: 9")),
                "content length too short": response(chat()).replace(b"Content-Length: ", b"Content-Length: 1\r\nX: "),
                "aborted by the server": stream(delta("\\boxed{2}", "abort")),
                "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n"}.items():
            with self.subTest(name):
                records = self.once(bad, "--fresh", "--retry-for", "20")
                self.assert_whole(records)
                self.assertEqual({r["answer_text"] for r in records}, {"\\boxed{1}"})

    def test_a_stream_that_goes_silent_or_never_begins(self):
        self.assert_whole(self.once(silent(STREAM_HEAD + chunk(events(delta("a"), done=False))), "--model_args", "timeout=0.3"))
        self.assert_whole(self.once(silent(b""), "--model_args", "first_token_timeout=0.3", "--fresh"))

    def test_a_trickle_ends_after_all(self):
        drops = STREAM_HEAD + b"".join(chunk(b": still here\n\n") for _ in range(300))
        self.assert_whole(self.once(trickle(drops, 0.1, 20), "--model_args", "first_token_timeout=0.5", "--max-tokens", "1"))

    def test_a_slow_answer_is_waited_for(self):
        reply = STREAM_HEAD + chunk(events(delta("\\boxed{1}", "stop"))) + b"0\r\n\r\n"
        self.assert_whole(self.run_samples(self.server(lambda body, nth: trickle(reply, 0.01)), "--model_args", "timeout=1"))

    def test_an_answer_that_is_whole_but_for_its_last_bytes_counts(self):
        reply = STREAM_HEAD + chunk(events(delta("\\boxed{1}", "stop"), done=False))
        server = self.server(lambda body, nth: cut(reply))
        self.assert_whole(self.run_samples(server))
        self.assertEqual(len(server.requests), 15)

    def test_one_prompt_that_always_fails_is_not_graded_and_not_zero(self):
        bad = []
        def answer(body, nth):
            bad[:] = bad or [body["messages"]]
            return refusal("500 Internal Server Error", "cannot do this one") if body["messages"] == bad[0] else GOOD
        records = self.run_samples(self.server(answer), "-j", "2", "--max-error-rate", "0.3")
        failed = [r for r in records if r["status"] == "error"]
        self.assertEqual((len(failed), len(records)), (3, 15))
        self.assertIn("HTTP 500: cannot do this one", failed[0]["error"])
        results = json.loads((self.run_dir() / "results.json").read_text())
        self.assertEqual(results["proctor"]["verdict_counts"]["gen/arith"]["not_graded"], 3)
        self.assertEqual(results["proctor"]["metrics"]["gen/arith"]["pass@1,none"]["n_samples"], 12)

    def test_500_for_ever_ends_with_exit_3_and_the_same_command_resumes(self):
        up = []
        server = self.server(lambda body, nth: GOOD if up else refusal("500 Internal Server Error", "no GPU left"))
        message = self.error(*self.command(server, "--retry-for", "2"), code=3)
        self.assertIn("no GPU left", message)
        up.append(True)
        records = self.run_samples(server)
        self.assert_whole([r for r in records if r["status"] != "error"])

    def test_429_for_ever_ends_too(self):
        server = self.server(lambda body, nth: refusal("429 Too Many Requests", "slow down"))
        self.assertIn("slow down", self.error(*self.command(server, "--retry-for", "2"), code=3))
        self.assertLess(len(server.requests), 60)

    def test_fewer_requests_when_the_server_is_busy(self):
        server = self.server(latency=0.02)
        server.answer = lambda body, nth: refusal("429 Too Many Requests", "busy") if server.in_flight > 4 else GOOD
        self.assert_whole(self.run_samples(server, "-j", "32", questions=20, n=4), 80)
        self.assertLess(len(server.requests), 250)

    def test_retry_after_is_honoured(self):
        times = []
        def answer(body, nth):
            times.append(time.monotonic())
            return refusal("429 Too Many Requests", "wait", ["Retry-After: 1"]) if len(times) == 1 else GOOD
        self.assert_whole(self.run_samples(self.server(answer), "-j", "1"))
        self.assertGreater(times[1] - times[0], 0.95)
        self.assertLess(times[1] - times[0], 2)

    def test_a_refusal_of_one_later_question_is_that_questions_own(self):
        server = self.server(lambda body, nth: refusal("400 Bad Request", "too long") if len(server.requests) == 3 else GOOD)
        records = self.run_samples(server, "-j", "1", "--max-error-rate", "0.5")
        self.assertEqual([r["error"].split(": ", 1)[1] for r in records if r["status"] == "error"], ["HTTP 400: too long"])

    def test_a_question_refused_for_ever_stops_neither_the_same_command_nor_a_wider_one(self):
        asked = []
        def answer(body, nth):
            if (prompt := body["messages"][-1]["content"]) not in asked:
                asked.append(prompt)
            return refusal("400 Bad Request", "the context is too long") if asked.index(prompt) == 2 else GOOD
        server = self.server(answer)
        for questions in [5, 5, 9]:
            self.run_samples(server, "-j", "1", "--max-error-rate", "0.5", questions=questions, n=1)
            self.assertEqual(len(asked), questions)
        finished = [r for r in samples(self.run_dir()) if r["status"] != "error"]
        self.assertEqual(len(finished), 8)

    def test_interrupted_in_the_middle_of_long_answers(self):
        server = self.server(lambda body, nth: silent(STREAM_HEAD + chunk(events(delta("a"), done=False))))
        process = self.start(*self.command(server))
        while len(server.requests) < 15:
            time.sleep(0.02)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertLess(time.monotonic() - begin, 2)
        self.assertEqual(samples(self.run_dir()), [])

    def test_killed_and_run_again_asks_twice_only_for_what_was_in_flight(self):
        server = self.server(lambda body, nth: GOOD, latency=0.03)
        command = self.command(server, "-j", "8", questions=50, n=4)
        for _ in range(3):
            process = self.start(*command)
            time.sleep(0.4)
            process.kill()
            process.communicate()
        self.proctor(*command)
        records = samples(self.run_dir())
        self.assert_whole(records, 200)
        twice = sum(count - 1 for count in server.counts.values())
        self.assertGreater(twice, 0)
        self.assertLessEqual(twice, 3 * 8)
        self.assertEqual(len(server.counts), 200)


class Replicas(Endpoint):
    def test_the_load_is_shared(self):
        servers = [self.server(latency=0.02), self.server(latency=0.02)]
        records = self.run_samples(f"tiny@{servers[0].url},{servers[1].url}", "-j", "8", questions=20)
        self.assert_whole(records, 60)
        self.assertGreater(min(len(s.requests) for s in servers), 20)
        self.assertEqual(collections.Counter(r["extra"]["replica"] for r in records), {s.url: len(s.requests) for s in servers})

    def test_a_dead_one_is_left_out_and_taken_back(self):
        first, second = self.server(latency=0.1), self.server(latency=0.1)
        second.answer = lambda body, nth: refusal("500 Internal Server Error", "dead") if 2 < len(second.requests) < 9 else GOOD
        records = self.run_samples(f"tiny@{first.url},{second.url}", "-j", "8", questions=250, n=1)
        self.assert_whole(records, 250)
        self.assertIn(f"left out for now: {second.url}", self.stderr)
        self.assertIn(f"{second.url} is back", self.stderr)

    def test_one_that_is_down_from_the_start(self):
        server = self.server()
        self.assert_whole(self.run_samples(f"tiny@http://127.0.0.1:1/v1,{server.url}"))


class OwnEngine(Endpoint):
    """proctor's engine behind a server, one process per request: the way through HTTP changes nothing."""

    def engine_answer(self, folder):
        def raw(ids):
            return [bytes([i]) if i < 256 else tiny_model.VOCAB[i].encode() for i in (int(i) for i in ids) if i != tiny_model.VOCAB.index("<|im_end|>")]

        def event(piece, finish="null"):  # JSON around bytes that may be the half of a character, or none at all
            text = b"".join(b"\\u%04x" % b if b < 32 or b in b'"\\' else bytes([b]) for b in piece)
            return b'data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":%s}]}\n\n' % (text, finish.encode())

        def answer(body, nth):
            [message] = body["messages"]
            command = [BINARY, "generate", "-m", folder, "--chat", "-p", message["content"], "--temperature", body["temperature"], "--max-tokens",
                       body["max_tokens"], "--json"]
            done = subprocess.run(list(map(str, command)), env=self.env, capture_output=True, check=True)
            [row] = json.loads(done.stdout)["samples"]
            usage = {"prompt_tokens": row["prompt_tokens"], "completion_tokens": row["completion_tokens"]}
            parts = [*map(event, raw(row["ids"])), event(b"", json.dumps(row["finish_reason"])), events({"choices": [], "usage": usage})]
            return response(b"".join(parts), kind="text/event-stream")
        return answer

    def test_says_what_it_says_in_this_process(self):
        folder = tiny_model.write_directory(self.dir / "tiny")
        options = ["--temperature", "0", "--max-tokens", "80"]
        records = self.run_samples(self.server(self.engine_answer(folder)), *options, n=1)
        self.assert_whole(records, 5)
        kept = ["text", "text_base64", "reasoning", "reasoning_base64", "answer_text", "answer_text_base64", "finish_reason", "status"]
        contents = lambda rows: {key(r): [*map(r.get, kept), r["usage"]["prompt_tokens"], r["usage"]["completion_tokens"]] for r in rows}
        self.proctor(*self.command(folder, *options, "--fresh", n=1))
        self.assertEqual(contents(records), contents(samples(self.run_dir())))
        self.assertEqual(len({r["prompt_hash"] for r in records}), 5)


class Transport(Endpoint):
    def certificate(self, *more, name="localhost"):
        paths = [str(self.dir / "cert.pem"), str(self.dir / "key.pem")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-out", paths[0], "-keyout", paths[1],
                        "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", *more], check=True, capture_output=True)
        return paths

    def test_tls_is_verified(self):
        server = self.server(certificate=self.certificate("-days", "2"))
        model = server.model.replace("127.0.0.1", "localhost")
        trusted = {"SSL_CERT_FILE": str(self.dir / "cert.pem")}
        self.assert_whole(self.run_samples(model, env=trusted))
        self.assertIn("self-signed", self.error(*self.command(model, "--fresh", "--retry-for", "0"), code=3))
        self.env.update(trusted)
        self.assertIn("is not for 127.0.0.1", self.error(*self.command(server, "--fresh", "--retry-for", "0"), code=3))

    def test_an_expired_certificate(self):
        paths = self.certificate("-days", "1")
        request = str(self.dir / "request.pem")
        subprocess.run(["openssl", "req", "-new", "-key", paths[1], "-subj", "/CN=localhost", "-out", request], check=True, capture_output=True)
        (self.dir / "db").write_text("")
        (self.dir / "ca.cnf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.dir}/db\nnew_certs_dir={self.dir}\nrand_serial=yes\n"
                                         "default_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=DNS:localhost\n")
        subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", str(self.dir / "ca.cnf"), "-in", request, "-keyfile", paths[1], "-out", paths[0],
                        "-startdate", "20200101000000Z", "-enddate", "20200102000000Z"], check=True, capture_output=True)
        server = self.server(certificate=paths)
        self.env["SSL_CERT_FILE"] = paths[0]
        message = self.error(*self.command(server.model.replace("127.0.0.1", "localhost"), "--retry-for", "0"), code=3)
        self.assertIn("certificate has expired", message)

    def test_a_status_line_without_end(self):
        endless = b"HTTP/1.1 200 " + b"a" * 5_000_000 + b"\r\nContent-Length: 0\r\n\r\n"
        self.assertIn("connection ended", self.error(*self.command(self.server(models=endless), "--retry-for", "0"), code=3))

    def test_a_handshake_without_end(self):
        def trickle(listener):
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x40\x00\x02")
                while True:
                    connection.sendall(b"\0")
                    time.sleep(0.2)

        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=trickle, args=(listener,))
            thread.start()
            begin = time.monotonic()
            self.error(*self.command(f"tiny@https://127.0.0.1:{listener.getsockname()[1]}/v1", "--retry-for", "1"), code=3)
            self.assertLess(time.monotonic() - begin, 8)
        thread.join()

    @unittest.skipUnless(socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"), "no IPv6 here")
    def test_ipv6(self):
        server = self.server(host="::1")
        self.assert_whole(self.run_samples(server))
        self.assertEqual(server.headers[0][2]["host"], f"[::1]:{server.port}")

    def test_a_proxy(self):
        seen = []
        server = self.server()
        plain = server._request
        async def proxied(reader, writer):
            more = await plain(reader, writer)
            seen.append(server.headers[-1])
            return more
        server._request = proxied
        env = {"http_proxy": f"http://me:pw%21@127.0.0.1:{server.port}"}
        self.assert_whole(self.run_samples("tiny@http://model.test:8000/v1", env=env))
        method, path, headers = seen[-1]
        self.assertEqual((path, headers["host"]), ("http://model.test:8000/v1/chat/completions", "model.test:8000"))
        self.assertEqual(headers["proxy-authorization"], "Basic bWU6cHch")
        self.assertNotIn("pw", "".join(p.read_text() for p in self.run_dir().iterdir()))
        env["no_proxy"] = "example.org,.test"
        self.assertIn("not found", self.proctor(*self.command("tiny@http://model.test:8000/v1", "--fresh", "--retry-for", "0"), code=3, env=env)[1])

    def test_a_tunnel_through_a_proxy_shows_it_neither_key_nor_question(self):
        server = self.server(certificate=self.certificate("-days", "2", name="model.test"))
        heads = []

        def greet(near):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += near.recv(1)
            heads.append(head.decode())
            near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

        proxy = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(proxy.close)
        threading.Thread(target=pass_on, args=(proxy, server.port, greet), daemon=True).start()
        env = {"https_proxy": f"http://me:pw%21@127.0.0.1:{proxy.getsockname()[1]}", "SSL_CERT_FILE": str(self.dir / "cert.pem"), "OPENAI_API_KEY": "sk-inner"}
        self.assert_whole(self.run_samples("tiny@https://model.test:8443/v1", "-j", "4", env=env))
        self.assertLessEqual(len(heads), 6)
        for head in heads:
            self.assertTrue(head.startswith("CONNECT model.test:8443 HTTP/1."), head)
            self.assertIn("proxy-authorization: basic bwu6chch", head.lower())
            self.assertNotIn("sk-inner", head)
        self.assertEqual({h["authorization"] for _, _, h in server.headers}, {"Bearer sk-inner"})

    def test_keys_are_in_no_file_and_no_message(self):
        secret = "sk-0123456789abcdef"
        def answer(body, nth):
            return refusal("500 Internal Server Error", f"Incorrect key provided: {secret}") if nth == 0 else GOOD
        server = self.server(answer)
        self.env["MY_KEY"] = secret
        out = self.proctor(*self.command(server, "--api-key-env", "MY_KEY", "-j", "1", "-v", "--extra-body", json.dumps({"auth": {"api_key": secret}})))
        out += self.proctor(*self.command(self.server(lambda body, nth: refusal("401 Unauthorized", f"bad {secret}")), "--api-key-env", "MY_KEY", "--fresh"), code=2)
        out += self.proctor(*self.command(self.server(models=refusal("403 Forbidden", f"bad {secret}")), "--api-key-env", "MY_KEY", "--fresh"), code=2)
        self.assertEqual(server.requests[0]["auth"]["api_key"], secret)
        files = [p for p in (self.dir / "runs").rglob("*") if p.is_file()]
        self.assertGreater(len(files), 5)
        for text in [*out, *(p.read_text() for p in files)]:
            self.assertNotIn(secret, text)
        self.assertIn("not set", self.error(*self.command(server, "--api-key-env", "NO_SUCH_KEY")))

    @needs_plain_build
    def test_many_connections(self):
        server = self.server(lambda body, nth: GOOD, latency=0.3)
        process = self.start(*self.command(server, "-j", "1024", questions=400, n=5))
        peak = descriptors = 0
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, int(status.split("VmHWM:")[1].split()[0]))
                descriptors = max(descriptors, len(os.listdir(f"/proc/{process.pid}/fd")))
            except (OSError, IndexError):
                pass
            time.sleep(0.02)
        stderr = process.communicate()[1]
        self.assertEqual(process.returncode, 0, stderr)
        self.assert_whole(samples(self.run_dir()), 2000)
        self.assertLess(peak, 300_000)
        self.assertLess(descriptors, 1100)
        self.assertGreater(server.most_in_flight, 500)
        self.assertLess(server.connections, 1100)


if __name__ == "__main__":
    unittest.main()
