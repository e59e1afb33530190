# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The writes of seeding: start a Job, change its limit, write the record."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._cluster.cluster import Cluster
from .._cluster.errors import NotFound
from .._storage.apply import perform
from .._storage.plan import retain
from . import record
from .errors import SeedError
from .objects import config_map, job
from .observe import JOB
from .plan import Observed
from .sources import engine_sources
from .wish import Wish

_CONFIG_MAP = ("v1", "ConfigMap")
_GONE_SECONDS = 60.0
_PAUSE_SECONDS = 0.3


def start(cluster: Cluster, wish: Wish, observed: Observed, clear: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make ConfigMap and Job; the ConfigMap goes with the Job. What an unfinished Job fetched stays on the volume."""
    for old in clear:
        _remove(cluster, old)
    sources = engine_sources()
    spare = [observed.recorded[name] for name in observed.surplus.remove]
    cluster.apply(config_map(wish, observed.digest, sources, spare), field_manager="swift-k8s", force=True)
    made = cluster.create(job(wish, observed.digest, sources, bool(spare)))
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": made["metadata"]["name"], "uid": made["metadata"]["uid"]}
    body = {"metadata": {"ownerReferences": [owner]}}
    cluster.patch(*_CONFIG_MAP, made["metadata"]["name"], body, namespace=wish.namespace)
    return made


def delete(cluster: Cluster, old: Mapping[str, Any]) -> None:
    """A Job with its pods and ConfigMap."""
    namespace, name = old["metadata"]["namespace"], old["metadata"]["name"]
    cluster.delete(*_CONFIG_MAP, name, namespace=namespace)
    cluster.delete(*JOB, name, namespace=namespace, propagation="Foreground")


def _remove(cluster: Cluster, old: Mapping[str, Any]) -> None:
    """Delete a Job and wait: two seeders must not write the same volume."""
    namespace, name = old["metadata"]["namespace"], old["metadata"]["name"]
    delete(cluster, old)
    deadline = time.monotonic() + _GONE_SECONDS
    while cluster.get(*JOB, name, namespace) is not None:
        if time.monotonic() > deadline:
            raise SeedError(
                f"Job {namespace}/{name} is still there {_GONE_SECONDS:.0f} s after it was deleted. "
                "Look at its pod (a node that is away?), and run again."
            )
        time.sleep(_PAUSE_SECONDS)


def set_rate(cluster: Cluster, wish: Wish, name: str, rate: str) -> bool:
    """Write the limit that the running engine reads; kubelets bring it to the pod within about a minute.

    False where somebody is removing the Job: its ConfigMap goes first.
    """
    try:
        cluster.patch(*_CONFIG_MAP, name, {"data": {"rate": rate}}, namespace=wish.namespace)
    except NotFound:
        return False
    return True


def write_record(cluster: Cluster, wish: Wish, observed: Observed) -> tuple[dict[str, Any], bool]:
    """Remember what the finished Job reported, and keep the volume when its claim goes.

    Returns the recorded models, and whether anything is other than before the Job.
    """
    uid = observed.claim["metadata"]["uid"]
    done = observed.state.told.done
    body = record.build(wish, uid, observed.recorded, done.get("results") or [], observed.surplus.remove)
    models = record.read(body, uid)
    news = models != dict(observed.recorded)
    if news:
        cluster.apply(body, field_manager="swift-k8s", force=True)
    volume = cluster.get("v1", "PersistentVolume", observed.claim["spec"].get("volumeName", ""))
    for action in retain(observed.claim, volume):
        perform(cluster, action)
    return models, news or bool(done.get("changed"))
