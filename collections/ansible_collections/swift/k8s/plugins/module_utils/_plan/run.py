# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The module's one call: models and devices in, plans out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import files
from .answer import answer, devices_of, left_out
from .errors import PlanError
from .fit import Devices
from .known import model_id
from .request import parse
from .table import table

#: What an entry of model_cache_models says about the way to its hub.
WAY = ("hub", "endpoint", "endpoints", "revision")


def run(
    models: Sequence[Mapping[str, Any]],
    nodes: Sequence[Mapping[str, Any]],
    sources: Sequence[Mapping[str, Any]] = (),
    tolerant: bool = False,
) -> dict[str, Any]:
    """A plan for every model, on the accelerators of the nodes; `tolerant` tells why a model has none."""
    devices, ways = devices_of(nodes), {str(source.get("id")): _way(source) for source in sources}
    told = [_told(option, ways, devices, tolerant) for option in models]
    plans, unplanned = [one for one in told if "reason" not in one], [one for one in told if "reason" in one]
    closed = left_out(nodes)
    return {"plans": plans, "unplanned": unplanned, "left_out": closed, "table": table(plans, unplanned, closed)}


def _told(
    option: Mapping[str, Any], ways: Mapping[str, Mapping[str, Any]], devices: Sequence[Devices], tolerant: bool
) -> dict[str, Any]:
    try:
        return _plan(option, ways, devices)
    except PlanError as error:
        if not tolerant:
            raise
        return {"id": str(option["id"]), "reason": str(error)}


def _plan(
    option: Mapping[str, Any], ways: Mapping[str, Mapping[str, Any]], devices: Sequence[Devices]
) -> dict[str, Any]:
    request = parse(option)
    name = model_id(request.model)
    given = {key: value for key, value in option.items() if value is not None}
    return answer(files.model({**ways.get(name, {}), **given, "id": name}), request, devices)


def _way(source: Mapping[str, Any]) -> dict[str, Any]:
    """A directory lies on a volume of the cluster, where it cannot be read from here."""
    return {} if source.get("hub") == "directory" else {key: source[key] for key in WAY if source.get(key)}


def require(plans: Sequence[Mapping[str, Any]]) -> None:
    """Raise for the models that fit on no node, with what would make them fit."""
    wrong = [f"{plan['id']} fits on no node: {'; '.join(plan['advice'])}." for plan in plans if plan["fits"] is False]
    if wrong:
        raise PlanError(" ".join(wrong))
