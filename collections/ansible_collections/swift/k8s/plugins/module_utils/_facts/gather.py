# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The facts of a cluster: one paged list a kind, side by side, each object cut down to its facts as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .._cluster.errors import Forbidden
from .facts import PARTS, Found, facts
from .queries import Query, queries

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

_THREADS = 4


def gather(cluster: Cluster, parts: Sequence[str] = PARTS) -> dict[str, Any]:
    """The chosen parts. What the credentials may not list is empty, and a warning says so.

    Raises ClusterError where the cluster cannot be asked, or its nodes may not be listed.
    """
    apis = cluster.apis()
    wanted = {name: query for name, query in queries(apis).items() if set(query.parts) & set(parts)}
    with ThreadPoolExecutor(_THREADS) as pool:
        uid = pool.submit(_uid, cluster)
        version = pool.submit(cluster.server_version)
        answers = dict(zip(wanted, pool.map(lambda query: _ask(cluster, query), wanted.values())))
    found: Found = {name: items for name, (items, _said) in answers.items()}
    told = facts(found, parts)
    if "apis" in parts:
        told["apis"] = apis
    refused = sorted(said for _items, said in [*answers.values(), uid.result()] if said)
    return {
        **told,
        "warnings": told["warnings"] + refused,
        "server_version": version.result(),
        "uid": uid.result()[0],
        "host": cluster.host,
    }


def _ask(cluster: Cluster, query: Query) -> tuple[list[Any] | None, str]:
    """What is kept of a list; None and a sentence where it may not be seen."""
    try:
        return cluster.collect(query.api_version, query.kind, query.pick, **query.more), ""
    except Forbidden as problem:
        if query.needed:
            raise
        return None, f"{query.lost}: {problem}"


def _uid(cluster: Cluster) -> tuple[str | None, str]:
    try:
        return cluster.uid(), ""
    except Forbidden as problem:
        return None, f"the cluster cannot be told from others: {problem}"
