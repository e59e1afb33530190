# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""A seeding as a plot: the rate against its limit over time, and a bar for each file (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cache.rate import format_size
from .._svg.canvas import COLOURS, GREY, Box, Canvas

_WIDTH, _RATE_HEIGHT, _ROW, _MOST_FILES = 900, 180, 14, 60
_LEFT, _TOP = 90, 40


def draw(title: str, history: Mapping[str, Any]) -> str:
    """The plot as SVG text."""
    files = sorted(history["files"], key=lambda file: -file["size"])[:_MOST_FILES]
    files.sort(key=lambda file: (file["start"], file["path"]))
    samples = history["samples"]
    canvas = Canvas(_WIDTH, _TOP + _RATE_HEIGHT + 50 + _ROW * len(files), title)
    canvas.text(_LEFT, 20, title)
    ends = [float(sample["seconds"]) for sample in samples] + [float(file["end"]) for file in files]
    seconds = max(ends, default=1.0) or 1.0
    _rates(canvas, Box(_LEFT, _TOP, _WIDTH - _LEFT - 20, _RATE_HEIGHT), samples, seconds)
    gantt = Box(_LEFT, _TOP + _RATE_HEIGHT + 35, _WIDTH - _LEFT - 20, _ROW * max(len(files), 1))
    for row, file in enumerate(files):
        left, right = (gantt.place(file[edge] / seconds, 0)[0] for edge in ("start", "end"))
        top = gantt.top + row * _ROW
        name = f"{file['model']} {file['path']}"
        canvas.rectangle(left, top, right - left, _ROW - 3, COLOURS[0], f"{name} {format_size(file['size'])}")
        near_end = left > gantt.left + gantt.width * 0.6
        canvas.text(right if near_end else left + 3, top + _ROW - 5, name, "end" if near_end else "start")
    return str(canvas)


def _rates(canvas: Canvas, box: Box, samples: list[dict[str, Any]], seconds: float) -> None:
    limits = [sample["limit"] for sample in samples if sample["limit"]]
    most = max([sample["rate"] for sample in samples] + limits, default=1) * 1.1 or 1
    canvas.frame(box)
    for share in (0.0, 0.5, 1.0):
        left, top = box.place(0, share)
        canvas.text(left - 6, top + 4, f"{format_size(most * share)}/s", "end", GREY)
        across, below = box.place(share, 0)
        canvas.text(across, below + 14, f"{seconds * share:.0f} s", "middle", GREY)
    canvas.line([box.place(each["seconds"] / seconds, each["rate"] / most) for each in samples], COLOURS[0])
    capped = [each for each in samples if each["limit"]]
    canvas.line([box.place(each["seconds"] / seconds, each["limit"] / most) for each in capped], COLOURS[2], "4 3")
    canvas.text(box.left + box.width, box.top - 6, "rate (blue), limit (dashed)", "end", GREY)
