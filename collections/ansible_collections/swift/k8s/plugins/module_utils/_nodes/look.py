# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Nodes as far as the plan needs them: what they carry, and taints only where those matter. Looks only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._cluster.named import named
from .plan import Wanted
from .taints import remembered

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster


def look(cluster: Cluster, wanted: Mapping[str, Wanted], manager: str) -> list[dict[str, Any]]:
    """All nodes; only those that shall have taints, or got some from the manager, as whole objects."""
    nodes = cluster.list("v1", "Node", metadata_only=True)
    names = [node["metadata"]["name"] for node in nodes]
    tainted = [
        name for name, node in zip(names, nodes) if wanted.get(name, Wanted()).taints or remembered(node, manager)
    ]
    whole = named(cluster, tainted)
    return [whole.get(name, node) for name, node in zip(names, nodes)]
