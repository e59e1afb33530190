# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything that is known before the first byte is asked for: listing, disk and plan of each model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from .._hub.base import Hub, Repository
from .._hub.chain import Endpoint, Known, first_answering
from .._hub.errors import HubError
from .._hub.listing import Listing, RemoteFile, checked, selected, selecting_nothing
from .._hub.retry import Policy
from . import links, space, verify
from .errors import CacheError, disk_error
from .manifest import Manifest, filters_equal
from .observe import donors_for, look, manifest_of, observe
from .plan import Observed, Plan, Seen, decide, holds
from .report import Outcome
from .spec import Spec, Wish

#: listings asked for at once; twenty models should not wait for twenty round trips
RESOLVERS = 8


class Prepared(NamedTuple):
    wish: Wish
    plan: Plan = Plan()
    commit: str = ""
    #: the hub that answered; None when the cache serves without one
    hub: Hub | None = None
    #: the endpoints after it
    rest: tuple[Endpoint, ...] = ()
    #: None where the snapshot was whole and is at the commit that it should have
    listing: tuple[RemoteFile, ...] | None = ()
    manifest: Manifest | None = None
    #: how its file lay there when it was read
    manifest_seen: Seen | None = None
    damaged: frozenset[str] = frozenset()
    #: this snapshot is the one shown under the model's name
    visible: bool = True
    linked: bool = True
    warnings: tuple[str, ...] = ()
    error: Exception | None = None

    @property
    def written(self) -> bool:
        """Whether the manifest on disk already says what is true."""
        old = self.manifest
        return bool(
            old
            and old.commit == self.commit
            and filters_equal(old, self.wish.include, self.wish.exclude)
            and old.files == tuple(sorted(self.plan.keep))
        )

    @property
    def unchanged(self) -> bool:
        return self.linked and self.written and not self.plan.work

    @property
    def path(self) -> str:
        """What to give to an engine."""
        return self.wish.snapshot.link if self.visible else self.wish.snapshot.files

    def outcome(self) -> Outcome:
        files = self.plan.keep
        told = Outcome(
            self.wish.snapshot,
            self.path,
            self.commit,
            self.hub.name if self.hub else "",
            files=len(files),
            bytes=sum(record.size for record in files),
            warnings=self.warnings,
            error=self.error,
        )
        return told if self.error else told._replace(plan=self.plan, linked=self.linked, written=self.written)


@contextlib.contextmanager
def prepared(spec: Spec) -> Iterator[list[Prepared]]:
    """All models of a spec, their hubs open as long as somebody may fetch from them."""
    space.check_root(spec.root)
    dead: Known = {}
    visible = last_of_each_id(spec.wishes)
    # hashing fills the disk and the cores by itself
    with ThreadPoolExecutor(RESOLVERS if spec.verify == "stat" else 1) as pool:
        items = list(pool.map(lambda wish: prepare(wish, spec, wish in visible, dead), spec.wishes))
    try:
        yield items
    finally:
        for item in items:
            if item.hub:
                item.hub.close()


def prepare(wish: Wish, spec: Spec, visible: bool, dead: Known) -> Prepared:
    """One model. Its error is part of the answer: the other models go on."""
    try:
        return _prepare(wish, spec, visible, dead)
    except (HubError, CacheError) as error:
        return Prepared(wish, visible=visible, error=error)
    except OSError as error:
        told = disk_error(error, error.filename or wish.snapshot.repository, "read")
        return Prepared(wish, visible=visible, error=told)


def _prepare(wish: Wish, spec: Spec, visible: bool, dead: Known) -> Prepared:
    seen = look(wish.snapshot.manifest)
    manifest, complaint = manifest_of(wish.snapshot)
    warnings = [complaint] if complaint else []
    damaged = frozenset(verify.damaged(wish.snapshot, manifest, spec.verify)) if manifest else frozenset()
    observed = observe(wish.snapshot, manifest, damaged)
    whole = _whole(manifest, wish, observed)
    repository = Repository(wish.snapshot.id, wish.snapshot.kind, wish.snapshot.revision)
    hub: Hub | None = None
    rest: tuple[Endpoint, ...] = ()
    try:
        hub, listing, refusals = first_answering(
            wish.endpoints,
            repository,
            lambda asked: _known_commit(manifest, whole, asked),
            dead,
            _listing_policy(spec, whole),
            (wish.include, wish.exclude),
        )
        rest = wish.endpoints[len(refusals) + 1 :]
        warnings += [f"{name} was passed over: {error}" for name, error in refusals]
    except HubError as error:
        if not whole or not manifest:
            raise
        warnings.append(f"no hub answered ({error}); the cache is complete at {manifest.commit} and was used as it is")
        listing = Listing(manifest.commit, None)
    if hub and not listing.covers(wish.include, wish.exclude):
        warnings.append(_narrowed(hub, listing))
    plan = _plan_of(listing, wish, observed, manifest)
    for pattern in selecting_nothing(listing.files, wish.include) if listing.files else ():
        warnings.append(f"include {pattern!r} selects none of {len(listing.files or ())} files; is it mistyped?")
    linked = not visible or bool(manifest and not links.missing(wish.snapshot, manifest))
    return Prepared(
        wish, plan, listing.commit, hub, rest, listing.files, manifest, seen, damaged, visible, linked, tuple(warnings)
    )


