# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A chain of endpoints: one inside the site is asked first and is outside the limit; one that gives up is followed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import HubError
from ansible_collections.swift.k8s.plugins.module_utils._seed import serve
from lab.hub import HubServer

from .conftest import FILES, ID, MIB, Cache

BIG = "weights/a.bin"


@pytest.fixture(autouse=True)
def _repository(hub: HubServer) -> None:
    hub.put(ID, FILES)


@pytest.fixture
def near(tmp_path: Path, hub: HubServer) -> Iterator[tuple[str, Cache]]:
    """A cache that holds the model, served."""
    first = Cache(tmp_path / "first", hub)
    first.root.mkdir()
    assert first.seed().error is None
    hub.reset()
    running = serve.server(str(first.root), 0, "127.0.0.1")
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}", first
    running.shutdown()
    running.server_close()


def chain(address: str, hub: HubServer) -> list[dict[str, Any]]:
    return [{"hub": "mirror", "endpoint": address, "lan": True}, {"endpoint": hub.url}]


def test_a_hub_inside_the_site_sends_it_all_and_pays_no_limit(
    cache: Cache, hub: HubServer, near: tuple[str, Cache]
) -> None:
    outcome = cache.seed({"rate_limit": "100KiB/s"}, endpoints=chain(near[0], hub))
    assert (outcome.error, outcome.hub, cache.files()) == (None, f"mirror {near[0]}", FILES)
    assert hub.bytes_of(ID) == 0


@pytest.mark.parametrize("damage", ["gone", "partial"])
def test_one_that_lacks_something_is_passed_over(
    cache: Cache, hub: HubServer, near: tuple[str, Cache], damage: str
) -> None:
    manifest = Path(near[1].snapshot().manifest)
    if damage == "gone":
        manifest.unlink()
    else:
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "include": ["*.json"]}))
    outcome = cache.seed(endpoints=chain(near[0], hub))
    assert (outcome.error, outcome.hub, cache.files()) == (None, f"modelscope {hub.url}", FILES)
    assert [told["message"].split(" was ")[0] for told in cache.told("warning")] == [f"mirror {near[0]}"]


def test_one_that_gives_up_in_the_middle_is_followed_and_its_bytes_count(
    cache: Cache, hub: HubServer, near: tuple[str, Cache]
) -> None:
    Path(near[1].snapshot().file(BIG)).unlink()
    outcome = cache.seed(endpoints=chain(near[0], hub))
    assert (outcome.error, cache.files()) == (None, FILES)
    assert hub.bytes_of(ID, BIG) == len(FILES[BIG])
    assert "was given up" in cache.told("warning")[0]["message"]


def test_kept_bytes_are_continued_from_the_next_hub(cache: Cache, hub: HubServer) -> None:
    hub.fault("cut", times=1, at=MIB, path="*.bin")
    hub.fault("cut", times=cache.spec().policy.attempts, at=0, path="*.bin")
    outcome = cache.seed(endpoints=[hub.url, f"{hub.url}/"])
    assert (outcome.error, cache.files()) == (None, FILES)
    assert hub.bytes_of(ID, BIG) == len(FILES[BIG])


def test_where_all_give_up_the_last_reason_is_told(cache: Cache, hub: HubServer) -> None:
    hub.fault("cut", at=0, path="*.bin")
    outcome = cache.seed(endpoints=[hub.url, f"{hub.url}/"])
    assert isinstance(outcome.error, HubError)
    assert len(cache.told("warning")) == 1
