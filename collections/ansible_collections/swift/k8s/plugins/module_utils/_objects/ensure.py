# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Bring a list of objects to present or absent: look once a kind, compare, then write only what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._cluster.errors import ClusterError, Invalid
from .._release import changes
from .._release.changes import ObjectChange
from .._release.objects import Key
from .stale import stale

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

Object = Mapping[str, Any]
Live = dict[Key, "dict[str, Any] | None"]
#: These come first when objects are made and last when they go.
_FIRST = ("Namespace", "CustomResourceDefinition", "PriorityClass", "RuntimeClass", "ServiceAccount")
#: Above this many objects of one kind and namespace, one list call is cheaper than single ones.
_LIST_FROM = 2


@dataclass(frozen=True)
class Result:
    """What was done, or would be in check mode."""

    changes: tuple[ObjectChange, ...]

    @property
    def changed(self) -> bool:
        return bool(self.changes)

    def report(self) -> list[dict[str, Any]]:
        """The changes as plain data."""
        return [change.report() for change in self.changes]

    def difference(self, title: str) -> dict[str, str]:
        """Ansible's diff; values of Secrets are hidden."""
        return changes.difference(title, self.changes)


def ensure(
    cluster: Cluster,
    objects: Sequence[Object],
    state: str = "present",
    check_mode: bool = False,
    field_manager: str = "swift-k8s",
    force: bool = False,
    keep_foreign: bool = False,
) -> Result:
    """Apply or delete the objects. Raises ClusterError, naming the object that was refused."""
    wanted = {key_of(cluster, item): item for item in objects}
    live = observe(cluster, wanted)
    if keep_foreign:
        wanted = without_foreign(wanted, live)
        live = {key: live[key] for key in wanted}
    planned = plan(wanted, live, state, field_manager)
    if not check_mode:
        act(cluster, planned, wanted, live, field_manager, force)
    return Result(tuple(planned))


def key_of(cluster: Cluster, item: Object) -> Key:
    """An object's identity; a namespaced one without a namespace belongs to `default`."""
    try:
        api_version, kind, metadata = str(item["apiVersion"]), str(item["kind"]), item["metadata"]
        name = str(metadata["name"])
    except (KeyError, TypeError) as problem:
        raise Invalid(f"an object lacks {problem}: give apiVersion, kind and metadata.name.") from problem
    namespace = str(metadata.get("namespace") or "")
    if not namespace:
        resource = cluster.resource(api_version, kind)
        namespace = "default" if resource is not None and resource.namespaced else ""
    return Key(api_version, kind, namespace, name)


def observe(cluster: Cluster, wanted: Iterable[Key]) -> Live:
    """Every key with its live object, or None."""
    groups: dict[tuple[str, str, str], list[Key]] = defaultdict(list)
    for key in wanted:
        groups[key.api_version, key.kind, key.namespace].append(key)
    found: Live = {}
    for (api_version, kind, namespace), keys in groups.items():
        if len(keys) < _LIST_FROM or kind == "Secret":
            found.update({key: cluster.get(api_version, kind, key.name, key.namespace or None) for key in keys})
            continue
        listed = {item["metadata"]["name"]: item for item in cluster.list(api_version, kind, namespace or None)}
        found.update({key: listed.get(key.name) for key in keys})
    return found


def plan(wanted: Mapping[Key, Object], live: Live, state: str, field_manager: str) -> list[ObjectChange]:
    """What has to change, in the order in which it is safe. Pure."""
    if state == "absent":
        # One that is being deleted already needs no second request.
        there = {key: item for key, item in live.items() if item and not item["metadata"].get("deletionTimestamp")}
        gone = changes.removal(wanted, {**dict.fromkeys(wanted), **there}, keep_volumes=False)
        return sorted(gone, key=lambda change: -_rank(change.key))
    planned = {change.key: change for change in changes.upgrade(wanted, {}, live)}
    for key, item in wanted.items():
        current = live.get(key)
        for path in stale(current, item, field_manager) if current else ():
            before = planned.get(key)
            fields = (*(before.fields if before else ()), (path, "(set by us earlier)", None))
            planned[key] = ObjectChange(key, "changed", fields)
    return sorted(planned.values(), key=lambda change: _rank(change.key))


def without_foreign(wanted: Mapping[Key, Object], live: Live) -> dict[Key, Object]:
    """The objects that are not there yet, and those that carry the labels which their definitions declare."""

    def labels(item: Object) -> Mapping[str, str]:
        return item["metadata"].get("labels") or {}

    return {key: item for key, item in wanted.items() if labels(item).items() <= labels(live.get(key) or item).items()}


def _rank(key: Key) -> int:
    return _FIRST.index(key.kind) if key.kind in _FIRST else len(_FIRST)


def act(
    cluster: Cluster,
    planned: Iterable[ObjectChange],
    wanted: Mapping[Key, Object],
    live: Live,
    field_manager: str,
    force: bool,
) -> None:
    """Carry the plan out, one write an object."""
    for change in planned:
        key = change.key
        try:
            if change.verb == "deleted":
                uid = (live.get(key) or {}).get("metadata", {}).get("uid")
                cluster.delete(key.api_version, key.kind, key.name, key.namespace or None, uid=uid)
            else:
                cluster.apply(wanted[key], field_manager=field_manager, force=force)
        except ClusterError as problem:
            raise type(problem)(f"{key} was not {change.verb}: {problem}") from problem
