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

    def test_a_request_that_is_too_large_for_the_rate_is_not_asked_for_ever(self):
        server = self.third(refusal("429 Too Many Requests", "Request too large for tiny on tokens per min (TPM)", code="rate_limit_exceeded"))
        records = self.run_samples(server, "--max-error-rate", "0.3", "--retry-for", "3", n=1)
        self.assertEqual(len([r for r in records if r["status"] == "error"]), 1)
        self.assertEqual(len(server.requests), 5)


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


if __name__ == "__main__":
    unittest.main()
