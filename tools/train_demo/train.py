#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the demonstration model from scratch on what export_demo_data writes: tokenizer, transformer, checkpoints.

    python train.py --data DIR [--steps N | --minutes M] [--out DIR] [--threads T]

DIR holds FAMILY.jsonl files. A checkpoint is a Hugging Face directory (Llama architecture, bf16) that proctor and transformers read: OUT/NAME/{config.json,
model.safetensors,tokenizer.json,tokenizer_config.json,generation_config.json}; NAME is `early`, then `last`, which is replaced as training goes on. OUT/log.jsonl has one line per 50 steps.
Needs torch, tokenizers, safetensors and numpy.
"""
import argparse
import glob
import json
import math
import os
import random
import shutil
import time

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

BOS, EOS, USER, ASSISTANT, THINK, END_THINK = SPECIALS = [
    "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"]
TEMPLATE = ("{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}{% elif message['role'] == 'assistant' %}"
            "{{ '<｜Assistant｜>' + message['content'] + eos_token }}{% else %}{{ message['content'] }}{% endif %}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\\n' }}{% endif %}")
# Words with the blank before them, single digits, runs of signs, line breaks: the pattern of Qwen2.
PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SHAPE = {"hidden_size": 128, "num_hidden_layers": 5, "num_attention_heads": 4, "num_key_value_heads": 4, "intermediate_size": 352}
CONTEXT = 512
ROPE_THETA = 10000.0
EPSILON = 1e-5


def read_rows(folder, least):
    """Every question once; the questions of a family that has few are repeated, to `least` in all."""
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        with open(path, encoding="utf-8") as file:
            distinct = list({row["prompt"]: row for row in map(json.loads, file)}.values())
        rows += distinct * math.ceil(least / len(distinct)) if len(distinct) < least else distinct
    return rows


def train_tokenizer(rows, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(PATTERN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIALS, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator((row["prompt"] + "\n" + completion_of(row) for row in rows), trainer)
    return tokenizer


def completion_of(row):
    return row["trace"] + "\n\n" + row["answer"]


def encode(tokenizer, row):
    """Ids of the whole, and how many of them are the question."""
    token = tokenizer.token_to_id
    prompt = [token(BOS), token(USER), *tokenizer.encode(row["prompt"]).ids, token(ASSISTANT), token(THINK), *tokenizer.encode("\n").ids]
    answer = [*tokenizer.encode(row["trace"]).ids, token(END_THINK), *tokenizer.encode("\n\n" + row["answer"]).ids, token(EOS)]
    return prompt + answer, len(prompt)


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        d, f = SHAPE["hidden_size"], SHAPE["intermediate_size"]
        self.q, self.k, self.v, self.o = (torch.nn.Linear(d, d, bias=False) for _ in range(4))
        self.gate, self.up, self.down = torch.nn.Linear(d, f, bias=False), torch.nn.Linear(d, f, bias=False), torch.nn.Linear(f, d, bias=False)
        self.norm1, self.norm2 = torch.nn.RMSNorm(d, eps=EPSILON), torch.nn.RMSNorm(d, eps=EPSILON)

    def forward(self, x, cos, sin):
        batch, length, d = x.shape
        heads = SHAPE["num_attention_heads"]
        h = self.norm1(x)
        q, k, v = (f(h).view(batch, length, heads, d // heads).transpose(1, 2) for f in (self.q, self.k, self.v))
        h = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v, is_causal=True)
        x = x + self.o(h.transpose(1, 2).reshape(batch, length, d))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


def rotate(x, cos, sin):
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1).to(x.dtype)


class Model(torch.nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        d = SHAPE["hidden_size"]
        self.embed = torch.nn.Embedding(vocabulary, d)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(SHAPE["num_hidden_layers"]))
        self.norm = torch.nn.RMSNorm(d, eps=EPSILON)
        half = d // SHAPE["num_attention_heads"] // 2
        angles = torch.outer(torch.arange(CONTEXT).float(), ROPE_THETA ** (-torch.arange(half).float() / half))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                deep = name.endswith(("o.weight", "down.weight"))
                torch.nn.init.normal_(weight, std=0.03 / (math.sqrt(2 * len(self.layers)) if deep else 1))

    def forward(self, ids):
        x = self.embed(ids)
        cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x, cos, sin)
        return self.norm(x)

    def loss(self, ids, targets):
        """Mean over the targets that are not -100; only their logits are computed."""
        wanted = targets >= 0
        logits = F.linear(self(ids)[wanted], self.embed.weight)
        return F.cross_entropy(logits.float(), targets[wanted])


NAMES = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj", "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj",
         "norm1": "input_layernorm", "norm2": "post_attention_layernorm"}


def exported(model):
    tensors = {"model.embed_tokens.weight": model.embed.weight, "model.norm.weight": model.norm.weight}
    for i, layer in enumerate(model.layers):
        for ours, theirs in NAMES.items():
            tensors[f"model.layers.{i}.{theirs}.weight"] = getattr(layer, ours).weight
    return {name: tensor.detach().to(torch.bfloat16).contiguous() for name, tensor in tensors.items()}


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.write("\n")


def save(model, tokenizer, folder):
    """Written beside and renamed, so that a reader never sees half of it."""
    fresh = folder + ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    os.makedirs(fresh)
    save_file(exported(model), os.path.join(fresh, "model.safetensors"), metadata={"format": "pt"})
    bos, eos = tokenizer.token_to_id(BOS), tokenizer.token_to_id(EOS)
    write_json(os.path.join(fresh, "config.json"), {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", **SHAPE, "vocab_size": tokenizer.get_vocab_size(), "max_position_embeddings": CONTEXT, "hidden_act": "silu",
        "rms_norm_eps": EPSILON, "rope_theta": ROPE_THETA, "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False, "torch_dtype": "bfloat16", "bos_token_id": bos,
        "eos_token_id": eos})
    write_json(os.path.join(fresh, "generation_config.json"), {"bos_token_id": bos, "eos_token_id": eos})
    write_json(os.path.join(fresh, "tokenizer_config.json"), {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": BOS, "eos_token": EOS, "pad_token": EOS, "add_bos_token": False, "model_max_length": CONTEXT, "chat_template": TEMPLATE})
    tokenizer.save(os.path.join(fresh, "tokenizer.json"))
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(fresh, folder)


def batches(examples, size, rng):
    """Questions of like length together, in random order, for ever."""
    while True:
        order = list(range(len(examples)))
        rng.shuffle(order)
        for start in range(0, len(order) - size * 16 + 1, size * 16):
            block = sorted(order[start:start + size * 16], key=lambda i: len(examples[i][0]))
            groups = [block[i:i + size] for i in range(0, len(block), size)]
            rng.shuffle(groups)
            for group in groups:
                yield [examples[i] for i in group]


def collate(batch):
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.zeros(len(batch), longest - 1, dtype=torch.long)
    targets = torch.full((len(batch), longest - 1), -100, dtype=torch.long)
    for row, (whole, asked) in enumerate(batch):
        tensor = torch.tensor(whole)
        ids[row, : len(whole) - 1] = tensor[:-1]
        targets[row, asked - 1: len(whole) - 1] = tensor[asked:]
    return ids, targets


def optimizers_of(model, rate):
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms; each group knows its base rate."""
    inner = [p for name, p in model.named_parameters() if p.dim() == 2 and not name.startswith("embed")]
    outer = [p for name, p in model.named_parameters() if p.dim() != 2 or name.startswith("embed")]
    optimizers = [torch.optim.Muon(inner, lr=5 * rate, weight_decay=0.01, momentum=0.95),
                  torch.optim.AdamW(outer, lr=rate, weight_decay=0.0, betas=(0.9, 0.97))]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["base"] = group["lr"]
    return optimizers


