# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A chart's CustomResourceDefinitions: Helm never upgrades them, so they are applied before the release."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from . import fields, yamldoc
from .changes import ObjectChange
from .chart import Chart
from .errors import ChartError, RefusedError, RolloutError
from .objects import Key, Object, text

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

_API, _KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
_MANAGER = "swift-k8s"


def declared(chart: Chart) -> dict[Key, dict[str, Any]]:
    """The definitions in crds/ of the chart and of its dependencies."""
    found: dict[Key, dict[str, Any]] = {}
    for name in sorted(chart.files):
        folders = name.split("/")[:-1]
        if "crds" not in folders[::2] or not name.endswith((".yaml", ".yml", ".json")):
            continue
        try:
            documents = yamldoc.load_all(chart.files[name].decode())
        except ValueError as error:
            raise ChartError(f"chart {chart.label}: {name} is {error}") from error
        for item in documents:
            if isinstance(item, dict) and item.get("kind") == _KIND:
                found[Key(_API, _KIND, "", str(item["metadata"]["name"]))] = item
    return found


def plan(cluster: Cluster, chart: Chart) -> list[ObjectChange]:
    """What applying the definitions changes; RefusedError where stored objects would lose data."""
    changes = []
    for key, item in declared(chart).items():
        live = cluster.get(_API, _KIND, key.name)
        if live is None:
            changes.append(ObjectChange(key, "created"))
            continue
        losses = list(lost(item, live))
        if losses:
            raise RefusedError(
                f"chart {chart.label} would replace {key} and lose data: {'; '.join(losses)}; "
                "migrate the stored objects first, or keep the definition with skip_crds: true"
            )
        differing = fields.differences(item, live)
        if differing:
            changes.append(
                ObjectChange(key, "changed", tuple((text(one.path), one.live, one.declared) for one in differing))
            )
    return changes


def lost(new: Object, live: Object) -> Iterator[str]:
    """What objects stored under the live definition would lose under the new one."""
    versions = {version["name"]: version for version in new["spec"]["versions"]}
    for stored in (live.get("status") or {}).get("storedVersions") or []:
        if stored not in versions:
            yield f"version {stored} holds stored objects and is gone"
    for version in live["spec"]["versions"]:
        if version["name"] in versions:
            for path in _pruned(_schema(version), _schema(versions[version["name"]]), version["name"]):
                yield f"field {path} is gone and would be pruned"


def _schema(version: Mapping[str, Any]) -> Mapping[str, Any]:
    return (version.get("schema") or {}).get("openAPIV3Schema") or {}


def _pruned(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[str]:
    if new.get("x-kubernetes-preserve-unknown-fields"):
        return
    after = new.get("properties") or {}
    for name, schema in (old.get("properties") or {}).items():
        if name in after:
            yield from _pruned(schema, after[name], f"{path}.{name}")
        elif not isinstance(new.get("additionalProperties"), Mapping):
            yield f"{path}.{name}"
    if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
        yield from _pruned(old["items"], new["items"], f"{path}[]")


def apply(cluster: Cluster, chart: Chart, timeout: float = 60.0) -> None:
    """Server-side apply of what differs, until the API server serves it."""
    changed = {change.key for change in plan(cluster, chart)}
    for key, item in declared(chart).items():
        if key in changed:
            cluster.apply(item, field_manager=_MANAGER, force=True)
    deadline = time.monotonic() + timeout
    for key in changed:
        while not _established(cluster.get(_API, _KIND, key.name)):
            if time.monotonic() > deadline:
                raise RolloutError(f"{key} is not established after {int(timeout)} s; look at its status conditions")
            time.sleep(0.5)


def _established(item: Object | None) -> bool:
    conditions = ((item or {}).get("status") or {}).get("conditions") or []
    return any(one.get("type") == "Established" and one.get("status") == "True" for one in conditions)
