# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Facts, wishes and observations -> the subjects of each scope. Arithmetic happens here, not in rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from .._accelerator.slices import SLICES, of_chip, resource_of
from .._accelerator.vendors import named, vendor_of
from .cuda import newest, remedy
from .fit import Taken, fit, free_devices
from .images import requirements
from .nearest import nearest
from .places import eligible, usable
from .report import where
from .signs import trouble

Data = Mapping[str, Any]
Subject = dict[str, Any]


def subjects(facts: Data, wishes: Data, plan: Data, seen: Data) -> dict[str, list[Subject]]:
    """Return scope -> subjects. `plan` is the device plan, `seen` what `observe` brought."""
    releases = _releases(wishes["releases"], facts, plan)
    return {
        "cluster": [_cluster(facts, wishes, plan, seen)],
        "nodes": [_node(node, facts, plan, seen) for node in facts.get("nodes") or []],
        "owners": _owners(facts, _signs(seen)),
        "device_problems": list(plan.get("problems") or []),
        "claims": [_claim(item, facts, seen) for item in wishes["claims"]],
        "releases": releases,
        "placements": [place for release in releases for place in _placements(release, facts)],
        "images": [{**image, "subject": image["image"]} for image in seen.get("images") or []],
        "namespaces": list(seen.get("namespaces") or []),
        "permissions": list(seen.get("permissions") or []),
        "probes": list(seen.get("probes") or []),
        "operators": list(_signs(seen).get("operators") or []),
        "exporters": list(_signs(seen).get("exporters") or []),
        "webhooks": list(_signs(seen).get("webhooks") or []),
        "variables": _variables(wishes),
        "warnings": [_warning(text) for text in [*(facts.get("warnings") or []), *(seen.get("unseen") or [])]],
    }


def _signs(seen: Data) -> Data:
    return seen.get("signs") or {}


def _cluster(facts: Data, wishes: Data, plan: Data, seen: Data) -> Subject:
    nodes = facts.get("nodes") or []
    return {
        "subject": "cluster",
        "server_version": facts.get("server_version"),
        "uid": facts.get("uid"),
        "wished_uid": wishes.get("cluster_uid") or None,
        "offline": bool(wishes.get("offline")),
        "nodes": len(nodes),
        "ready_nodes": sum(1 for node in nodes if usable(node)),
        "outside": list(seen.get("outside") or []),
        "device_plugin": {name: part.get("action") for name, part in (plan.get("vendors") or {}).items()},
        "credential": seen.get("credential") or {},
        "warnings": [*(facts.get("warnings") or []), *(seen.get("unseen") or [])],
        "volcano": {"wished": _volcano(plan), "served": _volcano_served(facts)},
    }


def _volcano(plan: Data) -> bool:
    part = (plan.get("vendors") or {}).get("ascend") or {}
    return part.get("action") == "install" and bool(part.get("nodes")) and bool(part["options"].get("volcano"))


def _node(node: Data, facts: Data, plan: Data, seen: Data) -> Subject:
    devices = node.get("accelerators") or []
    ascend = (plan.get("vendors") or {}).get("ascend") or {}
    return {
        **node,
        "subject": node["name"],
        "vendors": sorted({str(device.get("vendor")) for device in devices}),
        "unlabelled": any(not (device.get("product") or device.get("chip")) for device in devices),
        # A plugin runs on the node already; without one, missing devices are no surprise.
        "served": any(node["name"] in (owner.get("nodes") or []) for owner in facts.get("owners") or []),
        "devices": sum(int(device.get("count") or 0) for device in devices),
        "expected_devices": _number((node.get("labels") or {}).get("nvidia.com/gpu.count")),
        "unhealthy": sum(
            max(0, int(device.get("capacity") or 0) - int(device.get("count") or 0)) for device in devices
        ),
        "no_runtime": (_signs(seen).get("no_runtime") or {}).get(node["name"]),
        "operated_driver": any(item.get("driver") for item in _signs(seen).get("operators") or []),
        "volcano": _volcano(plan) and node["name"] in (ascend.get("nodes") or []),
        "clock_skew": (seen.get("clock_skew") or {}).get(node["name"]),
    }


def _number(text: Any) -> Any:
    return int(text) if str(text or "").isdigit() else None


def _owners(facts: Data, found: Data) -> list[Subject]:
    owners = facts.get("owners") or []
    classes = {item.get("name") for item in facts.get("runtime_classes") or []}
    result = []
    for index, owner in enumerate(owners):
        place = f"{owner.get('namespace') or 'cluster'}/{owner.get('name') or owner.get('kind')}"
        rivals = [
            f"{other.get('kind')} ({other.get('namespace') or 'cluster'}/{other.get('name') or other.get('kind')})"
            f" on {where(sorted(shared))}"
            for other in owners[index + 1 :]
            if other.get("resource") == owner.get("resource")
            and (shared := set(other.get("nodes") or []) & set(owner.get("nodes") or []))
        ]
        wanted = owner.get("runtime_class")
        more = {"rivals": rivals, "class_missing": bool(wanted) and wanted not in classes}
        stuck = trouble(owner, found.get("stuck") or {})
        result.append({**owner, "subject": f"{owner.get('kind')} {place}", **more, "trouble": stuck})
    return result


