# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How many shares of its GPUs a node will offer, as far as it tells now. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .profile import Profile

COUNT = "nvidia.com/gpu.count"
REPLICAS = "nvidia.com/gpu.replicas"
PRODUCT = "nvidia.com/gpu.product"
SLICE = "nvidia.com/mig-"


def bounds(profile: Profile, node: Mapping[str, Any]) -> dict[str, int]:
    """Return `minimum`, and `maximum` where the number of GPUs is known; else how many there are `before` the change.

    GPU feature discovery counts the GPUs, broken ones too, and its labels outlive it: a number that what the node
    offers now does not bear out is none. Slices are counted otherwise.
    """
    labels, devices = node.get("labels") or {}, node.get("accelerators") or []
    offered = {str(item.get("resource")): int(item.get("count") or 0) for item in devices if _of_nvidia(item)}
    gpus, now, before = _number(labels.get(COUNT)), sum(offered.values()), offered.get(profile.resource, 0)
    least = {"minimum": profile.replicas, **({"before": before} if before >= profile.replicas else {})}
    sliced = "-MIG-" in str(labels.get(PRODUCT)) or any(name.startswith(SLICE) for name in offered)
    if profile.kind == "mig" or sliced or not gpus or not now:
        return least
    wanted = gpus * profile.replicas
    if now < gpus * (_number(labels.get(REPLICAS)) or 1):
        return {**least, "maximum": wanted}
    return {"minimum": wanted, "maximum": wanted} if now % gpus == 0 else least


def _of_nvidia(device: Mapping[str, Any]) -> bool:
    return device.get("vendor") == "nvidia"


def _number(label: Any) -> int:
    return int(label) if str(label or "").isdigit() else 0
