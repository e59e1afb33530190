# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One task of the release module, from its options to its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import access, changes, engine, options, source
from .errors import RefusedError
from .helm import Helm

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster


def run(
    cluster: Cluster, params: Mapping[str, Any], say: Callable[[str], None], check: bool, binary: str | None = None
) -> dict[str, Any]:
    """What the module returns."""
    wanted = options.wanted(params)
    pin(cluster, params.get("cluster_uid"))
    with access.environment(params) as environment:
        helm = Helm(environment, params.get("binary_path") or binary)
        with source.opened(helm) as sources:
            outcomes = engine.Engine(cluster, helm, sources, say, check).run(wanted)
    return {
        "changed": any(outcome.changed for outcome in outcomes),
        "releases": [outcome.report() for outcome in outcomes],
        "helm_processes": helm.processes,
        "requests": dict(cluster.requests),
        "diff": [changes.difference(one.wanted.title, one.changes) for one in outcomes if one.changes],
    }


def pin(cluster: Cluster, uid: str | None) -> None:
    """Refuse a cluster other than the one that is meant."""
    if uid and cluster.uid() != uid:
        raise RefusedError(
            f"this is cluster {cluster.uid()}, not {uid}; "
            "the kubeconfig or context belongs to another cluster than the inventory says"
        )
