# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The least that a release needs of a device, and its model of a disk: for preflight, which asks no hub (pure)."""

from __future__ import annotations

import math
from typing import Optional

from . import fit, known
from .parameters import count
from .request import ENGINES, Request
from .shape import parse
from .weights import loaded, shipped_quantization

#: Without a wish: so short that less is of no use. The engine's own default may need more.
_LEAST_CONTEXT = 4096
_MIB = 2**20


def least_device_mib(
    model: str, devices: int, engine: str = "", context: int = 0, quantization: str = ""
) -> Optional[int]:
    """MiB that each of `devices` must have, engine's share included; nothing for models that are not known here."""
    config = known.config(model)
    name = "transformers" if engine in {"pt", "transformers"} else (engine or "vllm")
    if config is None or devices < 1 or name not in ENGINES:
        return None
    shape = parse(config, model)
    request = Request(model, engine=name, context=context or _LEAST_CONTEXT, quantization=quantization)
    parts = fit.parts(fit.Model(shape, count(shape)), request, devices, min(request.context, shape.context))
    return math.ceil(parts.total / request.settings.utilization / _MIB)


def stored_bytes(model: str) -> Optional[int]:
    """Bytes of a model's weights as the hub has them; nothing for models that are not known here."""
    config = known.config(model)
    if config is None:
        return None
    shape = parse(config, model)
    return loaded(count(shape), shape.dtype, shipped_quantization(config))
