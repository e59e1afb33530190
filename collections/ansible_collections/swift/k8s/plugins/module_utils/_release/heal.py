# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Putting drifted objects back as they were declared, field by field, under Helm's own field manager."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._cluster.errors import Conflict, Invalid
from . import fields
from .drift import Finding
from .objects import Key, Object, Path

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

MANAGER = "helm"
_HANDOVER = "swift-k8s-handover"


def applied(cluster: Cluster, declared: Object, release: str, namespace: str) -> dict[str, Any]:
    """Server-side apply of a whole object as Helm would, so that Helm still recognises it as its own."""
    item = copy.deepcopy(dict(declared))
    metadata = item.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), "app.kubernetes.io/managed-by": "Helm"}
    owner = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **owner}
    return cluster.apply(item, field_manager=MANAGER, force=True)


def by_apply(live: Object) -> bool:
    """Whether Helm 4 owns the object by server-side apply: a plain patch would take the fields away from it."""
    entries = (live.get("metadata") or {}).get("managedFields") or []
    return any(entry.get("manager") == MANAGER and entry.get("operation") == "Apply" for entry in entries)


def make_recreate(cluster: Cluster, key: Key) -> None:
    """Switch a Deployment of Helm 4 to Recreate.

    Helm's apply leaves the defaulted rollingUpdate in place, which the API server then refuses. The patch takes it out;
    its ownership is given up at once, because the next apply with another strategy would conflict with it.
    """
    body = {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}
    patched = cluster.patch(*key[:2], key.name, body, namespace=key.namespace, field_manager=_HANDOVER)
    entries = patched["metadata"].get("managedFields") or []
    index = next((number for number, entry in enumerate(entries) if entry.get("manager") == _HANDOVER), None)
    if index is not None:
        place = f"/metadata/managedFields/{index}"
        give_up = [{"op": "test", "path": f"{place}/manager", "value": _HANDOVER}, {"op": "remove", "path": place}]
        cluster.patch(*key[:2], key.name, give_up, namespace=key.namespace, patch_type="json")


def drifted(
    cluster: Cluster, key: Key, live: Object, findings: list[Finding], dry_run: bool = False, tries: int = 5
) -> dict[str, Any]:
    """Write the declared values over the drifted ones.

    The API server refuses it if the object changed since it was read, and controllers change workloads all the time:
    then it is read anew.
    """
    try:
        return _patched(cluster, key, patch(live, findings), dry_run)
    except (Invalid, Conflict):
        now = cluster.get(key.api_version, key.kind, key.name, namespace=key.namespace or None)
        if tries <= 1 or now is None or _version(now) == _version(live):
            raise
    return drifted(cluster, key, now, findings, dry_run, tries - 1)


def _patched(cluster: Cluster, key: Key, body: list[dict[str, Any]], dry_run: bool) -> dict[str, Any]:
    return cluster.patch(
        key.api_version,
        key.kind,
        key.name,
        body,
        namespace=key.namespace or None,
        patch_type="json",
        field_manager=MANAGER,
        dry_run=dry_run,
    )


def _version(item: Object) -> str:
    return str(item["metadata"]["resourceVersion"])


def patch(live: Object, findings: list[Finding]) -> list[dict[str, Any]]:
    """A JSON patch from the live object to the declared fields, guarded by the resource version."""
    wanted = copy.deepcopy(dict(live))
    for finding in findings:
        _set(wanted, finding.path, finding.declared)
    guard = {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]}
    changed = [key for key in wanted if wanted[key] != live.get(key) and key != "metadata"]
    operations = [
        {"op": "replace" if key in live else "add", "path": f"/{key}", "value": wanted[key]} for key in changed
    ]
    for part in ("labels", "annotations"):
        after, before = wanted["metadata"].get(part), live["metadata"].get(part)
        if after != before:
            operations.append({"op": "add", "path": f"/metadata/{part}", "value": after or {}})
    return [guard, *operations]


def _set(item: Any, path: Path, value: Any) -> None:
    """Set a field, or remove it where value is None; lists are addressed by identity."""
    for depth, step in enumerate(path[:-1]):
        item = _enter(item, path[:depth], step, path[depth + 1])
    last = path[-1]
    if isinstance(last, str):
        if value is None:
            item.pop(last, None)
        else:
            item[last] = copy.deepcopy(value)
        return
    index = _index(item, path[:-1], last)
    if value is None:
        if index is not None:
            del item[index]
    elif index is None:
        item.append(copy.deepcopy(value))
    else:
        item[index] = copy.deepcopy(value)


def _enter(item: Any, above: Path, step: Any, following: Any) -> Any:
    if isinstance(step, str):
        if item.get(step) is None:
            item[step] = {} if isinstance(following, str) else []
        return item[step]
    index = _index(item, above, step)
    if index is None:
        item.append(dict(step))
        return item[-1]
    return item[index]


def _index(items: list[Any], above: Path, step: Any) -> int | None:
    if isinstance(step, int):
        return step if step < len(items) else None
    keyed: Mapping[Any, Any] = fields.keyed(above, items) or {}
    order = list(keyed)
    pairs = set(step)
    return next((index for index, known in enumerate(order) if set(known) <= pairs or pairs <= set(known)), None)
