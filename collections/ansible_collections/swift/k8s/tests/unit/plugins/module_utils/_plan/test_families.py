# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""config.json of families that write it in their own way, and of nobody."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._plan import cache, known, shape
from ansible_collections.swift.k8s.plugins.module_utils._plan.errors import PlanError
from ansible_collections.swift.k8s.plugins.module_utils._plan.parameters import count
from ansible_collections.swift.k8s.plugins.module_utils._plan.weights import shipped_quantization

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
LINEAR = {"linear_num_key_heads": 16, "linear_key_head_dim": 128, "linear_value_head_dim": 128}
LINEAR |= {"linear_conv_kernel_dim": 4}
QWEN_35_27B = text(64, 5120, 24, 4, 248320, head_dim=256, intermediate_size=17408, linear_num_value_heads=48, **LINEAR)
QWEN_35_27B |= {"layer_types": (["linear_attention"] * 3 + ["full_attention"]) * 16}
PHI_2 = text(32, 2560, 32, 32, 51200, model_type="phi", intermediate_size=10240)
PHI_3_MINI = text(32, 3072, 32, 32, 32064, intermediate_size=8192, sliding_window=262144)
PHI_3_MINI |= {"model_type": "phi3", "max_position_embeddings": 131072}
STARCODER_2_7B = text(32, 4608, 36, 4, 49152, model_type="starcoder2", intermediate_size=18432)
del STARCODER_2_7B["tie_word_embeddings"]
NEMOTRON_MINI = text(32, 3072, 24, 8, 256000, model_type="nemotron", head_dim=128, intermediate_size=9216)
MINICPM_3 = text(62, 2560, 40, 40, 73448, model_type="minicpm3", intermediate_size=6400, kv_lora_rank=256)
MINICPM_3 |= {"q_lora_rank": 768, "qk_nope_head_dim": 64, "qk_rope_head_dim": 32}
del MINICPM_3["tie_word_embeddings"]
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
        ({**NEXT, **LINEAR, "linear_num_value_heads": 32}, 79.67, 12 * 2 * 2 * 256 * 2),
        (QWEN_35_27B, 26.90, 16 * 2 * 4 * 256 * 2),
        (PHI_2, 2.78, 32 * 2 * 2560 * 2),
        (PHI_3_MINI, 3.82, 393216),
        (STARCODER_2_7B, 7.17, 32 * 2 * 4 * 128 * 2),
        (NEMOTRON_MINI, 4.19, 131072),
        (MINICPM_3, 4.07, 62 * 288 * 2),
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
    ("scaling", "wanted"),
    [
        ({"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}, 131072),
        ({"rope_type": "yarn", "factor": 4}, 131072),
        ({"rope_type": "yarn", "factor": 8, "original_max_position_embeddings": 4096}, 32768),
        ({"rope_type": "llama3", "factor": 8.0}, 32768),
        ({"type": "mrope", "mrope_section": [16, 24, 24]}, 32768),
        (None, 32768),
    ],
)
def test_yarn_makes_the_context_longer(scaling: Any, wanted: int) -> None:
    assert shape.parse({**SEVEN, "rope_scaling": scaling}, "m").context == wanted


def test_without_latent_vectors_the_cache_holds_the_keys_and_values_they_make() -> None:
    """As published: DeepSeek-V2-Lite, of which transformers keeps nine times what vLLM does."""
    lite = {**text(27, 2048, 16, 16, 102400, intermediate_size=10944), "kv_lora_rank": 512, "v_head_dim": 128}
    it = shape.parse({**lite, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64}, "m")
    for latent, each in ((True, 512 + 64), (False, 16 * (128 + 64 + 128))):
        assert cache.bytes_per_token(it, 2, latent) == 27 * each * 2
        assert cache.sequence(it, 10, 2, latent) == 10 * 27 * each * 2


@pytest.mark.parametrize(("kind", "wanted"), [("float", "fp8"), ("int", "int8")])
def test_eight_bits_are_told_by_their_type(kind: str, wanted: str) -> None:
    groups = {"group_0": {"weights": {"num_bits": 8, "type": kind}}}
    assert shipped_quantization({"quant_method": "compressed-tensors", "config_groups": groups}) == wanted


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


@pytest.mark.parametrize(
    ("layer_types", "refused"), [(None, True), (["mamba", "attention"], True), (["attention"] * 28, False)]
)
def test_state_spaces_are_refused_where_there_are_any(layer_types: list[str] | None, refused: bool) -> None:
    """Granite 4 without them still names their sizes."""
    config = {**SEVEN, "mamba_d_state": 16, **({"layer_types": layer_types} if layer_types else {})}
    if refused:
        with pytest.raises(PlanError, match=r"of m has Mamba layers \(mamba_d_state\)"):
            shape.parse(config, "m")
    else:
        assert count(shape.parse(config, "m")) == count(shape.parse(SEVEN, "m"))


def test_more_names_of_layers_than_layers_take_no_memory_away() -> None:
    it = shape.parse({**SEVEN, "layer_types": ["linear_attention"] * 60}, "m")
    assert (it.linear_layers, cache.full_layers(it)) == (28, 0)


def test_experts_lie_in_the_layers_that_a_list_names() -> None:
    it = shape.parse({**SEVEN, "n_routed_experts": 8, "moe_layer_freq": [0] * 3 + [1] * 25}, "m")
    assert it.experts is not None
    assert it.experts.layers == 25
