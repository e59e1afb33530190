# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Shapes of models that people ask for most, so that they can be planned where no hub is in reach (data).

The fields are those of config.json. The names that are no model ids are the chart's catalogue's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

_QWEN2 = {"model_type": "qwen2", "torch_dtype": "bfloat16", "max_position_embeddings": 32768, "vocab_size": 152064}
_QWEN3 = {"model_type": "qwen3", "torch_dtype": "bfloat16", "max_position_embeddings": 40960, "vocab_size": 151936}
_LLAMA3 = {"model_type": "llama", "torch_dtype": "bfloat16", "max_position_embeddings": 8192, "vocab_size": 128256}
_VISION = {
    "depth": 32,
    "hidden_size": 1280,
    "intermediate_size": 3420,
    "hidden_act": "silu",
    "in_chans": 3,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}


def _text(
    base: Mapping[str, Any], layers: int, hidden: int, heads: int, kv: int, inner: int, **more: Any
) -> dict[str, Any]:
    return {
        **base,
        "num_hidden_layers": layers,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "num_key_value_heads": kv,
        "intermediate_size": inner,
        "tie_word_embeddings": False,
        **more,
    }


def _vl(base: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    vision = {**_VISION, "out_hidden_size": base["hidden_size"]}
    return {**base, "model_type": "qwen2_5_vl", "max_position_embeddings": 128000, "vision_config": vision, **more}


_SMALL = {"vocab_size": 151936, "tie_word_embeddings": True}
_QWEN25_7B = _text(_QWEN2, 28, 3584, 28, 4, 18944)
_QWEN25_72B = _text(_QWEN2, 80, 8192, 64, 8, 29568)
_LLAMA3_8B = _text(_LLAMA3, 32, 4096, 32, 8, 14336)
_LLAMA3_70B = _text(_LLAMA3, 80, 8192, 64, 8, 28672)
_SPARSE = {"head_dim": 128, "moe_intermediate_size": 768, "num_experts": 128, "num_experts_per_tok": 8}
_DEEPSEEK_V3 = _text(
    {"model_type": "deepseek_v3", "torch_dtype": "bfloat16", "max_position_embeddings": 163840, "vocab_size": 129280},
    *(61, 7168, 128, 128, 18432),
    moe_intermediate_size=2048,
    n_routed_experts=256,
    n_shared_experts=1,
    num_experts_per_tok=8,
    first_k_dense_replace=3,
    moe_layer_freq=1,
    topk_method="noaux_tc",
    kv_lora_rank=512,
    q_lora_rank=1536,
    qk_nope_head_dim=128,
    qk_rope_head_dim=64,
    v_head_dim=128,
    quantization_config={"quant_method": "fp8", "weight_block_size": [128, 128]},
)

CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "Qwen/Qwen2.5-0.5B-Instruct": _text(_QWEN2, 24, 896, 14, 2, 4864, **_SMALL),
    "Qwen/Qwen2.5-1.5B-Instruct": _text(_QWEN2, 28, 1536, 12, 2, 8960, **_SMALL),
    "Qwen/Qwen2.5-3B-Instruct": _text(_QWEN2, 36, 2048, 16, 2, 11008, **_SMALL),
    "Qwen/Qwen2.5-7B-Instruct": _QWEN25_7B,
    "Qwen/Qwen2.5-14B-Instruct": _text(_QWEN2, 48, 5120, 40, 8, 13824),
    "Qwen/Qwen2.5-32B-Instruct": _text(_QWEN2, 64, 5120, 40, 8, 27648),
    "Qwen/Qwen2.5-72B-Instruct": _QWEN25_72B,
    "Qwen/Qwen2.5-VL-3B-Instruct": _vl(_text(_QWEN2, 36, 2048, 16, 2, 11008, **_SMALL)),
    "Qwen/Qwen2.5-VL-7B-Instruct": _vl(_QWEN25_7B),
    "Qwen/Qwen2.5-VL-72B-Instruct": _vl(
        _QWEN25_72B, vision_config={**_VISION, "intermediate_size": 3456, "out_hidden_size": 8192}
    ),
    "Qwen/Qwen3-8B": _text(_QWEN3, 36, 4096, 32, 8, 12288, head_dim=128),
    "Qwen/Qwen3-32B": _text(_QWEN3, 64, 5120, 64, 8, 25600, head_dim=128),
    "Qwen/Qwen3-30B-A3B": _text({**_QWEN3, "model_type": "qwen3_moe"}, 48, 2048, 32, 4, 6144, **_SPARSE),
    "LLM-Research/Meta-Llama-3-8B-Instruct": _LLAMA3_8B,
    "LLM-Research/Meta-Llama-3-70B-Instruct": _LLAMA3_70B,
    "meta-llama/Meta-Llama-3-8B-Instruct": _LLAMA3_8B,
    "meta-llama/Meta-Llama-3-70B-Instruct": _LLAMA3_70B,
    "deepseek-ai/DeepSeek-V3": _DEEPSEEK_V3,
    "deepseek-ai/DeepSeek-R1": _DEEPSEEK_V3,
}
ALIASES: Mapping[str, str] = {
    "qwen-plus": "Qwen/Qwen2.5-7B-Instruct",
    "qwen-max": "Qwen/Qwen2.5-72B-Instruct",
    "qwen-vl-plus": "Qwen/Qwen2.5-VL-3B-Instruct",
    "qwen-vl-max": "Qwen/Qwen2.5-VL-7B-Instruct",
    "llama3-8b": "LLM-Research/Meta-Llama-3-8B-Instruct",
    "llama3-70b": "LLM-Research/Meta-Llama-3-70B-Instruct",
}
_BY_NAME = {name.lower(): name for name in CONFIGS}


def model_id(name: str) -> str:
    """The id behind a name of the catalogue; an id stays as it is."""
    return ALIASES.get(name.lower(), name)


def config(name: str) -> Optional[Mapping[str, Any]]:
    """The shape of a model or of a name for one, if it is known here."""
    return CONFIGS.get(_BY_NAME.get(model_id(name).lower(), ""))
