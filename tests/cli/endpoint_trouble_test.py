# SPDX-License-Identifier: MIT
"""What hosted models do beside answering: refuse single questions, break off, filter, run out of money, nest too deep."""
import json
import time
import unittest

from endpoint_test import GOOD, Endpoint
from fake_server import chat, chunk, cut, delta, events, refusal, response, stream, STREAM_HEAD
from proctor import key, read_lines, samples


class OneQuestion(Endpoint):
    """The third question that the server sees is one it never answers; the others are."""

    def third(self, bad):
        seen = []
        def answer(body, nth):
            if body["messages"] not in seen:
                seen.append(body["messages"])
            return bad if len(seen) > 2 and body["messages"] == seen[2] else GOOD
        return self.server(answer)

    def test_a_refusal_for_ever_is_that_questions_own(self):
        for words, bad in {
                "flagged by moderation": refusal("403 Forbidden", "flagged by moderation"),
                "redirects to": response("", "302 Found", ["Location: http://127.0.0.1:1/blocked"])}.items():
            with self.subTest(words):
                server = self.third(bad)
                records = self.run_samples(server, "-j", "1", "--max-error-rate", "0.3", "--fresh", n=1)
                failed = [r for r in records if r["status"] == "error"]
                self.assertEqual((len(failed), len(records)), (1, 5))
                self.assertIn(words, failed[0]["error"])
                self.assertEqual(len(server.requests), 4 + 6)

    def test_the_same_command_is_not_stopped_by_it(self):
        server = self.third(refusal("403 Forbidden", "flagged by moderation"))
        self.run_samples(server, "-j", "1", "--max-error-rate", "0.3", n=1)
        records = self.run_samples(server, "-j", "1", "--max-error-rate", "0.3", n=2)
        self.assertEqual({r["status"] for r in records if r["sample_idx"] == 1}, {"complete", "error"})
        self.assertEqual(len({key(r) for r in records if r["status"] == "complete"}), 8)

    def test_a_request_that_is_too_large_for_the_rate_is_not_asked_for_ever(self):
        server = self.third(refusal("429 Too Many Requests", "Request too large for tiny on tokens per min (TPM)", code="rate_limit_exceeded"))
        records = self.run_samples(server, "--max-error-rate", "0.3", "--retry-for", "3", n=1)
        self.assertEqual(len([r for r in records if r["status"] == "error"]), 1)
        self.assertEqual(len(server.requests), 5)

    def test_money_that_runs_out_ends_the_run_with_the_servers_words(self):
        server = self.server()
        empty = refusal("402 Payment Required", "Insufficient Balance", code="invalid_request_error")
        server.answer = lambda body, nth: GOOD if len(server.requests) <= 10 else empty
        message = self.error(*self.command(server, "-j", "4", "--retry-for", "2", questions=20, n=4), code=3)
        self.assertIn("HTTP 402: Insufficient Balance", message)
        self.assertLess(len(server.requests), 60)
        server.answer = lambda body, nth: GOOD
        self.assert_whole(self.run_samples(server, questions=20, n=4), 80)

    def test_the_commonest_reason_is_said_at_the_end(self):
        server = self.server()
        server.answer = lambda body, nth: GOOD if len(server.requests) == 1 else refusal("422 Unprocessable Entity", "no such grammar")
        message = self.error(*self.command(server, "-j", "1"), code=3)
        self.assertIn("could not be graded", message)
        self.assertIn("(most often: ", message)
        self.assertIn("HTTP 422: no such grammar", message)