def _narrowed(hub: Hub, listing: Listing) -> str:
    chosen = f"include {list(listing.include)} and exclude {list(listing.exclude)}"
    return f"{hub.name} was filled with {chosen}; files that are wished here and are not there are missing"


def _plan_of(listing: Listing, wish: Wish, observed: Observed, manifest: Manifest | None) -> Plan:
    """A listing without files is that of a whole snapshot, at the commit that it has."""
    if listing.files is None:
        return Plan(keep=manifest.files if manifest else ())
    if not listing.files:
        raise CacheError(f"{wish.snapshot.id} has no files at {wish.snapshot.revision}", "Check id and revision")
    if not checked(file for file in listing.files if selected(file.path, wish.include, wish.exclude)):
        named = f"{wish.snapshot.id}: include and exclude select none of {len(listing.files)} files"
        raise CacheError(named, "Correct them")
    return _planned(listing.files, wish, observed)


def look_again(item: Prepared) -> Prepared:
    """The plan for the disk as it is now, under the lock: another seeder may have done the work meanwhile."""
    seen = look(item.wish.snapshot.manifest)
    manifest = item.manifest if seen == item.manifest_seen else manifest_of(item.wish.snapshot)[0]
    observed = observe(item.wish.snapshot, manifest, frozenset(item.damaged))
    listing = _own_listing(manifest) if item.listing is None else item.listing
    plan = _planned(listing, item.wish, observed)
    plan = item.plan if plan == item.plan else plan  # one of the two is enough in memory
    linked = not item.visible or bool(manifest and not links.missing(item.wish.snapshot, manifest))
    return item._replace(manifest=manifest, plan=plan, linked=linked)


def _planned(listing: tuple[RemoteFile, ...], wish: Wish, observed: Observed) -> Plan:
    """Other revisions are looked at only when something would be fetched."""
    plan = decide(listing, wish.include, wish.exclude, observed)
    donors = donors_for(wish.snapshot) if plan.fetch else {}
    return decide(listing, wish.include, wish.exclude, observed._replace(donors=donors)) if donors else plan


def _whole(manifest: Manifest | None, wish: Wish, observed: Observed) -> bool:
    """Whether the snapshot is complete and unharmed by what it says of itself."""
    if not manifest or not manifest.files or not filters_equal(manifest, wish.include, wish.exclude):
        return False
    nothing_else = len(observed.records) == len(manifest.files) and not observed.ready
    return nothing_else and all(holds(record, observed) for record in manifest.files)


def _own_listing(manifest: Manifest | None) -> tuple[RemoteFile, ...]:
    """The listing that a snapshot gives of itself; made when it is needed, for it is long."""
    files = manifest.files if manifest else ()
    return tuple(RemoteFile(record.path, record.size, record.sha256, record.tag) for record in files)


def _known_commit(manifest: Manifest | None, whole: bool, hub: Hub) -> str:
    return manifest.commit if whole and manifest and manifest.address == hub.address else ""


def _listing_policy(spec: Spec, whole: bool) -> Policy:
    """A listing is asked for again a few times, not for minutes: there may be another endpoint, or a complete cache."""
    return spec.policy._replace(attempts=min(2 if whole else 4, spec.policy.attempts))


def last_of_each_id(wishes: Sequence[Wish]) -> frozenset[Wish]:
    """Of several revisions of a model, the one listed last is linked under the model's name."""
    return frozenset({(wish.snapshot.id, wish.snapshot.kind): wish for wish in wishes}.values())


def check_room(spec: Spec, prepared: Sequence[Prepared]) -> None:
    """All models at once: finding out at the last one that the disk is too small helps nobody."""
    plans = [item.plan for item in prepared if not item.error]
    needed = sum(plan.bytes_to_fetch for plan in plans)
    count = sum(len(plan.fetch) for plan in plans)
    space.check(space.room_at(spec.root), spec.root, needed, count, spec.reserve)
