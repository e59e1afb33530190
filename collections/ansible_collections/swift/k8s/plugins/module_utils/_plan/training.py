# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Weights, gradients and optimiser while training, on each of N devices (pure).

Mixed-precision Adam keeps 16 bytes a trained parameter: 2 weights, 2 gradients, 12 of 32-bit master, momentum and
variance (Rajbhandari et al. 2020, section 3.1). ZeRO-1 cuts the 12, ZeRO-2 the gradients too, ZeRO-3 everything.
LoRA trains r.(in + out) numbers a matrix (Hu et al. 2021) and keeps the base as it is; QLoRA keeps the base in NF4.
"""

from __future__ import annotations

from typing import NamedTuple

from .parameters import Parameters
from .request import TRAINABLE, Request
from .shape import Shape
from .weights import loaded, shipped_quantization


class State(NamedTuple):
    """Bytes on one device."""

    weights: int
    gradients: int
    optimizer: int


def adapter(shape: Shape, rank: int) -> int:
    """Parameters of LoRA on all linear layers of the text model, experts included."""
    attention = _attention(shape)
    sparse = shape.experts.layers if shape.experts else 0
    total = shape.layers * attention + (shape.layers - sparse) * shape.feed_matrices * (
        shape.hidden + shape.intermediate
    )
    if shape.experts:
        experts = shape.experts
        routed = experts.count * 3 * (shape.hidden + experts.intermediate)
        shared = 3 * (shape.hidden + experts.shared_intermediate) if experts.shared_intermediate else 0
        total += sparse * (routed + shared)
    return rank * total


def _attention(shape: Shape) -> int:
    """Sum of inputs and outputs of a layer's attention matrices."""
    inner = shape.heads * shape.head_dim
    if not shape.latent:
        return (shape.hidden + inner) * 2 + (shape.hidden + shape.kv_heads * shape.head_dim) * 2
    latent = shape.latent
    query = shape.heads * (latent.nope + latent.rope)
    down = shape.hidden + latent.kv_rank + latent.rope
    up = latent.kv_rank + shape.heads * (latent.nope + latent.value)
    out = shape.heads * latent.value + shape.hidden
    asked = shape.hidden + latent.q_rank + latent.q_rank + query if latent.q_rank else shape.hidden + query
    return down + up + out + asked


def state(shape: Shape, parameters: Parameters, request: Request, devices: int) -> State:
    """What one of `devices` holds."""
    if request.task == "full":
        total = parameters.total
        cut = [devices if request.zero >= stage else 1 for stage in (3, 2, 1)]
        return State(2 * total // cut[0], 2 * total // cut[1], 12 * total // cut[2])
    trained = adapter(shape, request.lora_rank)
    base = loaded(parameters, request.dtype or shape.dtype, _base(shape, request))
    shared = devices if request.zero >= 3 else 1
    return State(base // shared + 2 * trained, 2 * trained, 12 * trained)


def _base(shape: Shape, request: Request) -> str:
    """How the frozen weights are quantised. Adapters are trained on 4-bit weights as they are; others are widened."""
    if request.task == "qlora":
        return "bnb"
    method = request.quantization or shipped_quantization(shape.quantization)
    return method if method in TRAINABLE else ""
