# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""strategy: blue_green. The new release beside the old one, asked, then the Service switched, the old one kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import asking, capacity, changes, colours, drift, front, observe, plan, refusals
from .changes import ObjectChange
from .engine import Outcome
from .errors import RefusedError, RolloutError
from .objects import Key, Object, images, labels, selects
from .options import Wanted
from .turn import REMOVE_OLD, SWITCH, SWITCH_BACK, Turn

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster
    from .engine import Engine


class BlueGreen:
    """planner makes plans of single colours and carries none out; doer carries them out."""

    def __init__(self, cluster: Cluster, planner: Engine, doer: Engine) -> None:
        self._cluster = cluster
        self._planner = planner
        self._doer = doer

    def plan(self, wanted: Wanted) -> Turn:
        """Look and decide; raises RefusedError, with numbers, where the second colour does not fit."""
        asking.checked(wanted, wanted.name)
        live = self._cluster.get("v1", "Service", wanted.name, namespace=wanted.namespace)
        if wanted.state == "present" and not front.is_front(live) and self._there(wanted, ""):
            raise RefusedError(refusals.in_place(wanted))
        turn = Turn(wanted, front.read(wanted.title, live))
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
            if turn.lead is not None:
                self._cluster.apply(turn.lead, force=True)
        elif turn.action == plan.UNINSTALL:
            self._cluster.delete("v1", "Service", wanted.name, namespace=wanted.namespace)
        self._remove(wanted, turn.removed)

    def _plan_present(self, turn: Turn) -> None:
        wanted, before = turn.wanted, turn.front
        if before.colour:
            turn.steps = self._planner.run([_coloured(wanted, before.colour)], quiet=True)
            serving = turn.steps[0]
            if serving.decision.action in (plan.NOTHING, plan.HEAL, plan.CONFIRM):
                turn.changes = list(serving.changes)
                turn.reasons = list(serving.decision.reasons)
                turn.action = plan.HEAL if serving.changed else plan.NOTHING
                self._plan_front(turn, serving)
                self._plan_removal(turn)
                return
            turn.reasons = list(serving.decision.reasons)
        target = before.other
        turn.steps = self._planner.run([_coloured(wanted, target)], quiet=True)
        new = turn.steps[0]
        if new.target is not None:
            colours.routes(wanted.title, wanted.name, new.target.objects)
        self._fits(turn, new)
        turn.action, turn.colour = SWITCH, target
        turn.reasons = turn.reasons or list(new.decision.reasons)
        turn.removed = [before.colour] if before.colour and not wanted.keep_old else []
        turn.changes = [*new.changes, _lead(wanted, before.colour, target)]
        turn.notes.append(_told(turn))

    def _plan_front(self, turn: Turn, serving: Outcome) -> None:
        """The Service may be wished otherwise than when callers were led to it, or edited since."""
        wanted, before = turn.wanted, turn.front
        own = front.service_of(wanted.title, serving.declared)
        since = plan.moment(before.since)
        expected = front.service(wanted, turn.colour, since, own, before.returned)
        key = _front_key(wanted)
        edits = drift.findings({key: expected}, {key: before.live})
        if front.wish_changed(expected, before.live):
            turn.reasons.append(f"Service {wanted.title} is wished otherwise")
        elif wanted.drift == "ignore" or not edits:
            return
        else:
            turn.drift = edits
            if wanted.drift == "report":
                return
            turn.reasons += map(str, edits)
        turn.action, turn.lead = plan.HEAL, expected
        turn.changes += changes.heal(edits, {key: expected})

    def _plan_removal(self, turn: Turn) -> None:
        """The colour that was kept goes when its time is over."""
        wanted, before = turn.wanted, turn.front
        kept = before.kept_seconds(self._cluster.now())
        if kept < wanted.keep_old or before.returned or not self._there(wanted, before.other):
            return
        turn.removed = [before.other]
        turn.reasons.append(f"{before.other} has been kept for {int(kept)} s")
        turn.action = turn.action if turn.changed else REMOVE_OLD

    def _plan_absent(self, turn: Turn) -> None:
        turn.removed = [colour for colour in colours.COLOURS if self._there(turn.wanted, colour)]
        if turn.removed or turn.front.colour:
            turn.action, turn.colour = plan.UNINSTALL, ""
            turn.reasons = [f"there is {', '.join(turn.removed) or 'a Service without a release'}"]

    def _plan_back(self, turn: Turn) -> None:
        wanted, before = turn.wanted, turn.front
        if not before.colour:
            raise RefusedError(f"release {wanted.title} does not serve, so it cannot go back; deploy it first")
        there = self._there(wanted, before.colour if before.returned else before.other)
        turn.steps = [there] if there else []
        if before.returned:
            return
        if not there:
            raise RefusedError(
                f"release {wanted.title}: {before.other} is not kept any more (keep_old: {wanted.keep_old} s), so "
                "there is nothing to go back to; deploy the earlier values"
            )
        turn.action, turn.colour = SWITCH_BACK, before.other
        turn.reasons = [f"from {before.colour} to {before.other}"]
        turn.changes = [_lead(wanted, before.colour, before.other)]

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
        own = front.service_of(wanted.title, declared)
        self._ask(turn, declared)
        back, now = turn.action == SWITCH_BACK, self._cluster.now()
        self._cluster.apply(front.service(wanted, turn.colour, now, own, back), force=True)

    def _ask(self, turn: Turn, declared: Mapping[Key, Object]) -> None:
        wanted = turn.wanted
        if turn.action == SWITCH_BACK:  # an earlier revision may serve another model
            wanted = replace(wanted, probe={key: value for key, value in wanted.probe.items() if key != "model"})
        problem = asking.ask(self._cluster, wanted, declared)
        if not problem:
            return
        stays = (
            f"Service {wanted.title} still leads to {turn.front.colour}" if turn.front.colour else "it does not serve"
        )
        raise RolloutError(
            f"release {wanted.title}: {turn.colour} is ready but does not answer: {problem}\n"
            f"{stays}; {turn.colour} is left for inspection; correct the cause and run again."
        )

    def _there(self, wanted: Wanted, colour: str) -> Outcome | None:
        """A colour as it stands, which nothing happens to; None where it is not installed."""
        coloured = _coloured(wanted, colour)
        seen = observe.releases(self._cluster, [coloured])[0]
        if seen.newest is None or seen.newest.status == "uninstalled":
            return None
        decision = plan.Decision(plan.NOTHING, stored=seen.newest)
        return Outcome(coloured, decision, images=images(seen.declared), declared=seen.declared)

    def _remove(self, wanted: Wanted, gone: Iterable[str]) -> None:
        self._doer.run([replace(_coloured(wanted, colour), state="absent") for colour in gone])


