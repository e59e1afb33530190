# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the chart asks Kubernetes for: a wish and the nodes -> vendor, resource and count. Pure.

The chart has its own words for it in templates/_devices.tpl; a test renders it and holds both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .table import Vendor
from .vendors import VENDORS, named, vendor_of

AUTO = "auto"
CPU = "cpu"


@dataclass(frozen=True)
class Request:
    """A pod's devices; no resource and a count of 0 where it asks for none."""

    vendor: str
    resource: str = ""
    count: int = 0


def request(
    accelerator: Mapping[str, Any],
    limits: Mapping[str, Any],
    nodes: Iterable[Mapping[str, Any]],
    coming: Iterable[str] = (),
    vendors: tuple[Vendor, ...] = VENDORS,
) -> Request:
    """Return what a pod with these values asks for.

    accelerator: vendor, resource and count as the chart's values have them, each of which may be absent.
    limits: resources.limits. nodes: facts of nodes. coming: vendors whose devices this run brings.
    """
    flat = flatten(limits)
    resource = str(accelerator.get("resource") or next((name for name in sorted(flat) if vendor_of(name, vendors)), ""))
    name = str(accelerator.get("vendor") or AUTO)
    if name == AUTO:
        name = _vendor(resource, nodes, set(coming), vendors)
    vendor = named(name, vendors)
    if vendor is None:
        return Request(name)
    resource = resource or vendor.asked
    if not resource:
        return Request(name)
    return Request(name, resource, int(accelerator.get("count") or flat.get(resource) or 1))


def flatten(limits: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Join nested keys by dots: `--set resources.limits.nvidia.com/gpu=2` arrives as {nvidia: {com/gpu: 2}}."""
    found: dict[str, Any] = {}
    for key, value in limits.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping):
            found.update(flatten(value, name))
        elif value is not None:
            found[name] = value
    return found


def _vendor(resource: str, nodes: Iterable[Mapping[str, Any]], coming: set[str], vendors: tuple[Vendor, ...]) -> str:
    """Say what `auto` means: whose resource is named, else whose devices there are; the first vendor goes first."""
    whose = vendor_of(resource, vendors)
    if whose:
        return whose.name
    seen = list(nodes)
    there = {device.get("vendor") for node in seen for device in node.get("accelerators") or []} | coming
    found = next((vendor.name for vendor in vendors if vendor.name in there), None)
    return found or (CPU if seen else vendors[0].name)
