# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Nodes of which the whole object is needed: a few are asked for by name, many are listed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .reader import Reader

#: A node is some 3 to 20 KiB; so many requests take about as long as a page of 500.
FEW = 20


def named(cluster: Reader, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Name -> node; those that do not exist are missing."""
    if len(names) > FEW:
        wanted = set(names)
        nodes = {node["metadata"]["name"]: node for node in cluster.list("v1", "Node")}
        return {name: node for name, node in nodes.items() if name in wanted}
    found = {name: cluster.get("v1", "Node", name) for name in names}
    return {name: node for name, node in found.items() if node}
