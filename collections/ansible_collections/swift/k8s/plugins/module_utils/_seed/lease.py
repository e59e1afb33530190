# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""One seeder a site owns the link: a Lease that names the Job which has it (pure).

The Job itself has no rights in the cluster, so it does not renew the Lease. Inside one cluster the Lease is held as
long as the Job that it names is active: that survives the death of the Ansible run, and needs no clock. Between
clusters nobody can look at the other's Job: there the run that follows it renews the Lease for as long as the Job says
that it needs, and a Lease whose term is over is free.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from .labels import LABELS, object_name
from .wish import Wish

API = "coordination.k8s.io/v1"
CLUSTER = "swift.k8s/cluster"
#: beyond what the Job expects to need; runs look every two seconds, and rest a minute at most
SPARE_SECONDS = 180
RENEW_SECONDS = 20
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class Holder(NamedTuple):
    """The uid of the cluster where that matters, and the Job."""

    cluster: str
    namespace: str
    job: str


NOBODY = Holder("", "", "")


def name(site: str) -> str:
    """The Lease's name."""
    return object_name("swift-k8s-site", site.lower())


def holder(lease: Optional[Mapping[str, Any]]) -> Holder:
    """The Job that a Lease names."""
    if not lease:
        return NOBODY
    identity = (lease.get("spec") or {}).get("holderIdentity") or ""
    namespace, _slash, job = identity.partition("/")
    return Holder((lease["metadata"].get("annotations") or {}).get(CLUSTER, ""), namespace, job)


def build(
    wish: Wish, holder: Holder, found: Optional[Mapping[str, Any]], now: Optional[dt.datetime] = None
) -> dict[str, Any]:
    """The Lease that gives the site to a Job. A found one is replaced at its version, so that only one taker wins.

    `now` is given where several clusters share the Lease.
    """
    meta: dict[str, Any] = {"name": name(wish.site), "namespace": wish.site_namespace, "labels": dict(LABELS)}
    if found:
        meta["resourceVersion"] = found["metadata"].get("resourceVersion")
    if holder.cluster:
        meta["annotations"] = {CLUSTER: holder.cluster}
    spec = {"holderIdentity": f"{holder.namespace}/{holder.job}", **(term(now) if now else {})}
    return {"apiVersion": API, "kind": "Lease", "metadata": meta, "spec": spec}


def term(now: dt.datetime, expected_seconds: float = 0) -> dict[str, Any]:
    """From now until a while after the Job expects to be ready."""
    return {"renewTime": now.strftime(_TIME), "leaseDurationSeconds": SPARE_SECONDS + round(expected_seconds)}


def stale(lease: Mapping[str, Any], now: dt.datetime) -> bool:
    """Whether it is time to renew."""
    renewed = _renewed(lease)
    return renewed is None or (now - renewed).total_seconds() > RENEW_SECONDS


def over(lease: Mapping[str, Any], now: dt.datetime) -> bool:
    """Whether its term has passed. One without a term is from a run that shared it with nobody: it has no end here."""
    renewed, seconds = _renewed(lease), lease["spec"].get("leaseDurationSeconds")
    return renewed is not None and bool(seconds) and (now - renewed).total_seconds() > seconds


def _renewed(lease: Mapping[str, Any]) -> Optional[dt.datetime]:
    told = lease["spec"].get("renewTime")
    return dt.datetime.strptime(told, _TIME).replace(tzinfo=dt.timezone.utc) if told else None
