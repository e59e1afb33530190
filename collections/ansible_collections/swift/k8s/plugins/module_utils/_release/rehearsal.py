# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Would a repair hold? Drift that the API server brings back at once is none: an admission webhook decides it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .._cluster.errors import ClusterError
from . import drift, heal
from .drift import Finding
from .objects import Key, Object

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

Sorted = tuple[list[Finding], list[Finding]]


def sort(
    cluster: Cluster, declared: Mapping[Key, Object], live: Mapping[Key, Object | None], found: Sequence[Finding]
) -> Sorted:
    """(drift, what the cluster insists on), by one dry run for each object that drifted."""
    insisted: list[Finding] = []
    for key in dict.fromkeys(finding.key for finding in found):
        here, mine = live.get(key), [finding for finding in found if finding.key == key]
        if here is not None:
            insisted += _insisted(cluster, key, declared[key], here, mine)
    return [finding for finding in found if finding not in insisted], insisted


def _insisted(cluster: Cluster, key: Key, declared: Object, live: Object, found: list[Finding]) -> Iterable[Finding]:
    try:
        after = heal.drifted(cluster, key, live, found, dry_run=True)
    except ClusterError:
        return []  # not allowed to try, or refused: then it stands as found
    left = {(finding.kind, finding.path) for finding in drift.findings({key: declared}, {key: after})}
    return [finding for finding in found if (finding.kind, finding.path) in left]


def note(finding: Finding) -> str:
    """What to say about a field that the cluster insists on."""
    shown = finding.report()
    return (
        f"{finding.key} {shown['field']}: the cluster keeps {shown['live']!r} where the chart says "
        f"{shown['declared']!r}; an admission webhook decides it, so it is no drift"
    )
