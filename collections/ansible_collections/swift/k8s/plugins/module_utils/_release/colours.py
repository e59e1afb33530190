# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What two releases of one chart take beside each other: devices, and host names of their own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import capacity
from .errors import RefusedError
from .objects import Key, Object

COLOURS = ("blue", "green")
#: Kinds that lead callers from outside to a Service by a host name, which no two of them may share.
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


def routes(title: str, name: str, declared: Iterable[Key]) -> None:
    """Raises RefusedError when a colour brings its own route: callers would reach both colours through it."""
    for key in declared:
        if key.kind in ROUTES:
            raise RefusedError(
                f"release {title}: its chart makes {key.kind} {key.name}, and two colours would answer to one host "
                f"name; switch it off in the values, and lead a {key.kind} of your own to Service {name}, "
                "which is what strategy: blue_green switches"
            )
