# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""How far the layers of a model look back, and what they keep of it, as its config.json gives it (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .errors import PlanError
from .fields import Fields


def require_attention(text: Mapping[str, Any], fields: Fields, model: str) -> None:
    """Refuse state-space layers (Jamba, Falcon-H1, Nemotron-H, Granite 4 H): PlanError. They are not counted here."""
    named, kinds = sorted(name for name in text if name.startswith("mamba_")), fields.each("layer_types")
    if named and not (kinds and all(kind == "attention" for kind in kinds)):
        raise PlanError(
            f"config.json of {model} has Mamba layers ({named[0]}), whose memory is not known here."
            " Size its release by the bytes of its files and the engine's own log."
        )


def context(fields: Fields) -> int:
    """The longest sequence: with YaRN (Peng et al. 2023) its factor times the length before, as engines take it."""
    named = fields.count("max_position_embeddings")
    scaling = fields.part("rope_scaling") or fields.part("rope_parameters")
    factor = scaling.get("factor")
    if scaling.get("rope_type", scaling.get("type")) != "yarn" or not isinstance(factor, (int, float)):
        return named
    before = scaling.get("original_max_position_embeddings") or named
    return max(named, int(before * factor)) if isinstance(before, int) else named


def windows(text: Mapping[str, Any], fields: Fields, layers: int) -> dict[int, int]:
    """Window -> number of layers that keep only that many tokens. One as long as the context leaves nothing out."""
    window = fields.count("sliding_window")
    if not window or text.get("use_sliding_window") is False or 0 < context(fields) <= window:
        return {}
    if text.get("layer_types"):
        count = fields.each("layer_types")[:layers].count("sliding_attention")
    elif pattern := fields.count("sliding_window_pattern"):
        count = layers - layers // pattern
    elif text.get("model_type") == "gemma2":
        count = layers - layers // 2
    else:
        count = layers - fields.count("max_window_layers") if text.get("use_sliding_window") else layers
    return {window: count} if count > 0 else {}


def linear_layers(fields: Fields, layers: int) -> int:
    """Layers that keep a state of fixed size."""
    if named := fields.each("layer_types"):
        return named[:layers].count("linear_attention")
    interval = fields.count("full_attention_interval")
    return layers - layers // interval if interval else 0


class Linear(NamedTuple):
    """One layer of gated linear attention (Qwen3-Next and kin)."""

    state: int
    parameters: int


def linear(fields: Fields, hidden: int) -> Linear:
    """Bytes of its recurrent and convolution state, kept in 16 bits, and its parameters; zeros where it has others."""
    heads, values = fields.count("linear_num_key_heads"), fields.count("linear_num_value_heads")
    key_dim, value_dim = fields.count("linear_key_head_dim"), fields.count("linear_value_head_dim")
    keys, inner, kernel = heads * key_dim, values * value_dim, fields.count("linear_conv_kernel_dim")
    convolution = kernel * (2 * keys + inner)
    # query, key, value and the gate of the output; two gates of the state for each head; the output
    matrices = hidden * (2 * keys + 2 * inner + 2 * values) + inner * hidden
    return Linear(2 * (values * key_dim * value_dim + convolution), matrices + convolution if inner else 0)
