# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The live objects of releases, read with one list call a kind and namespace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._cluster.errors import NotFound
from .objects import Key

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

#: Helm puts this label on everything it makes.
_SELECTOR = "app.kubernetes.io/managed-by=Helm"


def fetch(cluster: Cluster, keys: Iterable[Key]) -> dict[Key, dict[str, Any] | None]:
    """Every key with its live object, None where there is none."""
    groups: dict[tuple[str, str, str], list[Key]] = defaultdict(list)
    for key in keys:
        groups[key[:3]].append(key)
    found: dict[Key, dict[str, Any] | None] = {}
    for (api_version, kind, namespace), members in groups.items():
        listed = _list(cluster, api_version, kind, namespace)
        for key in members:
            # An object that lost Helm's label is not in the list but may well be there.
            found[key] = listed.get(key.name) or _get(cluster, key)
    return found


def _list(cluster: Cluster, api_version: str, kind: str, namespace: str) -> dict[str, dict[str, Any]]:
    try:
        items = cluster.list(api_version, kind, namespace=namespace or None, label_selector=_SELECTOR)
    except NotFound:
        return {}
    return {str(item["metadata"]["name"]): item for item in items}


def _get(cluster: Cluster, key: Key) -> dict[str, Any] | None:
    try:
        return cluster.get(key.api_version, key.kind, key.name, namespace=key.namespace or None)
    except NotFound:
        return None


def namespaced(cluster: Cluster, api_version: str, kind: str) -> bool:
    """Whether objects of a custom kind live in namespaces; true where the kind is not known yet."""
    resource = cluster.resource(api_version, kind)
    return True if resource is None else bool(resource.namespaced)
