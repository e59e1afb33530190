# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Unfinished Jobs of other runs for the same volume: which of them a run waits for, and which it replaces (pure).

Two Jobs at once would each take the whole rate limit. One that brings nothing but what this run wishes too is replaced:
its bytes are kept, and nobody's wish is lost. One that brings something else is somebody's wish, and is waited for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .labels import MODELS_ANNOTATION
from .state import State
from .wish import Wish, key


class Other(NamedTuple):
    """A Job, how it stands, and the seconds since it was made."""

    job: Mapping[str, Any]
    state: State
    age: float

    @property
    def models(self) -> list[str]:
        """Keys of what it brings."""
        told = (self.job["metadata"].get("annotations") or {}).get(MODELS_ANNOTATION)
        return [str(name) for name in json.loads(told)] if told else []

    def stuck(self, start_timeout: float) -> bool:
        """Whether it does not start, and will hardly do so by itself."""
        late = self.state.phase == "waiting" and bool(self.state.reason) and self.age > start_timeout
        return late or self.state.phase == "failed"


def foreign(others: Sequence[Other], wish: Wish, start_timeout: float) -> list[Other]:
    """Those at work for something that this run does not wish."""
    wished = {key(model) for model in wish.models}
    return [other for other in others if set(other.models) - wished and not other.stuck(start_timeout)]


def sentence(other: Other, wish: Wish, superseded: bool) -> str:
    """Why a run waits, and what ends that."""
    place = f"Job {other.job['metadata']['namespace']}/{other.job['metadata']['name']}"
    if superseded:
        return f"{place} of another run has taken the place of ours and keeps its bytes; this run goes on after it"
    wished = {key(model) for model in wish.models}
    more = ", ".join(name.partition(":")[2] for name in other.models if name not in wished)
    delete = f"kubectl delete job -n {other.job['metadata']['namespace']} {other.job['metadata']['name']}"
    return f"{place} brings {more}, which this run does not list; this run goes on after it ({delete} ends it now)"
