# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""A model's shape, as its config.json gives it (pure). Vision and audio models nest the text model's part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from . import layers as kinds
from .fields import Fields

_NESTED = ("text_config", "llm_config", "language_config")
#: Model types whose query, key and value have a bias although config.json does not say so.
_QKV_BIAS = ("qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl", "qwen2_5_vl_text", "qwen2_vl_text")
#: Model types with a norm on every query and key head.
_QK_NORM = ("qwen3", "qwen3_moe", "qwen3_vl_text", "qwen3_vl_moe_text", "gemma3_text", "olmo2")
#: Model types that share input and output embeddings unless they say otherwise.
_TIED = (
    *("gemma", "gemma2", "gemma3", "gemma3_text", "gemma3n", "gemma3n_text"),
    *("cohere", "cohere2", "minicpm", "minicpm3", "starcoder2"),
)
#: Model types whose feed-forward part has two matrices.
_UNGATED = ("phi", "starcoder2", "nemotron", "gpt_neox")


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
    #: parameters of one such layer's attention; 0 where it is as large as the others'
    linear_parameters: int = 0
    #: whether the feed-forward part has a third matrix, the gate
    gated: bool = True
    quantization: Mapping[str, Any] = field(default_factory=dict)

    @property
    def feed_matrices(self) -> int:
        """Matrices of the feed-forward part of one layer."""
        return 3 if self.gated else 2


def parse(config: Mapping[str, Any], model: str) -> Shape:
    """The shape that a config.json describes."""
    text = _text_part(config)
    fields = Fields(text, model)
    kinds.require_attention(text, fields, model)
    heads, hidden = fields.needed("num_attention_heads"), fields.needed("hidden_size")
    kind = str(text.get("model_type") or config.get("model_type") or "")
    layers = fields.needed("num_hidden_layers")
    linear = kinds.linear_layers(fields, layers)
    each = kinds.linear(fields, hidden) if linear else kinds.Linear(0, 0)
    experts = _experts(text, fields, layers)
    whole = Fields(_whole(config), model)
    return Shape(
        model_type=kind,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=fields.count("num_key_value_heads", heads),
        head_dim=fields.count("head_dim", hidden // heads),
        intermediate=_intermediate(fields, experts),
        vocabulary=fields.needed("vocab_size"),
        tied=bool(_either(config, text, "tie_word_embeddings", kind in _TIED)),
        dtype=_dtype(config, text),
        context=kinds.context(fields),
        qkv_bias=bool(text.get("attention_bias", text.get("add_qkv_bias", kind in _QKV_BIAS))),
        qk_norm=kind in _QK_NORM,
        latent=_latent(text, fields, hidden // heads),
        experts=experts,
        vision=_vision(whole.part("vision_config"), hidden, model),
        windows=kinds.windows(text, fields, layers),
        linear_layers=linear,
        linear_state=each.state,
        linear_parameters=each.parameters,
        gated=kind not in _UNGATED,
        quantization=dict(Fields(config, model).part("quantization_config") or fields.part("quantization_config")),
    )


def _whole(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part that text and vision lie in: models that also speak have it inside of another."""
    inner = config.get("thinker_config")
    return inner if isinstance(inner, Mapping) else config


def _text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = _whole(config)
    for name in _NESTED:
        if isinstance(inner.get(name), Mapping) and inner[name].get("num_hidden_layers"):
            return dict(inner[name])
    return dict(inner)


def _either(config: Mapping[str, Any], text: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    """A field that some models keep outside and some inside of the text model's part."""
    value = text.get(name, config.get(name))
    return otherwise if value is None else value


def _dtype(config: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    named = _either(config, text, "torch_dtype", _either(config, text, "dtype", "bfloat16"))
    return str(named).replace("torch.", "")


def _intermediate(fields: Fields, experts: Optional[Experts]) -> int:
    """Of the layers without experts, where there are any."""
    named = fields.count("intermediate_size_mlp")
    return named or (fields.count("intermediate_size") if experts else fields.needed("intermediate_size"))


def _latent(text: Mapping[str, Any], fields: Fields, each: int) -> Optional[Latent]:
    if not text.get("kv_lora_rank"):
        return None
    return Latent(
        kv_rank=fields.needed("kv_lora_rank"),
        q_rank=fields.count("q_lora_rank"),
        nope=fields.needed("qk_nope_head_dim"),
        rope=fields.needed("qk_rope_head_dim"),
        value=fields.count("v_head_dim", each),
    )


def _experts(text: Mapping[str, Any], fields: Fields, layers: int) -> Optional[Experts]:
    count = fields.count("num_experts")
    if not count:
        return None
    each = fields.count("moe_intermediate_size") or fields.needed("intermediate_size")
    # Llama 4 has one shared expert in every such layer, and a field of its own for the layers without experts.
    shared = fields.count("n_shared_experts", 1 if text.get("intermediate_size_mlp") else 0)
    return Experts(
        count=count,
        per_token=fields.count("num_experts_per_tok", 1),
        intermediate=each,
        shared_intermediate=fields.count("shared_expert_intermediate_size", shared * each),
        shared_gate=bool(text.get("shared_expert_intermediate_size")),
        layers=_sparse_layers(fields, layers),
        router_bias=text.get("topk_method") == "noaux_tc",
    )


def _sparse_layers(fields: Fields, layers: int) -> int:
    """Layers with experts, which a list names, or a step and the dense ones among them."""
    if listed := fields.each("moe_layer_freq"):
        return sum(bool(one) for one in listed[:layers])
    step = fields.count("decoder_sparse_step") or fields.count("moe_layer_freq", 1)
    first, dense = fields.count("first_k_dense_replace"), fields.each("mlp_only_layers")
    return sum(at >= first and at not in dense and (at + 1) % step == 0 for at in range(layers))


def _vision(vision: Mapping[str, Any], text_hidden: int, model: str) -> Optional[Vision]:
    fields = Fields(vision, model)
    layers = fields.count("depth") or fields.count("num_hidden_layers")
    if not layers:
        return None
    hidden = fields.count("embed_dim") or fields.needed("hidden_size")
    patch = fields.count("patch_size") or fields.count("spatial_patch_size", 14)
    channels = fields.count("in_channels") or fields.count("in_chans") or fields.count("num_channels", 3)
    ratio = vision.get("mlp_ratio")
    wider = int(hidden * (ratio if isinstance(ratio, (int, float)) and ratio > 0 else 4))
    return Vision(
        layers=layers,
        hidden=hidden,
        intermediate=fields.count("intermediate_size", wider),
        gated=str(vision.get("hidden_act")) == "silu",
        patch=patch,
        merge=fields.count("spatial_merge_size", 1),
        out=fields.count("out_hidden_size", text_hidden),
        patch_inputs=channels * fields.count("temporal_patch_size", 1) * patch * patch,
    )
