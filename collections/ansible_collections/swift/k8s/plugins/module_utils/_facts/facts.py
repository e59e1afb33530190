# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What was kept of the lists -> the facts of a cluster. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._accelerator.usage import with_free
from .owners import Owner, Seen, owners
from .pods import Share
from .rows import newest
from .warnings import unknown_resources, warnings

PARTS = ("nodes", "owners", "storage_classes", "runtime_classes", "apis", "pod_security", "releases")
#: Name of a list -> what was kept of it; None where it may not be listed.
Found = Mapping[str, "list[Any] | None"]


def facts(found: Found, parts: Sequence[str] = PARTS) -> dict[str, Any]:
    """The chosen parts, and warnings."""
    shares: list[Share] | None = found.get("pods")
    releases = newest(found.get("releases") or [])
    nodes = _nodes([node for node, _strangers in found.get("nodes") or []], shares)
    advertisers = _owners(found, nodes, shares, releases) if found.get("plugins") is not None else None
    held = _held(shares or ())
    unknown = [(node["name"], name) for node, names in found.get("nodes") or [] for name in names]
    told = {
        "nodes": nodes,
        "owners": advertisers or [],
        "storage_classes": _sorted(found.get("storage_classes")),
        "runtime_classes": _sorted(found.get("runtime_classes")),
        "pod_security": dict(sorted(found.get("pod_security") or [])),
        "releases": [{**row, "holds": held.get((row["namespace"], row["name"]), {})} for row in releases],
    }
    return {
        **{name: value for name, value in told.items() if name in parts},
        "warnings": warnings(nodes, advertisers) + unknown_resources(unknown),
    }


def _nodes(nodes: Iterable[dict[str, Any]], shares: Sequence[Share] | None) -> list[dict[str, Any]]:
    used: dict[str, Counter[str]] = {}
    ending: dict[str, Counter[str]] = {}
    for one in shares or ():
        used.setdefault(one.node, Counter()).update(one.taken)
        ending.setdefault(one.node, Counter()).update(one.taken if one.ending else {})
    if shares is not None:
        nodes = [
            {
                **node,
                "accelerators": with_free(
                    node["accelerators"], used.get(node["name"], {}), ending.get(node["name"], {})
                ),
            }
            for node in nodes
        ]
    return sorted(nodes, key=lambda node: str(node["name"]))


def _held(shares: Iterable[Share]) -> dict[tuple[str, str], dict[str, dict[str, int]]]:
    """Namespace and name of a release -> node -> resource -> devices that its pods hold."""
    held: dict[tuple[str, str], dict[str, Counter[str]]] = {}
    for one in shares:
        if one.taken and one.release:
            held.setdefault(one.release, {}).setdefault(one.node, Counter()).update(one.taken)
    return {name: {node: dict(taken) for node, taken in sorted(nodes.items())} for name, nodes in held.items()}


def _owners(
    found: Found,
    nodes: Sequence[Mapping[str, Any]],
    shares: Sequence[Share] | None,
    releases: Sequence[Mapping[str, Any]],
) -> list[Owner]:
    carriers: dict[str, set[str]] = {}
    for one in shares or ():
        if one.daemonset:
            carriers.setdefault(one.daemonset, set()).add(one.node)
    drivers: dict[str, set[str]] = {}
    for driver, node in found.get("slices") or ():
        drivers.setdefault(driver, set()).add(node)
    operators = [item for name, items in found.items() if name.startswith("operators/") for item in items or ()]
    seen = Seen(
        nodes=nodes,
        plugins=found["plugins"] or (),
        carriers=carriers,
        operators=operators,
        drivers=drivers,
        releases=[(row["namespace"], row["name"]) for row in releases if row["managed"]],
    )
    return sorted(owners(seen), key=lambda owner: (owner["namespace"], owner["name"], owner["resource"]))


def _sorted(items: Iterable[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return sorted(items or (), key=lambda item: str(item["name"]))
