# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Fields that the API server does not let change, found before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._cluster.quantity import parse_quantity
from . import fields
from .errors import RefusedError
from .fields import Change
from .objects import Key, Object, Path, text

#: Fields that are fixed once the object exists.
_FIXED: Mapping[str, tuple[Path, ...]] = {
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "Job": (("spec", "template"), ("spec", "selector"), ("spec", "completionMode"), ("spec", "podFailurePolicy")),
    "Service": (("spec", "clusterIP"),),
    "Secret": (("type",),),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
    "RuntimeClass": (("handler",),),
    "IngressClass": (("spec", "controller"),),
    "CSIDriver": (("spec",),),
}
#: Kinds where everything in spec is fixed but these.
_ONLY: Mapping[str, tuple[str, ...]] = {
    "StatefulSet": (
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "minReadySeconds",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
    ),
    "PersistentVolumeClaim": ("resources", "volumeAttributesClassName"),
}
_SIZE: Path = ("spec", "resources", "requests", "storage")
#: Deleting one of these deletes data.
_NEVER = ("PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition")


def recreated(
    title: str, new: Mapping[Key, Object], live: Mapping[Key, Object | None], allowed: Sequence[str]
) -> dict[Key, list[Change]]:
    """Objects that have to be deleted and made again; RefusedError where that is not allowed."""
    found = {
        key: list(conflicts(key, item, other)) for key, item in new.items() if (other := live.get(key)) is not None
    }
    blocked = {key: changes for key, changes in found.items() if changes}
    refused = [
        _way_out(key, changes) for key, changes in blocked.items() if key.kind in _NEVER or key.kind not in allowed
    ]
    if refused:
        raise RefusedError(f"release {title} cannot be upgraded: " + "; ".join(refused))
    return blocked


def conflicts(key: Key, new: Object, live: Object) -> Iterator[Change]:
    """Wanted changes of one object that the API server would refuse."""
    frozen = bool(live.get("immutable")) and key.kind in ("ConfigMap", "Secret")
    for change in fields.differences(new, live):
        if (
            (frozen and change.path[0] in ("data", "binaryData", "immutable"))
            or fixed(key.kind, change.path)
            or (key.kind == "PersistentVolumeClaim" and _shrinks(change))
        ):
            yield change


def fixed(kind: str, path: Path) -> bool:
    """Whether the API server refuses to change the field."""
    if kind in _ONLY:
        return path[0] == "spec" and (len(path) < 2 or path[1] not in _ONLY[kind])
    return any(path[: len(fixed)] == fixed for fixed in _FIXED.get(kind, ()))


def _shrinks(change: Change) -> bool:
    return change.path == _SIZE and _amount(change.declared) < _amount(change.live)


def _amount(value: Any) -> Any:
    return parse_quantity(str(value or 0))


def _way_out(key: Key, changes: Sequence[Change]) -> str:
    names = ", ".join(text(change.path) for change in changes)
    if key.kind in _NEVER:
        return (
            f"{key} {names} cannot change and the object holds data; keep the old value, or give the object a new name"
        )
    return (
        f"{key} {names} cannot change; allow it to be deleted and made again with recreate: [{key.kind}], "
        "keep the old value, or give the object a new name"
    )
