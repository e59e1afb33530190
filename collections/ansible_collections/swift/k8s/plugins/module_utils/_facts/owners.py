# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Who advertises accelerators on which nodes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._accelerator.table import Operator, Vendor
from .._accelerator.vendors import VENDORS, vendor_of
from .plugins import UNKNOWN, DevicePlugin

Node = Mapping[str, Any]
Owner = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What points to owners.

    carriers: uid of a DaemonSet -> the nodes of its pods.
    operators: custom resources of operators, by name.
    drivers: driver for dynamic resource allocation -> the nodes it publishes devices for.
    releases: Helm releases of this collection, as (namespace, name).
    """

    nodes: Iterable[Node] = ()
    plugins: Iterable[DevicePlugin] = ()
    carriers: Mapping[str, Iterable[str]] = field(default_factory=dict)
    operators: Iterable[tuple[Operator, str]] = ()
    drivers: Mapping[str, Iterable[str]] = field(default_factory=dict)
    releases: Iterable[tuple[str, str]] = ()


def owners(seen: Seen, vendors: tuple[Vendor, ...] = VENDORS) -> list[Owner]:
    """One entry a device plugin, an operator that has none yet, and a driver. Nodes are sorted by name."""
    offers = {node["name"]: [device["resource"] for device in node["accelerators"]] for node in seen.nodes}
    ours = set(seen.releases)
    known: list[Owner] = []
    unknown: list[Owner] = []
    for plugin in seen.plugins:
        owner = _owner(plugin, sorted(set(seen.carriers.get(plugin.uid, ()))), ours)
        (unknown if plugin.kind == UNKNOWN else known).append(owner)
    for owner in known:
        owner["resource"] = _advertised(owner, offers, vendors)
    there = {owner["kind"] for owner in known}
    known += [_operated(row, name) for row, name in seen.operators if row.kind not in there]
    known += [
        _drawn(row.name, row.resource, sorted(set(seen.drivers[row.name])))
        for vendor in vendors
        for row in vendor.drivers
        if row.name in seen.drivers
    ]
    return known + [named for owner in unknown for named in _claims(owner, known, offers, vendors)]


def unowned(nodes: Iterable[Node], found: Iterable[Owner], vendor: str) -> list[str]:
    """Nodes that offer a vendor's devices although no owner of such devices is known to run there."""
    covered = _covered(found, vendor, VENDORS)
    return [
        node["name"]
        for node in nodes
        if node["name"] not in covered and any(device["vendor"] == vendor for device in node["accelerators"])
    ]


def _owner(plugin: DevicePlugin, nodes: list[str], ours: set[tuple[str, str]]) -> Owner:
    return {
        "kind": plugin.kind,
        "resource": plugin.resource,
        "namespace": plugin.namespace,
        "name": plugin.name,
        "nodes": nodes,
        "desired": plugin.desired,
        "ready": plugin.ready,
        "image": plugin.image,
        "runtime_class": plugin.runtime_class,
        "release": "/".join(plugin.release) if all(plugin.release) else "",
        "managed": plugin.applied or plugin.release in ours,
    }


def _operated(row: Operator, name: str) -> Owner:
    return _absent(row.kind, row.resource, name, [])


def _drawn(name: str, resource: str, nodes: list[str]) -> Owner:
    return _absent("dra", resource, name, nodes)


def _absent(kind: str, resource: str, name: str, nodes: list[str]) -> Owner:
    """An owner that shows no DaemonSet."""
    return {
        "kind": kind,
        "resource": resource,
        "namespace": "",
        "name": name,
        "nodes": nodes,
        "desired": None,
        "ready": None,
        "image": "",
        "runtime_class": None,
        "release": "",
        "managed": False,
    }


def _advertised(owner: Owner, offers: Mapping[str, list[str]], vendors: tuple[Vendor, ...]) -> str:
    """The resource as the owner's nodes offer it; the table's where they offer that one, or nothing yet."""
    vendor = vendor_of(owner["resource"], vendors)
    found = Counter(
        name for node in owner["nodes"] for name in offers.get(node, ()) if vendor_of(name, vendors) is vendor
    )
    return str(owner["resource"] if not found or owner["resource"] in found else found.most_common(1)[0][0])


def _claims(
    owner: Owner, known: list[Owner], offers: Mapping[str, list[str]], vendors: tuple[Vendor, ...]
) -> list[Owner]:
    """An unknown plugin owns what its nodes offer and no known owner there accounts for; perhaps nothing."""
    found = []
    for vendor in vendors:
        covered = _covered(known, vendor.name, vendors)
        names = [
            name
            for node in owner["nodes"]
            if node not in covered
            for name in offers.get(node, ())
            if vendor_of(name, vendors) is vendor
        ]
        if names:
            found.append({**owner, "resource": Counter(names).most_common(1)[0][0]})
    return found


def _covered(found: Iterable[Owner], vendor: str, vendors: tuple[Vendor, ...]) -> set[str]:
    return {
        node
        for owner in found
        if (whose := vendor_of(owner["resource"], vendors)) and whose.name == vendor
        for node in owner["nodes"]
    }
