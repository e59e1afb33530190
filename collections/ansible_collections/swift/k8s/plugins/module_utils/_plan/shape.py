# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""A model's shape, as its config.json gives it (pure). Vision and audio models nest the text model's part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .errors import PlanError

_NESTED = ("text_config", "llm_config", "language_config")
#: Model types whose query, key and value have a bias although config.json does not say so.
_QKV_BIAS = ("qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl", "qwen2_5_vl_text", "qwen2_vl_text")
#: Model types with a norm on every query and key head.
_QK_NORM = ("qwen3", "qwen3_moe", "qwen3_vl_text", "qwen3_vl_moe_text", "gemma3_text", "olmo2")
#: Model types that share input and output embeddings unless they say otherwise.
_TIED = ("gemma", "gemma2", "gemma3", "gemma3_text")


@dataclass(frozen=True)
class Latent:
    """Multi-head latent attention (DeepSeek): one compressed vector a token instead of keys and values."""

    kv_rank: int
    q_rank: int
    nope: int
    rope: int
    value: int


@dataclass(frozen=True)
class Experts:
    """A mixture of experts. All of them are resident, whichever a token takes."""

    count: int
    per_token: int
    intermediate: int
    shared_intermediate: int
    shared_gate: bool
    layers: int
    router_bias: bool


@dataclass(frozen=True)
class Vision:
    """The vision tower and its projector."""

    layers: int
    hidden: int
    intermediate: int
    gated: bool
    patch: int
    merge: int
    out: int
    patch_inputs: int


@dataclass(frozen=True)
class Shape:
    """What counts for memory."""

    model_type: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied: bool
    dtype: str
    context: int
    qkv_bias: bool = False
    qk_norm: bool = False
    latent: Optional[Latent] = None
    experts: Optional[Experts] = None
    vision: Optional[Vision] = None
    #: window -> number of layers that keep only that many tokens
    windows: Mapping[int, int] = field(default_factory=dict)
    #: layers that keep a state of fixed size instead of tokens, and the bytes of one such state
    linear_layers: int = 0
    linear_state: int = 0
    quantization: Mapping[str, Any] = field(default_factory=dict)


