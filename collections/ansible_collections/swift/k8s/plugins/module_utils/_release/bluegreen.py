# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""strategy: blue_green. The new release beside the old one, asked, then the Service switched, the old one kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._probe import options, probe
from . import capacity, colours, observe, plan
from .changes import ObjectChange
from .colours import Front
from .errors import RefusedError, RolloutError
from .objects import Key, Object
from .options import Wanted

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster
    from .engine import Engine, Outcome

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
            "drift": [],
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
            "notes": [*self.notes, *(note for step in self.steps for note in step.notes)],
        }


class BlueGreen:
    """planner makes plans of single colours and carries none out; doer carries them out."""

    def __init__(self, cluster: Cluster, planner: Engine, doer: Engine) -> None:
        self._cluster = cluster
        self._planner = planner
        self._doer = doer

    def plan(self, wanted: Wanted) -> Turn:
        """Look and decide; raises RefusedError, with numbers, where the second colour does not fit."""
        _asked(wanted, wanted.name)
        live = self._cluster.get("v1", "Service", wanted.name, namespace=wanted.namespace)
        turn = Turn(wanted, colours.read(wanted.title, live))
        turn.colour = turn.front.colour
        {"present": self._plan_present, "absent": self._plan_absent, "rolled_back": self._plan_back}[wanted.state](turn)
        return turn

    def act(self, turn: Turn) -> None:
        """Carry out what plan decided."""
        wanted = turn.wanted
        if turn.action in (SWITCH, SWITCH_BACK):
            self._switch(turn)
        elif turn.action == plan.HEAL:
            turn.steps = self._doer.run([_coloured(wanted, turn.colour)], quiet=True)
        elif turn.action == plan.UNINSTALL:
            self._cluster.delete("v1", "Service", wanted.name, namespace=wanted.namespace)
        self._remove(wanted, turn.removed)

    def _plan_present(self, turn: Turn) -> None:
        wanted, front = turn.wanted, turn.front
        if front.colour:
            turn.steps = self._planner.run([_coloured(wanted, front.colour)], quiet=True)
            serving = turn.steps[0]
            if serving.decision.action in (plan.NOTHING, plan.HEAL, plan.CONFIRM):
                turn.changes = serving.changes
                turn.reasons = list(serving.decision.reasons)
                turn.action = plan.HEAL if serving.changed else plan.NOTHING
                self._plan_removal(turn)
                return
            turn.reasons = list(serving.decision.reasons)
        target = front.other
        turn.steps = self._planner.run([_coloured(wanted, target)], quiet=True)
        new = turn.steps[0]
        self._fits(turn, new)
        turn.action, turn.colour = SWITCH, target
        turn.reasons = turn.reasons or list(new.decision.reasons)
        turn.removed = [front.colour] if front.colour and not wanted.keep_old else []
        turn.changes = [*new.changes, _lead(wanted, front.colour, target)]
        turn.notes.append(_told(turn))

    def _plan_removal(self, turn: Turn) -> None:
        """The colour that was kept goes when its time is over."""
        wanted, front = turn.wanted, turn.front
        kept = front.kept_seconds(datetime.now(timezone.utc))
        if kept < wanted.keep_old or front.returned or not self._there(wanted, front.other):
            return
        turn.removed = [front.other]
        turn.reasons.append(f"{front.other} has been kept for {int(kept)} s")
        turn.action = turn.action if turn.changed else REMOVE_OLD

    def _plan_absent(self, turn: Turn) -> None:
        turn.removed = [colour for colour in colours.COLOURS if self._there(turn.wanted, colour)]
        if turn.removed or turn.front.colour:
            turn.action, turn.colour = plan.UNINSTALL, ""
            turn.reasons = [f"there is {', '.join(turn.removed) or 'a Service without a release'}"]

    def _plan_back(self, turn: Turn) -> None:
        wanted, front = turn.wanted, turn.front
        if not front.colour:
            raise RefusedError(f"release {wanted.title} does not serve, so it cannot go back; deploy it first")
        if front.returned:
            return
        if not self._there(wanted, front.other):
            raise RefusedError(
                f"release {wanted.title}: {front.other} is not kept any more (keep_old: {wanted.keep_old} s), so there "
                "is nothing to go back to; deploy the earlier values"
            )
        turn.action, turn.colour = SWITCH_BACK, front.other
        turn.reasons = [f"from {front.colour} to {front.other}"]
        turn.changes = [_lead(wanted, front.colour, front.other)]

    def _fits(self, turn: Turn, new: Outcome) -> None:
        if not new.changed or new.target is None:
            return  # it is there already, kept from before
        nodes = self._cluster.list("v1", "Node")
        pods = self._cluster.list("v1", "Pod", field_selector=capacity.RUNNING)
        others = [pod for pod in pods if not _belongs(pod, new)]
        for need, pod in colours.needs(new.target.objects):
            room = capacity.room(pod, nodes, others)
            problem = colours.short(turn.wanted.title, need, room)
            if problem and turn.front.colour:
                raise RefusedError(problem)
            turn.notes.append(f"{turn.front.other} takes {need}; room for {room}")

    def _switch(self, turn: Turn) -> None:
        """Bring the colour up, ask it, and only then let callers come to it."""
        wanted, coloured = turn.wanted, _coloured(turn.wanted, turn.colour)
        if turn.action == SWITCH:
            turn.steps = self._doer.run([coloured], quiet=True)
        declared = observe.releases(self._cluster, [coloured])[0].declared
        own = colours.service_of(wanted.title, declared)
        self._ask(turn, own)
        returned = turn.action == SWITCH_BACK
        now = datetime.now(timezone.utc)
        service = colours.front(wanted.name, wanted.namespace, turn.colour, now, own, wanted.front_service, returned)
        self._cluster.apply(service, force=True)

    def _ask(self, turn: Turn, own: Object) -> None:
        wanted = turn.wanted
        if not wanted.probe:
            return
        asked = _asked(wanted, str(own["metadata"]["name"]))
        answer = probe.run([asked], lambda: self._cluster)[0]
        if not answer["ok"]:
            stays = (
                f"Service {wanted.title} still leads to {turn.front.colour}"
                if turn.front.colour
                else "it does not serve"
            )
            raise RolloutError(
                f"release {wanted.title}: {turn.colour} is ready but does not answer: {answer['message']}\n"
                f"{stays}; {turn.colour} is left for inspection; correct the cause and run again."
            )

    def _there(self, wanted: Wanted, colour: str) -> bool:
        found = observe.releases(self._cluster, [_coloured(wanted, colour)])[0].newest
        return found is not None and found.status != "uninstalled"

    def _remove(self, wanted: Wanted, gone: Iterable[str]) -> None:
        self._doer.run([replace(_coloured(wanted, colour), state="absent") for colour in gone])


