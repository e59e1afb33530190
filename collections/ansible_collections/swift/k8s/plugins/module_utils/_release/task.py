# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One task of the release module, from its options to its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import access, changes, engine, options, pairs, source
from .errors import RefusedError
from .helm import Helm

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster


def run(
    cluster: Cluster,
    params: Mapping[str, Any],
    say: Callable[[str], None],
    check: bool,
    told: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What the module returns. told: the same, filled as far as the task came when it fails."""
    result = {} if told is None else told
    wanted = options.wanted(params)
    pin(cluster, params.get("cluster_uid"))
    with access.environment(params) as environment:
        helm = Helm(environment, params.get("binary_path"))
        with source.opened(helm) as sources:
            outcomes: list[pairs.Done] = []
            try:
                pairs.run(
                    cluster,
                    wanted,
                    lambda only_plan: engine.Engine(cluster, helm, sources, say, only_plan or check),
                    check,
                    outcomes,
                    say,
                )
            finally:
                result.update(_result(outcomes), helm_processes=helm.processes, requests=dict(cluster.requests))
    return result


def _result(outcomes: Sequence[pairs.Done]) -> dict[str, Any]:
    releases = [outcome.report() for outcome in outcomes]
    return {
        "changed": any(release["changed"] for release in releases),
        "releases": releases,
        "diff": [changes.difference(one.wanted.title, one.changes) for one in outcomes if one.changes and one.reached],
    }


def pin(cluster: Cluster, uid: str | None) -> None:
    """Refuse a cluster other than the one that is meant."""
    if uid and cluster.uid() != uid:
        raise RefusedError(
            f"this is cluster {cluster.uid()}, not {uid}; "
            "the kubeconfig or context belongs to another cluster than the inventory says"
        )
