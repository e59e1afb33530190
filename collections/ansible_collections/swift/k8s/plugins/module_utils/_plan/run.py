# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The module's one call: models and devices in, plans out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import files
from .answer import answer, devices_of
from .errors import PlanError
from .known import model_id
from .request import parse
from .table import table


def run(models: Sequence[Mapping[str, Any]], nodes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A plan for every model, on the accelerators of the nodes."""
    devices = devices_of(nodes)
    plans = []
    for option in models:
        request = parse(option)
        plans.append(answer(files.model({**option, "id": model_id(request.model)}), request, devices))
    return {"plans": plans, "table": table(plans)}


def require(plans: Sequence[Mapping[str, Any]]) -> None:
    """Raise for the models that fit on no node, with what would make them fit."""
    wrong = [f"{plan['id']} fits on no node: {'; '.join(plan['advice'])}." for plan in plans if plan["fits"] is False]
    if wrong:
        raise PlanError(" ".join(wrong))
