# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A cache that is served is a hub for another cache, in each of the three ways that the engine can ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed import serve
from lab.hub import HubServer

from .conftest import FILES, ID, Cache


@pytest.fixture
def address(cache: Cache, hub: HubServer) -> Iterator[str]:
    for kind in ("model", "dataset"):
        hub.put(ID, FILES, kind=kind)
        assert cache.seed(type=kind).error is None
    running = serve.server(str(cache.root), 0, "127.0.0.1", token="right")
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("kind", ["model", "dataset"])
@pytest.mark.parametrize("hub_kind", ["mirror", "huggingface", "modelscope"])
def test_another_cache(address: str, hub: HubServer, tmp_path: Path, hub_kind: str, kind: str) -> None:
    second = Cache(tmp_path / "second", hub)
    wish = {"type": kind, "hub": hub_kind, "endpoint": address, "revision": "master", "token": "right"}
    assert second.seed(**wish).error is None
    top = Path(second.snapshot(kind=kind).files)
    assert {path: (top / path).read_bytes() for path in FILES} == FILES
    assert hub.bytes_of(ID) == 2 * sum(map(len, FILES.values()))
