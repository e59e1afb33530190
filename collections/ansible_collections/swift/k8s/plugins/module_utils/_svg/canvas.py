# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""A drawing of known size that collects shapes and becomes text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from xml.sax.saxutils import escape

COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#a463f2")
GREY = "#6b6b6b"
#: of lines that only guide the eye
PALE = "#e4e4e4"
#: of letters, in pixels
_SIZE = 11


class Box(NamedTuple):
    """A part of the drawing with its own scale: (0, 0) is its lower left corner, (1, 1) its upper right."""

    left: float
    top: float
    width: float
    height: float

    def place(self, across: float, up: float) -> tuple[float, float]:
        """Where a point of the box's scale is in the drawing."""
        return round(self.left + across * self.width, 1), round(self.top + (1 - up) * self.height, 1)


class Canvas:
    """Shapes in the order in which they were added."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._size = width, height
        self._parts = [f"<title>{escape(title)}</title>", f'<rect width="{width}" height="{height}" fill="white"/>']

    def text(
        self, left: float, top: float, words: str, anchor: str = "start", colour: str = "black", size: int = _SIZE
    ) -> None:
        """Words whose base line begins, ends or has its middle at a point."""
        place = f'x="{left}" y="{top}" text-anchor="{anchor}" fill="{colour}"'
        place += f' font-size="{size}"' if size != _SIZE else ""
        self._parts.append(f"<text {place}>{escape(words)}</text>")

    def rectangle(self, left: float, top: float, width: float, height: float, colour: str, hint: str = "") -> None:
        """A filled rectangle; the hint shows when the pointer rests on it."""
        told = f"<title>{escape(hint)}</title>" if hint else ""
        place = f'x="{left:.1f}" y="{top:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect {place} fill="{colour}">{told}</rect>')

    def area(self, points: Iterable[tuple[float, float]], colour: str) -> None:
        """A faint surface between points."""
        path = " ".join(f"{left},{top}" for left, top in points)
        self._parts.append(f'<polygon points="{path}" fill="{colour}" fill-opacity="0.15"/>')

    def line(self, points: Iterable[tuple[float, float]], colour: str, dashes: str = "", width: float = 1) -> None:
        """A line through points."""
        path = " ".join(f"{left},{top}" for left, top in points)
        style = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{style}/>')

    def frame(self, box: Box) -> None:
        """Axes on the left and below."""
        corners = [box.place(0, 1), box.place(0, 0), box.place(1, 0)]
        self.line(corners, GREY)

    def __str__(self) -> str:
        width, height = self._size
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        return f'{head} font-size="{_SIZE}">\n' + "\n".join(self._parts) + "\n</svg>\n"
