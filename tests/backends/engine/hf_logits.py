#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Logits of small random models, and of GGUF files, against Hugging Face transformers, F32: hf_logits.py ENGINE_LOGITS [FILE.gguf...]

Needs torch and transformers, and for GGUF files gguf and accelerate; says what it leaves out without them, and exits 77
without the first two.
"""
import itertools
import json
import os
import subprocess
import sys
import tempfile

try:
    import torch
    import transformers as hf
except ImportError as missing:
    print(f"skipped: {missing.name} is not installed")
    sys.exit(77)

SMALL = dict(hidden_size=64, intermediate_size=172, num_hidden_layers=3, vocab_size=151, max_position_embeddings=512,
             rms_norm_eps=1e-5)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64, rope_theta=500000.0)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64, rope_theta=10000.0)
LINEAR = dict(rope_type="linear", factor=2.0, rope_theta=10000.0)

CASES = {
    "llama, multi-head, untied": (hf.LlamaConfig, dict(num_attention_heads=4, num_key_value_heads=4)),
    "llama, grouped, tied": (hf.LlamaConfig, dict(hidden_size=96, num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=True)),
    "llama, attention bias": (hf.LlamaConfig, dict(num_attention_heads=4, num_key_value_heads=2, attention_bias=True)),
    "llama, llama3 rope": (hf.LlamaConfig, dict(num_attention_heads=4, num_key_value_heads=2, rope_parameters=LLAMA3)),
    "llama, yarn rope": (hf.LlamaConfig, dict(num_attention_heads=4, num_key_value_heads=2, rope_parameters=YARN)),
    "llama, linear rope": (hf.LlamaConfig, dict(num_attention_heads=4, num_key_value_heads=2, rope_parameters=LINEAR)),
    "qwen2, biases": (hf.Qwen2Config, dict(num_attention_heads=6, num_key_value_heads=2, hidden_size=96)),
    "qwen2, tied": (hf.Qwen2Config, dict(num_attention_heads=4, num_key_value_heads=1, tie_word_embeddings=True)),
    "qwen3, q and k norms": (hf.Qwen3Config, dict(num_attention_heads=4, num_key_value_heads=2, head_dim=32)),
    "qwen3, tied, heads wider than hidden": (hf.Qwen3Config, dict(num_attention_heads=4, num_key_value_heads=4, head_dim=64, tie_word_embeddings=True)),
}

# What is changed in config.json before both sides read it.
PATCHES = {
    "rope_scaling beside rope_parameters": (hf.LlamaConfig, dict(num_attention_heads=4, num_key_value_heads=2),
                                            lambda config: config.update(rope_scaling=YARN)),
    "yarn, not truncated": (hf.LlamaConfig, dict(num_attention_heads=4, num_key_value_heads=2),
                            lambda config: config.update(rope_parameters={**YARN, "truncate": False})),
    "yarn, the original context outside": (hf.LlamaConfig, dict(num_attention_heads=4, num_key_value_heads=2),
                                           lambda config: config.update(rope_parameters=YARN, original_max_position_embeddings=100)),
    "qwen3, no head size": (hf.Qwen3Config, dict(num_attention_heads=4, num_key_value_heads=2, head_dim=128),
                            lambda config: config.pop("head_dim")),
}


def make_model(config):
    model = hf.AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("norm.weight"):
                weight.copy_(1 + 0.2 * torch.randn_like(weight))
            elif weight.dim() == 1:
                weight.copy_(0.2 * torch.randn_like(weight))
            else:
                weight.copy_(torch.randn_like(weight) * 1.5 / weight.shape[-1] ** 0.5)
    return model


def largest_error(tool, model, path, ids):
    """(largest difference, largest logit) of a transformers model and of our engine on the same weights at `path`."""
    with torch.no_grad():
        expected = model(torch.tensor([ids])).logits[0]
    out = subprocess.run([tool, path, *map(str, ids)], capture_output=True, text=True, check=False)
    if out.returncode != 0:
        sys.exit(f"{tool}: {out.stderr.strip()}")
    logits = torch.tensor([json.loads(line) for line in out.stdout.splitlines()])
    return (logits - expected).abs().max().item(), expected.abs().max().item()


def random_models(folder):
    for name, (make, options) in CASES.items():
        model = make_model(make(**{**SMALL, **options}))
        model.save_pretrained(folder)
        yield name, model, folder, 1e-4
    for name, (make, options, patch) in PATCHES.items():
        make_model(make(**{**SMALL, **options})).save_pretrained(folder)
        path = os.path.join(folder, "config.json")
        with open(path) as file:
            config = json.load(file)
        patch(config)
        with open(path, "w") as file:
            json.dump(config, file)
        yield name, hf.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval(), folder, 1e-4


def gguf_models(paths, folder):
    """Each as F32, and as it is: a product with BF16 weights rounds the other side to BF16 too."""
    if not paths:
        return
    try:
        import accelerate
        import gguf
    except ImportError as missing:
        print(f"skipped: GGUF files ({missing})")
        return
    for path in paths:
        where, name = os.path.split(path)
        model = hf.AutoModelForCausalLM.from_pretrained(where or ".", gguf_file=name, dtype=torch.float32).eval()
        del model.config.quantization_config
        plain = hf.AutoModelForCausalLM.from_config(model.config, dtype=torch.float32).eval()
        plain.load_state_dict(model.state_dict())
        plain.save_pretrained(folder)
        yield f"{name}, F32", plain, folder, 1e-4
        yield name, model, path, 0.4


def main():
    torch.manual_seed(1)
    tool, *files = sys.argv[1:]
    ids = [(i * 37 + 11) % 151 for i in range(200)]
    failed = 0
    hf.utils.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        for name, model, path, bound in itertools.chain(random_models(folder), gguf_models(files, folder)):
            error, size = largest_error(tool, model, path, ids)
            failed += error > bound
            print(f"{'ok  ' if error <= bound else 'FAIL'} {name}: max abs error {error:.1e} of logits up to {size:.1f}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
