# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Releases, and the nodes that could carry them, as the subjects of rules. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from .._accelerator.slices import SLICES, of_chip, resource_of
from .._accelerator.vendors import named, vendor_of
from .._devices.allocatable import is_prefix
from .cuda import newest, remedy
from .fit import Taken, fit, free_devices
from .images import requirements
from .places import eligible

Data = Mapping[str, Any]
Subject = dict[str, Any]


def release_subjects(wished: Iterable[Data], facts: Data, plan: Data) -> list[Subject]:
    """What a release takes beyond what its pods hold already, those after it lack.

    One that is there and holds nothing is a job that is over, or waits already: nothing is asked of the nodes for it.
    """
    there = {(item.get("namespace"), item.get("name")): item.get("holds") for item in facts.get("releases") or []}
    taken: Taken = Counter()
    result = []
    for item in wished:
        key = item["namespace"], item["name"]
        installed, held = key in there, there.get(key)
        idle = installed and not held
        found = fit(facts.get("nodes") or [], item, Counter() if idle else taken, held)
        result.append({**_release(item, facts, plan), "fit": found, "installed": installed, "idle": idle})
    return result


def _release(release: Data, facts: Data, plan: Data) -> Subject:
    vendor = release["vendor"]
    nodes = facts.get("nodes") or []
    coming = _coming(plan, vendor)
    brought = sorted({_said(name) for name in coming.values() if not name.endswith("/")})
    return {
        **release,
        "subject": f"release {release['name']}",
        "image": requirements(release["image_name"]) if release.get("image_name") else {},
        "accelerated": vendor in (plan.get("vendors") or {}),
        "advertised": any(
            device.get("vendor") == vendor and device.get("count")
            for node in nodes
            for device in node.get("accelerators") or []
        ),
        # Devices come with this very run: how many, nobody can tell before.
        "pending": any(
            _matches(coming.get(node["name"], ""), release["resource"])
            and eligible(node, release)
            and not free_devices(node, release["resource"])
            for node in nodes
        ),
        "brought": brought,
        "advice": f"Set accelerator.resource to {' or '.join(brought)}."
        if brought
        else f"Select the nodes in device_plugin_{vendor}.nodes, or set accelerator.vendor.",
        "slice": _slice(release, nodes),
        "class_missing": _class_missing(release.get("runtime_class"), facts, plan),
        "volcano_served": volcano_served(facts),
    }


def _coming(plan: Data, vendor: str) -> dict[str, str]:
    """Return node -> the resource, or what its name begins with, that this run's device plugin will offer there."""
    part = (plan.get("vendors") or {}).get(vendor) or {}
    if part.get("action") != "install":
        return {}
    return {str(item["node"]): str(item["resource"]) for item in part.get("expect") or []}


def _matches(coming: str, resource: str) -> bool:
    return bool(coming) and (resource.startswith(coming) if is_prefix(coming) else resource == coming)


def _said(coming: str) -> str:
    return f"{coming}PROFILE" if is_prefix(coming) else coming


def _slice(release: Data, nodes: Iterable[Data]) -> Subject:
    """Return what is wrong with a virtual NPU that is asked for: {unknown, known}; {} where nothing is."""
    wanted = str(release.get("resource") or "")
    template = wanted.rpartition("/")[2].startswith("vir")
    virtual = (whose := vendor_of(wanted)) is not None and whose.shared(wanted) == "vnpu"
    devices = [device for node in nodes for device in node.get("accelerators") or []]
    chips = sorted(
        {str(device["chip"]) for device in devices if device.get("vendor") == release["vendor"] and device.get("chip")}
    )
    fitting = [row for chip in chips for row in of_chip(chip)] if chips else list(SLICES)
    if not (template or virtual) or wanted in {row.resource for row in fitting}:
        return {}
    meant = [name for chip in chips or [""] if (name := resource_of(wanted.rpartition("/")[2], chip))]
    known = list(dict.fromkeys(meant or [row.resource for row in fitting]))
    return {"unknown": wanted, "chips": chips or ["there are"], "known": known or ["none"]}


def _class_missing(name: Any, facts: Data, plan: Data) -> bool:
    """Whether neither the cluster has a RuntimeClass nor this run makes it."""
    parts = (plan.get("vendors") or {}).values()
    made = {part["options"].get("runtime_class") for part in parts if part.get("action") == "install"}
    return bool(name) and name not in made | {item.get("name") for item in facts.get("runtime_classes") or []}


def placement_subjects(release: Data, facts: Data) -> list[Subject]:
    """Return the nodes that could carry the release's pods, each with its device."""
    if not release["accelerated"]:
        return []
    result = []
    for node in facts.get("nodes") or []:
        device = next(
            (item for item in node.get("accelerators") or [] if item.get("resource") == release["resource"]), None
        )
        if device is None or not eligible(node, release):
            continue
        driver, compute = device.get("driver"), device.get("compute")
        result.append(
            {
                "subject": node["name"],
                "release": release,
                "image": release["image"],
                "node": node,
                "device": device,
                "driver": driver,
                "cuda": _toolkit(release, node) or newest(driver),
                "compute": compute,
                "family": _family(device),
                "remedy": remedy(driver, compute, release["image"].get("min_driver"))
                if release["image"].get("cuda")
                else {},
            }
        )
    return result


def _family(device: Data) -> Optional[str]:
    vendor = named(str(device.get("vendor")))
    product = vendor.known(str(device.get("product") or "")) if vendor else None
    return product.family if product else None


def _toolkit(release: Data, node: Data) -> Optional[str]:
    """Return the newest toolkit that the node's driver supports, as its labels say."""
    vendor, labels = named(release["vendor"]), node.get("labels") or {}
    readings = vendor.toolkit if vendor else ()
    return next((text for one in readings if (text := one.read(labels, release["resource"]))), None)


def volcano_served(facts: Data) -> bool:
    """Say whether the cluster serves Volcano's APIs."""
    return any("volcano.sh/" in api for api in facts.get("apis") or [])
