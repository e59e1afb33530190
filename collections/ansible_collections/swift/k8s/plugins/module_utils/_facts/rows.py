# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Objects of small kinds -> a row of facts each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Object = Mapping[str, Any]
Row = dict[str, Any]
_LEVEL = "pod-security.kubernetes.io/enforce"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def storage_class(item: Object) -> Row:
    """One StorageClass."""
    return {
        "name": item["metadata"]["name"],
        "provisioner": item["provisioner"],
        "default": (item["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true",
        "binding_mode": item.get("volumeBindingMode", "Immediate"),
        "reclaim_policy": item.get("reclaimPolicy", "Delete"),
        "expandable": bool(item.get("allowVolumeExpansion")),
    }


def runtime_class(item: Object) -> Row:
    """One RuntimeClass."""
    return {"name": item["metadata"]["name"], "handler": item["handler"]}


def pod_security(namespace: Object) -> tuple[str, str] | None:
    """A namespace and the level it enforces; None where the API server's own default holds."""
    level = (namespace["metadata"].get("labels") or {}).get(_LEVEL)
    return (namespace["metadata"]["name"], level) if level else None


def release(secret: Object) -> Row:
    """One record of a Helm release, by its labels: what is in it stays in the cluster."""
    labels = secret["metadata"].get("labels") or {}
    revision = str(labels.get("version", ""))
    return {
        "name": labels.get("name", ""),
        "namespace": secret["metadata"]["namespace"],
        "revision": int(revision) if revision.isdigit() else 0,
        "status": labels.get("status", ""),
        "managed": any(key.startswith("swift.k8s/") for key in labels),
    }


def newest(records: Iterable[Row]) -> list[Row]:
    """The latest record of each release: after a failed upgrade there are two that are not superseded."""
    found: dict[tuple[str, str], Row] = {}
    for record in sorted(records, key=lambda row: row["revision"]):
        key = record["namespace"], record["name"]
        ours = record["managed"] or found.get(key, {}).get("managed", False)
        found[key] = {**record, "managed": ours}
    return [found[key] for key in sorted(found)]
