# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""From a chart and values to the objects an upgrade would send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import budget, capacity, explain, observe, options, plan, strategy
from .chart import Chart
from .errors import HelmError
from .helm import Helm, Target
from .objects import Key, Object
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
    weight: int = 0  # bytes of the record; 0 where only Helm itself will know


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
        timeout=wanted.wait_timeout or budget.LEAST,
        hooks=not wanted.disable_hook,
        schema=not wanted.skip_schema_validation,
        take_ownership=wanted.take_ownership,
    )
    return render(cluster, helm, chart, target, decision)


def render(cluster: Cluster, helm: Helm, chart: Chart, target: Target, decision: plan.Decision) -> Prepared:
    try:
        manifest, weight = _manifest(helm, target, decision)
    except HelmError as error:
        schema = chart.files.get("values.schema.json")
        raise type(error)(explain.hinted(str(error), schema) if schema else str(error)) from error
    return Prepared(chart, target, observe.parse(cluster, manifest, target.namespace), weight)


def fitted(
    cluster: Cluster,
    helm: Helm,
    prepared: Prepared,
    wanted: Wanted,
    decision: plan.Decision,
    live: Mapping[Key, Object | None],
) -> tuple[Prepared, list[str]]:
    """The same upgrade with a rollout that fits the free devices, and what to say about it."""
    rolling = [
        item
        for key, item in prepared.objects.items()
        if key.kind == "Deployment" and strategy.rolls(item, live.get(key))
    ]
    if not rolling:
        return prepared, []
    spare = min(capacity.spare_pods(cluster, item["spec"]["template"]["spec"]) for item in rolling)
    if not wanted.strategy_value or options.has(wanted.values, wanted.strategy_value):
        return prepared, [text for item in rolling if (text := strategy.deadlock(item, spare))]
    choices = [strategy.choose(item, spare) for item in rolling]
    values = options.merged(wanted.values, options.nested(wanted.strategy_value, choices[0].value))
    target = replace(prepared.target, values=values)
    return render(cluster, helm, prepared.chart, target, decision), [choice.sentence for choice in choices]


def _manifest(helm: Helm, target: Target, decision: plan.Decision) -> tuple[str, int]:
    upgrading = decision.stored is not None
    if decision.repair:
        return helm.template(target, upgrading), 0
    try:
        return helm.render(target)
    except HelmError as error:
        # The chart's own CRDs are applied before the upgrade; until then its objects can only be rendered.
        if any(text in str(error) for text in _UNKNOWN_KIND):
            return helm.template(target, upgrading), 0
        raise
