# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What is on each device, part by part, and where that fits (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from . import activations, cache, training, weights
from .parameters import Parameters
from .request import Request
from .shape import Shape


@dataclass(frozen=True)
class Devices:
    """Nodes with the same accelerators: `count` of them on a node that one model can be split over."""

    vendor: str
    product: str
    memory: int
    count: int
    nodes: tuple[str, ...]
    compute: float = 0.0


class Parts(NamedTuple):
    """Bytes on one device."""

    weights: int
    kv_cache: int
    activations: int
    runtime: int
    gradients: int = 0
    optimizer: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self)


@dataclass(frozen=True)
class Placement:
    """A number of devices of one kind that hold the model, and the longest context that they leave room for."""

    devices: Devices
    count: int
    parts: Parts
    context: int
    budget: int


@dataclass(frozen=True)
class Model:
    """A model's shape with its counted or stored sizes."""

    shape: Shape
    parameters: Parameters
    stored: Optional[weights.Stored] = None
    notes: Sequence[str] = field(default_factory=tuple)


def quantization(model: Model, request: Request) -> str:
    """How the weights are quantised where they are loaded: as wished, else as they are published."""
    shipped = weights.shipped_quantization(model.shape.quantization)
    same = request.quantization in {"", shipped, str(model.shape.quantization.get("quant_method") or "").lower()}
    return shipped if same else request.quantization


def weight_bytes(model: Model, request: Request) -> int:
    """Of all devices together. What is stored counts where it is loaded as it is stored."""
    shipped, wanted = weights.shipped_quantization(model.shape.quantization), quantization(model, request)
    as_stored = model.stored is not None and wanted == shipped and request.dtype in {"", model.shape.dtype}
    if as_stored and model.stored is not None:
        return model.stored.bytes
    return weights.loaded(model.parameters, request.dtype or model.shape.dtype, wanted)


def kv_width(shape: Shape, request: Request) -> float:
    """Bytes of one number of the cache: engines load 32-bit models in 16 bits."""
    return weights.dtype_bytes(request.kv_dtype or ("bfloat16" if shape.dtype == "float32" else shape.dtype))


def parts(model: Model, request: Request, count: int, context: int) -> Parts:
    """What one of `count` devices holds at a context length."""
    shape, engine = model.shape, request.settings
    if request.task != "serve":
        state = training.state(shape, model.parameters, request, count)
        working = activations.training(shape, request, context)
        return Parts(state.weights, 0, working, engine.runtime, state.gradients, state.optimizer)
    each = cache.sequence(shape, context, kv_width(shape, request), engine.latent)
    shards = cache.shards(shape, count) if engine.tensor_parallel else count
    kept = int(min(request.concurrency, engine.sequences) * each / shards)
    working = activations.serving(shape, request, context, count if engine.tensor_parallel else 1)
    return Parts(weight_bytes(model, request) // count, kept, working, engine.runtime)


def counts(model: Model, request: Request, most: int) -> list[int]:
    """Numbers of devices that can share the model: heads must divide evenly for tensor parallelism."""
    if request.task == "serve" and request.settings.tensor_parallel:
        return [count for count in (1, 2, 4, 8, 16) if count <= most and model.shape.heads % count == 0]
    return list(range(1, most + 1))


def place(model: Model, request: Request, devices: Devices) -> Optional[Placement]:
    """The fewest devices of one node that hold the wish, with the longest context they allow; nothing if none do."""
    if not request.runs_on(devices.vendor) or not request.reads(quantization(model, request), devices.compute):
        return None
    context = request.context or model.shape.context
    budget = int(devices.memory * request.settings.utilization)
    for count in counts(model, request, devices.count):
        needed = parts(model, request, count, context)
        if needed.total <= budget:
            return Placement(devices, count, needed, longest(model, request, count, budget), budget)
    return None


def longest(model: Model, request: Request, count: int, budget: int) -> int:
    """The longest context that fits, up to what the model was made for; 0 if not even one token does."""
    low, high = 0, model.shape.context or request.context
    while low < high:
        middle = (low + high + 1) // 2
        if parts(model, request, count, middle).total <= budget:
            low = middle
        else:
            high = middle - 1
    return low
