# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Write planned marks: one apply a node, and one patch more where taints differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .plan import NodeChange

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster


def act(cluster: Cluster, changes: Iterable[NodeChange], manager: str, force: bool) -> None:
    """Carry the changes out. Raises ClusterError where the API server refuses one."""
    for change in changes:
        metadata: dict[str, Any] = {"name": change.node}
        for section in ("labels", "annotations"):
            if change.applied.section(section):
                metadata[section] = change.applied.section(section)
        cluster.apply({"apiVersion": "v1", "kind": "Node", "metadata": metadata}, field_manager=manager, force=force)
        if change.taints is not None:
            body = {"spec": {"taints": [dict(taint) for taint in change.taints]}}
            cluster.patch("v1", "Node", change.node, body, field_manager=manager)
