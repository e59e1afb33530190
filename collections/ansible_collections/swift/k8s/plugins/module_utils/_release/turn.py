# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What happens to one pair of colours in one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import plan
from .changes import ObjectChange
from .drift import Finding
from .front import Front
from .objects import Object
from .options import Wanted

if TYPE_CHECKING:
    from .engine import Outcome

SWITCH, SWITCH_BACK, REMOVE_OLD = "switch", "switch_back", "remove_old"


@dataclass
class Turn:
    """What happens, or would happen, to one pair of colours."""

    wanted: Wanted
    front: Front
    action: str = plan.NOTHING
    colour: str = ""  # that serves afterwards
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    steps: list[Outcome] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)  # colours whose time is over
    changes: list[ObjectChange] = field(default_factory=list)
    drift: list[Finding] = field(default_factory=list)  # of the Service in front
    lead: Object | None = None  # the Service in front as it should be, where it is not
    reached: bool = False  # carried out, or begun; an earlier failure ends the task before

    @property
    def changed(self) -> bool:
        return self.action != plan.NOTHING

    def report(self) -> dict[str, Any]:
        """As that of a release in place; chart, images and revision are those of the colour that serves."""
        shown = self.steps[0].report() if self.steps else {}
        return {
            "chart": "",
            "images": [],
            "repaired": "",
            "revision": None,
            **shown,
            "name": self.wanted.name,
            "namespace": self.wanted.namespace,
            "action": self.action,
            "changed": self.changed and self.reached,
            "colour": self.colour,
            "reasons": self.reasons,
            "objects": [change.report() for change in self.changes],
            "drift": [*shown.get("drift", []), *(finding.report() for finding in self.drift)],
            "notes": [*self.notes, *(note for step in self.steps for note in step.notes)],
        }
