# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""From a chart and values to the objects an upgrade would send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import observe, plan
from .chart import Chart
from .errors import HelmError
from .helm import Helm, Target
from .objects import Key
from .options import Wanted

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

_UNKNOWN_KIND = ("no matches for kind", "ensure CRDs are installed first", "could not find the requested resource")


@dataclass(frozen=True)
class Prepared:
    """An upgrade ready to be sent."""

    chart: Chart
    target: Target
    objects: dict[Key, dict[str, Any]]


def prepare(
    cluster: Cluster, helm: Helm, chart: Chart, wanted: Wanted, decision: plan.Decision, identity: str
) -> Prepared:
    target = Target(
        name=wanted.name,
        namespace=wanted.namespace,
        chart=chart.ref,
        values=wanted.values,
        digest=wanted.digest(identity),
        labels=wanted.labels,
        history_max=wanted.history_max,
        timeout=wanted.wait_timeout,
        hooks=not wanted.disable_hook,
    )
    manifest = _manifest(helm, target, decision)
    return Prepared(chart, target, observe.parse(cluster, manifest, wanted.namespace))


def _manifest(helm: Helm, target: Target, decision: plan.Decision) -> str:
    upgrading = decision.stored is not None
    if decision.repair:
        return helm.template(target, upgrading)
    try:
        return helm.render(target)
    except HelmError as error:
        # The chart's own CRDs are applied before the upgrade; until then its objects can only be rendered.
        if any(text in str(error) for text in _UNKNOWN_KIND):
            return helm.template(target, upgrading)
        raise
