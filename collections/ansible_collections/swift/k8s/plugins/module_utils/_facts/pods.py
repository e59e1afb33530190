# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A pod object -> what of it matters to the facts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._accelerator.usage import holder, requests

_INSTANCE = "app.kubernetes.io/instance"


@dataclass(frozen=True)
class Share:
    """What a pod takes of its node, the DaemonSet and the release it belongs to, and whether it is about to give all
    back."""

    node: str
    taken: Counter[str]
    daemonset: str | None
    ending: bool = False
    #: Namespace, and the label app.kubernetes.io/instance, which Helm charts set to the release's name.
    release: tuple[str, str] | None = None


def share(pod: Mapping[str, Any]) -> Share | None:
    """None for pods that hold no devices and belong to no DaemonSet: nearly all of them."""
    node = holder(pod)
    if not node:
        return None
    taken = requests(pod)
    references = pod["metadata"].get("ownerReferences") or []
    daemonset = next((str(one["uid"]) for one in references if one.get("kind") == "DaemonSet"), None)
    metadata = pod["metadata"]
    ending, instance = bool(metadata.get("deletionTimestamp")), (metadata.get("labels") or {}).get(_INSTANCE)
    release = (str(metadata.get("namespace")), str(instance)) if instance else None
    return Share(node, taken, daemonset, ending, release) if taken or daemonset else None
