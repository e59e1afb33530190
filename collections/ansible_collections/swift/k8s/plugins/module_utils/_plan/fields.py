# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Fields of a config.json as numbers, by whichever name a family of models has for them (pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional

from .errors import PlanError

#: Name that most families use -> names of others.
_OTHERWISE: Mapping[str, tuple[str, ...]] = {
    "num_hidden_layers": ("num_layers",),
    "num_key_value_heads": ("multi_query_group_num",),
    "head_dim": ("kv_channels",),
    "intermediate_size": ("ffn_hidden_size",),
    "vocab_size": ("padded_vocab_size",),
    "max_position_embeddings": ("seq_length",),
    "num_experts": ("num_local_experts", "n_routed_experts", "moe_num_experts"),
    "num_experts_per_tok": ("experts_per_token", "moe_topk", "moe_k"),
    "n_shared_experts": ("num_shared_expert", "num_shared_experts", "moe_num_shared_experts"),
    "first_k_dense_replace": ("moe_layer_start_index",),
    "decoder_sparse_step": ("interleave_moe_layer_step", "moe_layer_interval"),
}
#: What transformers takes for fields that published files of a model type leave out.
_GEMMA3 = {
    "vocab_size": 262208,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "max_position_embeddings": 131072,
    "sliding_window_pattern": 6,
}
_LEFT_OUT: Mapping[str, Mapping[str, int]] = {"gemma3": _GEMMA3, "gemma3_text": _GEMMA3}


class Fields:
    """One part of a config.json. A list holds a number for each layer: their mean stands for each of them."""

    def __init__(self, part: Mapping[str, Any], model: str) -> None:
        self._part, self._model = part, model
        self._kind = str(part.get("model_type") or "")

    def count(self, name: str, otherwise: int = 0) -> int:
        """A number, or `otherwise` where there is none. Raises PlanError for what is no number above 0."""
        value = self._value(name)
        return otherwise if value in (None, 0, False, []) else self._number(name, value)

    def needed(self, name: str) -> int:
        """A number without which nothing can be said. Raises PlanError where there is none."""
        return self._number(name, self._value(name))

    def each(self, name: str) -> list[Any]:
        """A list of one entry a layer; empty where there is none."""
        value = self._part.get(name)
        return value if isinstance(value, list) else []

    def part(self, name: str) -> Mapping[str, Any]:
        """A nested part; empty where there is none. Raises PlanError where something else has its name."""
        value = self._part.get(name) or {}
        if not isinstance(value, Mapping):
            raise self._unusable(name, value)
        return value

    def _value(self, name: str) -> Optional[Any]:
        names = (name, *_OTHERWISE.get(name, ()))
        found = next((self._part[one] for one in names if self._part.get(one) is not None), None)
        return _LEFT_OUT.get(self._kind, {}).get(name) if found is None else found

    def _number(self, name: str, value: Any) -> int:
        numbers = value if isinstance(value, list) else [value]
        if not numbers or not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in numbers):
            raise self._unusable(name, value)
        number = math.ceil(sum(numbers) / len(numbers))
        if not number:
            raise self._unusable(name, value)
        return number

    def _unusable(self, name: str, value: Any) -> PlanError:
        told = "" if value is None else f" ({value!r})"
        return PlanError(
            f"config.json of {self._model} (model_type {self._kind!r}) has no usable {name}{told}. "
            "Give config, with that field as the text model has it."
        )
