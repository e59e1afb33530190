# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API cannot tell about accelerators, and how to learn it: a sentence a vendor. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._accelerator.vendors import VENDORS, known
from .owners import Owner, unowned

Node = Mapping[str, Any]
_ACCELERATOR = re.compile(r".+/.*(gpu|npu|mlu|xpu|dcu|gcu|tpu|gaudi|neuron).*", re.IGNORECASE)


def warnings(nodes: Sequence[Node], owners: Sequence[Owner] | None) -> list[str]:
    """Devices without details, and devices that nobody seems to advertise. owners is None when they were not asked."""
    found = []
    for vendor in VENDORS:
        dark = [
            node["name"]
            for node in nodes
            if any(device["vendor"] == vendor.name and not device["product"] for device in node["accelerators"])
        ]
        if dark:
            found.append(
                f"product, memory and driver of the {vendor.name} devices of {_told(dark)} are not known: "
                f"{vendor.details}."
            )
        alone = unowned(nodes, owners, vendor.name) if owners is not None else []
        if alone:
            found.append(
                f"no DaemonSet advertises the {vendor.name} devices of {_told(alone)}: find out what does before "
                "another device plugin is installed (a static pod, a service of the node; or nobody, and the kubelet "
                "wants a restart to notice it)."
            )
    return found


def strangers(node: Mapping[str, Any]) -> list[str]:
    """Resources of a node object that look like accelerators of a vendor that no table describes."""
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    return [
        name
        for name, amount in sorted(allocatable.items())
        if _ACCELERATOR.fullmatch(name) and not known(name) and str(amount) not in ("0", "")
    ]


def unknown_resources(found: Iterable[tuple[str, str]]) -> list[str]:
    """A sentence a resource, from (node, resource)."""
    by_resource: dict[str, list[str]] = {}
    for node, resource in found:
        by_resource.setdefault(resource, []).append(node)
    return [
        f"no table of this collection describes {resource} of {_told(nodes)}: such devices are left alone."
        for resource, nodes in sorted(by_resource.items())
    ]


def _told(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{len(names)} node{'s' if len(names) > 1 else ''} ({shown})"
