# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Look at what the cluster has of one volume and its seeding. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Optional

from .._cluster.cluster import Cluster
from .._cluster.errors import ClusterError
from . import record
from .errors import NoVolume
from .labels import VOLUME_LABEL, label_value
from .objects import CONTAINER, job_name
from .others import Other
from .plan import Observed
from .state import State, explain, judge
from .surplus import NO_SURPLUS, Surplus, surplus
from .wish import RECORD, Wish, digest

JOB = ("batch/v1", "Job")
_LOG_LINES = 200


def observe(cluster: Cluster, wish: Wish) -> Observed:
    """Claim and record first: where nothing is missing, Jobs do not matter and are not asked for."""
    claim = cluster.get("v1", "PersistentVolumeClaim", wish.volume, wish.namespace)
    if claim is None:
        raise NoVolume(
            f"{wish} does not exist. Name it under storage_claims, or set model_cache_volume to a claim that is there."
        )
    uid = claim["metadata"]["uid"]
    recorded = record.read(cluster.get("v1", "ConfigMap", record.name(wish.place), wish.namespace), uid)
    missing = record.missing(wish, recorded) if wish.verify == RECORD else wish.models
    spare = _surplus(cluster, wish, recorded)
    if not missing and not spare.remove:
        return Observed(claim, recorded, (), None, State("absent"), (), wish.rate_limit, surplus=spare)
    ours = digest(wish, uid, spare.remove)
    name = job_name(wish, ours)
    jobs = {job["metadata"]["name"]: job for job in jobs_of(cluster, wish)}
    job = jobs.pop(name, None)
    others = [Other(each, state_of(cluster, each), _age(each)) for each in jobs.values() if unfinished(each)]
    state = state_of(cluster, job)
    rate = _rate(cluster, wish, name) if job else ""
    return Observed(claim, recorded, missing, job, state, others, rate, _age(job), spare, ours)


def jobs_of(cluster: Cluster, wish: Wish) -> list[dict[str, Any]]:
    """All Jobs that seed this place, of whichever run."""
    return cluster.list(*JOB, wish.namespace, label_selector=f"{VOLUME_LABEL}={label_value(wish.place)}")


def unfinished(job: Mapping[str, Any]) -> bool:
    """Whether a Job works, or will."""
    return judge(job, (), "").active


def _surplus(cluster: Cluster, wish: Wish, recorded: Mapping[str, Any]) -> Surplus:
    """What may go, if the user wants that at all. Pods are asked for only where there is something to remove."""
    if wish.keep != "listed" or not surplus(wish, recorded, ()).remove:
        return NO_SURPLUS
    return surplus(wish, recorded, cluster.list("v1", "Pod", wish.namespace))


def state_of(cluster: Cluster, job: Optional[Mapping[str, Any]]) -> State:
    """How one Job stands, with the newest words of its engine."""
    if job is None:
        return State("absent")
    namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
    pods = cluster.list("v1", "Pod", namespace, label_selector=f"batch.kubernetes.io/job-name={name}")
    first = judge(job, pods, "")
    if first.phase != "waiting":
        return judge(job, pods, _log(cluster, namespace, first.pod)) if first.pod else first
    return explain(
        first, cluster.list("v1", "Event", namespace, field_selector=f"involvedObject.name={first.pod or name}")
    )


def whole_log(cluster: Cluster, namespace: str, pod: str) -> str:
    """Everything that the engine said and that the node still has."""
    try:
        return cluster.logs(namespace, pod, container=CONTAINER)
    except ClusterError:
        return ""


def _log(cluster: Cluster, namespace: str, pod: str) -> str:
    """The log, or nothing: a container that has not started has none, and its node may be away for a moment."""
    try:
        return cluster.logs(namespace, pod, container=CONTAINER, tail_lines=_LOG_LINES)
    except ClusterError:
        return ""


def _age(job: Optional[Mapping[str, Any]]) -> float:
    """Seconds since a Job was made, by this host's clock."""
    made = (job or {}).get("metadata", {}).get("creationTimestamp")
    if not made:
        return 0.0
    then = dt.datetime.strptime(made, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.timezone.utc)
    return (dt.datetime.now(dt.timezone.utc) - then).total_seconds()


def _rate(cluster: Cluster, wish: Wish, name: str) -> str:
    found = cluster.get("v1", "ConfigMap", name, wish.namespace) or {}
    return str((found.get("data") or {}).get("rate", ""))
