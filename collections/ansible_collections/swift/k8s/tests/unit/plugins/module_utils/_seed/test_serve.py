"""The server of the first node: files, ranges, and nothing outside; the engine's own hub client reads from it."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub.base import Repository
from ansible_collections.swift.k8s.plugins.module_utils._hub.chain import Endpoint, first_answering
from ansible_collections.swift.k8s.plugins.module_utils._seed import serve

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    snapshot = tmp_path / "models/org--m/snapshots/master"
    snapshot.mkdir(parents=True)
    (snapshot / "a.bin").write_bytes(CONTENT)
    (snapshot / "out").symlink_to("/etc/hostname")
    manifests = tmp_path / "models/org--m/manifests"
    manifests.mkdir()
    text = f'{{"commit": "c", "files": [{{"path": "a.bin", "size": {len(CONTENT)}, "sha256": ""}}]}}'
    (manifests / "master.json").write_text(text, encoding="utf-8")
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    running = serve.server(str(tmp_path), 0, "127.0.0.1")
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("start", [0, 1, len(CONTENT) - 1])
def test_the_engines_client_reads_and_continues(address: str, start: int) -> None:
    hub, listing, _refusals = first_answering(
        [Endpoint("mirror", address)], Repository("org/m", "model", "master"), lambda _hub: ""
    )
    assert listing.files is not None
    body = hub.open(listing.files[0], start)
    got = bytearray(len(CONTENT))
    read = sum(iter(lambda: body.readinto(memoryview(got)), 0))
    assert (body.start, read) == (start, len(CONTENT) - start)
    hub.close()


OUTSIDE = ["/secret", "/../secret", "/models/org--m/snapshots/master/out", "/models", "/none", "/%2e%2e/x"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_else_is_shown(address: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(address + path)
    assert caught.value.code == 404


def test_health_and_a_range_past_the_end(address: str) -> None:
    with urllib.request.urlopen(address + serve.HEALTH) as answer:
        assert answer.status == 200
    asked = urllib.request.Request(f"{address}/models/org--m/snapshots/master/a.bin", headers={"Range": "bytes=99999-"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(asked)
    assert caught.value.code == 416


def get(address: str, token: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return len(answer.read())


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[str]:
    """A server with a token and a limit of 2 MiB/s for all together."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models/a.bin").write_bytes(bytes(SHARE))
    (tmp_path / "rate").write_text("2MiB/s", encoding="utf-8")
    bucket = serve.limited(str(tmp_path / "rate"), str(tmp_path / "book"))
    running = serve.server(str(tmp_path), 0, "127.0.0.1", token="right", bucket=bucket)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


SHARE = 256 << 10


def test_one_limit_for_all_who_take(closed: str) -> None:
    begin = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _number: get(f"{closed}/models/a.bin", "right"), range(4)))
    spent = time.monotonic() - begin
    assert taken == [SHARE] * 4
    assert spent > 0.8 * 4 * SHARE / (2 << 20)


@pytest.mark.parametrize("token", ["", "wrong", "rightt"])
def test_a_token_is_asked_for_and_health_needs_none(closed: str, token: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{closed}/models/a.bin", token)
    assert caught.value.code == 401
    assert get(closed + serve.HEALTH) == 0


def test_an_empty_token_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(" ", encoding="utf-8")
    with pytest.raises(SystemExit, match="is empty: put the token into the Secret"):
        serve.main([str(tmp_path), "0", "--token-file", str(tmp_path / "token")])
