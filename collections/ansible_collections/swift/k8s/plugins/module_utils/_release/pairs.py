# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One task whose releases may be single ones or pairs of colours: all are planned before the first is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Union

from .bluegreen import BlueGreen
from .options import Wanted
from .turn import Turn

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster
    from .engine import Engine, Outcome


Done = Union["Outcome", Turn]


def run(
    cluster: Cluster,
    wanted: Sequence[Wanted],
    engine: Callable[[bool], Engine],
    check: bool,
    done: list[Done],
    say: Callable[[str], None],
) -> None:
    """Fills done in the order of the task, when the task fails as far as it came. engine(True) only plans."""
    single = engine(False)
    turns: list[Turn] = []
    paired = [one for one in wanted if one.strategy == "blue_green"]
    colours = BlueGreen(cluster, engine(True), engine(False))
    try:
        turns += [colours.plan(one) for one in paired]
        for turn in turns:
            for note in turn.notes if turn.changed else ():
                say(f"{turn.wanted.title}: {note}")
        single.run([one for one in wanted if one not in paired])
        for turn in turns:
            turn.reached = True
            if turn.changed and not check:
                colours.act(turn)
    finally:
        reached: list[Done] = [*single.outcomes, *turns]
        found = {one.wanted.title: one for one in reached}
        done += [found[one.title] for one in wanted if one.title in found]
