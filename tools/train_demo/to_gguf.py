#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Packs a checkpoint of train.py into one GGUF file, vocabulary and chat template included.

    python to_gguf.py CHECKPOINT FILE.gguf [SOFTEN]

Needs gguf, safetensors and torch. The rows of the query and key matrices are reordered, as GGUF's llama architecture
rotates neighbours where Hugging Face rotates halves. SOFTEN divides the last norm, and with it every logit: a model so
small is sure of itself even where it errs, and answers that never differ leave a vote nothing to decide. The likeliest
token stays the likeliest.
"""
import json
import os
import sys

import gguf
import torch
from safetensors.torch import load_file

TENSORS = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
           "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
           "post_attention_layernorm": "ffn_norm"}


def read_json(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def gguf_name(name):
    """model.layers.3.mlp.up_proj.weight -> blk.3.ffn_up.weight"""
    name = name.removesuffix(".weight")
    if not name.startswith("model.layers."):
        return TENSORS[name] + ".weight"
    layer, rest = name.removeprefix("model.layers.").split(".", 1)
    return f"blk.{layer}.{TENSORS[rest]}.weight"


def interleaved(weight, heads):
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def add_shape(writer, config):
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    writer.add_vocab_size(config["vocab_size"])


def add_vocabulary(writer, folder, config):
    tokenizer = read_json(folder, "tokenizer.json")
    special = {token["id"] for token in tokenizer["added_tokens"]}
    tokens = [token for token, _ in sorted(tokenizer["model"]["vocab"].items(), key=lambda pair: pair[1])]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL for i in range(len(tokens))])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(read_json(folder, "tokenizer_config.json")["chat_template"])


def add_tensors(writer, folder, config, soften):
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    for name, tensor in sorted(load_file(os.path.join(folder, "model.safetensors")).items()):
        target = gguf_name(name)
        part = target.removesuffix(".weight").rsplit(".", 1)[-1]
        if name == "model.norm.weight":
            tensor = tensor.float() / soften
        if tensor.dim() == 1:
            writer.add_tensor(target, tensor.float().numpy())
            continue
        if part in heads:
            tensor = interleaved(tensor, heads[part])
        bits = tensor.contiguous().view(torch.uint16).numpy()
        writer.add_tensor(target, bits.view("uint8"), raw_dtype=gguf.GGMLQuantizationType.BF16)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    folder, path = sys.argv[1:3]
    soften = float(sys.argv[3]) if len(sys.argv) == 4 else 1.0
    config = read_json(folder, "config.json")
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(os.path.splitext(os.path.basename(path))[0])
    writer.add_license("MIT")
    add_shape(writer, config)
    add_vocabulary(writer, folder, config)
    add_tensors(writer, folder, config, soften)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
