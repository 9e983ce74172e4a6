#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Decodes on the shapes that gpu_check measured as a plain PyTorch loop would: random BF16 weights, keys and values of a
sequence in one piece, scaled_dot_product_attention, a Gumbel draw without top-p, the token fed back on the device, and a
step as one CUDA graph.

    torch_loop.py GPU.json                  adds to that report, and prints, the loop's tokens/s beside those of the engine
    torch_loop.py --device cpu --tiny       without a GPU: checks the loop itself, on small shapes

Exit 77, and why, where there is no torch or no device."""
import argparse
import json
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except (ImportError, OSError) as error:
    print(f"skipped: PyTorch loop: {error}")
    sys.exit(77)

TINY = [{"name": "decode tiny, batch 3, context 70", "kind": "decode", "hidden": 64, "layers": 2, "heads": 6, "kv_heads": 2, "head_dim": 16, "ffn": 96, "vocab": 300,
         "batch": 3, "context": 70, "value": 1.0},
        {"name": "5 sequences, tiny", "kind": "serve", "hidden": 64, "layers": 2, "heads": 4, "kv_heads": 2, "head_dim": 16, "ffn": 96, "vocab": 300,
         "prompts": [9, 30, 12, 7, 21], "answers": [5, 40, 8, 1, 33], "value": 1.0}]
CONTEXT_STEP = 256  # serving: a graph reads so many positions more than the last


class Model:
    """Weights and caches: `slots` sequences of at most `context` positions."""

    def __init__(self, shape, slots, context, device, dtype):
        self.s, self.device = argparse.Namespace(**shape), device
        s = self.s
        generator = torch.Generator(device).manual_seed(1)

        def random(*size, scale=0.02):
            return torch.empty(size, device=device, dtype=dtype).normal_(0, scale, generator=generator)

        q, kv = s.heads * s.head_dim, s.kv_heads * s.head_dim
        self.embedding, self.head = random(s.vocab, s.hidden), random(s.vocab, s.hidden)
        self.gain = torch.ones(s.hidden, device=device, dtype=dtype)
        self.layers = [(random(q + 2 * kv, s.hidden), random(s.hidden, q), random(2 * s.ffn, s.hidden), random(s.hidden, s.ffn)) for _ in range(s.layers)]
        self.keys = [random(slots, s.kv_heads, context, s.head_dim, scale=1) for _ in range(s.layers)]
        self.values = [random(slots, s.kv_heads, context, s.head_dim, scale=1) for _ in range(s.layers)]
        angles = torch.arange(context, device=device)[:, None] * 10000.0 ** (-torch.arange(0, s.head_dim, 2, device=device) / s.head_dim)[None]
        self.cos, self.sin = angles.cos().to(dtype), angles.sin().to(dtype)

    def rotate(self, x, positions):  # x (B, S, heads, D), positions (B, S)
        cos, sin = self.cos[positions][:, :, None], self.sin[positions][:, :, None]
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)

    def forward(self, tokens, positions, attend):
        """What the head reads, (B, S, hidden); attend(layer, q, k, v), each (B, S, heads, D), keeps k and v and returns (B, S, heads, D)."""
        s = self.s
        x = self.embedding[tokens]
        for layer, (qkv, out, gate_up, down) in enumerate(self.layers):
            heads = F.linear(F.rms_norm(x, (s.hidden,), self.gain, 1e-6), qkv).unflatten(-1, (-1, s.head_dim))
            q, k, v = heads.split((s.heads, s.kv_heads, s.kv_heads), 2)
            x = x + F.linear(attend(layer, self.rotate(q, positions), self.rotate(k, positions), v).flatten(2), out)
            gate, up = F.linear(F.rms_norm(x, (s.hidden,), self.gain, 1e-6), gate_up).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, down)
        return x

    def logits(self, x):
        return F.linear(F.rms_norm(x, (self.s.hidden,), self.gain, 1e-6), self.head)

    def prefill(self, slot, tokens):
        """The logits after the last of a prompt's tokens."""
        n = tokens.numel()

        def attend(layer, q, k, v):
            q, k, v = (t.transpose(1, 2) for t in (q, k, v))
            self.keys[layer][slot, :, :n], self.values[layer][slot, :, :n] = k[0], v[0]
            return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True).transpose(1, 2)

        return self.logits(self.forward(tokens[None], torch.arange(n, device=self.device)[None], attend)[:, -1])

    def decode(self, tokens, positions, context):
        """The logits after one more token of the first B slots, at positions (B) < context, of which attention reads so many; None: the
        whole cache, whose last position theirs is."""
        batch, s = tokens.numel(), self.s
        slots = torch.arange(batch, device=self.device)
        mask = None if context is None else (torch.arange(context, device=self.device) <= positions[:, None])[:, None, None]

        def attend(layer, q, k, v):  # the heads that share a key/value head are rows of one query
            self.keys[layer][slots, :, positions], self.values[layer][slots, :, positions] = k[:, 0], v[:, 0]
            keys, values = (cache[layer][:batch] if context is None else cache[layer][:batch, :, :context] for cache in (self.keys, self.values))
            grouped = q.reshape(batch, s.kv_heads, s.heads // s.kv_heads, s.head_dim)
            return F.scaled_dot_product_attention(grouped, keys, values, attn_mask=mask).reshape(batch, 1, s.heads, s.head_dim)

        return self.logits(self.forward(tokens[:, None], positions[:, None], attend)[:, 0])


def draw(logits, temperature=0.6):
    probabilities = torch.softmax(logits.float() / temperature, -1)
    return probabilities.div_(torch.empty_like(probabilities).exponential_(1).clamp_min_(1e-10)).argmax(-1)


class Step:
    """One decoding step of the first `batch` slots, as a CUDA graph where there is a GPU; tokens and positions move on."""

    def __init__(self, model, tokens, positions, context):
        self.run = lambda: self.step(model, tokens, positions, context)
        if model.device == "cpu":
            return
        kept = tokens.clone(), positions.clone()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(2):
                positions.copy_(kept[1])
                self.run()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        positions.copy_(kept[1])
        with torch.cuda.graph(graph):
            self.run()
        tokens.copy_(kept[0])
        positions.copy_(kept[1])
        self.run = graph.replay

    @staticmethod
    def step(model, tokens, positions, context):
        tokens.copy_(draw(model.decode(tokens, positions, context)))
        if context is not None:
            positions.add_(1).clamp_(max=model.keys[0].shape[2] - 1)  # of slots whose answer is complete


def synchronize(device):
    if device != "cpu":
        torch.cuda.synchronize()


def decode_speed(shape, device, dtype):
    """Tokens per second of ten steps at one context."""
    batch, context = shape["batch"], shape["context"]
    model = Model(shape, batch, context + 1, device, dtype)
    tokens = torch.arange(batch, device=device) % shape["vocab"]
    step = Step(model, tokens, torch.full((batch,), context, device=device), None)  # the whole cache, always
    for n in (3, 10):
        synchronize(device)
        begin = time.perf_counter()
        for _ in range(n):
            step.run()
        synchronize(device)
    return 10 * batch / (time.perf_counter() - begin)


def serve(model, shape, steps):
    """Answers all; returns the tokens drawn for each. Steps are kept by (slots, context) for a second time."""
    device = model.device
    prompts, answers = shape["prompts"], shape["answers"]
    alive = [i if answers[i] > 1 else None for i in range(len(prompts))]  # by slot
    drawn = [1] * len(prompts)
    if "tokens" not in steps:
        steps["tokens"], steps["positions"] = (torch.zeros(len(prompts), dtype=torch.long, device=device) for _ in range(2))
    all_tokens, all_positions = steps["tokens"], steps["positions"]
    for slot, length in enumerate(prompts):
        prompt = (torch.arange(length, device=device) * 104729 + slot * 7919) % min(10000, shape["vocab"])
        all_tokens[slot] = draw(model.prefill(slot, prompt))[0]
        all_positions[slot] = length
    batch = len(prompts)
    while True:
        left = [slot for slot in range(len(alive)) if alive[slot] is not None]
        if not left:
            return drawn
        if len(left) <= batch // 2:  # the living move to the front
            moved = torch.tensor(left, device=device)
            for cache in model.keys + model.values + [all_tokens, all_positions]:
                cache[:len(left)] = cache[moved]
            alive, batch = [alive[slot] for slot in left], len(left)
        longest = max((prompts[i] + drawn[i] for i in alive if i is not None), default=0)
        context = min((longest // CONTEXT_STEP + 1) * CONTEXT_STEP, model.keys[0].shape[2])
        if (batch, context) not in steps:
            steps[batch, context] = Step(model, all_tokens[:batch], all_positions[:batch], context)
        steps[batch, context].run()
        for slot, i in enumerate(alive):
            if i is None:
                continue
            drawn[i] += 1
            if drawn[i] >= answers[i]:
                alive[slot] = None


def serve_speed(shape, device, dtype):
    """Tokens per second, prompts included, with all graphs captured before."""
    longest = max(p + a for p, a in zip(shape["prompts"], shape["answers"]))
    model = Model(shape, len(shape["prompts"]), (longest // CONTEXT_STEP + 1) * CONTEXT_STEP, device, dtype)
    steps = {}
    for _ in range(2):
        synchronize(device)
        begin = time.perf_counter()
        drawn = serve(model, shape, steps)
        synchronize(device)
    return sum(drawn) / (time.perf_counter() - begin)


def check_loop(device):
    """A token decoded with the caches has the logits that it has at the end of a prompt, in the whole cache or a part."""
    shape = TINY[0]
    model = Model(shape, 2, 64, device, torch.float32)
    tokens = (torch.arange(20, device=device) * 37 + 11) % shape["vocab"]
    for slot in (0, 1):
        model.prefill(slot, tokens[:-1])
    got = model.decode(tokens[-1:].repeat(2), torch.tensor([19, 19], device=device), 32)
    expected = model.prefill(0, tokens)
    error = (got - expected).abs().max().item() / expected.abs().max().item()
    assert error < 1e-4, f"decoding differs from the prompt's logits by {error}"
    whole = Model(shape, 1, 20, device, torch.float32)
    whole.prefill(0, tokens[:-1])
    again = whole.decode(tokens[-1:], torch.tensor([19], device=device), None)
    assert (again - expected).abs().max().item() / expected.abs().max().item() < 1e-4
    drawn = serve(Model(TINY[1], 5, 256, device, torch.float32), TINY[1], {})
    assert drawn == TINY[1]["answers"], drawn


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("report", nargs="?")
    arguments.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    arguments.add_argument("--tiny", action="store_true")
    arguments = arguments.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        print("skipped: PyTorch loop: this torch finds no GPU")
        sys.exit(77)
    report = {"shapes": TINY} if arguments.tiny else json.load(open(arguments.report))
    dtype = torch.float32 if arguments.device == "cpu" else torch.bfloat16
    with torch.inference_mode():
        check_loop(arguments.device)
        rows = []
        for shape in report.get("shapes", []):
            name = shape["name"] + ": PyTorch loop"
            try:
                value = (serve_speed if shape["kind"] == "serve" else decode_speed)(shape, arguments.device, dtype)
            except torch.OutOfMemoryError:
                print(f"       {name:<62} out of memory")
                continue
            finally:
                if arguments.device == "cuda":
                    torch.cuda.empty_cache()
            rows.append({"name": name, "value": value, "unit": "tokens/s", "engine_times_as_fast": shape["value"] / value})
            print(f"       {name:<62} {value:.4g} tokens/s; the engine {shape['value'] / value:.2f} times as fast", flush=True)
    report["pytorch"] = {"version": torch.__version__, "measurements": rows}
    if arguments.report:
        with open(arguments.report, "w") as file:
            json.dump(report, file, indent=2)


if __name__ == "__main__":
    main()
