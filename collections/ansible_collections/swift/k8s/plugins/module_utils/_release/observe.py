# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything the decisions need to know about a task's releases, read in as few calls as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from . import live, objects, ownership, processes, store
from .objects import Key, Object
from .options import Wanted
from .plan import Activity
from .store import Stored

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

#: A chain of rollbacks longer than this is followed no further; the release is rendered and compared instead.
_HOPS = 5


@dataclass
class Observed:
    """One release as it is: records newest first, the newest record's objects, and their live counterparts."""

    revisions: Sequence[Stored] = ()
    recorded: str = ""
    declared: Mapping[Key, dict[str, Any]] = field(default_factory=dict)
    live: dict[Key, dict[str, Any] | None] = field(default_factory=dict)
    activity: Activity = field(default_factory=lambda: Activity(datetime.now(timezone.utc)))

    @property
    def newest(self) -> Stored | None:
        return self.revisions[0] if self.revisions else None


def releases(cluster: Cluster, wanted: Sequence[Wanted]) -> list[Observed]:
    """One Observed for each wanted release, in order."""
    found = store.newest(cluster, [(one.namespace, one.name) for one in wanted])
    observed = [_one(cluster, one, found.get((one.namespace, one.name), [])) for one in wanted]
    everything = live.fetch(cluster, [key for one in observed for key in one.declared])
    for one in observed:
        one.live = {key: everything[key] for key in one.declared}
        one.activity = _activity(cluster, one)
    return observed


def _one(cluster: Cluster, wanted: Wanted, revisions: Sequence[Stored]) -> Observed:
    if wanted.state == "rolled_back" and revisions:
        revisions = store.history(cluster, wanted.namespace, wanted.name)
    if not revisions or revisions[0].status == "uninstalled":
        return Observed(revisions)
    newest = revisions[0]
    return Observed(revisions, _recorded(cluster, newest), parse(cluster, newest.manifest, newest.namespace))


def parse(cluster: Cluster, manifest: str, namespace: str) -> dict[Key, dict[str, Any]]:
    """The manifest's objects, hooks left out."""
    parsed = objects.parse(manifest, namespace, lambda version, kind: live.namespaced(cluster, version, kind))
    return {key: item for key, item in parsed.items() if not objects.is_hook(item)}


def _recorded(cluster: Cluster, newest: Stored) -> str:
    """What was wanted when the newest revision's content was made, followed back through rollbacks."""
    current = newest
    for _hop in range(_HOPS):
        if current.digest or current.rolled_back_to is None:
            return current.digest
        secret = cluster.get(
            "v1", "Secret", store.secret_name(current.name, current.rolled_back_to), namespace=current.namespace
        )
        if secret is None:
            return ""
        current = store.decode(secret)
    return ""


def _activity(cluster: Cluster, observed: Observed) -> Activity:
    newest = observed.newest
    if newest is None or newest.status not in (*store.PENDING, "uninstalling"):
        return observed.activity
    times = [owner.time for item in observed.live.values() if item and (owner := _helm(item))]
    return Activity(cluster.now(), max(times, default=""), tuple(processes.helm(newest.name, newest.namespace)))


def _helm(item: Object) -> ownership.Owner | None:
    owner = ownership.newest(item)
    return owner if owner is not None and owner.manager == "helm" else None


def live_of(cluster: Cluster, declared: Mapping[Key, Object], seen: Observed) -> dict[Key, dict[str, Any] | None]:
    """The live counterparts of another manifest; what is known already is not read again."""
    unknown = [key for key in declared if key not in seen.live]
    return {**seen.live, **(live.fetch(cluster, unknown) if unknown else {})}
