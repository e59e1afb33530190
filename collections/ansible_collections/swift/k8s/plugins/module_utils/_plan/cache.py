# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Bytes of the KV cache (pure).

Grouped-query attention keeps 2.L.kv.d numbers a token (Ainslie et al. 2023), latent attention L.(rank + rope)
(DeepSeek-V2), a layer with a sliding window no more than its window, a linear layer one state of fixed size.
"""

from __future__ import annotations

import math

from .shape import Shape


def bytes_per_token(shape: Shape, width: float, latent: bool = True) -> int:
    """Of one token in all layers that keep every token; `latent` as of `sequence`."""
    return int(full_layers(shape) * _layer(shape, width, latent))


def full_layers(shape: Shape) -> int:
    """Layers without a window and without a fixed state."""
    return shape.layers - sum(shape.windows.values()) - shape.linear_layers


def sequence(shape: Shape, tokens: int, width: float, latent: bool = True) -> int:
    """Of one sequence in all layers; without `latent`, an engine keeps the keys and values that latent vectors make."""
    kept = full_layers(shape) * tokens + sum(min(tokens, window) * layers for window, layers in shape.windows.items())
    return int(kept * _layer(shape, width, latent) + shape.linear_layers * shape.linear_state)


def shards(shape: Shape, tensor_parallel: int) -> float:
    """By how much tensor parallelism divides the cache: heads are not cut, and latent vectors are on every device."""
    if shape.latent:
        return 1.0
    return shape.kv_heads / math.ceil(shape.kv_heads / tensor_parallel)


def _layer(shape: Shape, width: float, latent: bool) -> float:
    if shape.latent and not latent:
        return shape.heads * (shape.latent.nope + shape.latent.rope + shape.latent.value) * width
    if shape.latent:
        return (shape.latent.kv_rank + shape.latent.rope) * width
    return 2 * shape.kv_heads * shape.head_dim * width