class RefusedValues(Endpoint):
    def only(self, bad, message, **error):
        return self.server(lambda body, nth: refusal("400 Bad Request", message, **error) if bad(body) else GOOD)

    def test_are_the_users_to_hear(self):
        for option, value, name, message, error in [
                ("--reasoning-effort", "hihg", "reasoning_effort", "Invalid value: 'hihg'. Supported values are: 'low', 'medium', and 'high'.",
                 {"param": "reasoning_effort", "code": "invalid_value"}),
                ("--reasoning-effort", "minimal", "reasoning_effort", "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'low' and 'high'.",
                 {"param": "reasoning_effort", "code": "unsupported_value"}),
                ("--temperature", "3", "temperature", "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
                 {"param": "temperature", "code": "decimal_above_max_value"}),
                ("--temperature", "0", "temperature", "`temperature` must be strictly positive", {}),
                ("--top-p", "0.5", "top_p", "top_p must be in (0.9, 1], got 0.5.", {})]:
            with self.subTest(message):
                server = self.only(lambda body: name in body, message, **error)
                self.assertIn(message, self.error(*self.command(server, option, value)))
                self.assertTrue(all(name in body for body in server.requests))

    def test_a_model_with_one_temperature_is_not_asked_for_another(self):
        for message in ["invalid temperature: only 1 is allowed for this model", "`temperature` may only be set to 1 when thinking is enabled"]:
            server = self.only(lambda body: "temperature" in body, message)
            self.assert_whole(self.run_samples(server, "--fresh", n=1), 5)
            self.assertIn("the server refused temperature", self.stderr)

    def test_a_seed_is_not_the_users_value(self):
        self.assert_whole(self.run_samples(self.only(lambda body: "seed" in body, "seed must be less than 1000", param="seed"), n=1), 5)


class ExtraBody(Endpoint):
    def n_requests(self, server, *bodies):
        for body in bodies:
            self.run_samples(server, "--extra-body", json.dumps(body), questions=1, n=1)
        return len(server.requests)

    def test_settings_with_token_or_key_in_their_names_are_another_run(self):
        for one, other in [({"thinking_token_budget": 100}, {"thinking_token_budget": 9000}), ({"stop_token_ids": [1]}, {"stop_token_ids": [2]}),
                           ({"keyword": "brief"}, {"keyword": "long"}), ({"end_token": "</think>"}, {"end_token": "<|end|>"})]:
            self.assertEqual(self.n_requests(self.server(), one, other), 2, one)
            self.assertEqual(self.run_json()["model"]["details"]["extra_body"], other)

    def test_another_key_is_the_same_run(self):
        self.assertEqual(self.n_requests(self.server(), {"api_key": "sk-one"}, {"api_key": "sk-two"}), 1)

    def test_a_server_that_repeats_its_secrets_spreads_them_nowhere(self):
        extra = {"x_token": "grain-of-sand-41", "proxy": {"password": "two-left-shoes"}, "headers": {"Authorization": "Bearer blue-heron-77"}}
        def answer(body, nth):
            if len(server.requests) == 1:
                return GOOD
            return refusal("422 Unprocessable Entity", f"bad {body['x_token']} {body['proxy']['password']} {body['headers']['Authorization'][7:]}")
        server = self.server(answer)
        out = self.proctor(*self.command(server, "-j", "1", "-v", "--extra-body", json.dumps(extra)), code=3)
        server = self.server(lambda body, nth: refusal("400 Bad Request", f"what is {body['x_token']}?"))
        out += self.proctor(*self.command(server, "--fresh", "--extra-body", json.dumps(extra)), code=2)
        texts = [*out, *(p.read_text() for p in (self.dir / "runs").rglob("*") if p.is_file())]
        self.assertTrue(any("422: bad *** *** ***" in text for text in texts))
        for secret in ["grain-of-sand-41", "two-left-shoes", "blue-heron-77"]:
            self.assertFalse(any(secret in text for text in texts), secret)


