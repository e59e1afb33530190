# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A node object -> its facts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._accelerator.devices import devices
from .._cluster.condition import is_ready

#: Hundreds of labels a node that nobody selects by would only make the facts of 1,000 nodes long.
_NOISE = ("beta.kubernetes.io/", "feature.node.kubernetes.io/cpu-cpuid.", "feature.node.kubernetes.io/kernel-config.")


def node_fact(node: Mapping[str, Any]) -> dict[str, Any]:
    """Name, state, runtime, labels, taints and accelerators; how many of those are free is told by the pods."""
    metadata, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
    info = status.get("nodeInfo") or {}
    labels = metadata.get("labels") or {}
    return {
        "name": metadata["name"],
        "ready": is_ready(node),
        "schedulable": not spec.get("unschedulable", False),
        "address": next(
            (one["address"] for one in status.get("addresses") or [] if one.get("type") == "InternalIP"), None
        ),
        "arch": info.get("architecture") or labels.get("kubernetes.io/arch", ""),
        "runtime": info.get("containerRuntimeVersion", ""),
        "kernel": info.get("kernelVersion", ""),
        "labels": {key: value for key, value in labels.items() if not key.startswith(_NOISE)},
        "taints": [
            {key: taint[key] for key in ("key", "value", "effect") if key in taint}
            for taint in spec.get("taints") or []
        ],
        "accelerators": devices(node),
    }
