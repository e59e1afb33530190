# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What to do with a release: wanted and stored in, one decision with its reasons out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from . import store
from .errors import RefusedError, StuckError
from .options import Wanted
from .store import Stored

NOTHING, INSTALL, UPGRADE, HEAL = "none", "install", "upgrade", "heal"
CONFIRM, ROLLBACK, UNINSTALL = "confirm", "rollback", "uninstall"


@dataclass(frozen=True)
class Decision:
    """What the records alone say. settled: the stored revision is the wanted one, the cluster still has to agree."""

    action: str
    reasons: tuple[str, ...] = ()
    stored: Stored | None = None
    settled: bool = False
    repair: str = ""  # what has to happen first: "abandon" a stuck revision, "finish" a stuck uninstall
    revision: int | None = None


@dataclass(frozen=True)
class Activity:
    """Signs that someone works on a release right now."""

    now: datetime
    last_sign: str = ""
    processes: tuple[int, ...] = ()

    def idle_seconds(self, since: str) -> float:
        last = max(since, self.last_sign)
        return (self.now - moment(last)).total_seconds() if last else float("inf")


def moment(text: str) -> datetime:
    """A time as Kubernetes and Helm write it."""
    plain = text.partition(".")[0].rstrip("Z")
    return datetime.strptime(plain[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)


def decide(wanted: Wanted, revisions: Sequence[Stored], recorded: str, digest: str, activity: Activity) -> Decision:
    """revisions: newest first. recorded: the digest behind the newest one, through rollbacks."""
    newest = revisions[0] if revisions else None
    if newest is None or newest.status == "uninstalled":
        return _from_nothing(wanted, newest)
    repair = _repair(wanted, newest, activity)
    if wanted.state == "absent":
        return Decision(UNINSTALL, (f"revision {newest.revision} is {newest.status}",), newest)
    if wanted.state == "rolled_back":
        return _rolled_back(wanted, revisions, repair)
    if repair == "finish":
        return Decision(INSTALL, ("an interrupted uninstall is finished first",), newest, repair=repair)
    if not repair and newest.status == "deployed" and recorded == digest:
        return Decision(NOTHING, (), newest, settled=True)
    return Decision(UPGRADE, tuple(_why(newest, recorded)), newest, repair=repair)


def _from_nothing(wanted: Wanted, newest: Stored | None) -> Decision:
    if wanted.state == "absent":
        return Decision(NOTHING, (), newest)
    if wanted.state == "rolled_back":
        raise RefusedError(
            f"release {wanted.title} does not exist, so nothing can be rolled back; install it with state: present"
        )
    return Decision(INSTALL, ("it is not installed",), newest)


def _repair(wanted: Wanted, newest: Stored, activity: Activity) -> str:
    if newest.status not in (*store.PENDING, "uninstalling"):
        return ""
    idle = activity.idle_seconds(newest.changed_at)
    state = f"{newest.status} (revision {newest.revision}) since {newest.changed_at}, held by {newest.held_by}"
    held = f"release {wanted.title} is {state}"
    if activity.processes:
        pids = ", ".join(map(str, activity.processes))
        raise StuckError(f"{held}; helm works on it here (process {pids}): wait for it, then run again")
    if idle < wanted.stuck_after:
        wait = int(wanted.stuck_after - idle)
        raise StuckError(
            f"{held}; its last sign of life is {int(idle)} s old: wait for it, "
            f"or run again in {wait} s with repair_stuck: true"
        )
    if not wanted.repair_stuck:
        raise StuckError(
            f"{held}; nothing has moved for {int(idle)} s: run again with repair_stuck: true to take it over"
        )
    return "finish" if newest.status == "uninstalling" else "abandon"


def _why(newest: Stored, recorded: str) -> Iterator[str]:
    if newest.status in store.PENDING:
        yield f"revision {newest.revision} was left {newest.status}"
    elif newest.status != "deployed":
        yield f"revision {newest.revision} is {newest.status}: {newest.description}"
    elif not recorded:
        yield f"revision {newest.revision} was made by {newest.held_by}, not by this collection"


def _rolled_back(wanted: Wanted, revisions: Sequence[Stored], repair: str) -> Decision:
    newest = revisions[0]
    here = (newest.revision, newest.rolled_back_to)
    if newest.status == "deployed" and (wanted.revision in here if wanted.revision else newest.rolled_back_to):
        return Decision(NOTHING, (), newest)
    goal = wanted.revision or _meant(newest) or last_good(revisions)
    if goal is None or goal not in [stored.revision for stored in revisions]:
        known = ", ".join(str(stored.revision) for stored in revisions)
        asked = f"revision {goal}" if goal else "earlier revision that became ready"
        raise RefusedError(f"release {wanted.title} has no {asked}; stored are {known}: choose one with revision")
    # To finish an interrupted uninstall would take the goal away as well.
    freed = "abandon" if repair else ""
    return Decision(
        ROLLBACK, (f"from revision {newest.revision} to revision {goal}",), newest, repair=freed, revision=goal
    )


def _meant(newest: Stored) -> int | None:
    """Where an interrupted rollback was going: the revision before it is the one that was left, not the goal."""
    return newest.rolled_back_to if newest.status == "pending-rollback" else None


def last_good(revisions: Sequence[Stored], unseen: bool = True) -> int | None:
    """The newest earlier revision that is known to have become ready.

    unseen: where none is known, the newest that was deployed at all, as a person who asks for a rollback expects.
    Revisions that were not made here count as ready: nobody watched them.
    """
    earlier = [stored for stored in revisions[1:] if stored.status in ("deployed", "superseded")]
    ready = {stored.ready_revision for stored in revisions}
    known = [stored.revision for stored in earlier if stored.revision in ready or not stored.digest]
    return next(iter(known or [stored.revision for stored in earlier if unseen]), None)


def value_changes(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Dotted names of the values that differ; never the values."""
    for key in sorted({*old, *new}):
        name = f"{prefix}{key}"
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from value_changes(before, after, f"{name}.")
        elif before != after or (key in old) != (key in new):
            yield name


def upgrade_reasons(stored: Stored, wanted: Wanted, chart: str, version: str) -> Iterator[str]:
    """What differs between the stored revision and the wanted one, short of the objects."""
    if (stored.chart, stored.version) != (chart, version):
        yield f"chart {stored.chart}-{stored.version} becomes {chart}-{version}"
    own = wanted.strategy_value  # decided anew at each upgrade, so no difference by itself
    changed = [name for name in value_changes(stored.values, wanted.values) if not own or name.partition(".")[0] != own]
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        yield f"values change: {', '.join(changed[:5])}{more}"
