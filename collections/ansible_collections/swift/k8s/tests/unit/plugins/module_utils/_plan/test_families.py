# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""config.json of families that write it in their own way, and of nobody."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._plan import cache, known, shape
from ansible_collections.swift.k8s.plugins.module_utils._plan.errors import PlanError
from ansible_collections.swift.k8s.plugins.module_utils._plan.parameters import count

VISION = (known.config("qwen-vl-max") or {})["vision_config"]
SEVEN = dict(known.config("Qwen/Qwen2.5-7B-Instruct") or {})


def text(layers: int, hidden: int, heads: int, kv: int, vocabulary: int, **more: Any) -> dict[str, Any]:
    sizes = {"num_hidden_layers": layers, "hidden_size": hidden, "num_attention_heads": heads}
    return {**sizes, "num_key_value_heads": kv, "vocab_size": vocabulary, "tie_word_embeddings": False, **more}


#: as published: what it leaves out, transformers fills in
GEMMA_3_27B = {
    "model_type": "gemma3_text",
    "hidden_size": 5376,
    "intermediate_size": 21504,
    "num_hidden_layers": 62,
    "num_attention_heads": 32,
    "num_key_value_heads": 16,
    "head_dim": 128,
    "sliding_window": 1024,
}
SIGLIP = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "patch_size": 14}
GLM_4_9B = {
    "model_type": "chatglm",
    "num_layers": 40,
    "hidden_size": 4096,
    "num_attention_heads": 32,
    "kv_channels": 128,
    "multi_query_group_num": 2,
    "ffn_hidden_size": 13696,
    "padded_vocab_size": 151552,
    "seq_length": 131072,
    "add_qkv_bias": True,
}
HUNYUAN_A13B = text(32, 4096, 32, 8, 128167, head_dim=128, intermediate_size=3072, num_experts=64)
HUNYUAN_A13B |= {"moe_intermediate_size": [3072] * 32, "num_shared_expert": [1] * 32, "moe_topk": [8] * 32}
ERNIE_45_21B = text(28, 2560, 20, 4, 103424, intermediate_size=12288, moe_num_experts=64, moe_k=6)
ERNIE_45_21B |= {"moe_intermediate_size": 1536, "moe_num_shared_experts": 2, "moe_layer_start_index": 1}
LLAMA_4 = text(48, 5120, 40, 8, 202048, head_dim=128, intermediate_size=8192, intermediate_size_mlp=16384)
SCOUT = {**LLAMA_4, "num_local_experts": 16, "interleave_moe_layer_step": 1}
MAVERICK = {**LLAMA_4, "num_local_experts": 128, "interleave_moe_layer_step": 2}
NEXT = text(48, 2048, 16, 2, 151936, head_dim=256, num_experts=512, num_experts_per_tok=10, full_attention_interval=4)
NEXT |= {"moe_intermediate_size": 512, "shared_expert_intermediate_size": 512}
COMMAND_R = text(40, 8192, 64, 64, 256000, model_type="cohere", intermediate_size=22528)
del COMMAND_R["tie_word_embeddings"]


@pytest.mark.parametrize(
    ("config", "billions", "kv_bytes"),
    [
        ({"text_config": GEMMA_3_27B, "vision_config": SIGLIP}, 27.43, 10 * 2 * 16 * 128 * 2),
        (GLM_4_9B, 9.40, 40 * 2 * 2 * 128 * 2),
        ({**HUNYUAN_A13B, "tie_word_embeddings": True}, 80.39, 131072),
        ({**ERNIE_45_21B, "tie_word_embeddings": True}, 21.83, 28 * 2 * 4 * 128 * 2),
        ({"text_config": SCOUT}, 107.8, 196608),
        ({"text_config": MAVERICK}, 400.7, 196608),
        (NEXT, 79.04, 12 * 2 * 2 * 256 * 2),
        (COMMAND_R, 34.98, 40 * 2 * 64 * 128 * 2),
        (
            {"thinker_config": {"text_config": SEVEN, "vision_config": VISION}},
            8.29,
            57344,
        ),
        ({**SEVEN, "intermediate_size": [18944] * 28, "num_key_value_heads": [4] * 28}, 7.616, 57344),
    ],
)
def test_published_families(config: dict[str, Any], billions: float, kv_bytes: int) -> None:
    it = shape.parse(config, "m")
    assert count(it).total / 1e9 == pytest.approx(billions, rel=0.002)
    assert cache.bytes_per_token(it, 2) == kv_bytes


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"num_key_value_heads": -8}, r"num_key_value_heads \(-8\)"),
        ({"num_key_value_heads": "four"}, r"num_key_value_heads \('four'\)"),
        ({"head_dim": 1.5}, "head_dim"),
        ({"intermediate_size": None}, "intermediate_size"),
        ({"intermediate_size": [1, "x"]}, "intermediate_size"),
        ({"vision_config": "x"}, "vision_config"),
        ({"quantization_config": "fp8"}, "quantization_config"),
        ({"kv_lora_rank": 512}, "qk_nope_head_dim"),
        ({"sliding_window": "big"}, "sliding_window"),
        ({"num_experts": True}, "num_experts"),
    ],
)
def test_what_is_no_shape_is_named_with_its_field(more: dict[str, Any], field: str) -> None:
    with pytest.raises(PlanError, match=f"config.json of m .* has no usable {field}"):
        shape.parse({**SEVEN, **more}, "m")


def test_more_names_of_layers_than_layers_take_no_memory_away() -> None:
    it = shape.parse({**SEVEN, "layer_types": ["linear_attention"] * 60}, "m")
    assert (it.linear_layers, cache.full_layers(it)) == (28, 0)


def test_experts_lie_in_the_layers_that_a_list_names() -> None:
    it = shape.parse({**SEVEN, "n_routed_experts": 8, "moe_layer_freq": [0] * 3 + [1] * 25}, "m")
    assert it.experts is not None
    assert it.experts.layers == 25
