# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""A claim that exists already: does it fit the wish, and what may still be changed about it (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .claim import Claim
from .errors import StorageError
from .quantity import bytes_of

_OTHER_NAME = "Give the new claim another name, or set the wish to what is there."


def changes(
    claim: Claim, found: Mapping[str, Any], classes: Mapping[str, Mapping[str, Any]], managed: bool
) -> dict[str, Any]:
    """The merge patch that brings an existing claim to the wish, {} when it fits; what cannot change is an error."""
    _usable(claim, found)
    _same_access_modes(claim, found)
    _same_class(claim, found)
    patch = _bigger(claim, found, classes)
    labels = (
        claim.labels if managed else {k: v for k, v in claim.labels.items() if not k.startswith("app.kubernetes.io/")}
    )
    for field, wish in (("labels", labels), ("annotations", claim.annotations)):
        now = found["metadata"].get(field) or {}
        if missing := {key: value for key, value in wish.items() if now.get(key) != value}:
            patch.setdefault("metadata", {})[field] = missing
    return patch


def _usable(claim: Claim, found: Mapping[str, Any]) -> None:
    if found["metadata"].get("deletionTimestamp"):
        raise StorageError(
            f"claim {claim} is being deleted; Kubernetes waits for the pods that mount it. Stop them, and run again."
        )
    if (found.get("status") or {}).get("phase") == "Lost":
        volume = found["spec"].get("volumeName")
        raise StorageError(
            f"claim {claim} lost its volume {volume}. Delete the claim, or bring the volume back, and run again."
        )


def _same_access_modes(claim: Claim, found: Mapping[str, Any]) -> None:
    modes = found["spec"].get("accessModes") or []
    if not set(claim.access_modes) <= set(modes):
        raise StorageError(
            f"claim {claim} exists with access mode {', '.join(modes)}, wanted {', '.join(claim.access_modes)}: "
            "pods on several nodes must mount it. The access mode of a claim cannot change. " + _OTHER_NAME
        )


def _same_class(claim: Claim, found: Mapping[str, Any]) -> None:
    name = found["spec"].get("storageClassName") or ""
    if claim.storage_class is not None and claim.storage_class != name:
        raise StorageError(
            f"claim {claim} exists with class '{name}', wanted '{claim.storage_class}'. "
            f"The class of a claim cannot change. {_OTHER_NAME}"
        )


def _bigger(claim: Claim, found: Mapping[str, Any], classes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The patch that expands a claim which is smaller than wished. A bigger one stays as it is."""
    now = found["spec"]["resources"]["requests"]["storage"]
    if not claim.sized or bytes_of(claim.size) <= bytes_of(now):
        return {}
    if (found.get("status") or {}).get("phase") != "Bound":
        raise StorageError(
            f"claim {claim} exists with {now}, wanted {claim.size}, and is not bound; Kubernetes enlarges bound claims "
            "only. Start a pod that mounts it, or delete the claim, and run again."
        )
    name = found["spec"].get("storageClassName") or ""
    if not (classes.get(name) or {}).get("allowVolumeExpansion"):
        reason = f"class {name} does not allow volumes to grow" if name else "a static volume does not grow"
        raise StorageError(
            f"claim {claim} exists with {now}, wanted {claim.size}, and {reason}. "
            f"Set allowVolumeExpansion on the class if its driver can, or: {_OTHER_NAME}"
        )
    return {"spec": {"resources": {"requests": {"storage": claim.size}}}}
