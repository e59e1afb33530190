# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Wishes and facts -> what the releases will really ask for: devices, limits and images. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._accelerator.request import CPU, flatten, request
from .._plan.need import least_device_mib
from . import published
from .errors import RuleError

Data = Mapping[str, Any]


def settle(wishes: Data, facts: Data, plan: Data) -> dict[str, Any]:
    """Return the wishes with what the chart makes of them on this cluster and with this run's device plugins."""
    nodes = facts.get("nodes") or []
    parts = (plan.get("vendors") or {}).items()
    coming = [name for name, part in parts if part.get("action") == "install" and part.get("nodes")]
    return {**wishes, "releases": [_release(release, nodes, coming) for release in wishes["releases"]]}


def _release(release: Data, nodes: Sequence[Data], coming: Sequence[str]) -> dict[str, Any]:
    values = release["values"]
    accelerator, limits = values.get("accelerator") or {}, (values.get("resources") or {}).get("limits") or {}
    if _takes_none(values):
        accelerator, limits = {"vendor": CPU}, {}
    try:
        asked = request(accelerator, limits, nodes, coming)
    except ValueError as error:
        raise RuleError(f"release {release['name']}: resources.limits name no number of devices: {error}") from error
    engine = published.engine(values, asked.vendor)
    wished = values.get("engine") or {}
    context = int(wished.get("maxModelLen") or 0)
    least = least_device_mib(release["model_id"], _parts(wished, asked.count), release["backend"], context)
    return {
        **release,
        "vendor": asked.vendor,
        "resource": asked.resource,
        "count": asked.count,
        "limits": {**flatten(limits), **({asked.resource: asked.count} if asked.count else {})},
        "memory_mib": release["memory_mib"] or least,
        "image_name": engine,
        "images": [name for name in (engine, *published.beside(values)) if name],
    }


def _parts(engine: Data, count: int) -> int:
    """Devices that one copy of the model is split over: those of all its pods, else those that the chart is told of."""
    nodes = int(engine.get("nodes") or 1)
    return count * nodes if nodes > 1 else min(int(engine.get("tensorParallel") or count), count)


def _takes_none(values: Data) -> bool:
    """Tasks that talk to a service, or only move files, take no device."""
    task = values.get("task")
    return (
        task == "download"
        or (task == "eval" and bool((values.get("eval") or {}).get("url")))
        or (task == "app" and bool((values.get("ui") or {}).get("baseUrl")))
    )