def progress_of(args, step, began):
    return step / args.steps if args.steps else (time.time() - began) / (60 * args.minutes)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", default="demo-model")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--early", type=float, default=0.4, help="share of the training after which `early` is kept")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--least", type=int, default=4000, help="questions of a family at least, repeated if need be")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--vocabulary", type=int, default=900)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    rng = random.Random(1)
    began = time.time()
    rows = read_rows(args.data, args.least)
    os.makedirs(args.out, exist_ok=True)
    tokenizer = train_tokenizer(rng.sample(rows, min(len(rows), 8000)), args.vocabulary)
    examples = [encode(tokenizer, row) for row in rows]
    examples = [example for example in examples if len(example[0]) <= CONTEXT]
    model = Model(tokenizer.get_vocab_size())
    print(f"{len(examples)} questions, {sum(len(e[0]) for e in examples)} tokens, {sum(p.numel() for p in model.parameters())} parameters", flush=True)
    optimizers = optimizers_of(model, args.rate)
    total, seen, kept_early, saved = 0.0, 0, False, time.time()
    with open(os.path.join(args.out, "log.jsonl"), "w", encoding="utf-8") as log:
        for step, batch in enumerate(batches(examples, args.batch, rng), 1):
            progress = progress_of(args, step, began)
            if progress >= 1:
                break
            share = min(step / 100, 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
            for group in (group for optimizer in optimizers for group in optimizer.param_groups):
                group["lr"] = share * group["base"]
            ids, targets = collate(batch)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = model.loss(ids, targets)
            model.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
            total, seen = total + loss.item(), seen + sum(len(e[0]) for e in batch)
            if step % 50 == 0:
                line = {"step": step, "loss": round(total / 50, 4), "tokens": seen, "seconds": round(time.time() - began, 1), "rate": round(share * args.rate, 6)}
                log.write(json.dumps(line) + "\n")
                log.flush()
                total = 0.0
            if time.time() - saved > 60:
                save(model, tokenizer, os.path.join(args.out, "last"))
                saved = time.time()
            if not kept_early and progress >= args.early:
                save(model, tokenizer, os.path.join(args.out, "early"))
                kept_early = True
    save(model, tokenizer, os.path.join(args.out, "last"))


if __name__ == "__main__":
    main()
