# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The run: prepare everything, check the room, then one model after the other, several files at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from .._hub.errors import HubError
from . import prepare, report
from .bucket import Bucket, host_directory, open_bucket
from .errors import CacheError, Stopped, disk_error
from .events import Emit
from .layout import LOCK
from .limit import Limit
from .lock import Lock, Patience
from .meter import Meter
from .onward import bring_from_any
from .prepare import Prepared
from .report import Outcome
from .snapshot import Work
from .spec import Spec

#: how often the limit is looked at, the curve gets a point, and progress is told
TICK_SECONDS = 1.0


class Engine:
    """One run over all models of a spec. `stop` ends it soon and keeps everything."""

    def __init__(
        self,
        spec: Spec,
        emit: Emit,
        stop: threading.Event | None = None,
        patience: Patience | None = None,
        bucket_directory: str = "",
    ) -> None:
        # listings are asked for before any file: a hub that wants patience then must not look like a hang
        self._spec = spec._replace(policy=spec.policy._replace(noted=self._listing_retry, sleep=self._sleep))
        self._emit = emit
        self._patience = patience or Patience()
        self._bucket_directory = bucket_directory or host_directory(spec.root)
        self._limit = Limit(spec.limit)
        self._published: tuple[float | None, ...] = ()
        self.stop = stop or threading.Event()
        self.meter = Meter()

    def plan(self) -> tuple[Outcome, ...]:
        """What seed() would do: check mode. Reads, asks the hub, writes nothing."""
        with prepare.prepared(self._spec) as items:
            prepare.check_room(self._spec, items)
            return tuple(item.outcome() for item in items)

    def seed(self) -> tuple[Outcome, ...]:
        """Do it. Errors of one model are in its outcome and leave the others alone."""
        bucket = open_bucket(self._spec.limit.scope, self._bucket_directory) if self._spec.limit.given else None
        done = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(bucket, done), name="ticker", daemon=True)
        self._publish(bucket)
        try:
            with prepare.prepared(self._spec) as items:
                prepare.check_room(self._spec, items)
                if self._spec.report and not all(item.error or item.unchanged for item in items):
                    report.check_directory(self._spec.report)
                ticker.start()
                outcomes = self._bring_all(items, bucket)
        finally:
            done.set()
            if ticker.is_alive():
                ticker.join()
            if bucket:
                bucket.close()
        self._record(outcomes)
        return outcomes

    def _bring_all(self, prepared: Sequence[Prepared], bucket: Bucket | None) -> tuple[Outcome, ...]:
        """Models that another seeder holds are tried again after the rest: two seeders share a list."""
        outcomes: dict[int, Outcome] = {}
        held: list[int] = []
        for item in prepared:
            self._tell_plan(item)
        for number, item in enumerate(prepared):
            if item.error or item.unchanged:
                outcomes[number] = item.outcome()
                continue
            outcome = self._bring_one(item, bucket, wait=False)
            if outcome:
                outcomes[number] = outcome
            else:
                held.append(number)
        for number in held:
            waited = self._bring_one(prepared[number], bucket, wait=True)
            outcomes[number] = waited or _ended(prepared[number], Stopped("stopped while waiting", "Run again"))
        return tuple(outcomes[number] for number in range(len(prepared)))

    def _bring_one(self, item: Prepared, bucket: Bucket | None, wait: bool) -> Outcome | None:
        """None when another seeder has the lock and `wait` is off, or when stopped."""
        snapshot = item.wish.snapshot
        try:
            with Lock(f"{snapshot.work}/{LOCK}", self._patience) as lock:
                if not lock.try_acquire() and not (wait and lock.acquire(self.stop, self._waiting(item))):
                    return None
                fresh = prepare.look_again(item)
                if fresh.unchanged:
                    return fresh.outcome()
                work = Work(self._spec, bucket, self.meter, self.stop, lock, self._emit)
                return bring_from_any(fresh, work)
        except CacheError as error:
            return _ended(item, error)
        except OSError as error:
            return _ended(item, disk_error(error, error.filename or snapshot.repository))

    def _listing_retry(self, error: HubError, pause: float) -> None:
        told = {"model": "", "file": "listing", "message": error.message, "wait_seconds": round(pause, 3)}
        self._emit({"event": "retry", **told})

    def _sleep(self, pause: float) -> None:
        if self.stop.wait(pause):
            raise Stopped("stopped", "Run again to continue; what was fetched is kept")

    def _waiting(self, item: Prepared) -> Callable[[str], None]:
        def tell(holder: str) -> None:
            message = f"another seeder has it: {holder}; waiting, its work counts"
            self._emit({"event": "waiting", "model": item.wish.snapshot.id, "message": message})

        return tell

    def _tell_plan(self, item: Prepared) -> None:
        model = item.wish.snapshot.id
        for warning in item.warnings:
            self._emit({"event": "warning", "model": model, "message": warning})
        if item.error or item.unchanged:
            return
        self.meter.expect(sum(fetch.file.size for fetch in item.plan.fetch))
        self._emit(report.planned(item.outcome()))

    def _publish(self, bucket: Bucket | None) -> float | None:
        """Our limit goes to the host's bucket when it changes, so that the last word of several runs counts."""
        if not bucket:
            return None
        limit = self._limit.now()
        if self._published != (limit,):
            bucket.publish(limit)
            self._published = (limit,)
        return bucket.rate()

    def _tick(self, bucket: Bucket | None, done: threading.Event) -> None:
        complained = ""
        while not done.wait(TICK_SECONDS):
            limit = self._publish(bucket)
            if self._limit.complaint != complained:
                complained = self._limit.complaint
                if complained:
                    self._emit({"event": "warning", "model": "", "message": complained})
            self.meter.tick(limit)
            self._emit(self._progress(limit))

    def _progress(self, limit: float | None) -> dict[str, object]:
        eta = self.meter.eta()
        model, file = self.meter.now_at
        return {
            "event": "progress",
            "time": round(time.time(), 3),
            "bytes": self.meter.bytes_done,
            "total_bytes": self.meter.bytes_total,
            "rate_bytes_per_second": round(self.meter.rate()),
            "limit_bytes_per_second": round(limit) if limit else None,
            "eta_seconds": round(eta) if eta is not None else None,
            "model": model,
            "file": file,
        }

    def _record(self, outcomes: tuple[Outcome, ...]) -> None:
        self.meter.tick(self._published[0] if self._published else None, final=True)
        if self._spec.report and any(outcome.changed or outcome.error for outcome in outcomes):
            path = report.write_record(self._spec.report, outcomes, self.meter)
            self._emit({"event": "record", "path": path})


def _ended(item: Prepared, error: CacheError) -> Outcome:
    """Nothing was done for this model."""
    return item._replace(error=error).outcome()