def _coloured(wanted: Wanted, colour: str) -> Wanted:
    """The release of one colour; nobody calls it while it comes up, so how it rolls does not matter."""
    return replace(wanted, name=f"{wanted.name}-{colour}", state="present", strategy="in_place", strategy_value="")


def _asked(wanted: Wanted, service: str) -> dict[str, Any]:
    """How the Service of a colour is asked. Raises RefusedError for options that the probe has not."""
    try:
        return options.complete({**wanted.probe, "name": service, "namespace": wanted.namespace, "service": service})
    except ValueError as error:
        raise RefusedError(
            f"release {wanted.title}: probe: {error}; see the options of swift.k8s.openai_probe"
        ) from error


def _belongs(pod: Mapping[str, Any], new: Outcome) -> bool:
    """Whether a pod is one that the new release replaces."""
    labels = pod["metadata"].get("labels") or {}
    return pod["metadata"].get("namespace") == new.wanted.namespace and any(
        selector and all(labels.get(key) == value for key, value in selector.items())
        for item in (new.target.objects.values() if new.target else ())
        if (selector := ((item.get("spec") or {}).get("selector") or {}).get("matchLabels"))
    )


def _lead(wanted: Wanted, before: str, after: str) -> ObjectChange:
    key = Key("v1", "Service", wanted.namespace, wanted.name)
    return ObjectChange(key, "changed" if before else "created", (("leads to", before or None, after),))


def _told(turn: Turn) -> str:
    front, keep = turn.front, turn.wanted.keep_old
    asked = "is asked" if turn.wanted.probe else "becomes ready"
    old = f"; {front.colour} is kept for {keep} s" if keep else f"; {front.colour} is removed"
    return (
        f"{turn.colour} comes up beside {front.colour or 'nothing'} and {asked}, then Service {turn.wanted.title} "
        f"leads to it{old if front.colour else ''}"
    )
