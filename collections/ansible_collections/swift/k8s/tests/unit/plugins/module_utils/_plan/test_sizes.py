"""Parameters, weights and caches against published figures."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._plan import cache, known, shape, training, weights
from ansible_collections.swift.k8s.plugins.module_utils._plan.errors import PlanError
from ansible_collections.swift.k8s.plugins.module_utils._plan.parameters import count

GIB = 2**30
Q, LLAMA = "Qwen/", "LLM-Research/Meta-Llama-3-"


def of(name: str, **more: Any) -> shape.Shape:
    config = known.config(name)
    assert config is not None
    return shape.parse({**config, **more}, name)


@pytest.mark.parametrize(
    ("name", "billions", "gib_bf16", "kv_bytes", "kv_gib_32k"),
    [
        (f"{Q}Qwen2.5-7B-Instruct", 7.616, 14.2, 57_344, 1.75),
        (f"{Q}Qwen3-30B-A3B", 30.53, 56.9, 98_304, 3.00),
        (f"{LLAMA}70B-Instruct", 70.55, 131.4, 327_680, 10.0),
        (f"{Q}Qwen2.5-72B-Instruct", 72.71, 135.4, 327_680, 10.0),
        (f"{Q}Qwen2.5-VL-72B-Instruct", 73.41, 136.7, 327_680, 10.0),
        ("deepseek-ai/DeepSeek-V3", 671.0, 1250, 70_272, 2.15),
    ],
)
def test_published_sizes(name: str, billions: float, gib_bf16: float, kv_bytes: int, kv_gib_32k: float) -> None:
    it = of(name)
    parameters = count(it)
    assert parameters.total / 1e9 == pytest.approx(billions, rel=0.001)
    assert weights.loaded(parameters, "bfloat16", "") / GIB == pytest.approx(gib_bf16, rel=0.003)
    assert cache.bytes_per_token(it, 2) == kv_bytes
    assert cache.sequence(it, 32768, 2) / GIB == pytest.approx(kv_gib_32k, rel=0.003)


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        (f"{Q}Qwen2.5-0.5B-Instruct", 494_032_768),
        (f"{Q}Qwen2.5-7B-Instruct", 7_615_616_512),
        (f"{Q}Qwen2.5-14B-Instruct", 14_770_033_664),
        (f"{Q}Qwen2.5-32B-Instruct", 32_763_876_352),
        (f"{Q}Qwen2.5-VL-3B-Instruct", 3_754_622_976),
        (f"{Q}Qwen2.5-VL-7B-Instruct", 8_292_166_656),
        (f"{Q}Qwen3-8B", 8_190_735_360),
        (f"{LLAMA}8B-Instruct", 8_030_261_248),
    ],
)
def test_parameters_agree_with_the_published_files_to_a_thousandth(name: str, exact: int) -> None:
    assert count(of(name)).total == pytest.approx(exact, rel=0.001)


SEVEN = f"{Q}Qwen2.5-7B-Instruct"


@pytest.mark.parametrize(
    ("more", "tokens", "wanted"),
    [
        ({"sliding_window": 4096, "use_sliding_window": False}, 32768, 28 * 32768),
        ({"sliding_window": 4096, "model_type": "mistral"}, 32768, 28 * 4096),
        ({"sliding_window": 4096, "model_type": "gemma2"}, 32768, 14 * 4096 + 14 * 32768),
        (
            {"sliding_window": 1024, "sliding_window_pattern": 6, "model_type": "gemma3", "head_dim": 128},
            32768,
            24 * 1024 + 4 * 32768,
        ),
        ({"sliding_window": 4096, "use_sliding_window": True, "max_window_layers": 20}, 32768, 8 * 4096 + 20 * 32768),
        ({"sliding_window": 128, "layer_types": ["sliding_attention"] * 14 + ["full_attention"] * 14}, 64, 28 * 64),
    ],
)
def test_windows_keep_no_more_than_their_tokens(more: dict[str, Any], tokens: int, wanted: int) -> None:
    assert cache.sequence(of(SEVEN, **more), tokens, 2) == wanted * 2 * 4 * 128 * 2


def test_a_linear_layer_keeps_one_state() -> None:
    more = {"linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_key_head_dim": 128}
    more |= {"linear_value_head_dim": 128, "linear_conv_kernel_dim": 4}
    it = of(SEVEN, layer_types=["linear_attention"] * 21 + ["full_attention"] * 7, **more)
    state = 2 * (32 * 128 * 128 + 4 * (2 * 16 * 128 + 32 * 128))
    assert cache.sequence(it, 1000, 2) == 7 * 1000 * 2048 + 21 * state


@pytest.mark.parametrize(("tensor_parallel", "shards"), [(1, 1), (2, 2), (4, 4), (8, 4)])
def test_heads_are_copied_where_there_are_more_devices_than_heads(tensor_parallel: int, shards: int) -> None:
    assert cache.shards(of(SEVEN), tensor_parallel) == shards


def test_latent_vectors_are_on_every_device() -> None:
    assert cache.shards(of("deepseek-ai/DeepSeek-V3"), 8) == 1


@pytest.mark.parametrize(
    ("method", "low", "high"), [("awq", 5.1, 5.8), ("bnb", 5.0, 5.8), ("fp8", 8.0, 8.3), ("int8", 8.0, 8.3)]
)
def test_quantised_weights_keep_embeddings_in_16_bits(method: str, low: float, high: float) -> None:
    assert low < weights.loaded(count(of(SEVEN)), "bfloat16", method) / GIB < high


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({}, ""),
        ({"quant_method": "AWQ"}, "awq"),
        ({"quant_method": "bitsandbytes"}, "bnb"),
        ({"quant_method": "fp8"}, "fp8"),
        ({"quant_method": "mxfp4"}, "mxfp4"),
        ({"quant_method": "gptq", "bits": 8}, "int8"),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "int8"),
        ({"quant_method": "compressed-tensors"}, "int8"),
        ({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 4}}}}, "gptq"),
    ],
)
def test_shipped_quantisation(config: dict[str, Any], name: str) -> None:
    assert weights.shipped_quantization(config) == name


def test_wrong_types_are_named() -> None:
    with pytest.raises(PlanError, match="dtype 'int3' is not known"):
        weights.loaded(count(of(SEVEN)), "int3", "")
    with pytest.raises(PlanError, match="quantization 'q4_k' is not known"):
        weights.loaded(count(of(SEVEN)), "bfloat16", "q4_k")


def test_stored_bytes_are_summed_from_headers() -> None:
    tensors = [{"shape": [4, 8], "data_offsets": [0, 64]}, {"shape": [], "data_offsets": [64, 68]}]
    assert weights.stored(tensors) == (33, 68)


@pytest.mark.parametrize(
    ("nesting", "outer"),
    [({"text_config": True}, {}), ({"llm_config": True}, {}), ({"thinker_config": True}, {})],
)
def test_the_text_part_is_found_where_families_put_it(nesting: dict[str, bool], outer: dict[str, Any]) -> None:
    inner = dict(known.config(SEVEN) or {})
    name = next(iter(nesting))
    config = {name: {"text_config": inner}} if name == "thinker_config" else {name: inner}
    assert shape.parse({**config, **outer}, "m").layers == 28


def test_a_config_without_a_shape_says_what_is_missing() -> None:
    with pytest.raises(PlanError, match=r"config.json of gpt2 \(model_type 'gpt2'\) has no usable num_attention_heads"):
        shape.parse({"model_type": "gpt2", "n_embd": 768}, "gpt2")


def test_mixtral_and_shared_experts() -> None:
    mixtral = of(SEVEN, model_type="mixtral", num_local_experts=8, num_experts_per_tok=2)
    assert mixtral.experts is not None
    assert (mixtral.experts.intermediate, mixtral.experts.layers) == (18944, 28)
    shared = of(
        SEVEN, num_experts=4, moe_intermediate_size=100, shared_expert_intermediate_size=200, decoder_sparse_step=2
    )
    assert shared.experts is not None
    assert (shared.experts.layers, shared.experts.shared_intermediate, shared.experts.shared_gate) == (14, 200, True)
    assert count(shared).total > 0


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (SEVEN, 8 * 28 * (2 * 7168 + 2 * (3584 + 512) + 3 * (3584 + 18944))),
        ("deepseek-ai/DeepSeek-V3", None),
        (f"{Q}Qwen3-30B-A3B", None),
    ],
)
def test_adapters(name: str, wanted: Any) -> None:
    found = training.adapter(of(name), 8)
    assert found == wanted or (wanted is None and 0 < found < count(of(name)).total)