class NestedWithoutEnd(Endpoint):
    deep = "[" * 200_000 + "]" * 200_000

    def test_an_answer_is_trouble_of_the_server(self):
        for bad in ['{"choices":[{"index":0,"message":{"content":%s},"finish_reason":"stop"}]}', '{"error":%s}']:
            with self.subTest(bad):
                records = self.run_samples(self.server(lambda body, nth: response(bad % self.deep) if nth == 0 else GOOD), "--fresh", n=1)
                self.assert_whole(records, 5)

    def test_a_list_of_models_is_none(self):
        self.assert_whole(self.run_samples(self.server(models=response('{"data":[{"id":"other"}],"more":%s}' % self.deep)), n=1), 5)

    def test_a_file_of_the_user_is_an_error_with_its_name(self):
        self.write("gate.json", '{"gates":%s}' % self.deep)
        self.assertIn("nested more than 512 levels deep", self.error(*self.command(self.server(), "--gate", "gate.json", n=1)))


class Shapes(Endpoint):
    def test_events_that_repeat_all_so_far_beside_what_is_new(self):
        pieces = ["<think>two and", " two</think>", "\\boxed{1}"]
        events = [{"choices": [{"index": 0, "delta": {"content": piece}, "message": {"content": "".join(pieces[:i + 1])}}]} for i, piece in enumerate(pieces)]
        events[-1]["choices"][0]["finish_reason"] = "stop"
        records = self.run_samples(self.server(lambda body, nth: stream(*events)), n=1)
        self.assertEqual({r["text"] for r in records}, {"".join(pieces)})

    def test_thinking_beside_an_empty_field_for_it(self):
        reply = stream(delta("", reasoning_content="", reasoning="two and"), delta(None, reasoning=" two", reasoning_content=None), delta("\\boxed{1}", "stop"))
        records = self.run_samples(self.server(lambda body, nth: reply), n=1)
        self.assertEqual({(r["reasoning"], r["answer_text"]) for r in records}, {("two and two", "\\boxed{1}")})


class AskedToWait(Endpoint):
    def test_longer_than_the_user_will(self):
        begin = time.monotonic()
        server = self.server(lambda body, nth: refusal("503 Service Unavailable", "warming up", ["Retry-After: 40"]))
        message = self.error(*self.command(server, "--retry-for", "3"), code=3)
        self.assertLess(time.monotonic() - begin, 3)
        self.assertIn("HTTP 503: warming up", message)
        self.assertIn("--retry-for", message)

    def test_a_long_pause_is_announced(self):
        server = self.server(lambda body, nth: refusal("429 Too Many Requests", "slow down", ["Retry-After: 6"]) if len(server.requests) == 1 else GOOD)
        self.assert_whole(self.run_samples(server, "-j", "1", n=1), 5)
        self.assertEqual(self.stderr.count("HTTP 429: slow down; waiting for 6 s, as it asks"), 1)


class Urls(Endpoint):
    def test_the_forgotten_v1_is_asked_about(self):
        missing = response({"detail": "Not Found"}, "404 Not Found")
        server = self.server(lambda body, nth: missing, models=missing)
        self.assertIn("HTTP 404: Not Found (does the URL lack /v1?)", self.error(*self.command(server.model.removesuffix("/v1"))))
        self.assertNotIn("/v1?", self.error(*self.command(server)))


class SeveralSamples(Endpoint):
    def test_a_stream_cut_after_its_first_choice_says_nothing_about_n(self):
        def answer(body, nth):
            if body["n"] == 4:
                return cut(STREAM_HEAD + chunk(events(delta("\\boxed{1}", "stop"), done=False)))
            return stream(*[delta("\\boxed{1}", "stop", index=i) for i in range(body.get("n", 1))])
        server = self.server(answer)
        self.assert_whole(self.run_samples(server, "--model_args", "n=4", questions=2, n=4), 8)
        self.assertNotIn("ignores n", self.stderr)
        self.assertEqual(sorted(body["n"] for body in server.requests), [3, 3, 4, 4])

    def test_choices_without_numbers_are_counted(self):
        server = self.server(lambda body, nth: response(
            {"choices": [{"message": {"content": f"\\boxed{{{i}}}"}, "finish_reason": "stop"} for i in range(body["n"])]}))
        records = self.run_samples(server, "--model_args", "n=4", questions=1, n=4)
        self.assertEqual(sorted(r["text"] for r in records), [f"\\boxed{{{i}}}" for i in range(4)])
        self.assertEqual(len(server.requests), 1)


