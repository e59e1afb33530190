# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A pod object -> what of it matters to the facts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._accelerator.usage import holder, requests


@dataclass(frozen=True)
class Share:
    """What a pod takes of its node, the DaemonSet it belongs to, and whether it is about to give all back."""

    node: str
    taken: Counter[str]
    daemonset: str | None
    ending: bool = False


def share(pod: Mapping[str, Any]) -> Share | None:
    """None for pods that hold no devices and belong to no DaemonSet: nearly all of them."""
    node = holder(pod)
    if not node:
        return None
    taken = requests(pod)
    references = pod["metadata"].get("ownerReferences") or []
    daemonset = next((str(one["uid"]) for one in references if one.get("kind") == "DaemonSet"), None)
    ending = bool(pod["metadata"].get("deletionTimestamp"))
    return Share(node, taken, daemonset, ending) if taken or daemonset else None
