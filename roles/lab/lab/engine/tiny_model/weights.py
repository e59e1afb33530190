"""model.safetensors: noise with one steered dimension."""

from __future__ import annotations

import json
import math
import random
import struct
import sys
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .tokenizer import BYTES, token_id

Shape = tuple[int, ...]
#: how much a token is wanted beside letters (1.0): a space about once in twelve, the end about once in thirty
_SPACE, _END = 1.1, 1.07
_SPREAD = 0.05


def steering(vocabulary: int, stop: bool) -> list[float]:
    """Column 0 of the output matrix: +1 for what may be said, -1 for the rest."""
    letters = {byte for byte in range(BYTES) if chr(byte).isascii() and chr(byte).isalpha()}
    column = [1.0 if number in letters else -1.0 for number in range(vocabulary)]
    column[ord(" ")] = _SPACE
    if stop:
        column[token_id("<|im_end|>")] = _END
    return column


def shapes(config: Mapping[str, Any]) -> dict[str, Shape]:
    """Name and shape of every tensor that the architecture asks for."""
    hidden, inner, size = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    queries = config["num_attention_heads"] * config["head_dim"]
    keys = config["num_key_value_heads"] * config["head_dim"]
    found: dict[str, Shape] = {
        "model.embed_tokens.weight": (size, hidden),
        "model.norm.weight": (hidden,),
        "lm_head.weight": (size, hidden),
    }
    layer: dict[str, Shape] = {
        "self_attn.q_proj.weight": (queries, hidden),
        "self_attn.k_proj.weight": (keys, hidden),
        "self_attn.v_proj.weight": (keys, hidden),
        "self_attn.o_proj.weight": (hidden, queries),
        "mlp.gate_proj.weight": (inner, hidden),
        "mlp.up_proj.weight": (inner, hidden),
        "mlp.down_proj.weight": (hidden, inner),
        "input_layernorm.weight": (hidden,),
        "post_attention_layernorm.weight": (hidden,),
    }
    if config["model_type"] == "qwen2":
        layer.update({f"self_attn.{kind}_proj.bias": (queries if kind == "q" else keys,) for kind in "qkv"})
    else:
        layer.update({f"self_attn.{kind}_norm.weight": (config["head_dim"],) for kind in "qk"})
    for number in range(config["num_hidden_layers"]):
        found.update({f"model.layers.{number}.{name}": shape for name, shape in layer.items()})
    return found


def write_weights(out: Path, config: Mapping[str, Any], seed: int, column: list[float]) -> None:
    """All tensors in one safetensors file, by name."""
    source = random.Random(seed)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    parts, at = [], 0
    for name, shape in sorted(shapes(config).items()):
        data = _little_endian(_tensor(name, shape, source, column))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        parts.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (out / "model.safetensors").write_bytes(b"".join([struct.pack("<Q", len(text)), text, *parts]))


def _tensor(name: str, shape: Shape, source: random.Random, column: list[float]) -> array[float]:
    size = math.prod(shape)
    if "norm" in name:
        return array("f", [1.0]) * size
    if name.endswith("bias"):
        return array("f", [0.0]) * size
    data = array("f", (source.gauss(0, _SPREAD) for _ in range(size)))
    if name.endswith("embed_tokens.weight"):
        data[:: shape[1]] = array("f", [1.0]) * shape[0]
    elif name == "lm_head.weight":
        data[:: shape[1]] = array("f", column)
    elif name.endswith(("o_proj.weight", "down_proj.weight")):
        data[: shape[1]] = array("f", [0.0]) * shape[1]  # no layer writes dimension 0
    return data


def _little_endian(data: array[float]) -> bytes:
    if sys.byteorder == "big":
        data.byteswap()
    return data.tobytes()
