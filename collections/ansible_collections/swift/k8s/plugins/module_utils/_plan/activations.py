# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Working memory of serving and of training (pure)."""

from __future__ import annotations

from .request import Request
from .shape import Shape

#: Bytes of a 16-bit number and of its 32-bit copy for the softmax.
_HALF, _BOTH = 2, 6


def serving(shape: Shape, request: Request, context: int, tensor_parallel: int) -> int:
    """The greatest step on one device: hidden states, the widest layer, logits, and the image encoder.

    Eight vectors of the hidden size a token (residual, norm, q, k, v, attention, output, input of the feed-forward
    part) and the gated pair of the widest layer; logits of all sequences in 16 and 32 bits.
    """
    engine = request.settings
    tokens = min(engine.step_tokens or context, max(context, 1) * max(request.concurrency, 1))
    sequences = min(engine.sequences, max(request.concurrency, 1))
    wide = 2 * _width(shape) // max(tensor_parallel, 1)
    step = tokens * (8 * shape.hidden + wide) * _HALF
    return step + sequences * shape.vocabulary * _BOTH + _images(shape, request)


def _width(shape: Shape) -> int:
    """Numbers between the two halves of the widest feed-forward part, for one token."""
    if not shape.experts:
        return shape.intermediate
    experts = shape.experts
    return max(shape.intermediate, experts.per_token * (experts.intermediate + shape.hidden // 2))


def _images(shape: Shape, request: Request) -> int:
    """The vision tower over the images of one request: it is not cut by tensor parallelism in every engine."""
    if not shape.vision or not request.images:
        return 0
    tower = shape.vision
    patches = request.images * request.image_tokens * tower.merge * tower.merge
    return patches * (8 * tower.hidden + 2 * tower.intermediate) * _HALF


def training(shape: Shape, request: Request, context: int) -> int:
    """With checkpointing: 2.L.s.b.h for the kept inputs, 34.s.b.h for the layer at work (Korthikanti et al. 2022,
    section 4.1, attention by blocks), and the logits in 16 and 32 bits, which dominate where the vocabulary is large.
    """
    tokens = context * request.batch
    kept = 2 * shape.layers * tokens * shape.hidden
    layer = 34 * tokens * shape.hidden
    return kept + layer + tokens * shape.vocabulary * _BOTH
