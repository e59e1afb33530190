# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What is known of installed releases, for release_info and the audit. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import drift, live, objects, observe, rehearsal, store
from .objects import Key
from .store import Stored

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster


def releases(
    cluster: Cluster, namespace: str | None, names: Iterable[str], with_drift: bool, with_history: bool
) -> list[dict[str, Any]]:
    """One entry a release, by namespace and name."""
    wanted = set(names)
    found = [stored for stored in store.everywhere(cluster, namespace) if not wanted or stored.name in wanted]
    declared = [observe.parse(cluster, stored.manifest, stored.namespace) for stored in found]
    existing = live.fetch(cluster, [key for one in declared for key in one]) if with_drift else {}
    result = []
    for stored, manifest in zip(found, declared):
        entry = describe(stored, manifest)
        if with_drift:
            here = {key: existing[key] for key in manifest}
            edited, insisted = rehearsal.sort(cluster, manifest, here, drift.findings(manifest, here))
            entry["drift"] = [finding.report() for finding in edited]
            entry["notes"] = [rehearsal.note(finding) for finding in insisted]
        if with_history:
            entry["history"] = [_revision(one) for one in store.history(cluster, stored.namespace, stored.name)]
        result.append(entry)
    return result


def describe(stored: Stored, manifest: Mapping[Key, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "name": stored.name,
        "namespace": stored.namespace,
        **_revision(stored),
        "managed": bool(stored.digest or stored.rolled_back_to),
        "images": objects.images(manifest),
        "objects": [str(key) for key in manifest],
    }


def _revision(stored: Stored) -> dict[str, Any]:
    return {
        "revision": stored.revision,
        "status": stored.status,
        "chart": stored.chart,
        "chart_version": stored.version,
        "app_version": stored.app_version,
        "description": stored.description,
        "updated": stored.updated,
        "ready": stored.ready_revision == stored.revision,
    }
