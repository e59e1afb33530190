# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Facts, wishes and observations -> the subjects of each scope. Arithmetic happens here, not in rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .nearest import nearest
from .node_subjects import node_subjects
from .places import usable
from .release_subjects import placement_subjects, release_subjects, volcano_served
from .report import where
from .signs import trouble

Data = Mapping[str, Any]
Subject = dict[str, Any]


def subjects(facts: Data, wishes: Data, plan: Data, seen: Data) -> dict[str, list[Subject]]:
    """Return scope -> subjects. `plan` is the device plan, `seen` what `observe` brought."""
    releases = release_subjects(wishes["releases"], facts, plan)
    return {
        "cluster": [_cluster(facts, wishes, plan, seen)],
        "nodes": node_subjects(facts, plan, seen),
        "owners": _owners(facts, _signs(seen)),
        "device_problems": list(plan.get("problems") or []),
        "claims": [_claim(item, facts, seen) for item in wishes["claims"]],
        "releases": releases,
        "placements": [place for release in releases for place in placement_subjects(release, facts)],
        "models": list(seen.get("models") or []),
        "images": [{**image, "subject": image["image"]} for image in seen.get("images") or []],
        "namespaces": list(seen.get("namespaces") or []),
        "permissions": list(seen.get("permissions") or []),
        "probes": list(seen.get("probes") or []),
        "operators": list(_signs(seen).get("operators") or []),
        "mps_daemons": list(_signs(seen).get("mps_daemons") or []),
        "exporters": list(_signs(seen).get("exporters") or []),
        "webhooks": list(_signs(seen).get("webhooks") or []),
        "variables": _variables(wishes),
        "keys": list(wishes["strange_keys"]),
        "rates": list(wishes["strange_rates"]),
        "warnings": [_warning(text) for text in [*(facts.get("warnings") or []), *(seen.get("unseen") or [])]],
    }


def _signs(seen: Data) -> Data:
    return seen.get("signs") or {}


def _usable_nodes(facts: Data) -> int:
    return sum(1 for node in facts.get("nodes") or [] if usable(node))


def _cluster(facts: Data, wishes: Data, plan: Data, seen: Data) -> Subject:
    return {
        "subject": "cluster",
        "server_version": facts.get("server_version"),
        "uid": facts.get("uid"),
        "wished_uid": wishes.get("cluster_uid") or None,
        "offline": bool(wishes.get("offline")),
        "nodes": len(facts.get("nodes") or []),
        "ready_nodes": _usable_nodes(facts),
        "outside": list(seen.get("outside") or []),
        "device_plugin": {name: part.get("action") for name, part in (plan.get("vendors") or {}).items()},
        "models_claim": seen.get("models_claim") or {},
        "credential": seen.get("credential") or {},
        "helm": {"wished": _charts(wishes, plan), "found": bool(seen.get("helm"))},
        "charts_missing": list(seen.get("charts_missing") or []),
        "warnings": [*(facts.get("warnings") or []), *(seen.get("unseen") or [])],
        "volcano": {"wished": _volcano(plan), "served": volcano_served(facts)},
    }


def _charts(wishes: Data, plan: Data) -> bool:
    """Say whether this run installs charts: releases, or NVIDIA's device plugin."""
    nvidia = (plan.get("vendors") or {}).get("nvidia") or {}
    return bool(wishes["releases"]) or nvidia.get("action") == "install"


def _volcano(plan: Data) -> bool:
    """Say whether a device plugin that this run brings works with Volcano."""
    parts = (plan.get("vendors") or {}).values()
    return any(
        part.get("action") == "install" and bool(part.get("nodes")) and bool(part["options"].get("volcano"))
        for part in parts
    )


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
            and not (owner.get("release") and other.get("release") == owner.get("release"))
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
    modes = (existing or claim).get("access_modes") or []
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
        "modes": modes,
        "one_node": bool(modes) and "ReadWriteMany" not in modes,
        "usable_nodes": _usable_nodes(facts),
        "shared_write": "ReadWriteMany" in (claim.get("access_modes") or []),
        "shared_read": "ReadOnlyMany" in (claim.get("access_modes") or []),
    }


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