def _claim(claim: Data, facts: Data, seen: Data) -> Subject:
    classes = {item.get("name"): item for item in facts.get("storage_classes") or []}
    wanted = claim.get("storage_class")
    default = next((item for item in classes.values() if item.get("default")), None)
    static = any(claim.get(key) for key in ("nfs", "oss", "local", "shared_from"))
    existing = (seen.get("claims") or {}).get(f"{claim['namespace']}/{claim['name']}")
    return {
        **claim,
        "subject": f"claim {claim['namespace']}/{claim['name']}",
        "static": static,
        "dynamic": not static and not existing,
        "class": classes.get(wanted) if wanted else default,
        "wished_class": wanted or "the default class",
        "classes": sorted(str(name) for name in classes),
        "existing": existing,
        "missing_modes": sorted(set(claim.get("access_modes") or []) - set((existing or {}).get("access_modes") or [])),
        "shared_write": "ReadWriteMany" in (claim.get("access_modes") or []),
        "shared_read": "ReadOnlyMany" in (claim.get("access_modes") or []),
    }


def _releases(wished: Iterable[Data], facts: Data, plan: Data) -> list[Subject]:
    """Releases that are there hold their devices already; what a new one takes, those after it lack."""
    there = {(item.get("namespace"), item.get("name")) for item in facts.get("releases") or []}
    taken: Taken = Counter()
    result = []
    for item in wished:
        installed = (item["namespace"], item["name"]) in there
        found = fit(facts.get("nodes") or [], item, Counter() if installed else taken)
        result.append({**_release(item, facts, plan), "fit": found, "installed": installed})
    return result


def _release(release: Data, facts: Data, plan: Data) -> Subject:
    vendor = release["vendor"]
    nodes = facts.get("nodes") or []
    coming = _coming(plan, vendor)
    brought = sorted({name for name in coming.values() if not name.endswith("/")})
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
        "volcano_served": _volcano_served(facts),
    }


def _coming(plan: Data, vendor: str) -> dict[str, str]:
    """Return node -> the resource, or a prefix that ends in /, that this run's device plugin will offer there."""
    part = (plan.get("vendors") or {}).get(vendor) or {}
    if part.get("action") != "install":
        return {}
    return {str(item["node"]): str(item["resource"]) for item in part.get("expect") or []}


def _matches(coming: str, resource: str) -> bool:
    return bool(coming) and (resource.startswith(coming) if coming.endswith("/") else resource == coming)


def _slice(release: Data, nodes: Iterable[Data]) -> Subject:
    """Return what is wrong with a virtual NPU that is asked for: {unknown, known}; {} where nothing is."""
    wanted = str(release.get("resource") or "")
    template = wanted.rpartition("/")[2].startswith("vir")
    virtual = (whose := vendor_of(wanted)) is not None and whose.shared(wanted) == "vnpu"
    devices = [device for node in nodes for device in node.get("accelerators") or []]
    chips = sorted(
        {str(device["chip"]) for device in devices if device.get("vendor") == "ascend" and device.get("chip")}
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


def _volcano_served(facts: Data) -> bool:
    return any("volcano.sh/" in api for api in facts.get("apis") or [])


def _placements(release: Data, facts: Data) -> list[Subject]:
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
                "remedy": remedy(driver, compute, release["image"].get("min_driver"))
                if release["image"].get("cuda")
                else {},
            }
        )
    return result


def _toolkit(release: Data, node: Data) -> Optional[str]:
    """Return the newest toolkit that the node's driver supports, as its labels say."""
    vendor, labels = named(release["vendor"]), node.get("labels") or {}
    readings = vendor.toolkit if vendor else ()
    return next((text for one in readings if (text := one.read(labels, release["resource"]))), None)


def _warning(text: str) -> Subject:
    """Return a sentence of the facts, parted from what it says to do."""
    said, _colon, advice = text.rstrip(".").partition(": ")
    fallback = "Allow these credentials to list it, or carry on without the checks that need it"
    return {"subject": "cluster", "text": said, "advice": advice[:1].upper() + advice[1:] or fallback}


def _variables(wishes: Data) -> list[Subject]:
    known = wishes.get("known_variables") or []
    return [
        {"subject": name, "nearest": nearest(name, known)}
        for name in sorted(set(wishes.get("variables") or []) - set(known))
        if known
    ]