def parse(config: Mapping[str, Any], model: str) -> Shape:
    """The shape that a config.json describes."""
    text = _text_part(config)
    number = _Numbers(text, model)
    heads = number("num_attention_heads")
    hidden = number("hidden_size")
    kind = str(text.get("model_type") or config.get("model_type") or "")
    layers = number("num_hidden_layers")
    linear = [name for name in text.get("layer_types") or () if name == "linear_attention"]
    return Shape(
        model_type=kind,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=int(text.get("num_key_value_heads") or heads),
        head_dim=int(text.get("head_dim") or hidden // heads),
        intermediate=int(text.get("intermediate_size") or 0),
        vocabulary=number("vocab_size"),
        tied=bool(_either(config, text, "tie_word_embeddings", kind in _TIED)),
        dtype=str(_either(config, text, "torch_dtype", _either(config, text, "dtype", "bfloat16"))),
        context=int(text.get("max_position_embeddings") or 0),
        qkv_bias=bool(text.get("attention_bias", kind in _QKV_BIAS)),
        qk_norm=kind in _QK_NORM,
        latent=_latent(text),
        experts=_experts(text, layers),
        vision=_vision(config.get("vision_config") or {}, hidden),
        windows=_windows(text, layers),
        linear_layers=len(linear),
        linear_state=_linear_state(text) if linear else 0,
        quantization=dict(config.get("quantization_config") or text.get("quantization_config") or {}),
    )


class _Numbers:
    """Fields without which nothing can be said."""

    def __init__(self, text: Mapping[str, Any], model: str) -> None:
        self._text, self._model = text, model

    def __call__(self, name: str) -> int:
        value = self._text.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise PlanError(
                f"config.json of {self._model} (model_type {self._text.get('model_type')!r}) has no usable {name}. "
                "Give parameters and kv_bytes_per_token yourself, or the config.json of the text model."
            )
        return value


def _text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = config.get("thinker_config") or config
    for name in _NESTED:
        if isinstance(inner.get(name), Mapping) and inner[name].get("num_hidden_layers"):
            return dict(inner[name])
    return dict(inner)


def _either(config: Mapping[str, Any], text: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    """A field that some models keep outside and some inside of the text model's part."""
    value = text.get(name, config.get(name))
    return otherwise if value is None else value


def _latent(text: Mapping[str, Any]) -> Optional[Latent]:
    if not text.get("kv_lora_rank"):
        return None
    return Latent(
        kv_rank=int(text["kv_lora_rank"]),
        q_rank=int(text.get("q_lora_rank") or 0),
        nope=int(text["qk_nope_head_dim"]),
        rope=int(text["qk_rope_head_dim"]),
        value=int(text["v_head_dim"]),
    )


def _experts(text: Mapping[str, Any], layers: int) -> Optional[Experts]:
    count = int(text.get("num_experts") or text.get("num_local_experts") or text.get("n_routed_experts") or 0)
    if not count:
        return None
    each = int(text.get("moe_intermediate_size") or text["intermediate_size"])
    step = int(text.get("decoder_sparse_step") or text.get("moe_layer_freq") or 1)
    first_dense = int(text.get("first_k_dense_replace") or 0)
    dense = set(text.get("mlp_only_layers") or ()) | set(range(first_dense))
    sparse = [at for at in range(layers) if at not in dense and (at + 1) % step == 0]
    return Experts(
        count=count,
        per_token=int(text.get("num_experts_per_tok") or 1),
        intermediate=each,
        shared_intermediate=int(
            text.get("shared_expert_intermediate_size") or int(text.get("n_shared_experts") or 0) * each
        ),
        shared_gate=bool(text.get("shared_expert_intermediate_size")),
        layers=len(sparse),
        router_bias=text.get("topk_method") == "noaux_tc",
    )


def _windows(text: Mapping[str, Any], layers: int) -> dict[int, int]:
    window = text.get("sliding_window")
    if not window or text.get("use_sliding_window") is False:
        return {}
    if text.get("layer_types"):
        count = sum(name == "sliding_attention" for name in text["layer_types"])
    elif text.get("sliding_window_pattern"):
        count = layers - layers // int(text["sliding_window_pattern"])
    elif text.get("model_type") == "gemma2":
        count = layers - layers // 2
    else:
        count = layers - int(text.get("max_window_layers") or 0) if text.get("use_sliding_window") else layers
    return {int(window): count} if count > 0 else {}


def _linear_state(text: Mapping[str, Any]) -> int:
    """Bytes of one layer's recurrent and convolution state (Qwen3-Next and kin), kept in 16 bits."""
    keys, values = int(text.get("linear_num_key_heads") or 0), int(text.get("linear_num_value_heads") or 0)
    key_dim, value_dim = int(text.get("linear_key_head_dim") or 0), int(text.get("linear_value_head_dim") or 0)
    kernel = int(text.get("linear_conv_kernel_dim") or 0)
    return 2 * (values * key_dim * value_dim + kernel * (2 * keys * key_dim + values * value_dim))


def _vision(vision: Mapping[str, Any], text_hidden: int) -> Optional[Vision]:
    layers = int(vision.get("depth") or vision.get("num_hidden_layers") or 0)
    if not layers:
        return None
    hidden = int(vision.get("embed_dim") or vision.get("hidden_size") or 0)
    patch = int(vision.get("patch_size") or vision.get("spatial_patch_size") or 14)
    channels = int(vision.get("in_channels") or vision.get("in_chans") or vision.get("num_channels") or 3)
    intermediate = int(vision.get("intermediate_size") or hidden * float(vision.get("mlp_ratio") or 4))
    return Vision(
        layers=layers,
        hidden=hidden,
        intermediate=intermediate,
        gated=str(vision.get("hidden_act")) == "silu",
        patch=patch,
        merge=int(vision.get("spatial_merge_size") or 1),
        out=int(vision.get("out_hidden_size") or text_hidden),
        patch_inputs=channels * int(vision.get("temporal_patch_size") or 1) * patch * patch,
    )
