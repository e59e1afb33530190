# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What an upgrade would run into half-way, found before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._cluster.errors import Forbidden
from . import front, store
from .chart import Chart
from .errors import RefusedError
from .options import Wanted
from .store import Stored

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster


def other_chart(wanted: Wanted, stored: Stored | None, chart: Chart) -> None:
    """Refuse to turn a release into one of another chart: every object of the old one would go."""
    if stored is None or stored.chart in ("", chart.name) or wanted.replace_chart:
        return
    raise RefusedError(
        f"release {wanted.title} is one of chart {stored.chart}-{stored.version}, not of {chart.name}; "
        "choose another name, remove it first with state: absent, or allow it with replace_chart: true"
    )


def namespace(cluster: Cluster, wanted: Wanted) -> None:
    """Refuse a namespace in which nothing can be made."""
    try:
        found = cluster.get("v1", "Namespace", wanted.namespace)
    except Forbidden:
        return  # whoever may not look is told by the first object that is refused
    if found is None and not wanted.create_namespace:
        raise RefusedError(
            f"release {wanted.title}: there is no namespace {wanted.namespace}; make it, or set create_namespace: true"
        )
    if found is not None and found["metadata"].get("deletionTimestamp"):
        raise RefusedError(
            f"release {wanted.title}: the namespace {wanted.namespace} is being deleted since "
            f"{found['metadata']['deletionTimestamp']}; wait until it is gone, then run again"
        )


def weight(wanted: Wanted, chart: Chart, size: int) -> None:
    """Refuse a release whose record the API server will not take; Helm packs the whole chart into it."""
    if size <= store.LIMIT:
        return
    largest = sorted(chart.files.items(), key=lambda pair: -len(pair[1]))[:3]
    files = ", ".join(f"{name} ({len(content) // 1024} KiB)" for name, content in largest)
    raise RefusedError(
        f"release {wanted.title}: Helm's record of it would have {size // 1024} KiB, "
        f"and a Secret holds {store.LIMIT // 1024}; keep files out of chart {chart.label} with .helmignore, "
        f"the largest are {files}"
    )


def in_place(wanted: Wanted) -> str:
    """Why a release that is there does not become a pair of colours: its own Service is what callers know."""
    return (
        f"release {wanted.title} is installed in place; strategy: blue_green would make {wanted.name}-blue beside it "
        "and leave it: give the pair another name, lead callers to the new Service, then remove "
        f"{wanted.title} with state: absent"
    )


def pair(cluster: Cluster, wanted: Wanted) -> None:
    """Refuse to install in place beside a pair of colours of that name: the pair would stay, and keep its devices."""
    service = cluster.get("v1", "Service", wanted.name, namespace=wanted.namespace)
    if front.is_front(service):
        raise RefusedError(
            f"release {wanted.title} is a pair of colours, and callers come through Service {wanted.title}; keep "
            "strategy: blue_green, or remove the pair first with state: absent and strategy: blue_green"
        )