class HowAnAnswerEnds(Endpoint):
    def test_the_server_gave_up_and_is_asked_again(self):
        for word in ["insufficient_system_resource", "network_error", "timeout", "ABORT"]:
            with self.subTest(word):
                records = self.run_samples(self.server(lambda body, nth: response(chat("<think>so far", word)) if nth == 0 else GOOD), "--fresh", n=1)
                answers = [r for r in records if r["status"] == "complete"]
                self.assert_whole(answers, 5)
                self.assertEqual({r["answer_text"] for r in answers}, {"\\boxed{1}"})

    def test_aborted_for_ever_is_not_graded_and_told(self):
        begin = time.monotonic()
        server = self.server(lambda body, nth: response(chat("half an ans", "abort")))
        message = self.error(*self.command(server, questions=1, n=1), code=3)
        self.assertEqual(len(server.requests), 6)
        self.assertGreater(time.monotonic() - begin, 1)
        self.assertIn("nothing was graded", message)
        self.assertIn("the server aborted the answer (finish_reason abort)", message)
        self.assertEqual(len(samples(self.run_dir())), 6)

    def test_the_limit_of_tokens_in_other_words(self):
        for word in ["MAX_TOKENS", "LENGTH", "model_context_window_exceeded"]:
            records = self.run_samples(self.server(lambda body, nth: response(chat("<think>so far", word))), "--fresh", "--max-error-rate", "1", n=1)
            self.assertEqual({(r["status"], r["finish_reason"]) for r in records}, {("truncated_thinking", "length")}, word)

    def test_filtered_is_not_the_models_answer_and_not_free(self):
        for word in ["content_filter", "sensitive", "SAFETY"]:
            bad = response(chat("<think>a</think> so", word))
            server = self.server(lambda body, nth: bad if len(server.requests) == 3 else GOOD)
            records = self.run_samples(server, "-j", "1", "--fresh", "--max-error-rate", "0.3", n=1)
            failed = [r for r in records if r["status"] == "error"]
            self.assertEqual([(r["text"], r["usage"]["completion_tokens"]) for r in failed], [("<think>a</think> so", 5)], word)
            self.assertIn(word, failed[0]["error"])
            self.assertEqual(len(server.requests), 5)

    def paid(self, finish):
        return response(chat("\\boxed{1}", finish) | {"usage": {"prompt_tokens": 100, "completion_tokens": 900, "cost": 1.0}})

    def cost(self):
        return json.loads((self.run_dir() / "results.json").read_text())["proctor"]["cost"]["gen/arith"]

    def test_aborted_answers_were_paid(self):
        server = self.server(lambda body, nth: self.paid("abort" if nth < 2 else "stop"))
        records = self.run_samples(server, questions=2, n=1)
        self.assertEqual([r["usage"]["reported_usd"] for r in records], [1.0] * 6)
        self.assertEqual(self.cost()["usd"], 6.0)
        self.assertEqual(self.cost()["waste_usd"], 4.0)

    def test_a_budget_counts_them(self):
        server = self.server()
        server.answer = lambda body, nth: self.paid("stop" if len(server.requests) == 1 else "abort")
        stderr = self.proctor(*self.command(server, "--budget", "3", "-j", "1", questions=3, n=1), code=5)[1]
        self.assertIn("1 of 3 samples", stderr)
        self.assertEqual(len(server.requests), 3)
        self.assertEqual(self.cost()["usd"], 3.0)

    def test_an_unknown_word_is_said_once(self):
        self.run_samples(self.server(lambda body, nth: response(chat("\\boxed{1}", "exhausted"))))
        self.assertEqual(self.stderr.count("finish_reason exhausted"), 1)


if __name__ == "__main__":
    unittest.main()
