# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Nodes as the subjects of rules: who serves them, and what they should offer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._accelerator.table import Vendor
from .._accelerator.vendors import VENDORS, vendor_of
from .._devices.owner import DRA
from .._devices.plan import VENDORS as DEVICE_PLUGINS

Data = Mapping[str, Any]
Subject = dict[str, Any]


def node_subjects(facts: Data, plan: Data, seen: Data) -> list[Subject]:
    """Return the nodes with what rules ask of them."""
    owners: dict[str, list[Data]] = {}
    for owner in facts.get("owners") or []:
        for name in owner.get("nodes") or []:
            owners.setdefault(str(name), []).append(owner)
    plans = {vendor.name: _plan((plan.get("vendors") or {}).get(vendor.name) or {}) for vendor in VENDORS}
    return [_node(node, owners.get(node["name"], []), plans, seen) for node in facts.get("nodes") or []]


@dataclass(frozen=True)
class Plan:
    """What this run does for a vendor: the nodes that it brings a plugin to."""

    nodes: frozenset[str]
    left_alone: bool
    volcano: bool


def _plan(part: Data) -> Plan:
    options = part.get("options") or {}
    installs = part.get("action") == "install"
    return Plan(
        nodes=frozenset(part.get("nodes") or []) if installs else frozenset(),
        left_alone=options.get("owner") == "none",
        volcano=bool(options.get("volcano")),
    )


def _node(node: Data, owners: Iterable[Data], plans: Mapping[str, Plan], seen: Data) -> Subject:
    devices, labels, name = node.get("accelerators") or [], node.get("labels") or {}, node["name"]
    signs = seen.get("signs") or {}
    kinds, vendors = _kinds(owners), sorted({str(device.get("vendor")) for device in devices})
    counts = {vendor.name: _expected(vendor, labels) for vendor in VENDORS}
    whose = next((vendor for vendor, count in counts.items() if count), None)
    comes = [vendor for vendor, plan in plans.items() if name in plan.nodes]
    return {
        **node,
        "subject": name,
        "vendors": vendors,
        "unlabelled": any(not (device.get("product") or device.get("chip")) for device in devices),
        # A plugin runs on the node already; without one, missing devices are no surprise, nor are they with DRA.
        "served": any(kind != DRA for name in ([whose] if whose else kinds) for kind in kinds[name]),
        "served_by": kinds,
        # A node that offers devices has a plugin, seen or not.
        "unserved": [
            vendor.name
            for vendor in DEVICE_PLUGINS
            if vendor.hints(labels)
            and vendor.name not in vendors
            and not (kinds[vendor.name] or vendor.name in comes or plans[vendor.name].left_alone)
        ],
        # Kinds of plugins that run there or will.
        "plugins": sorted(
            {kind for names in kinds.values() for kind in names}
            | {vendor.ours for vendor in DEVICE_PLUGINS if vendor.name in comes}
        ),
        "drivers": {str(device["vendor"]): device["driver"] for device in devices if device.get("driver")},
        "devices": sum(int(device.get("count") or 0) for device in devices),
        "expected_devices": counts[whose] if whose else None,
        "unhealthy": sum(
            max(0, int(device.get("capacity") or 0) - int(device.get("count") or 0)) for device in devices
        ),
        "no_runtime": (signs.get("no_runtime") or {}).get(name),
        "operated_driver": any(item.get("driver") for item in signs.get("operators") or []),
        "volcano": any(plans[vendor].volcano for vendor in comes),
        "clock_skew": (seen.get("clock_skew") or {}).get(name),
    }


def _kinds(owners: Iterable[Data]) -> dict[str, list[str]]:
    """Return vendor -> kinds of its owners among those of a node; an unknown one may serve any."""
    whose = [(str(owner.get("kind")), vendor_of(str(owner.get("resource") or ""))) for owner in owners]
    return {vendor.name: [kind for kind, one in whose if one in (vendor, None)] for vendor in VENDORS}


def _expected(vendor: Vendor, labels: Mapping[str, str]) -> int:
    return next((int(text) for one in vendor.expected if (text := one.read(labels, ""))), 0)
