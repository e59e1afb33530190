# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A Deployment that is made again: its pods serve on until those of its successor do, where that is possible."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from .._cluster.errors import Forbidden
from . import capacity, colours
from .objects import Key, Object, labels, selects, template

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

#: Label of ReplicaSets that nobody owns until the successor answers; its value is the release.
LABEL = "swift.k8s/until-succeeded"
_KIND = ("apps/v1", "ReplicaSet")


def staying(
    cluster: Cluster, recreated: Collection[Key], new: Mapping[Key, Object], live: Mapping[Key, Object | None]
) -> set[Key]:
    """The Deployments whose pods callers still reach, and which the new pods have room beside."""
    return {
        key
        for key in recreated
        if key.kind == "Deployment" and _called(live.get(key), new) and _fits(cluster, key, new)
    }


def _called(before: Object | None, new: Mapping[Key, Object]) -> bool:
    """Whether a Service, as it will be, still selects the old pods."""
    old = labels(template(before or {}))
    return any(
        selects((item.get("spec") or {}).get("selector"), old) for key, item in new.items() if key.kind == "Service"
    )


def _fits(cluster: Cluster, key: Key, new: Mapping[Key, Object]) -> bool:
    own = [(need.pods, pod) for need, pod in colours.needs(new) if need.name == key.name]
    return all(capacity.spare_pods(cluster, pod) >= pods for pods, pod in own)


def told(recreated: Collection[Key], kept: Collection[Key]) -> Iterator[str]:
    """What callers will notice."""
    for key in recreated:
        if key.kind != "Deployment":
            continue
        if key in kept:
            yield f"Deployment {key.name} is made again: its pods serve until the new ones do"
        else:
            yield (
                f"Deployment {key.name} is made again, its pods end first: down until the new ones are ready, because "
                "no Service of the new revision selects the old pods, or no device is free for both"
            )


def remove(cluster: Cluster, keys: Collection[Key], stay: Collection[Key] = (), release: str = "") -> None:
    """Delete what cannot be changed, so that it can be made again; pods of those that stay go on."""
    for key in keys:
        if key in stay:
            _mark(cluster, key, release)
        # A StatefulSet's pods are adopted by its successor and replaced one by one.
        propagation = "Orphan" if key.kind == "StatefulSet" or key in stay else "Foreground"
        place = key.namespace or None
        cluster.delete(key.api_version, key.kind, key.name, namespace=place, propagation=propagation)


def _mark(cluster: Cluster, key: Key, release: str) -> None:
    """Label the ReplicaSets, so that they are found when the Deployment that owns them is gone."""
    found = cluster.get(key.api_version, key.kind, key.name, namespace=key.namespace)
    uid = found["metadata"].get("uid") if found else None
    for item in cluster.list(*_KIND, key.namespace) if uid else []:
        if any(one.get("uid") == uid for one in item["metadata"].get("ownerReferences") or []):
            body = {"metadata": {"labels": {LABEL: release}}}
            cluster.patch(*_KIND, item["metadata"]["name"], body, namespace=key.namespace)


def end(cluster: Cluster, namespace: str, release: str) -> None:
    """Remove what has been succeeded; what a Deployment has taken back since stays."""
    try:
        found = cluster.list(*_KIND, namespace, label_selector=f"{LABEL}={release}")
    except Forbidden:
        return  # who may not list them has marked none
    for item in found:
        if not item["metadata"].get("ownerReferences"):
            cluster.delete(*_KIND, item["metadata"]["name"], namespace=namespace)
