# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A node object -> its accelerators. Pure.

A resource that is advertised with 0 is one that was withdrawn: the kubelet keeps the name. It counts as absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .register import Registered, registered
from .slices import of_resource
from .table import Reading, Vendor
from .vendors import VENDORS, vendor_of

Labels = Mapping[str, str]
Device = dict[str, Any]
#: A slice that is called 10gb has 9728 MiB, one called 5gb half of that; the largest have a little more.
_MIB_OF_TEN_GB = 9728


def devices(node: Mapping[str, Any], vendors: tuple[Vendor, ...] = VENDORS) -> list[Device]:
    """What the node offers, a record a resource, in the order of the resources' names. None is: nobody tells."""
    metadata = node["metadata"]
    labels: Labels = metadata.get("labels") or {}
    annotations: Labels = metadata.get("annotations") or {}
    status = node.get("status") or {}
    allocatable, capacity = status.get("allocatable") or {}, status.get("capacity") or {}
    found = []
    for resource in sorted(allocatable):
        vendor, count = vendor_of(resource, vendors), amount(allocatable[resource])
        if vendor and count:
            device = _device(vendor, resource, count, labels, registered(vendor, annotations))
            found.append({**device, "capacity": max(count, amount(capacity.get(resource)))})
    return found


def amount(text: Any) -> int:
    """Whole devices; other amounts are none."""
    return int(text) if str(text).isdigit() else 0


def _device(vendor: Vendor, resource: str, count: int, labels: Labels, hami: Registered | None) -> Device:
    match = vendor.resource(resource)
    groups = match.groupdict() if match else {}
    base = groups.get("base") or resource

    def read(readings: Iterable[Reading]) -> str | None:
        return next((value for reading in readings if (value := reading.read(labels, base)) is not None), None)

    chip = read(vendor.chip) or groups.get("chip")
    product = read(vendor.product) or (hami.product if hami else None) or (f"{vendor.brand}{chip}" if chip else None)
    memory = read(vendor.memory_mib) or (hami.memory_mib if hami else None)
    sharing = read(vendor.sharing) or ("hami" if hami else vendor.shared(resource))
    known = vendor.known(product) if product else None
    if sharing == "vnpu":
        # What labels say is the whole chip's.
        cut = of_resource(resource)
        memory = str(cut.memory_mib) if cut and cut.memory_mib else None
    if not memory and groups.get("gb"):
        memory = int(groups["gb"]) * _MIB_OF_TEN_GB // 10
    if not memory and known and sharing in ("none", "hami"):
        memory = known.memory_mib
    if memory:
        memory = int(memory) // int(read(vendor.clients) or 1)
    return {
        "vendor": vendor.name,
        "product": product,
        "memory_mib": memory or None,
        "count": count,
        "free": None,
        "resource": resource,
        "driver": read(vendor.driver),
        "compute": read(vendor.compute) or (known.compute if known else None),
        "chip": chip,
        "sharing": sharing,
    }
