# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""A seeding as a plot: the rate against its limit over time, and a bar for each file (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._cache.rate import format_seconds, format_size
from .._svg.canvas import COLOURS, GREY, PALE, Box, Canvas

_WIDTH, _RATE_HEIGHT, _ROW, _MOST_FILES = 900, 200, 15, 60
_LEFT, _RIGHT, _TOP, _BETWEEN = 84, 20, 66, 34
_MOST_TICKS = 6
#: of which a line can be made
_FEWEST_SAMPLES = 2
#: what people count time by
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_RATE, _LIMIT, _FILE = COLOURS[0], COLOURS[2], COLOURS[3]


def draw(title: str, history: Mapping[str, Any]) -> str:
    """The plot as SVG text."""
    files = sorted(history["files"], key=lambda file: -file["size"])[:_MOST_FILES]
    files.sort(key=lambda file: (file["start"], file["path"]))
    samples = history["samples"]
    ends = [float(sample["seconds"]) for sample in samples] + [float(file["end"]) for file in files]
    seconds = max(ends, default=1.0) or 1.0
    rates = Box(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _RATE_HEIGHT)
    gantt = Box(_LEFT, _TOP + _RATE_HEIGHT + _BETWEEN, rates.width, _ROW * len(files))
    canvas = Canvas(_WIDTH, round(gantt.top + gantt.height + 12), title)
    canvas.text(_LEFT, 24, title, size=15)
    canvas.text(_LEFT, 44, ", ".join(_summary(history, len(files))), colour=GREY)
    _times(canvas, (rates, gantt), seconds)
    _rates(canvas, rates, samples, seconds)
    for row, file in enumerate(files):
        _bar(canvas, gantt, row, file, seconds)
    return str(canvas)


def _summary(history: Mapping[str, Any], shown: int) -> Iterator[str]:
    """What a person asks first."""
    fetched, spent = history.get("bytes_fetched", history.get("bytes_received")), history.get("seconds")
    if fetched is not None and spent:
        yield f"{format_size(fetched)} in {format_seconds(spent)} ({format_size(fetched / spent)}/s)"
    if history.get("bytes_resumed"):
        yield f"{format_size(history['bytes_resumed'])} kept from earlier runs"
    if history.get("retries"):
        yield f"{history['retries']} retries"
    if shown < len(history["files"]):
        yield f"the {shown} largest of {len(history['files'])} files"


def _times(canvas: Canvas, boxes: Sequence[Box], seconds: float) -> None:
    """One scale for both parts."""
    step = next((step for step in _STEPS if seconds / step <= _MOST_TICKS), math.ceil(seconds / _MOST_TICKS))
    for number in range(int(seconds // step) + 1):
        for box in boxes:
            canvas.line([box.place(number * step / seconds, edge) for edge in (0, 1)], PALE)
        across, below = boxes[0].place(number * step / seconds, 0)
        canvas.text(across, below + 15, format_seconds(number * step), "middle", GREY)


def _rates(canvas: Canvas, box: Box, samples: Sequence[Mapping[str, Any]], seconds: float) -> None:
    limits = [sample["limit"] for sample in samples if sample["limit"]]
    most = max([sample["rate"] for sample in samples] + limits, default=1) * 1.1 or 1
    for rate in _levels(most):
        left, top = box.place(0, rate / most)
        canvas.line([(left, top), box.place(1, rate / most)], PALE)
        canvas.text(left - 6, top + 4, f"{format_size(rate)}/s", "end", GREY)
    curve = [box.place(each["seconds"] / seconds, each["rate"] / most) for each in samples]
    if curve:
        canvas.area([(curve[0][0], box.place(0, 0)[1]), *curve, (curve[-1][0], box.place(0, 0)[1])], _RATE)
    canvas.line(curve, _RATE, width=1.5)
    capped = [(each["seconds"] / seconds, each["limit"] / most) for each in samples if each["limit"]]
    if len(samples) < _FEWEST_SAMPLES:
        middle, top = box.place(0.5, 0.5)
        canvas.text(middle, top, "too short for a curve", "middle", GREY)
        capped = [(edge, limit) for _at, limit in capped for edge in (0.0, 1.0)]
    canvas.line([box.place(across, up) for across, up in capped], _LIMIT, "5 3", 1.5)
    canvas.frame(box)
    for words, colour, right in (("rate", _RATE, 92), ("limit", _LIMIT, 34)):
        canvas.line([(_WIDTH - _RIGHT - right - 18, 40), (_WIDTH - _RIGHT - right - 4, 40)], colour, width=3)
        canvas.text(_WIDTH - _RIGHT - right, 44, words)


def _levels(most: float) -> list[float]:
    """Round rates up to `most`: 1, 2 or 5 of a power of ten, in the unit in which they are written."""
    unit = 1024 ** max(0, min(4, int(math.log(max(most, 1), 1024))))
    rough = most / unit / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(each for each in (power, 2 * power, 5 * power, 10 * power) if each >= rough) * unit
    return [number * step for number in range(int(most / step) + 1)]


def _bar(canvas: Canvas, box: Box, row: int, file: Mapping[str, Any], seconds: float) -> None:
    left, right = (box.place(file[edge] / seconds, 0)[0] for edge in ("start", "end"))
    top = box.top + row * _ROW
    name, size = f"{file['model']} {file['path']}", format_size(file["size"])
    took = format_seconds(file["end"] - file["start"])
    canvas.rectangle(left, top, right - left, _ROW - 3, _FILE, f"{name}, {size} in {took}")
    near_end = left > box.left + box.width * 0.45
    canvas.text(right - 3 if near_end else left + 3, top + _ROW - 5, f"{name}  {size}", "end" if near_end else "start")
