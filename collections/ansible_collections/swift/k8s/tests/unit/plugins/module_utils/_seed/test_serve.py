"""The server of the first node: files, ranges, and nothing outside; the engine's own hub client reads from it."""

from __future__ import annotations

import http.client
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import manifest
from ansible_collections.swift.k8s.plugins.module_utils._cache.manifest import Manifest, Record
from ansible_collections.swift.k8s.plugins.module_utils._hub.base import Repository
from ansible_collections.swift.k8s.plugins.module_utils._hub.chain import Endpoint, first_answering
from ansible_collections.swift.k8s.plugins.module_utils._seed import serve

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    snapshot = tmp_path / "models/org--m/snapshots/master"
    snapshot.mkdir(parents=True)
    (snapshot / "a.bin").write_bytes(CONTENT)
    (snapshot / "a.bin.part").write_bytes(CONTENT)
    (snapshot / "out").symlink_to("/etc/hostname")
    work = tmp_path / "models/org--m/.seed/master"
    work.mkdir(parents=True)
    (work / "journal").write_text("x", encoding="utf-8")
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


OUTSIDE = [
    "/secret",
    "/../secret",
    "/%2fetc%2fhostname",
    "/models/org--m/snapshots/master/out",
    "/models/org--m/snapshots/master/a.bin.part",
    "/models/org--m/.seed/master/journal",
    "/models",
    "/none",
    "/%2e%2e/x",
    "/%00",
    "//[",
]


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


RANGES = [
    ("bytes=0-", "bytes 0-10239/10240", 0, 10240),
    ("bytes=5-9", "bytes 5-9/10240", 5, 10),
    ("bytes=10000-99999", "bytes 10000-10239/10240", 10000, 10240),
    # what is no range is not there
    ("bytes=9-5", None, 0, 10240),
    ("bytes=-5", None, 0, 10240),
    ("bytes=0-1,3-4", None, 0, 10240),
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("asked", "said", "start", "end"), RANGES)
def test_ranges(address: str, method: str, asked: str, said: str | None, start: int, end: int) -> None:
    url = f"{address}/models/org--m/snapshots/master/a.bin"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Range": asked}, method=method)) as answer:
        assert answer.status == (206 if said else 200)
        assert (answer.headers["Content-Range"], answer.headers["Accept-Ranges"]) == (said, "bytes")
        assert answer.headers["Content-Length"] == str(end - start)
        assert answer.read() == (CONTENT[start:end] if method == "GET" else b"")


def test_head_leaves_the_connection_to_the_next_request(address: str) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    for path in ("/models/org--m/snapshots/master/a.bin", "/none", "/models/org--m/snapshots/master/a.bin"):
        connection.request("HEAD", path)
        answer = connection.getresponse()
        assert (answer.read(), answer.status) == (b"", 404 if path == "/none" else 200)
    connection.close()


def get(address: str, token: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return len(answer.read())


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[str]:
    """A server with a token and a limit of 2 MiB/s for all together."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models/a.bin").write_bytes(bytes(SHARE))
    published(tmp_path, Record("a.bin", 2, 7, "0" * 64, "hub"), b"ab")
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


def published(root: Path, record: Record, content: bytes) -> Path:
    """A revision as the engine leaves it."""
    path = root / "models/org--m/snapshots/v1" / record.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(record.mtime_ns, record.mtime_ns))
    written = Manifest("org/m", "model", "v1", "c" * 40, "modelscope", "", (), (), (record,))
    manifest.write(str(root / "models/org--m/manifests/v1.json"), written)
    return path


ROUTES = [
    "/models/a.bin",
    "/api/models/org/m/revision/v1",
    "/org/m/resolve/v1/a.bin",
    "/api/v1/models/org/m/repo/files?Revision=v1",
    "/api/v1/models/org/m/repo?Revision=v1&FilePath=a.bin",
]
GIVEN = [
    ({}, 401),
    ({"Authorization": "Bearer wrong"}, 401),
    ({"Authorization": "right"}, 401),
    ({"Cookie": "m_session_id=wrong"}, 401),
    ({"Cookie": "other=right"}, 401),
    ({"Cookie": "m_session_id"}, 401),
    ({"Authorization": "Bearer right"}, 200),
    ({"Cookie": "other=1; m_session_id=right"}, 200),
]


@pytest.mark.parametrize(("headers", "status"), GIVEN)
def test_every_address_asks_for_the_token(closed: str, headers: dict[str, str], status: int) -> None:
    asked = [(method, route) for method in ("GET", "HEAD") for route in ROUTES]
    told = {
        (method, route): status_of(urllib.request.Request(closed + route, headers=headers, method=method))
        for method, route in asked
    }
    assert told == dict.fromkeys(asked, status)


def status_of(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


FILE = ["/org/m/resolve/v1/a.bin", "/api/v1/models/org/m/repo?Revision=v1&FilePath=a.bin"]


@pytest.mark.parametrize("route", FILE)
@pytest.mark.parametrize(
    ("change", "status"), [("none", 200), ("bytes", 503), ("time", 503), ("gone", 404), ("out", 404)]
)
def test_only_a_file_that_is_as_verified_is_sent(
    address: str, tmp_path: Path, route: str, change: str, status: int
) -> None:
    path = published(tmp_path, Record("a.bin", 2, 7, "0" * 64, "hub"), b"ab")
    if change == "bytes":
        path.write_bytes(b"abc")
    elif change == "time":
        os.utime(path, ns=(8, 8))
    elif change != "none":
        path.unlink()
    if change == "out":
        (tmp_path / "secret").write_bytes(b"ab")
        os.utime(tmp_path / "secret", ns=(7, 7))
        path.symlink_to(tmp_path / "secret")
    assert status_of(urllib.request.Request(address + route)) == status


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
