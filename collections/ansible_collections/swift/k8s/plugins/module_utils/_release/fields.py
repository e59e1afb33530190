# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Comparing what was declared with what is live, field by field, as the API server understands them. Pure."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._cluster.quantity import same_quantity
from .objects import Object, Path, Step

#: List fields whose items have an identity, and the keys that make it.
_IDENTITY: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "hostAliases": ("ip",),
    "webhooks": ("name",),
    "versions": ("name",),
    "resourceClaims": ("name",),
    "schedulingGates": ("name",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "volumeClaimTemplates": ("metadata.name",),
}
#: Values below these fields are quantities: 1000m is 1, 1024Mi is 1Gi.
_QUANTITIES = frozenset(
    (
        "limits",
        "requests",
        "capacity",
        "hard",
        "overhead",
        "sizeLimit",
        "divisor",
        "averageValue",
        "default",
        "defaultRequest",
        "min",
        "max",
    )
)
#: Zero values that the API server keeps, so that their absence means something else.
_KEPT_ZERO = frozenset(
    [
        "replicas",
        "parallelism",
        "completions",
        "backoffLimit",
        "runAsUser",
        "runAsGroup",
        "fsGroup",
        "maxSurge",
        "maxUnavailable",
        "minAvailable",
        "suspend",
        "terminationGracePeriodSeconds",
        "automountServiceAccountToken",
        "enableServiceLinks",
        "allowPrivilegeEscalation",
        "privileged",
        "runAsNonRoot",
        "readOnlyRootFilesystem",
        "emptyDir",
        "stabilizationWindowSeconds",
    ]
)
#: Fields that the API server fills in where the manifest says "choose one".
_ASSIGNED = frozenset(("clusterIP", "nodePort", "healthCheckNodePort", "loadBalancerIP"))
_MISSING: Any = object()


@dataclass(frozen=True)
class Change:
    """One field: what the manifest says and what the cluster has. None stands for absent."""

    path: Path
    declared: Any
    live: Any


def differences(declared: Object, live: Object) -> list[Change]:
    """Declared fields that the live object does not have, in the manifest's order."""
    wanted = comparable(declared)
    return [change for key, value in wanted.items() for change in _compare((key,), value, live.get(key, _MISSING))]


def comparable(item: Object) -> dict[str, Any]:
    """The parts of an object that a manifest decides; a Secret's plain text as the API server keeps it."""
    parts = {
        key: value
        for key, value in item.items()
        if key not in ("apiVersion", "kind", "metadata", "status", "stringData")
    }
    metadata = item.get("metadata") or {}
    parts["metadata"] = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
    if item.get("stringData"):
        plain = {key: base64.b64encode(str(value).encode()).decode() for key, value in item["stringData"].items()}
        parts["data"] = {**(item.get("data") or {}), **plain}
    return parts


def _compare(path: Path, declared: Any, live: Any) -> Iterator[Change]:
    if declared is None or (live is _MISSING and _empty(path, declared)):
        return
    if live is _MISSING:
        yield Change(path, declared, None)
    elif isinstance(declared, Mapping) and isinstance(live, Mapping):
        for key, value in declared.items():
            yield from _compare((*path, key), value, live.get(key, _MISSING))
    elif isinstance(declared, list) and isinstance(live, list):
        yield from _compare_lists(path, declared, live)
    elif not _same(path, declared, live):
        yield Change(path, declared, live)


def _compare_lists(path: Path, declared: list[Any], live: list[Any]) -> Iterator[Change]:
    wanted, given = keyed(path, declared), keyed(path, live)
    if wanted is not None and given is not None:
        for step, item in wanted.items():
            yield from _compare((*path, step), item, given.get(step, _MISSING))
    elif len(declared) != len(live):
        yield Change(path, declared, live)
    elif all(isinstance(item, Mapping) for item in [*declared, *live]):
        for index, (item, other) in enumerate(zip(declared, live)):
            yield from _compare((*path, index), item, other)
    elif any(not _same(path, item, other) for item, other in zip(declared, live)):
        yield Change(path, declared, live)


def keyed(path: Path, items: Sequence[Any]) -> dict[Step, Any] | None:
    """Items by identity, or None for a list that only has positions."""
    field = next((step for step in reversed(path) if isinstance(step, str)), "")
    found: dict[Step, Any] = {}
    for item in items:
        step = identity(field, item)
        if step is None or step in found:
            return None
        found[step] = item
    return found


def identity(field: str, item: Any) -> tuple[tuple[str, Any], ...] | None:
    """The pairs that identify an item of a list field."""
    if not isinstance(item, Mapping):
        return None
    if field == "ports":
        key = next((key for key in ("containerPort", "port") if key in item), None)
        return None if key is None else ((key, item[key]), ("protocol", item.get("protocol", "TCP")))
    keys = _IDENTITY.get(field)
    if keys is None:
        return None
    pairs = tuple((key.rpartition(".")[2], _at(item, key)) for key in keys)
    return None if any(value is None for _key, value in pairs) else pairs


def _at(item: Any, dotted: str) -> Any:
    for key in dotted.split("."):
        item = item.get(key) if isinstance(item, Mapping) else None
    return item


def _empty(path: Path, value: Any) -> bool:
    """Whether the API server leaves this value out when it stores the object."""
    if path and path[-1] in _KEPT_ZERO:
        return False
    if isinstance(value, Mapping):
        return all(_empty((*path, key), inner) for key, inner in value.items())
    return value in (None, "", 0, False, [])


def _same(path: Path, declared: Any, live: Any) -> bool:
    if type(declared) is type(live) and declared == live:
        return True
    if path and path[-1] in _ASSIGNED and declared in ("", 0):
        return True
    if isinstance(declared, bool) or isinstance(live, bool):
        return bool(declared == live and isinstance(declared, bool) and isinstance(live, bool))
    if isinstance(declared, (int, float)) and isinstance(live, (int, float)):
        return declared == live
    return _quantity_path(path) and same_quantity(str(declared), str(live))


def _quantity_path(path: Path) -> bool:
    return any(step in _QUANTITIES for step in path if isinstance(step, str))
