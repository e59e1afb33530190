# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which lists the facts are made of, and what is kept of each object. One more fact is one more row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._accelerator.table import Operator
from .._accelerator.vendors import VENDORS
from . import rows
from .dra import VERSIONS, publisher
from .node import node_fact
from .plugins import device_plugin
from .pods import share
from .warnings import strangers

_ALIVE = {"field_selector": "status.phase!=Succeeded,status.phase!=Failed"}
_RECORDS = {"label_selector": "owner=helm,status!=superseded", "metadata_only": True}


@dataclass(frozen=True)
class Query:
    """A list.

    parts: what of the facts it is for.
    lost: what is not known where it may not be listed; empty where nothing can be told without it.
    """

    api_version: str
    kind: str
    pick: Callable[[dict[str, Any]], Any]
    parts: tuple[str, ...]
    lost: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needed(self) -> bool:
        """Whether the facts are worthless without it."""
        return not self.lost


_QUERIES = {
    "nodes": Query("v1", "Node", lambda node: (node_fact(node), strangers(node)), ("nodes", "owners")),
    "pods": Query("v1", "Pod", share, ("nodes", "owners"), "free devices are not known", _ALIVE),
    "plugins": Query("apps/v1", "DaemonSet", device_plugin, ("owners",), "owners of devices are not known"),
    "releases": Query("v1", "Secret", rows.release, ("owners", "releases"), "Helm releases are not known", _RECORDS),
    "storage_classes": Query(
        "storage.k8s.io/v1", "StorageClass", rows.storage_class, ("storage_classes",), "StorageClasses are not known"
    ),
    "runtime_classes": Query(
        "node.k8s.io/v1", "RuntimeClass", rows.runtime_class, ("runtime_classes",), "RuntimeClasses are not known"
    ),
    "pod_security": Query(
        "v1",
        "Namespace",
        rows.pod_security,
        ("pod_security",),
        "Pod Security levels are not known",
        {"metadata_only": True},
    ),
}


def queries(apis: Iterable[str]) -> dict[str, Query]:
    """The lists for a cluster that serves these APIs: operators and DRA are asked for only where they can be."""
    served = set(apis)
    found = dict(_QUERIES)
    for vendor in VENDORS:
        for row in vendor.operators:
            if row.api_version in served:
                found[f"operators/{row.custom_resource}"] = Query(
                    row.api_version,
                    row.custom_resource,
                    _named(row),
                    ("owners",),
                    f"whether {row.kind} is there is not known",
                )
    version = next((version for version in VERSIONS if version in served), None)
    if version:
        found["slices"] = Query(version, "ResourceSlice", publisher, ("owners",), "DRA drivers are not known")
    return found


def _named(row: Operator) -> Callable[[Mapping[str, Any]], tuple[Operator, str] | None]:
    return lambda item: (row, str(item["metadata"]["name"])) if row.brings(item) else None
