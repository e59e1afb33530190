# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One paged list call a kind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .facts import facts

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

_LISTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "nodes": ("v1", "Node", {}),
    "pods": ("v1", "Pod", {}),
    "daemonsets": ("apps/v1", "DaemonSet", {}),
    "releases": ("v1", "Secret", {"label_selector": "owner=helm,status!=superseded", "metadata_only": True}),
    "storage_classes": ("storage.k8s.io/v1", "StorageClass", {}),
    "runtime_classes": ("node.k8s.io/v1", "RuntimeClass", {}),
    "namespaces": ("v1", "Namespace", {"metadata_only": True}),
}


def gather(cluster: Cluster) -> dict[str, Any]:
    """The facts of the cluster. Raises ClusterError naming what may not be listed."""
    lists = {name: cluster.list(api_version, kind, **more) for name, (api_version, kind, more) in _LISTS.items()}
    return {
        **facts(lists),
        "apis": _apis(cluster),
        "server_version": cluster.server_version(),
        "uid": cluster.uid(),
        "host": cluster.host,
    }


def _apis(cluster: Cluster) -> list[str]:
    """Group versions that the API server serves, as apps/v1."""
    groups = json.loads(cluster.raw("GET", "/apis"))["groups"]
    return ["v1", *sorted(version["groupVersion"] for group in groups for version in group["versions"])]
