# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The link of a site: our Job takes it, keeps it while it is followed, and gives it back.

The Lease lies in the cluster that is seeded, or in one that all clusters of the site name (`site_auth`).
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any, Optional

from .._cluster.cluster import Cluster, connect
from .._cluster.errors import Conflict
from . import lease
from .observe import JOB
from .state import judge
from .wish import Wish


def take(cluster: Cluster, wish: Wish, job: str, replaced: Collection[str] = ()) -> str:
    """Own the site's link for our Job. Returns who has it instead, or nothing; Jobs that ours replaces do not count."""
    if not wish.site:
        return ""
    place = _place(cluster, wish)
    found = _found(place, wish)
    ours = _ours(cluster, wish, job)
    if lease.holder(found) == ours:
        return ""
    other = _user(cluster, place, found, ours, replaced)
    if other:
        return other
    try:
        body = lease.build(wish, ours, found, place.now() if wish.site_auth else None)
        if found:
            place.replace(body)
        else:
            place.create(body)
    except Conflict:
        return "another seeder that was quicker"
    return ""


def keep(cluster: Cluster, wish: Wish, job: str, progress: Mapping[str, Any]) -> None:
    """Say in a shared Lease that our Job still works, and for how long it will as far as it knows."""
    if not wish.site or not wish.site_auth:
        return
    place = _place(cluster, wish)
    found, now = _found(place, wish), place.now()
    if found and lease.holder(found) == _ours(cluster, wish, job) and lease.stale(found, now):
        spec = lease.term(now, progress.get("eta_seconds") or 0)
        place.patch(lease.API, "Lease", lease.name(wish.site), {"spec": spec}, namespace=wish.site_namespace)


def give_back(cluster: Cluster, wish: Wish, job: str) -> None:
    """Remove the Lease if it names our Job."""
    if not wish.site:
        return
    place = _place(cluster, wish)
    if lease.holder(_found(place, wish)) == _ours(cluster, wish, job):
        place.delete(lease.API, "Lease", lease.name(wish.site), namespace=wish.site_namespace)


def _user(
    cluster: Cluster,
    place: Cluster,
    found: Optional[Mapping[str, Any]],
    ours: lease.Holder,
    replaced: Collection[str],
) -> str:
    """Who uses the link now. A Job of this cluster is looked at; that of another counts until its term is over."""
    holder = lease.holder(found)
    if not found or not holder.job:
        return ""
    if holder.cluster == ours.cluster:
        if holder.namespace == ours.namespace and holder.job in replaced:
            return ""
        active = judge(cluster.get(*JOB, holder.job, holder.namespace), (), "").active
        return f"{holder.namespace}/{holder.job}" if active else ""
    if lease.over(found, place.now()):
        return ""
    return f"{holder.namespace}/{holder.job} of the cluster with uid {holder.cluster or 'unknown'}"


def _found(place: Cluster, wish: Wish) -> Optional[dict[str, Any]]:
    return place.get(lease.API, "Lease", lease.name(wish.site), wish.site_namespace)


def _ours(cluster: Cluster, wish: Wish, job: str) -> lease.Holder:
    return lease.Holder(cluster.uid() if wish.site_auth else "", wish.namespace, job)


def _place(cluster: Cluster, wish: Wish) -> Cluster:
    return _connected(wish.site_auth) if wish.site_auth else cluster


@functools.lru_cache(maxsize=1)
def _connected(auth: tuple[tuple[str, str], ...]) -> Cluster:
    return connect(dict(auth))
