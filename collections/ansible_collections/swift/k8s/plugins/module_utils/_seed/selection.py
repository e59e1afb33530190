# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Which nodes have a cache of their own: named ones, or those that labels and accelerators select."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from .._accelerator.vendors import VENDORS
from .._cluster.cluster import Cluster
from .._facts.node import node_fact
from .errors import NoNodes, SeedError
from .nodes import HOSTNAME, checked

#: The names of the vendors that may be asked for.
ACCELERATORS = [vendor.name for vendor in VENDORS]


class Selected(NamedTuple):
    """Values of the nodes' host name label; those that are away for now, and a sentence about each of them."""

    names: Sequence[str]
    left_out: Sequence[str] = ()
    away: Sequence[str] = ()


def wanted(params: Mapping[str, Any]) -> bool:
    """Whether nodes have caches of their own at all."""
    return bool(params["nodes"] or params["nodes_selector"] or params["nodes_accelerators"])


def select(cluster: Cluster, params: Mapping[str, Any]) -> Selected:
    """The nodes, in the order of their names where they are selected. Raises NoNodes where nothing is."""
    selector, vendors = params["nodes_selector"], params["nodes_accelerators"]
    if not selector and not vendors:
        return Selected(checked(params["nodes"]))
    if params["nodes"]:
        raise SeedError("nodes names nodes, and nodes_selector or nodes_accelerators selects others. Keep one of them.")
    facts = cluster.collect("v1", "Node", node_fact, label_selector=selector or None)
    found = chosen(facts, vendors)
    if not found.names:
        raise NoNodes(_nothing(facts, selector, vendors, found))
    return found


def chosen(facts: Sequence[Mapping[str, Any]], vendors: Sequence[str]) -> Selected:
    """Nodes that are ready and have a device of one of the vendors, or of any where none is named (pure)."""
    names: list[str] = []
    away: list[str] = []
    left_out: list[str] = []
    for node in sorted(facts, key=lambda fact: str(fact["name"])):
        if vendors and not {device["vendor"] for device in node["accelerators"]} & set(vendors):
            continue
        problem, name = _away(node), str(node["labels"].get(HOSTNAME, node["name"]))
        (away if problem else names).append(name)
        if problem:
            left_out.append(f"node {node['name']} {problem} and is left out; a later run fills its cache.")
    return Selected(names, left_out, away)


def _away(node: Mapping[str, Any]) -> Optional[str]:
    if not node["ready"]:
        return "is not ready"
    return None if node["schedulable"] else "is cordoned"


def _nothing(facts: Sequence[Mapping[str, Any]], selector: str, vendors: Sequence[str], found: Selected) -> str:
    if found.left_out:
        return f"no node can be filled now: {' '.join(found.left_out)}"
    if not facts:
        return f"nodes_selector '{selector}' selects no node. Correct it, or label the nodes."
    return (
        f"none of {len(facts)} nodes offers a device of {', '.join(vendors)}. "
        "Install the device plugin first (the stage device_plugin does), or select nodes by nodes_selector."
    )
