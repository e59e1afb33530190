# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Doing what was decided. No decision is made here but one: what a failure leads to is written in the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .._cluster.errors import Conflict
from . import asking, budget, crds, heal, leftovers, observe, plan, store, succession, yamldoc
from .errors import BusyError, HelmError, ReleaseError, RolloutError, StuckError
from .helm import Helm
from .objects import Key, Object
from .observe import Observed
from .store import Stored
from .wait import Waiter

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster
    from .engine import Outcome

#: Marks what a teardown may remove again.
_OURS = {"app.kubernetes.io/managed-by": "swift-k8s"}


class Actor:
    def __init__(self, cluster: Cluster, helm: Helm, say: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._helm = helm
        self._waiter = Waiter(cluster, say)

    def act(self, outcome: Outcome, seen: Observed) -> int | None:
        """Carry out one plan; returns the revision that holds afterwards, None when the release is gone."""
        action = {
            plan.INSTALL: self._upgrade,
            plan.UPGRADE: self._upgrade,
            plan.HEAL: self._heal,
            plan.CONFIRM: self._confirm,
            plan.ROLLBACK: self._rollback,
            plan.UNINSTALL: self._uninstall,
        }[outcome.decision.action]
        self._unmoved(outcome)
        return action(outcome, seen)

    def _unmoved(self, outcome: Outcome) -> None:
        """Refuse to carry out a plan that somebody else's operation has overtaken."""
        planned, now = outcome.decision.stored, self._newest(outcome)
        if _state(planned) != _state(now):
            raise StuckError(
                f"release {outcome.wanted.title} was {_told(planned)} when this run planned and is {_told(now)} now: "
                "somebody else works on it; run again when that has ended"
            )

    def _upgrade(self, outcome: Outcome, seen: Observed) -> int | None:
        wanted, prepared = outcome.wanted, outcome.target
        if prepared is None:
            raise ReleaseError(
                f"release {wanted.title}: nothing was rendered; this is a defect of the collection, please report it"
            )
        self._clean(prepared.objects, seen)
        self._first(outcome)
        self._namespace(outcome)
        if not wanted.skip_crds:
            crds.apply(self._cluster, prepared.chart)
        succession.remove(self._cluster, outcome.recreate, outcome.stay, wanted.name)
        self._waiter.gone(outcome.recreate)
        self._strategies(prepared.objects, seen)
        before = outcome.decision.stored.revision if outcome.decision.stored else 0
        try:
            self._helm.upgrade(prepared.target)
            stored = self._stored(outcome)
            self._answers(outcome, prepared.objects, stored)
        except (HelmError, RolloutError) as error:
            raise self._failed(outcome, error, before) from error
        return stored.revision

    def _clean(self, new: Mapping[Key, Object], seen: Observed) -> None:
        """Take back what an unfinished revision brought; before its record changes, so that a rerun repeats it."""
        if seen.newest is None or seen.newest.status not in ("failed", *store.PENDING):
            return
        last = next((one for one in seen.revisions if one.status == "deployed"), None)
        deployed = observe.parse(self._cluster, last.manifest, last.namespace) if last else {}
        for key in leftovers.objects(new, seen.declared, deployed, seen.live):
            self._cluster.delete(key.api_version, key.kind, key.name, namespace=key.namespace or None)
        for key, findings in leftovers.findings(new, seen.declared, deployed, seen.live).items():
            live = seen.live.get(key)
            if live is not None:
                heal.drifted(self._cluster, key, live, findings)

    def _first(self, outcome: Outcome) -> None:
        """Free the release from an operation that died."""
        stored, wanted = outcome.decision.stored, outcome.wanted
        if stored is None or not outcome.decision.repair:
            return
        if outcome.decision.repair == "finish":
            self._helm.uninstall(wanted.name, wanted.namespace, wanted.wait_timeout or budget.LEAST)
            return
        secret = self._cluster.get(
            "v1", "Secret", store.secret_name(wanted.name, stored.revision), namespace=wanted.namespace
        )
        if secret is not None:
            why = f"abandoned: left {stored.status} since {stored.changed_at}"
            self._cluster.replace(store.with_status(secret, "failed", why))

    def _namespace(self, outcome: Outcome) -> None:
        wanted = outcome.wanted
        if wanted.create_namespace and self._cluster.get("v1", "Namespace", wanted.namespace) is None:
            metadata = {"name": wanted.namespace, "labels": {**wanted.namespace_labels, **_OURS}}
            with suppress(Conflict):  # another run made it meanwhile
                self._cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def _strategies(self, new: Mapping[Key, Object], seen: Observed) -> None:
        for key, item in new.items():
            live = seen.live.get(key)
            if live is not None and heal.by_apply(live) and _strategy(item) == "Recreate" != _strategy(live):
                heal.make_recreate(self._cluster, key)

    def _answers(self, outcome: Outcome, declared: Mapping[Key, Object], stored: Stored) -> None:
        """Wait, ask, and only then note that this revision is one to come back to."""
        wanted = outcome.wanted
        if not wanted.wait:
            return
        self._wait(outcome, declared)
        problem = asking.ask(self._cluster, wanted, declared)
        if problem:
            raise RolloutError(f"release {wanted.title} is ready but does not answer: {problem}")
        succession.end(self._cluster, wanted.namespace, wanted.name)
        store.mark_ready(self._cluster, stored)

    def _ready(self, outcome: Outcome, declared: Mapping[Key, Object], stored: Stored) -> None:
        if outcome.wanted.wait:
            self._wait(outcome, declared)
            store.mark_ready(self._cluster, stored)

    def _wait(self, outcome: Outcome, declared: Mapping[Key, Object]) -> None:
        wanted = outcome.wanted
        seconds = budget.rollout(declared.values(), wanted.wait_timeout)
        self._waiter.wait(wanted.title, declared, seconds, wanted.wait_for_jobs)

    def _failed(self, outcome: Outcome, error: ReleaseError, before: int) -> ReleaseError:
        """Back to the last revision that answered, as the task asks; the cause stays the message."""
        wanted = outcome.wanted
        if isinstance(error, BusyError):
            return StuckError(f"{error}\nSomebody else works on release {wanted.title}; run again when that has ended.")
        revisions = store.history(self._cluster, wanted.namespace, wanted.name)
        if not revisions or revisions[0].revision <= before:
            return type(error)(f"{error}\nNothing was changed.")
        if revisions[0].revision > before + 1:
            return type(error)(
                f"{error}\nRelease {wanted.title} is {_told(revisions[0])} now: left to whoever made it."
            )
        goal = plan.last_good(revisions, unseen=False)
        if wanted.on_failure == "keep" or goal is None:
            kept = "it is left as it is" if goal else "there is no earlier revision known to have been ready"
            return type(error)(f"{error}\nRelease {wanted.title}: {kept}; correct the cause and run again.")
        try:
            # What it replaced could not come back beside it.
            succession.remove(self._cluster, outcome.recreate)
            self._waiter.gone(outcome.recreate)
            self._back(outcome, revisions, goal)
        except (HelmError, RolloutError) as second:
            return type(error)(f"{error}\nThe rollback of {wanted.title} to revision {goal} failed as well: {second}")
        return type(error)(
            f"{error}\nRelease {wanted.title} was rolled back to revision {goal}; correct the cause and run again."
        )

    def _heal(self, outcome: Outcome, seen: Observed) -> int:
        wanted, stored = outcome.wanted, _needed(outcome)
        by_key = {finding.key: [one for one in outcome.drift if one.key == finding.key] for finding in outcome.drift}
        for key, findings in by_key.items():
            live, declared = seen.live.get(key), seen.declared[key]
            if live is not None and not heal.by_apply(live):
                heal.drifted(self._cluster, key, live, findings)
                continue
            now = heal.applied(self._cluster, declared, wanted.name, wanted.namespace)
            added = [finding for finding in findings if finding.kind == "added"]
            if added:
                heal.drifted(self._cluster, key, now, added)
        if wanted.wait:
            self._wait(outcome, seen.declared)
        return stored.revision

    def _confirm(self, outcome: Outcome, seen: Observed) -> int:
        stored = _needed(outcome)
        try:
            self._answers(outcome, seen.declared, stored)
        except RolloutError as error:
            raise self._failed(outcome, error, stored.revision - 1) from error
        return stored.revision

    def _rollback(self, outcome: Outcome, seen: Observed) -> int:
        self._first(outcome)
        return self._back(outcome, seen.revisions, outcome.decision.revision or 0)

    def _back(self, outcome: Outcome, revisions: Sequence[Stored], goal: int) -> int:
        """Helm's rollback, followed until the old revision is ready again."""
        wanted = outcome.wanted
        seconds = wanted.wait_timeout or budget.LEAST
        self._helm.rollback(wanted.name, wanted.namespace, goal, seconds, wanted.history_max)
        stored = self._stored(outcome)
        manifest = next(one.manifest for one in revisions if one.revision == goal)
        # It is not asked: what the task asks may be what only the revision that failed serves.
        self._ready(outcome, observe.parse(self._cluster, manifest, wanted.namespace), stored)
        return stored.revision

    def _uninstall(self, outcome: Outcome, seen: Observed) -> None:
        wanted, stored = outcome.wanted, _needed(outcome)
        claims = [key for key in seen.declared if key.kind == "PersistentVolumeClaim"]
        if claims:
            # Helm decides by the record alone, so the claims leave the record; they go afterwards, or stay.
            name = store.secret_name(wanted.name, stored.revision)
            secret = self._cluster.get("v1", "Secret", name, namespace=wanted.namespace)
            rest = [item for key, item in seen.declared.items() if key not in claims]
            if secret is not None:
                self._cluster.replace(store.without(secret, yamldoc.dump_all(rest)))
        self._helm.uninstall(wanted.name, wanted.namespace, wanted.wait_timeout or budget.LEAST)
        for key in claims if not wanted.keep_volumes else []:
            self._cluster.delete(key.api_version, key.kind, key.name, namespace=key.namespace)

    def _newest(self, outcome: Outcome) -> Stored | None:
        place = (outcome.wanted.namespace, outcome.wanted.name)
        revisions = store.newest(self._cluster, [place]).get(place)
        return revisions[0] if revisions else None

    def _stored(self, outcome: Outcome) -> Stored:
        """The record that helm just wrote."""
        stored = self._newest(outcome)
        if stored is None:
            raise StuckError(f"release {outcome.wanted.title} was removed by somebody else meanwhile; run again")
        return stored


def _state(stored: Stored | None) -> tuple[Any, ...]:
    """What must not change between plan and action; of a held release, not even the time of its last write."""
    if stored is None:
        return ()
    held = stored.status in (*store.PENDING, "uninstalling")
    return (stored.revision, stored.status, stored.secret.get("resourceVersion") if held else None)


def _told(stored: Stored | None) -> str:
    return f"{stored.status} (revision {stored.revision}, by {stored.held_by})" if stored else "not installed"


def _needed(outcome: Outcome) -> Stored:
    stored = outcome.decision.stored
    if stored is None:
        raise ReleaseError(f"release {outcome.wanted.title} has no record")
    return stored


def _strategy(deployment: Object) -> str:
    spec = deployment.get("spec") or {}
    return str((spec.get("strategy") or {}).get("type", "")) if deployment.get("kind") == "Deployment" else ""
