# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One task, all its releases: observe once, decide purely, act in the order of the list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import asking, changes, crds, drift, immutable, objects, observe, plan, refusals, rehearsal, render, succession
from .act import Actor
from .changes import ObjectChange
from .drift import Finding
from .helm import Helm
from .objects import Key, Object
from .observe import Observed
from .options import Wanted
from .source import Sources

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster


@dataclass
class Outcome:
    """What happens, or would happen, to one release."""

    wanted: Wanted
    decision: plan.Decision
    changes: list[ObjectChange] = field(default_factory=list)
    drift: list[Finding] = field(default_factory=list)
    target: render.Prepared | None = None
    revision: int | None = None
    notes: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    recreate: Collection[Key] = ()
    stay: Collection[Key] = ()  # of those, Deployments whose pods serve on until the new ones do
    declared: Mapping[Key, Object] = field(default_factory=dict)  # by the revision that is stored
    reached: bool = False  # carried out, or begun; an earlier failure ends the task before

    @property
    def changed(self) -> bool:
        return self.decision.action != plan.NOTHING

    def _chart(self) -> str:
        if self.target is not None and self.changed:
            return self.target.chart.label
        stored = self.decision.stored
        return f"{stored.chart}-{stored.version}" if stored else ""

    def report(self) -> dict[str, Any]:
        stored = self.decision.stored
        return {
            "name": self.wanted.name,
            "namespace": self.wanted.namespace,
            "action": self.decision.action,
            "changed": self.changed and self.reached,
            "reasons": list(self.decision.reasons),
            "repaired": self.decision.repair,
            "revision": self.revision if self.revision is not None else (stored.revision if stored else None),
            "chart": self._chart(),
            "images": self.images,
            "objects": [change.report() for change in self.changes],
            "drift": [finding.report() for finding in self.drift],
            "notes": self.notes,
        }


class Engine:
    def __init__(self, cluster: Cluster, helm: Helm, sources: Sources, say: Callable[[str], None], check: bool) -> None:
        self._cluster = cluster
        self._helm = helm
        self._sources = sources
        self._check = check
        self._say = say
        self.outcomes: list[Outcome] = []
        self._actor = Actor(cluster, helm, say)

    def run(self, wanted: Sequence[Wanted], quiet: bool = False) -> list[Outcome]:
        """Plan everything first, so that a refusal touches nothing; say what is notable; then act one by one."""
        observed = observe.releases(self._cluster, wanted)
        self.outcomes = [self._plan(one, seen) for one, seen in zip(wanted, observed)]
        for outcome in self.outcomes if not quiet else ():
            for note in outcome.notes if outcome.changed else ():
                self._say(f"{outcome.wanted.title}: {note}")
        for outcome, seen in zip(self.outcomes, observed):
            outcome.reached = True
            if outcome.changed and not self._check:
                outcome.revision = self._actor.act(outcome, seen)
        return self.outcomes

    def _plan(self, wanted: Wanted, seen: Observed) -> Outcome:
        identity = self._sources.identity(wanted) if wanted.state == "present" else ""
        decision = plan.decide(wanted, seen.revisions, seen.recorded, wanted.digest(identity), seen.activity)
        outcome = Outcome(wanted, decision, declared=seen.declared)
        if decision.action in (plan.INSTALL, plan.UPGRADE):
            self._plan_upgrade(outcome, seen, identity)
        elif decision.action == plan.UNINSTALL:
            outcome.changes = changes.removal(seen.declared, seen.live, wanted.keep_volumes)
        elif decision.action == plan.ROLLBACK:
            self._plan_rollback(outcome, seen)
        if outcome.decision.settled:
            self._settle(outcome, seen)
        outcome.images = objects.images(outcome.target.objects if outcome.target else seen.declared)
        return outcome

    def _plan_upgrade(self, outcome: Outcome, seen: Observed, identity: str) -> None:
        wanted, decision = outcome.wanted, outcome.decision
        stored, chart = decision.stored, self._sources.chart(wanted)
        refusals.other_chart(wanted, stored, chart)
        refusals.namespace(self._cluster, wanted)
        if stored is None:
            refusals.pair(self._cluster, wanted)
        prepared = render.prepare(self._cluster, self._helm, chart, wanted, decision, identity)
        refusals.weight(wanted, chart, prepared.weight)
        asking.possible(wanted, prepared.objects)
        first = [] if wanted.skip_crds else crds.plan(self._cluster, prepared.chart)
        reasons = [*decision.reasons, *(f"{change.key} is {change.verb}" for change in first)]
        if stored is not None and decision.action == plan.UPGRADE:
            reasons += plan.upgrade_reasons(stored, wanted, prepared.chart.name, prepared.chart.version)
            same = stored.status == "deployed" and not decision.repair and prepared.objects == seen.declared
            if same and len(reasons) == len(decision.reasons):
                outcome.decision = plan.Decision(plan.NOTHING, (), stored, settled=True)
                return
            reasons += [] if reasons else ["the chart's content changed"]
        outcome.decision = plan.Decision(decision.action, tuple(reasons), stored, repair=decision.repair)
        live = observe.live_of(self._cluster, prepared.objects, seen)
        prepared, said = render.fitted(self._cluster, self._helm, prepared, wanted, decision, live)
        outcome.target = prepared
        outcome.notes += said
        outcome.recreate = immutable.recreated(wanted.title, prepared.objects, live, wanted.recreate)
        outcome.stay = (
            succession.staying(self._cluster, outcome.recreate, prepared.objects, live) if wanted.wait else ()
        )
        outcome.notes += succession.told(outcome.recreate, outcome.stay)
        outcome.changes = first + changes.upgrade(prepared.objects, seen.declared, live, outcome.recreate)

    def _plan_rollback(self, outcome: Outcome, seen: Observed) -> None:
        goal = next(stored for stored in seen.revisions if stored.revision == outcome.decision.revision)
        manifest = observe.parse(self._cluster, goal.manifest, goal.namespace)
        outcome.changes = changes.upgrade(manifest, seen.declared, observe.live_of(self._cluster, manifest, seen))

    def _settle(self, outcome: Outcome, seen: Observed) -> None:
        """The records agree; now the cluster has to."""
        wanted, decision = outcome.wanted, outcome.decision
        stored = decision.stored
        if wanted.drift != "ignore":
            found = drift.findings(seen.declared, seen.live)
            outcome.drift, insisted = rehearsal.sort(self._cluster, seen.declared, seen.live, found)
            outcome.notes += map(rehearsal.note, insisted)
        if outcome.drift and wanted.drift == "repair":
            outcome.decision = plan.Decision(plan.HEAL, tuple(map(str, outcome.drift)), stored)
            outcome.changes = changes.heal(outcome.drift, seen.declared)
        elif wanted.wait and stored is not None and stored.digest and stored.ready_revision != stored.revision:
            reason = f"revision {stored.revision} was not seen ready yet"
            outcome.decision = plan.Decision(plan.CONFIRM, (reason,), stored)