def _coloured(wanted: Wanted, colour: str) -> Wanted:
    """The release of one colour; nobody calls it while it comes up, so how it rolls does not matter.

    Without a colour: the release that strategy: in_place would make.
    """
    name = f"{wanted.name}-{colour}" if colour else wanted.name
    return replace(wanted, name=name, state="present", strategy="in_place", strategy_value="", probe={})


def _belongs(pod: Mapping[str, Any], new: Outcome) -> bool:
    """Whether a pod is one that the new release replaces."""
    return pod["metadata"].get("namespace") == new.wanted.namespace and any(
        selects(((item.get("spec") or {}).get("selector") or {}).get("matchLabels"), labels(pod))
        for item in (new.target.objects.values() if new.target else ())
    )


def _front_key(wanted: Wanted) -> Key:
    return Key("v1", "Service", wanted.namespace, wanted.name)


def _lead(wanted: Wanted, before: str, after: str) -> ObjectChange:
    return ObjectChange(_front_key(wanted), "changed" if before else "created", (("leads to", before or None, after),))


def _told(turn: Turn) -> str:
    before, keep = turn.front.colour, turn.wanted.keep_old
    asked = "is asked" if turn.wanted.probe else "becomes ready"
    old = f"; {before} is kept for {keep} s" if keep else f"; {before} is removed"
    return (
        f"{turn.colour} comes up beside {before or 'nothing'} and {asked}, then Service {turn.wanted.title} "
        f"leads to it{old if before else ''}"
    )
