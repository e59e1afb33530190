# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Two releases, blue and green, behind one Service: which one serves, what comes next, what it takes. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import capacity
from .errors import RefusedError
from .objects import Key, Object
from .plan import moment

COLOURS = ("blue", "green")
#: Label and annotations of the Service that callers use.
FRONT = "swift.k8s/front"
COLOUR, SINCE, RETURNED = "swift.k8s/colour", "swift.k8s/switched-at", "swift.k8s/rolled-back"
_COPIED = ("ports", "selector", "ipFamilyPolicy", "ipFamilies", "sessionAffinity")


@dataclass(frozen=True)
class Front:
    """Where the Service leads, and since when; no colour before the first switch."""

    colour: str = ""
    since: str = ""
    returned: bool = False

    @property
    def other(self) -> str:
        return COLOURS[1] if self.colour == COLOURS[0] else COLOURS[0]

    def kept_seconds(self, now: datetime) -> float:
        """How long the other colour has been kept."""
        return (now - moment(self.since)).total_seconds() if self.since else 0.0


def read(title: str, service: Object | None) -> Front:
    """What the live Service says. Raises RefusedError when it belongs to somebody else."""
    if service is None:
        return Front()
    metadata = service["metadata"]
    if FRONT not in (metadata.get("labels") or {}):
        raise RefusedError(
            f"Service {title} is not one that strategy: blue_green made, so it will not be switched; "
            "delete it, or give the release another name"
        )
    notes = metadata.get("annotations") or {}
    return Front(str(notes.get(COLOUR, "")), str(notes.get(SINCE, "")), RETURNED in notes)


def service_of(title: str, declared: Mapping[Key, Object]) -> Object:
    """The colour's own Service: the one that leads to the pods of its workloads."""
    for key, item in declared.items():
        selector = (item.get("spec") or {}).get("selector") or {}
        if key.kind == "Service" and selector and any(_selects(selector, other) for other in declared.values()):
            return item
    raise RefusedError(f"release {title}: its chart makes no Service for its pods, so there is nothing to switch")


def _selects(selector: Mapping[str, Any], workload: Object) -> bool:
    spec = workload.get("spec") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    return bool(labels) and all(labels.get(key) == value for key, value in selector.items())


def front(
    name: str, namespace: str, colour: str, now: datetime, own: Object, over: Mapping[str, Any], returned: bool = False
) -> dict[str, Any]:
    """The Service that callers use, leading to the pods behind the colour's own; over: fields of the user's."""
    notes = {COLOUR: colour, SINCE: now.strftime("%Y-%m-%dT%H:%M:%SZ"), **({RETURNED: "true"} if returned else {})}
    spec = {field: copy.deepcopy(own["spec"][field]) for field in _COPIED if field in own["spec"]}
    labels = {"app.kubernetes.io/managed-by": "swift-k8s", FRONT: name}
    metadata = {"name": name, "namespace": namespace, "labels": labels, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {**spec, **over}}


@dataclass(frozen=True)
class Need:
    """Pods that hold devices and have to fit beside those that serve."""

    name: str
    pods: int
    devices: Mapping[str, int]

    def __str__(self) -> str:
        each = ", ".join(f"{amount} {resource}" for resource, amount in sorted(self.devices.items()))
        return f"{self.pods} pod{'s' if self.pods > 1 else ''} with {each} each"


def needs(declared: Mapping[Key, Object]) -> list[tuple[Need, Object]]:
    """Every Deployment whose pods hold devices, and its pod's spec."""
    found = []
    for key, item in declared.items():
        pod = ((item.get("spec") or {}).get("template") or {}).get("spec") or {}
        devices = capacity.devices(pod) if key.kind == "Deployment" else {}
        if devices:
            found.append((Need(key.name, _replicas(key, item, declared.values()), devices), pod))
    return found


def _replicas(key: Key, item: Object, others: Iterable[Object]) -> int:
    """Declared replicas, or the least that an autoscaler starts with."""
    if "replicas" in item["spec"]:
        return int(item["spec"]["replicas"])
    for other in others:
        spec = other.get("spec") or {}
        if (spec.get("scaleTargetRef") or {}).get("name") == key.name:
            return int(spec.get("minReplicas") or spec.get("minReplicaCount") or 1)
    return 1


def short(title: str, need: Need, room: int) -> str:
    """Why the second colour does not fit; empty where it does."""
    if room >= need.pods:
        return ""
    missing = ", ".join(
        f"{amount * (need.pods - room)} {resource}" for resource, amount in sorted(need.devices.items())
    )
    return (
        f"release {title}: strategy blue_green needs room for {need} beside those that serve now, and the nodes that "
        f"fit have room for {room}: free {missing}, wish fewer replicas, or leave strategy at in_place, which "
        "replaces pods where they are"
    )
