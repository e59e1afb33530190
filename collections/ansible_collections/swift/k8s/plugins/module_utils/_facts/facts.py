# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Lists of objects -> the facts of a cluster, as small as 1,000 nodes need. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._accelerator.devices import devices
from .._accelerator.usage import usage, with_free
from .._accelerator.vendors import VENDORS
from .owners import owners

Object = Mapping[str, Any]
_LEVEL = "pod-security.kubernetes.io/enforce"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
#: Labels that say nothing about devices or placement only make facts long.
_KEPT_PREFIXES = ("beta.kubernetes.io/",)


def facts(lists: Mapping[str, Sequence[Object]]) -> dict[str, Any]:
    """lists: nodes, pods, daemonsets, releases, storage_classes, runtime_classes, namespaces."""
    used = usage(lists["pods"])
    nodes = [node_fact(node, used) for node in lists["nodes"]]
    releases = [release_fact(item) for item in lists["releases"]]
    found = owners(lists["daemonsets"], lists["pods"], releases)
    return {
        "nodes": nodes,
        "owners": found,
        "storage_classes": [storage_class(item) for item in lists["storage_classes"]],
        "runtime_classes": [
            {"name": item["metadata"]["name"], "handler": item["handler"]} for item in lists["runtime_classes"]
        ],
        "pod_security": {
            item["metadata"]["name"]: level
            for item in lists["namespaces"]
            if (level := (item["metadata"].get("labels") or {}).get(_LEVEL))
        },
        "releases": releases,
        "warnings": warnings(nodes),
    }


def node_fact(node: Object, used: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """One node."""
    metadata, status = node["metadata"], node.get("status") or {}
    info = status.get("nodeInfo") or {}
    conditions = {item["type"]: item["status"] for item in status.get("conditions") or []}
    labels = metadata.get("labels") or {}
    return {
        "name": metadata["name"],
        "ready": conditions.get("Ready") == "True",
        "schedulable": not (node.get("spec") or {}).get("unschedulable", False),
        "arch": info.get("architecture") or labels.get("kubernetes.io/arch", ""),
        "runtime": info.get("containerRuntimeVersion", ""),
        "kernel": info.get("kernelVersion", ""),
        "labels": {key: value for key, value in labels.items() if not key.startswith(_KEPT_PREFIXES)},
        "taints": [dict(taint) for taint in (node.get("spec") or {}).get("taints") or []],
        "accelerators": with_free(devices(node), used.get(metadata["name"], {})),
    }


def release_fact(secret: Object) -> dict[str, Any]:
    """A release by the labels of its newest record; its content is not read."""
    labels = secret["metadata"].get("labels") or {}
    return {
        "name": labels.get("name", ""),
        "namespace": secret["metadata"]["namespace"],
        "revision": int(labels.get("version", 0)),
        "status": labels.get("status", ""),
        "managed": any(key.startswith("swift.k8s/") for key in labels),
    }


def storage_class(item: Object) -> dict[str, Any]:
    """One StorageClass."""
    return {
        "name": item["metadata"]["name"],
        "provisioner": item["provisioner"],
        "default": (item["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true",
        "binding_mode": item.get("volumeBindingMode", "Immediate"),
        "reclaim_policy": item.get("reclaimPolicy", "Delete"),
        "expandable": bool(item.get("allowVolumeExpansion")),
    }


def warnings(nodes: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the API cannot tell, and how to learn it: one sentence a vendor."""
    found = []
    for vendor in VENDORS:
        dark = [
            node["name"]
            for node in nodes
            if any(item["vendor"] == vendor.name and not item["product"] for item in node["accelerators"])
        ]
        if dark:
            shown = ", ".join(dark[:3]) + (f" and {len(dark) - 3} more" if len(dark) > 3 else "")
            found.append(
                f"{len(dark)} node{'s' if len(dark) > 1 else ''} with {vendor.name} devices ({shown}) "
                f"do not say which product, memory or driver: {vendor.details}."
            )
    return found
