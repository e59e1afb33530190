# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a network does to a download: what the user reads, what lies on the disk, what a rerun does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import WrongBytes
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import BadAnswer, Busy, Cut, HubError, Stalled
from lab.hub import HubServer

from .conftest import FILES, ID, MIB, Cache

BIG = "weights/a.bin"
SIZE = len(FILES[BIG])


@pytest.fixture(autouse=True)
def _repository(hub: HubServer) -> None:
    hub.put(ID, FILES)


def test_every_file_arrives_once_and_a_second_run_asks_for_no_byte(cache: Cache, hub: HubServer) -> None:
    outcome = cache.seed()
    assert outcome.error is None
    assert cache.files() == FILES
    assert hub.bytes_of(ID) == sum(map(len, FILES.values())) == outcome.bytes_fetched
    again = cache.seed()
    assert (again.changed, again.bytes_fetched, again.error) == (False, 0, None)
    assert hub.bytes_of(ID) == outcome.bytes_fetched


@pytest.mark.parametrize("every", [MIB // 8, MIB])
def test_cuts_cost_no_byte_twice_however_many(cache: Cache, hub: HubServer, every: int) -> None:
    """12 cuts end the retry budget of clients that count them; progress starts ours anew."""
    hub.fault("cut", at=every, path="*.bin")
    assert cache.seed().error is None
    assert cache.files() == FILES
    assert hub.bytes_of(ID, BIG) == SIZE
    assert len(cache.told("retry")) == SIZE // every - 1


def test_cuts_without_any_byte_end_with_the_reason_and_keep_what_came_before(cache: Cache, hub: HubServer) -> None:
    hub.fault("cut", times=1, at=MIB, path="*.bin")
    hub.fault("cut", at=0, path="*.bin")
    failed = cache.seed()
    assert isinstance(failed.error, Cut)
    assert "bytes early" in str(failed.error)
    assert cache.part_bytes() == MIB
    assert BIG not in cache.files()
    hub.heal()
    rerun = cache.seed()
    assert rerun.error is None
    assert rerun.bytes_resumed == MIB
    assert hub.bytes_of(ID, BIG) == SIZE
    assert cache.files() == FILES


def patience(fault: dict[str, object]) -> dict[str, Any]:
    """Short where silence is the fault, long where a busy machine must not look like one."""
    return {"stall_timeout": 1 if fault["kind"] == "stall" else 10}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "status", "times": 3, "code": 503, "where": "files"}, "503"),
        ({"kind": "status", "times": 3, "code": 429, "retry_after": 0, "where": "files"}, "429"),
        ({"kind": "status", "times": 2, "code": 502, "where": "listings"}, "502"),
        ({"kind": "drop", "times": 3, "where": "files"}, "closed the connection"),
        ({"kind": "stall", "times": 1, "at": MIB, "seconds": 30, "path": BIG}, "no bytes came"),
        ({"kind": "wrong", "times": 1, "path": BIG}, "not as listed"),
        ({"kind": "length", "times": 1, "by": 0}, ""),
        ({"kind": "expired", "times": 2}, "signed address"),
    ],
)
def test_passing_faults_are_survived_and_told(
    cache: Cache, hub: HubServer, fault: dict[str, object], said: str
) -> None:
    hub.fault(**fault)  # type: ignore[arg-type]  # a table of keyword arguments
    assert cache.seed(patience(fault)).error is None
    assert cache.files() == FILES
    retries = [event["message"] for event in cache.told("retry")]
    assert bool(retries) == bool(said)
    assert all(said in message for message in retries)


