"""What check mode says about a seeding, and that it never fails for want of a claim or a hub."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import Unreachable
from ansible_collections.swift.k8s.plugins.module_utils._hub.listing import Listing, RemoteFile
from ansible_collections.swift.k8s.plugins.module_utils._seed import forecast
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._storage.fake_cluster import FakeCluster

from .test_run import cluster
from .wishes import model, params


class Hub:
    """A hub that has been asked."""

    def close(self) -> None:
        """Nothing is open."""


def test_check_mode_names_files_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = Listing("c1", (RemoteFile("a.json", 10), RemoteFile("b.bin", 90)))
    monkeypatch.setattr(forecast, "first_answering", lambda *_, **__: (Hub(), listing, []))
    fake = cluster()
    result = run(fake, params(models=[model(include=["*.bin"])]), check_mode=True)
    assert (result["changed"], result["would_fetch"][0]["bytes"]) == (True, 90)
    assert result["diff"]["after"]["fetch"] == {"model:org/tiny": "1 files, 90 bytes at c1"}
    assert fake.writes == []


def test_check_mode_says_when_it_cannot_know(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: Any, **__: Any) -> None:
        raise Unreachable("no route to hub")

    monkeypatch.setattr(forecast, "first_answering", closed)
    wishes = [model(), model(id="org/b", hub="directory", source="/b", source_claim="usb")]
    told = [each["told"] for each in run(cluster(), params(models=wishes), check_mode=True)["would_fetch"]]
    assert told == ["size unknown, this host cannot ask the hub: no route to hub", "copied from /b inside the cluster"]


def test_check_mode_goes_on_without_a_claim_that_the_run_will_make(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "first_answering", lambda *_, **__: (Hub(), Listing("c1", ()), []))
    result = run(FakeCluster(), params(), check_mode=True)
    assert result["changed"]
    assert "does not exist" in result["waiting"]
