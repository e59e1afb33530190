# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Plans as a plot: the memory of each model by part, against the devices (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._svg.canvas import COLOURS, GREY, Canvas
from .request import GIB

_WIDTH, _ROW, _LEFT, _TOP = 900, 26, 260, 60
PARTS = ("weights", "kv_cache", "activations", "runtime", "gradients", "optimizer")


def draw(plans: Sequence[Mapping[str, Any]]) -> str:
    """One bar a model, as if one device held it all."""
    canvas = Canvas(_WIDTH, _TOP + _ROW * len(plans) + 20, "Memory of models")
    most = max((plan["total_bytes"] for plan in plans), default=1) or 1
    for number, part in enumerate(PARTS):
        canvas.rectangle(_LEFT + number * 100, 20, 12, 12, COLOURS[number])
        canvas.text(_LEFT + number * 100 + 16, 30, part.replace("_", " "))
    for row, plan in enumerate(plans):
        top = _TOP + row * _ROW
        canvas.text(_LEFT - 8, top + 14, f"{plan['id']} ({plan['task']})", "end")
        _bar(canvas, plan, top, (_WIDTH - _LEFT - 90) / most)
    return str(canvas)


def _bar(canvas: Canvas, plan: Mapping[str, Any], top: float, scale: float) -> None:
    left = float(_LEFT)
    for number, part in enumerate(PARTS):
        width = plan["parts"][part] * scale
        if width:
            canvas.rectangle(left, top, width, 18, COLOURS[number], f"{part} {plan['parts'][part] / GIB:.1f} GiB")
        left += width
    canvas.text(left + 6, top + 13, f"{plan['total_bytes'] / GIB:.0f} GiB", colour=GREY)
