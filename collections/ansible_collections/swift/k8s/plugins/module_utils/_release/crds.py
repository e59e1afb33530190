# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A chart's CustomResourceDefinitions: Helm never upgrades them, so they are applied before the release."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._cluster.errors import Forbidden, Invalid
from . import fields, schema, yamldoc
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
        after = _rehearsed(cluster, item)
        losses = [*unreadable(after, live), *_losses(cluster, after, live)]
        if losses:
            raise RefusedError(
                f"chart {chart.label} would replace {key} and lose data: {'; '.join(losses)}; "
                "migrate the stored objects first, or keep the definition with skip_crds: true"
            )
        differing = tuple(_differing(after, live))
        if differing:
            changes.append(ObjectChange(key, "changed", differing))
    return changes


def _rehearsed(cluster: Cluster, item: dict[str, Any]) -> Object:
    """What the API server would have afterwards: fields that somebody else owns stay. The chart's own words if we may
    not try, or if it refuses."""
    try:
        return cluster.apply(item, field_manager=_MANAGER, force=True, dry_run=True)
    except (Forbidden, Invalid):
        return item


def _differing(after: Object, live: Object) -> Iterator[tuple[str, Any, Any]]:
    for change in fields.differences(after, live):
        yield text(change.path), change.live, change.declared
    for change in fields.differences(live, fields.comparable(after)):
        if change.live is None:
            yield text(change.path), change.declared, None


def unreadable(new: Object, live: Object) -> Iterator[str]:
    """Versions in which objects are stored and that the new definition does not know."""
    versions = {version["name"] for version in new["spec"]["versions"]}
    for stored in (live.get("status") or {}).get("storedVersions") or []:
        if stored not in versions:
            yield f"version {stored} holds stored objects and is gone (status.storedVersions)"


def dropped(new: Object, live: Object) -> Iterator[tuple[str, schema.Steps]]:
    """(version, field) that the new definition would prune."""
    versions = {version["name"]: version for version in new["spec"]["versions"]}
    for version in live["spec"]["versions"]:
        if version["name"] in versions:
            for path in schema.pruned(schema.of(version), schema.of(versions[version["name"]])):
                yield version["name"], path


def _losses(cluster: Cluster, new: Object, live: Object) -> Iterator[str]:
    """Fields that would be pruned and that some object has: one list call a version that loses fields."""
    paths: dict[str, list[schema.Steps]] = {}
    for version, path in dropped(new, live):
        paths.setdefault(version, []).append(path)
    for version, steps in paths.items():
        items = cluster.list(f"{live['spec']['group']}/{version}", live["spec"]["names"]["kind"])
        for path in steps:
            having = [item["metadata"] for item in items if schema.holds(item, path)]
            if having:
                first = having[0]
                name = f"{first['namespace']}/{first['name']}" if first.get("namespace") else first["name"]
                more = f" and {len(having) - 1} more" if len(having) > 1 else ""
                yield f"field {version}.{schema.text(path)} is gone and would be pruned from {name}{more}"


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
