# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What two releases of one chart take beside each other: devices, and routes to the Service before both. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import capacity
from .errors import RefusedError
from .objects import Key, Object, template

COLOURS = ("blue", "green")
#: Kinds that lead callers from outside to a Service.
ROUTES = ("Ingress", "HTTPRoute", "GRPCRoute", "VirtualService", "Route")


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
        pod = template(item).get("spec") or {}
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


def routes(title: str, name: str, declared: Mapping[Key, Object]) -> None:
    """Raises RefusedError when a route leads to one colour's own Service: the switch would not reach its callers."""
    own = {key.name for key in declared if key.kind == "Service"}
    for key, item in declared.items():
        there = own.intersection(_names(item.get("spec"))) if key.kind in ROUTES else ()
        if there:
            raise RefusedError(
                f"release {title}: {key.kind} {key.name} of its chart leads to Service {min(there)}, which is one "
                f"colour's own; lead it to Service {name}, which strategy: blue_green switches "
                f"(service.front: {name} in the values of ms-swift), or switch it off and lead one of yours there"
            )


def _names(value: Any) -> Iterator[str]:
    """Every value of a key "name" or "host" in nested data."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            if key in ("name", "host") and isinstance(child, str):
                yield child
            yield from _names(child)
    elif isinstance(value, list):
        for child in value:
            yield from _names(child)
