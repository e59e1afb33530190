# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Room on a claim for the models that are to live there, as far as their sizes are known without asking a hub."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from .._cache.rate import parse_size
from .._cache.spec import DEFAULT_RESERVE
from .._cluster.quantity import parse_quantity
from .._plan.need import stored_bytes
from .errors import RuleError

_GIB = 2**30
_RESERVE = parse_size(DEFAULT_RESERVE)


def room(claim: Mapping[str, Any], models: Sequence[Mapping[str, Any]]) -> Optional[dict[str, Any]]:
    """Return bytes there and bytes needed; None where the claim has no size or no model has a known one."""
    known = {str(model.get("id")): stored_bytes(str(model.get("id") or "")) for model in models if _whole(model)}
    sizes = {name: size for name, size in known.items() if size}
    if not sizes or not claim.get("size"):
        return None
    needed = sum(sizes.values())
    return {
        "models": sorted(sizes),
        "bytes": _bytes(claim),
        "needed": needed + _RESERVE,
        "gib": round(needed / _GIB, 1),
        "advice": f"{math.ceil((needed + _RESERVE) / _GIB)}Gi",
    }


def _bytes(claim: Mapping[str, Any]) -> int:
    try:
        return math.floor(parse_quantity(claim["size"]))
    except ValueError as error:
        size = claim["size"]
        raise RuleError(
            f"claim {claim.get('name')}: size {size!r} is no size; write a number and a unit, e.g. 200Gi"
        ) from error


def _whole(model: Mapping[str, Any]) -> bool:
    """All files of a model: patterns may leave weights out."""
    return (model.get("type") or "model") == "model" and not model.get("include") and not model.get("exclude")
