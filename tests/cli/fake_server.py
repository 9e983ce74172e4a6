# SPDX-License-Identifier: MIT
"""An OpenAI-compatible server that answers as a test wants it, down to the byte."""
import asyncio
import collections
import json
import ssl
import threading

MODEL = "tiny"


def response(body, status="200 OK", headers=(), kind="application/json"):
    """One HTTP response as bytes."""
    body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def refusal(status, message, headers=(), **error):
    return response({"error": {"message": message, **error}}, status, headers)


def chat(text="\\boxed{1}", finish="stop", usage=True, reasoning=None, **more):
    """A whole chat completion."""
    message = {"role": "assistant", "content": text}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    body = {"id": "c", "object": "chat.completion", "model": MODEL, "choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    if usage:
        body["usage"] = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    return {**body, **more}


def events(*data, done=True):
    """The body of a stream of events."""
    lines = [f"data: {d if isinstance(d, str) else json.dumps(d)}\n\n" for d in data]
    return ("".join(lines) + ("data: [DONE]\n\n" if done else "")).encode()


def delta(text=None, finish=None, index=0, **fields):
    content = {} if text is None else {"content": text}
    return {"model": MODEL, "choices": [{"index": index, "delta": {**content, **fields}, "finish_reason": finish}]}


def stream(*data, done=True, headers=()):
    return response(events(*data, done=done), kind="text/event-stream", headers=headers)


STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


class Server:
    """Answers POSTs with answer(body, nth): bytes, or an async function of the writer that returns whether the connection
    stays. nth counts the POSTs of one prompt and seed from 0. `models` answers GET /v1/models."""

    def __init__(self, answer=None, models=None, certificate=None, host="127.0.0.1", latency=0.0):
        self.answer = answer or (lambda body, nth: response(chat()))
        self.models = response({"data": [{"id": MODEL}]}) if models is None else models
        self.latency = latency
        self.requests, self.headers, self.counts = [], [], collections.Counter()
        self.in_flight = self.most_in_flight = self.connections = 0
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
        self.host, self.loop = host, asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._serve, args=(ready,), daemon=True).start()
        assert ready.wait(10)

    def _serve(self, ready):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self._connection, self.host, 0, ssl=self.tls, backlog=2048))
        self.port = self.server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    def close(self):
        self.loop.call_soon_threadsafe(self.server.close)

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/v1"

    @property
    def model(self):
        return f"{MODEL}@{self.url}"

    async def _connection(self, reader, writer):
        self.connections += 1
        try:
            while await self._request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        writer.close()

    async def _request(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines if line)}
        method, path, _ = first.split(" ")
        self.headers.append((method, path, headers))
        if method == "GET":
            return await self._reply(self.models, writer)
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        name = json.dumps([body.get("messages"), body.get("prompt"), body.get("seed")])
        nth = self.counts[name]
        self.counts[name] += 1
        self.requests.append(body)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            return await self._reply(self.answer(body, nth), writer)
        finally:
            self.in_flight -= 1

    async def _reply(self, reply, writer):
        if callable(reply):
            return await reply(writer)
        writer.write(reply)
        await writer.drain()
        return True


def cut(data):
    """Sends this and closes the connection."""
    async def reply(writer):
        writer.write(data)
        await writer.drain()
        return False
    return reply


def silent(data, seconds=30):
    """Sends this and then nothing."""
    async def reply(writer):
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(seconds)
        return False
    return reply


def trickle(data, pause, piece=1):
    """Sends this a piece at a time."""
    async def reply(writer):
        for i in range(0, len(data), piece):
            writer.write(data[i:i + piece])
            await writer.drain()
            await asyncio.sleep(pause)
        return True
    return reply
