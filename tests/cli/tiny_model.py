# SPDX-License-Identifier: MIT
"""Writes a tiny random Qwen3 with a byte vocabulary and a thinking template, as a directory or as GGUF."""
import json
import pathlib
import random
import struct

HIDDEN, FFN, LAYERS, HEADS, KV, DIM = 32, 64, 2, 4, 2, 16
SPECIAL = ["<|im_start|>", "<|im_end|>"]
THINK = ["<think>", "</think>"]
TEMPLATE = ("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
            "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
            "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}")


def byte_pieces():
    """GPT-2's printable stand-ins for the 256 bytes."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    pieces, extra = {}, 0
    for byte in range(256):
        if byte in visible:
            pieces[byte] = chr(byte)
        else:
            pieces[byte] = chr(256 + extra)
            extra += 1
    return [pieces[byte] for byte in range(256)]


VOCAB = byte_pieces() + SPECIAL + THINK  # 260 ids; the model has 264 rows


def shapes():
    yield "model.embed_tokens.weight", "token_embd.weight", (264, HIDDEN)
    yield "lm_head.weight", "output.weight", (264, HIDDEN)
    yield "model.norm.weight", "output_norm.weight", (HIDDEN,)
    for layer in range(LAYERS):
        hf, gguf = f"model.layers.{layer}.", f"blk.{layer}."
        yield hf + "input_layernorm.weight", gguf + "attn_norm.weight", (HIDDEN,)
        yield hf + "post_attention_layernorm.weight", gguf + "ffn_norm.weight", (HIDDEN,)
        yield hf + "self_attn.q_proj.weight", gguf + "attn_q.weight", (HEADS * DIM, HIDDEN)
        yield hf + "self_attn.k_proj.weight", gguf + "attn_k.weight", (KV * DIM, HIDDEN)
        yield hf + "self_attn.v_proj.weight", gguf + "attn_v.weight", (KV * DIM, HIDDEN)
        yield hf + "self_attn.o_proj.weight", gguf + "attn_output.weight", (HIDDEN, HEADS * DIM)
        yield hf + "self_attn.q_norm.weight", gguf + "attn_q_norm.weight", (DIM,)
        yield hf + "self_attn.k_norm.weight", gguf + "attn_k_norm.weight", (DIM,)
        yield hf + "mlp.gate_proj.weight", gguf + "ffn_gate.weight", (FFN, HIDDEN)
        yield hf + "mlp.up_proj.weight", gguf + "ffn_up.weight", (FFN, HIDDEN)
        yield hf + "mlp.down_proj.weight", gguf + "ffn_down.weight", (HIDDEN, FFN)


def tensors():
    """name in safetensors, name in GGUF, shape, F32 bytes; always the same."""
    chance = random.Random(5)
    for hf, gguf, shape in shapes():
        n = shape[0] * (shape[1] if len(shape) == 2 else 1)
        values = [1.0] * n if len(shape) == 1 else [chance.gauss(0, 1.5 / shape[1] ** 0.5) for _ in range(n)]
        yield hf, gguf, shape, struct.pack(f"<{n}f", *values)


def write_directory(folder, damage=lambda name, raw: raw):
    """damage: the bytes that a tensor of model.safetensors has instead of its own."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "qwen3", "hidden_size": HIDDEN, "intermediate_size": FFN, "num_hidden_layers": LAYERS,
              "num_attention_heads": HEADS, "num_key_value_heads": KV, "head_dim": DIM, "vocab_size": 264,
              "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
              "tie_word_embeddings": False, "hidden_act": "silu", "eos_token_id": VOCAB.index("<|im_end|>")}
    (folder / "config.json").write_text(json.dumps(config))
    header, data = {}, b""
    for name, _, shape, raw in tensors():
        raw = damage(name, raw)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    added = [{"id": VOCAB.index(t), "content": t, "special": t in SPECIAL, "normalized": False, "lstrip": False,
              "rstrip": False, "single_word": False} for t in SPECIAL + THINK]
    tokenizer = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
                 "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
                 "post_processor": None, "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
                 "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                           "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                           "vocab": {piece: i for i, piece in enumerate(VOCAB[:256])}, "merges": []}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": TEMPLATE, "eos_token": "<|im_end|>"}))
    return str(folder)


def text(value):
    """A string as GGUF keys hold it (type 8)."""
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def array(kind, items):
    """A list as GGUF keys hold it (type 9)."""
    return struct.pack("<IQ", kind, len(items)) + b"".join(items)


def gguf_bytes(changed={}, tensors=tensors):
    """changed: (type, bytes) of keys to add or to replace, None of those to leave out. tensors: those of one part."""
    keys = {}

    def key(name, kind, raw):
        keys[name] = (kind, raw)

    key("general.architecture", 8, text("qwen3"))
    for name, value in [("block_count", LAYERS), ("embedding_length", HIDDEN), ("feed_forward_length", FFN),
                        ("attention.head_count", HEADS), ("attention.head_count_kv", KV), ("attention.key_length", DIM),
                        ("attention.value_length", DIM), ("context_length", 2048)]:
        key("qwen3." + name, 4, struct.pack("<I", value))
    key("qwen3.attention.layer_norm_rms_epsilon", 6, struct.pack("<f", 1e-6))
    key("tokenizer.ggml.model", 8, text("gpt2"))
    key("tokenizer.ggml.pre", 8, text("gpt-2"))
    key("tokenizer.ggml.tokens", 9, array(8, [text(piece) for piece in VOCAB]))
    key("tokenizer.ggml.token_type", 9, array(5, [struct.pack("<i", 1 if i < 256 else 3 if i < 258 else 4) for i in range(len(VOCAB))]))
    key("tokenizer.ggml.merges", 9, array(8, []))
    key("tokenizer.ggml.eos_token_id", 4, struct.pack("<I", VOCAB.index("<|im_end|>")))
    key("tokenizer.chat_template", 8, text(TEMPLATE))
    infos, data = [], b""
    for _, name, shape, raw in tensors():
        dims = struct.pack(f"<{len(shape)}Q", *reversed(shape))
        infos.append(text(name) + struct.pack("<I", len(shape)) + dims + struct.pack("<IQ", 0, len(data)))
        data += raw + b"\0" * (-len(raw) % 32)
    keys = [text(name) + struct.pack("<I", value[0]) + value[1] for name, value in {**keys, **changed}.items() if value is not None]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(keys)) + b"".join(keys + infos)
    return head + b"\0" * (-len(head) % 32) + data
