# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Write planned marks: one patch where taints differ, one apply where labels or annotations do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._cluster.errors import Conflict, NotFound
from . import taints
from .plan import NodeChange

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

#: Others write a node's taints as well, above all the controller that watches its health.
_ATTEMPTS = 5


def act(cluster: Cluster, changes: Iterable[NodeChange], manager: str, force: bool) -> list[str]:
    """Carry the changes out; the names of nodes that went away meanwhile.

    Raises ClusterError where the API server refuses one.
    """
    gone = []
    for change in changes:
        there = not change.taints or _taint(cluster, change, manager)
        there = there and (not change.marks or _mark(cluster, change, manager, force))
        if not there:
            gone.append(change.node)
    return gone


def _mark(cluster: Cluster, change: NodeChange, manager: str, force: bool) -> bool:
    """Labels and annotations; False where the node is gone."""
    # Apply would make a node that is not there; with a uid it refuses to.
    metadata: dict[str, Any] = {"name": change.node, "uid": change.uid}
    for section in ("labels", "annotations"):
        if change.wanted.section(section):
            metadata[section] = change.wanted.section(section)
    try:
        cluster.apply({"apiVersion": "v1", "kind": "Node", "metadata": metadata}, field_manager=manager, force=force)
    except Conflict:
        if _there(cluster, change) is None:
            return False
        raise
    return True


def _taint(cluster: Cluster, change: NodeChange, manager: str) -> bool:
    """The taints, planned anew on the node as it is now; False where it is gone."""
    for attempt in range(1, _ATTEMPTS + 1):
        node = _there(cluster, change)
        found = taints.plan(node, change.wanted.taints, manager) if node else None
        if node is None or found is None:
            return node is not None
        try:
            cluster.patch("v1", "Node", change.node, found.body(node, manager), field_manager=manager)
        except NotFound:
            return False
        except Conflict:
            if attempt == _ATTEMPTS:
                raise
        else:
            break
    return True


def _there(cluster: Cluster, change: NodeChange) -> dict[str, Any] | None:
    """The node, unless it is gone or another has its name."""
    node = cluster.get("v1", "Node", change.node)
    return node if node and str(node["metadata"].get("uid", "")) == change.uid else None
