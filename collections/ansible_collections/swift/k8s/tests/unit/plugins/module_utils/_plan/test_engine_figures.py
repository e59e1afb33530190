# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Computed memory beside what engines logged on real devices."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._plan import cache, fit, known, shape, weights
from ansible_collections.swift.k8s.plugins.module_utils._plan.parameters import count
from ansible_collections.swift.k8s.plugins.module_utils._plan.request import Request

GIB = 2**30
ISSUES = "https://github.com/vllm-project/vllm/issues/"
QWEN_32B, LLAMA_70B, MOE_30B = (
    "Qwen/Qwen2.5-32B-Instruct",
    "LLM-Research/Meta-Llama-3-70B-Instruct",
    "Qwen/Qwen3-30B-A3B",
)
#: config.json of Qwen3-235B-A22B, as far as the cache depends on it
MOE_235B = {
    "model_type": "qwen3_moe",
    "torch_dtype": "bfloat16",
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
    "num_hidden_layers": 94,
    "hidden_size": 4096,
    "num_attention_heads": 64,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "intermediate_size": 12288,
    "moe_intermediate_size": 1536,
    "num_experts": 128,
    "num_experts_per_tok": 8,
}


class Weights(NamedTuple):
    """GiB of weights that one device holds, as the engine logged them."""

    source: str
    model: str
    devices: int
    gib: float
    quantization: str = ""


class Cache(NamedTuple):
    """GiB and tokens of one device's KV cache, as the engine logged them."""

    source: str
    model: str
    devices: int
    gib: float
    tokens: int


WEIGHTS = [
    Weights(f"{ISSUES}15815", QWEN_32B, 2, 30.7098),
    Weights(f"{ISSUES}17469", MOE_30B, 4, 14.2474),
    # vLLM says GB and means GiB; Llama 3.1 70B with 8-bit weights has the shape of Llama 3
    Weights("https://github.com/vllm-project/vllm/pull/12569", LLAMA_70B, 1, 67.7229, "int8"),
]
CACHES = [
    # 3947 blocks of 16 tokens
    Cache(f"{ISSUES}15815", QWEN_32B, 2, 7.71, 3947 * 16),
    Cache(f"{ISSUES}21348", "Qwen3-235B-A22B", 4, 8.11, 178_880),
    # SGLang on the same devices: keys and values of 8.23 GB each
    Cache(f"{ISSUES}21348", "Qwen3-235B-A22B", 4, 2 * 8.23, 367_404),
]


def of(name: str) -> shape.Shape:
    config = known.config(name) or MOE_235B
    return shape.parse(config, name)


@pytest.mark.parametrize("said", WEIGHTS, ids=lambda said: f"{said.model}x{said.devices}")
def test_weights(said: Weights) -> None:
    computed = weights.loaded(count(of(said.model)), "bfloat16", said.quantization) / said.devices / GIB
    # matrices are divided, small vectors are on every device: the engine has a little more
    assert computed == pytest.approx(said.gib, rel=0.01)


@pytest.mark.parametrize("said", CACHES, ids=lambda said: f"{said.model}-{said.tokens}")
def test_cache(said: Cache) -> None:
    it = of(said.model)
    computed = said.tokens * cache.bytes_per_token(it, 2) / cache.shards(it, said.devices) / GIB
    assert computed == pytest.approx(said.gib, rel=0.02)


def test_all_but_the_cache() -> None:
    """vLLM, Qwen2.5-32B on two L40S, 10,000 tokens: weights 30.71, activations 1.26, outside of PyTorch 0.30 GiB.

    The engine measured before it captured its graphs, for which the plan keeps room.
    """
    it, request = of(QWEN_32B), Request(QWEN_32B, engine="vllm", context=10_000)
    parts = fit.parts(fit.Model(it, count(it)), request, 2, 10_000)
    computed, said = (parts.weights + parts.activations + parts.runtime) / GIB, 30.71 + 1.26 + 0.30
    assert said < computed < 1.1 * said
    assert parts.activations / GIB == pytest.approx(1.26, rel=0.2)
