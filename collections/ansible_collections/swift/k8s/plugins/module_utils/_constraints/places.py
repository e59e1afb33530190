# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which nodes the scheduler would give a release's pods to, devices aside. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._accelerator.vendors import named
from .versions import compare

Node = Mapping[str, Any]
Release = Mapping[str, Any]

#: Google's clusters let pods tolerate a taint that is called like a resource they ask for.
_TOLERATES_ITSELF = "cloud.google.com/gke-accelerator"


def usable(node: Node) -> bool:
    """Say whether the scheduler would place anything new on the node."""
    return bool(node.get("ready")) and bool(node.get("schedulable", True))


def chosen(node: Node, release: Release) -> bool:
    """Say whether the node is one that the release's selector and affinity want, and that takes new pods."""
    labels = node.get("labels") or {}
    wanted = release.get("node_selector") or {}
    return usable(node) and wanted.items() <= labels.items() and _strong_enough(labels, release)


def resisted(node: Node, release: Release) -> list[str]:
    """Return the taints of the node that the release does not tolerate, as kubectl writes them."""
    tolerations = list(release.get("tolerations") or [])
    if _TOLERATES_ITSELF in (node.get("labels") or {}):
        tolerations.append({"key": release.get("resource"), "operator": "Exists"})
    return [
        f"{taint['key']}{'=' if taint.get('value') else ''}{taint.get('value', '')}:{taint.get('effect')}"
        for taint in node.get("taints") or []
        if taint.get("effect") != "PreferNoSchedule" and not any(_tolerates(one, taint) for one in tolerations)
    ]


def eligible(node: Node, release: Release) -> bool:
    """Say whether a pod of the release may run on the node."""
    return chosen(node, release) and not resisted(node, release)


def _strong_enough(labels: Mapping[str, str], release: Release) -> bool:
    """The chart makes node affinity of accelerator.memoryMiB and .compute, where the vendor has labels for them."""
    accelerator = (release.get("values") or {}).get("accelerator") or {}
    vendor = named(str(release.get("vendor")))
    if vendor is None or not vendor.memory_label:
        return True
    compute = ".".join(labels.get(name, "") for name in vendor.compute_labels)
    memory = labels.get(vendor.memory_label, "")
    return _reaches(memory, accelerator.get("memoryMiB")) and _reaches(compute, accelerator.get("compute"))


def _reaches(there: str, wanted: Any) -> bool:
    return not wanted or compare(there, wanted) in (0, 1)


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    same_value = bool(toleration.get("value", "") == taint.get("value", ""))
    return same_value and bool(toleration.get("key") == taint["key"])
