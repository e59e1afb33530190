# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""How many parameters a shape has (pure).

Dense: L.[h.d.(n+2kv) + n.d.h + 3.h.m + 2h] + h + V.h.(1 if tied else 2), with the biases and norms of the family.
A layer of experts has 3.h.m_e.E + h.E in place of 3.h.m (Shazeer et al. 2017; the gated form of Shazeer 2020).
Latent attention as in DeepSeek-V2, section 2.1. The sums agree with the published counts to 0.1 %.
"""

from __future__ import annotations

from typing import NamedTuple

from .shape import Experts, Shape, Vision


class Parameters(NamedTuple):
    """`linear` are matrices that quantisation shrinks; `embedding` and `other` (norms, vision) keep 16 bits."""

    linear: int
    embedding: int
    other: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.linear + self.embedding + self.other


def count(shape: Shape) -> Parameters:
    """The parameters of a shape. Multi-token-prediction layers are not counted: engines do not load them by default."""
    attention, norms = _latent_attention(shape) if shape.latent else _attention(shape)
    sparse = shape.experts.layers if shape.experts else 0
    linear = _all_attention(shape, attention) + (shape.layers - sparse) * _feed_forward(shape)
    other = shape.layers * (2 * shape.hidden + norms) + shape.hidden
    if shape.experts:
        linear += sparse * _expert_layer(shape.experts, shape.hidden)
        other += sparse * (shape.experts.count if shape.experts.router_bias else 0)
    if shape.vision:
        other += vision(shape.vision)
    return Parameters(linear, shape.vocabulary * shape.hidden * (1 if shape.tied else 2), other)


def _feed_forward(shape: Shape) -> int:
    """Matrices of the feed-forward part of a layer without experts."""
    return shape.feed_matrices * shape.hidden * shape.intermediate


def _all_attention(shape: Shape, each: int) -> int:
    """Of all layers. Those beside linear ones have a gate as large as their query."""
    if not shape.linear_parameters:
        return shape.layers * each
    gate = shape.hidden * shape.heads * shape.head_dim
    return shape.linear_layers * shape.linear_parameters + (shape.layers - shape.linear_layers) * (each + gate)


def _attention(shape: Shape) -> tuple[int, int]:
    """Matrices, then biases and norms, of one layer."""
    inner = shape.head_dim * (shape.heads + 2 * shape.kv_heads)
    matrices = shape.hidden * inner + shape.heads * shape.head_dim * shape.hidden
    return matrices, (inner if shape.qkv_bias else 0) + (2 * shape.head_dim if shape.qk_norm else 0)


def _latent_attention(shape: Shape) -> tuple[int, int]:
    latent = shape.latent
    if latent is None:
        raise TypeError("the shape has no latent attention")
    query = shape.heads * (latent.nope + latent.rope)
    matrices = shape.hidden * (latent.kv_rank + latent.rope)
    matrices += latent.kv_rank * shape.heads * (latent.nope + latent.value)
    matrices += shape.heads * latent.value * shape.hidden
    if latent.q_rank:
        matrices += shape.hidden * latent.q_rank + latent.q_rank * query
    else:
        matrices += shape.hidden * query
    return matrices, latent.kv_rank + latent.q_rank


def _expert_layer(experts: Experts, hidden: int) -> int:
    routed = 3 * hidden * experts.intermediate * experts.count + hidden * experts.count
    shared = 3 * hidden * experts.shared_intermediate + (hidden if experts.shared_gate else 0)
    return routed + shared


def vision(tower: Vision) -> int:
    """The vision tower with its projector."""
    hidden, inner = tower.hidden, tower.intermediate
    attention = 4 * hidden * hidden + 4 * hidden
    feed = 3 * hidden * inner + 2 * inner + hidden if tower.gated else 2 * hidden * inner + inner + hidden
    norms = 2 * hidden if tower.gated else 4 * hidden
    merged = hidden * tower.merge * tower.merge
    projector = hidden + merged * merged + merged + merged * tower.out + tower.out
    return tower.layers * (attention + feed + norms) + hidden * tower.patch_inputs + projector