def test_retry_after_is_obeyed(cache: Cache, hub: HubServer) -> None:
    hub.fault("status", times=1, path=BIG, code=429, retry_after=1)
    assert cache.seed().error is None
    assert [event["wait_seconds"] for event in cache.told("retry")] == [1.0]


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ({"kind": "status", "code": 503, "where": "files"}, Busy, "answered 503"),
        ({"kind": "status", "code": 429, "retry_after": 3600, "where": "files"}, Busy, "answered 429"),
        ({"kind": "status", "code": 418, "where": "files"}, BadAnswer, "answered 418"),
        ({"kind": "stall", "at": 0, "seconds": 30, "path": BIG}, Stalled, "no bytes came"),
        ({"kind": "wrong", "path": BIG}, WrongBytes, "wrong bytes for 'weights/a.bin' 3 times"),
        ({"kind": "length", "by": 1, "path": BIG}, BadAnswer, f"has {SIZE + 1} bytes, the listing says {SIZE}"),
        ({"kind": "length", "by": -1, "path": BIG}, BadAnswer, f"has {SIZE - 1} bytes, the listing says {SIZE}"),
        ({"kind": "loop", "path": BIG}, BadAnswer, "redirect loop"),
        ({"kind": "loop", "where": "listings"}, BadAnswer, "redirect loop"),
    ],
)
def test_lasting_faults_end_with_one_sentence_and_publish_nothing_wrong(
    cache: Cache, hub: HubServer, fault: dict[str, object], error: type[Exception], said: str
) -> None:
    hub.fault(**fault)  # type: ignore[arg-type]  # a table of keyword arguments
    failed = cache.seed(patience(fault))
    assert isinstance(failed.error, error)
    assert said in str(failed.error)
    seen = cache.files()
    assert all(FILES[path] == content for path, content in seen.items())
    assert BIG not in seen
    hub.heal()
    assert cache.seed().error is None
    assert cache.files() == FILES


def test_wrong_bytes_leave_no_part_to_continue_from(cache: Cache, hub: HubServer) -> None:
    hub.fault("wrong", path=BIG)
    failed = cache.seed()
    assert isinstance(failed.error, WrongBytes)
    assert failed.error.next_step.startswith("Nothing of it was published")
    assert cache.part_bytes() == 0


def test_a_server_that_cannot_continue_costs_link_and_not_correctness(cache: Cache, hub: HubServer) -> None:
    hub.fault("cut", times=1, at=MIB, path="*.bin")
    hub.fault("norange")
    assert cache.seed().error is None
    assert cache.files() == FILES
    assert hub.bytes_of(ID, BIG) == SIZE + MIB


def test_signed_addresses_expire_and_are_asked_for_again(tmp_path: Path) -> None:
    with HubServer(signed_seconds=0.05) as hub:
        hub.put(ID, FILES)
        hub.fault("slow", rate=8 * MIB, path=BIG)
        hub.fault("cut", times=2, at=MIB, path=BIG)
        cache = Cache(tmp_path / "cache", hub)
        assert cache.seed().error is None
        assert cache.files() == FILES
        assert hub.bytes_of(ID, BIG) == SIZE


def test_stop_keeps_what_came(cache: Cache, hub: HubServer) -> None:
    hub.fault("slow", rate=2 * MIB, path=BIG)
    engine = cache.engine()
    engine._emit = lambda event: engine.stop.set() if event["event"] == "progress" else None
    stopped = engine.seed()[0]
    assert stopped.error is not None
    assert "Run again to continue" in str(stopped.error)
    kept = cache.part_bytes()
    assert kept > 0
    hub.heal()
    assert cache.seed().bytes_resumed == kept
    assert cache.files() == FILES


def test_hub_errors_are_told_by_name(cache: Cache, hub: HubServer) -> None:
    hub.fault("status", code=503)
    assert isinstance(cache.seed().error, HubError)
    assert not cache.root.exists() or cache.files() == {}


def test_stop_ends_a_wait_for_a_listing(cache: Cache, hub: HubServer) -> None:
    hub.fault("status", code=429, retry_after=600, where="listings")
    engine = cache.engine()
    engine._emit = lambda event: engine.stop.set() if event["event"] == "retry" else None
    begin = time.monotonic()
    assert "Run again" in str(engine.seed()[0].error)
    assert time.monotonic() - begin < 60
