# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What is copied from elsewhere: half a cache, files that are being written, marks of other clients, nothing at all."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import house
from ansible_collections.swift.k8s.plugins.module_utils._hub import directory
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import BadAnswer
from ansible_collections.swift.k8s.plugins.module_utils._seed import serve
from lab.hub import HubServer

from .conftest import FILES, ID, MIB, Cache


@pytest.fixture(autouse=True)
def _repository(hub: HubServer) -> None:
    hub.put(ID, FILES)


def test_what_a_narrowed_stick_lacks_is_warned_of_and_comes_with_the_rest(
    cache: Cache, hub: HubServer, tmp_path: Path
) -> None:
    """As a directory and behind a web server, where its commit stays the same when it is filled up."""
    stick = Cache(tmp_path / "usb", hub)
    assert stick.seed(include=["*.json"]).error is None
    running = serve.server(str(stick.root), 0, "127.0.0.1")
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    served = {"hub": "mirror", "endpoint": f"http://127.0.0.1:{running.server_address[1]}"}
    for revision, wish in (("local", {"hub": "directory", "source": stick.snapshot().files}), ("master", served)):
        assert stick.seed(include=["*.json"]).error is None
        outcome = cache.seed(**wish)
        assert (list(cache.files(revision)), len(outcome.warnings)) == (["config.json"], 1)
        assert "was filled with include ['*.json']" in outcome.warnings[0]
        assert stick.seed().error is None
        outcome = cache.seed(**wish)
        assert (cache.files(revision), outcome.warnings) == (FILES, ())
        house.remove(stick.snapshot())
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("grown", [True, False])
def test_a_file_that_changes_while_it_is_copied_is_not_published(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grown: bool
) -> None:
    source = tmp_path / "usb"
    source.mkdir()
    (source / "a.bin").write_bytes(b"old" * MIB)
    read = directory.FileBody.readinto

    def written_meanwhile(body: directory.FileBody, view: memoryview) -> int:
        count = read(body, view)
        (source / "a.bin").write_bytes(b"new" * MIB + b"!" * grown)
        return count

    monkeypatch.setattr(directory.FileBody, "readinto", written_meanwhile)
    error = cache.seed(hub="directory", source=str(source)).error
    assert isinstance(error, BadAnswer)
    assert ("is longer than" if grown else "changed while it was copied") in error.message
    assert cache.files("local") == {}
    monkeypatch.undo()
    assert cache.seed(hub="directory", source=str(source)).error is None
    assert cache.files("local") == {"a.bin": b"new" * MIB + b"!" * grown}


def test_marks_of_an_old_client_in_a_repository_are_not_taken(cache: Cache, hub: HubServer) -> None:
    hub.put(ID, {**FILES, ".msc": b"theirs", ".mdl": b"theirs"})
    assert cache.seed().error is None
    assert cache.files() == FILES
    assert not cache.seed().changed


def test_a_repository_without_files_is_said_so(cache: Cache, hub: HubServer) -> None:
    hub.put("org/empty", {})
    error = cache.seed(id="org/empty").error
    assert "org/empty has no files at master" in str(error)
