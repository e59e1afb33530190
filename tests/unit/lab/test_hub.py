"""The lab hub's protocol, faults and counts, asked with nothing but http.client."""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from lab.hub import HubServer
from lab.hub.__main__ import parse
from lab.hub.blobs import Span, span

BIG = bytes(range(256)) * 8192  # 2 MiB: LFS
FILES = {"config.json": b"{}", "dir with space/\u4e2d\u6587.txt": b"hello", "empty": b"", "w.bin": BIG}


class Reply:
    """A whole answer."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.headers = answer.status, answer.headers
        try:
            self.body, self.whole = answer.read(), True
        except http.client.IncompleteRead as cut:
            self.body, self.whole = cut.partial, False

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def get(url: str, headers: dict[str, str] | None = None, timeout: float = 5) -> Reply:
    parts = urlsplit(url)
    assert parts.hostname
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request("GET", parts._replace(scheme="", netloc="").geturl(), headers=headers or {})
        return Reply(connection.getresponse())
    finally:
        connection.close()


def follow(url: str) -> Reply:
    reply = get(url)
    return get(reply.headers["Location"]) if reply.status == 302 else reply


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer(signed_seconds=60, tokens=["good"]) as server:
        server.put("org/tiny", FILES)
        yield server


def listing(hub: HubServer, query: str = "Recursive=True", repo: str = "org/tiny") -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = get(f"{hub.url}/api/v1/models/{repo}/repo/files?{query}").json["Data"]["Files"]
    return files


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("form", ["modelscope", "huggingface", "mirror"])
def test_every_protocol_gives_every_file(hub: HubServer, path: str, form: str) -> None:
    urls = {
        "modelscope": f"/api/v1/models/org/tiny/repo?Revision=master&FilePath={quote(path)}",
        "huggingface": f"/org/tiny/resolve/main/{quote(path)}",
        "mirror": f"/mirror/org/tiny/{quote(path)}",
    }
    assert follow(hub.url + urls[form]).body == FILES[path]
    assert hub.bytes_of("org/tiny", path) == len(FILES[path])


def test_listings_agree(hub: HubServer) -> None:
    want = {path: (len(content), hashlib.sha256(content).hexdigest()) for path, content in FILES.items()}
    modelscope = {e["Path"]: (e["Size"], e["Sha256"]) for e in listing(hub) if e["Type"] == "blob"}
    mirror = get(f"{hub.url}/mirror/models/org--tiny/manifests/master.json").json
    assert modelscope == want
    assert {e["path"]: (e["size"], e["sha256"]) for e in mirror["files"]} == want
    info = get(f"{hub.url}/api/models/org/tiny/revision/main").json
    tree = get(f"{hub.url}/api/models/org/tiny/tree/{info['sha']}?recursive=true").json
    assert {e["path"] for e in tree if e["type"] == "file"} == set(want)
    assert info["sha"] == mirror["commit"] == hub.commit("org/tiny")


def test_modelscope_listing_is_cut_silently_and_walked_by_root(hub: HubServer) -> None:
    hub.put("org/wide", {f"d{number // 2000}/{number}": b"" for number in range(4000)})
    assert len(listing(hub, repo="org/wide")) == 3000
    assert [entry["Path"] for entry in listing(hub, "Recursive=False", "org/wide")] == ["d0", "d1"]
    assert len(listing(hub, "Recursive=True&Root=d1", "org/wide")) == 2000


def test_datasets_are_paged_and_numbered(hub: HubServer) -> None:
    hub.put("org/rows", {f"{number:03}.jsonl": b"{}" for number in range(250)}, kind="dataset")
    number = get(f"{hub.url}/api/v1/datasets/org/rows").json["Data"]["Id"]
    sizes = [
        len(get(f"{hub.url}/api/v1/datasets/{number}/repo/tree?PageNumber={page}&PageSize=100").json["Data"]["Files"])
        for page in (1, 2, 3, 4)
    ]
    assert sizes == [100, 100, 50, 0]
    assert follow(f"{hub.url}/datasets/org/rows/resolve/main/007.jsonl").body == b"{}"


def test_huggingface_tree_has_pages(hub: HubServer) -> None:
    hub.put("org/wide", {f"{number}": b"" for number in range(1200)})
    first = get(f"{hub.url}/api/models/org/wide/tree/main?recursive=true")
    following = first.headers["Link"].split(">")[0].lstrip("<")
    assert len(first.json) == 1000
    assert len(get(following).json) == 200


def test_revisions(hub: HubServer) -> None:
    hub.put("org/tiny", {"a": b"tag"}, revision="v1.0")
    hub.put("org/tiny", {"a": b"branch"}, revision="dev")
    commit = hub.commit("org/tiny", "dev")
    for revision, content in (("v1.0", b"tag"), ("dev", b"branch"), (commit, b"branch")):
        assert get(f"{hub.url}/org/tiny/resolve/{revision}/a").body == content
    revisions = get(f"{hub.url}/api/v1/models/org/tiny/revisions").json["Data"]["RevisionMap"]
    names = {kind: [entry["Revision"] for entry in entries] for kind, entries in revisions.items()}
    assert names == {"Branches": ["master", "dev"], "Tags": ["v1.0"]}
    assert get(f"{hub.url}/api/v1/models/org/tiny/repo/files?Revision=v9").status == 404
    assert get(f"{hub.url}/api/models/org/tiny/revision/v9").headers["X-Error-Code"] == "RevisionNotFound"


@pytest.mark.parametrize(
    ("header", "want"),
    [
        ("", Span(200, 0, 10)),
        ("bytes=4-", Span(206, 4, 10)),
        ("bytes=0-0", Span(206, 0, 1)),
        ("bytes=2-99", Span(206, 2, 10)),
        ("bytes=-3", Span(206, 7, 10)),
        ("bytes=10-", Span(416, 0, 0)),
        ("bytes=-", Span(200, 0, 10)),
        ("bytes=1-2,4-5", Span(200, 0, 10)),
        ("lines=1-2", Span(200, 0, 10)),
    ],
)
def test_span(header: str, want: Span) -> None:
    assert span(header, 10) == want


def test_redirects_lead_elsewhere_and_expire(hub: HubServer) -> None:
    location = get(f"{hub.url}/org/tiny/resolve/main/w.bin").headers["Location"]
    assert urlsplit(location).netloc != urlsplit(hub.url).netloc
    assert get(location, {"Range": "bytes=1048576-"}).body == BIG[1 << 20 :]
    assert get(location.replace("Signature=", "Signature=0")).status == 403
    hub.fault("expired", times=1)
    assert [get(location).status, get(location).status] == [403, 200]


@pytest.mark.parametrize(
    ("access", "token", "modelscope", "info", "resolve"),
    [
        ("", "", 200, 200, 200),
        ("", "bad", 401, 401, 401),
        ("private", "", 403, 401, 401),
        ("private", "good", 200, 200, 200),
        ("gated", "", 403, 200, 401),
        ("gated", "good", 200, 200, 200),
    ],
)
def test_access(hub: HubServer, access: str, token: str, modelscope: int, info: int, resolve: int) -> None:
    hub.put("org/closed", {"a": b"1"}, access=access)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    urls = ("/api/v1/models/org/closed/repo/files", "/api/models/org/closed", "/org/closed/resolve/main/a")
    assert [get(hub.url + url, headers).status for url in urls] == [modelscope, info, resolve]
    assert token not in json.dumps(hub.stats()) or not token


def test_unknown_repository(hub: HubServer) -> None:
    assert get(f"{hub.url}/api/v1/models/org/none/repo/files").status == 404
    assert get(f"{hub.url}/api/models/org/none").status == 401
    assert get(f"{hub.url}/api/models/org/none", {"Authorization": "Bearer good"}).status == 404
    assert get(f"{hub.url}/mirror/org/none/manifest.json").status == 404


def test_status_fault_ends_after_its_times(hub: HubServer) -> None:
    hub.fault("status", times=2, code=429, retry_after=3, where="listings")
    url = f"{hub.url}/api/v1/models/org/tiny/repo/files"
    replies = [get(url) for _ in range(3)]
    assert [reply.status for reply in replies] == [429, 429, 200]
    assert replies[0].headers["Retry-After"] == "3"


def test_byte_faults(hub: HubServer) -> None:
    location = get(f"{hub.url}/org/tiny/resolve/main/w.bin").headers["Location"]
    hub.fault("cut", times=1, at=1000, path="*.bin")
    cut = get(location)
    assert (len(cut.body), cut.whole) == (1000, False)
    hub.fault("wrong", times=1)
    wrong = get(location)
    assert len(wrong.body) == len(BIG)
    assert wrong.body != BIG
    hub.fault("norange", times=1)
    assert get(location, {"Range": "bytes=5-"}).status == 200
    hub.fault("length", times=1, by=7)
    longer = get(location)
    assert (longer.headers["Content-Length"], longer.whole) == (str(len(BIG) + 7), False)
    assert get(location).body == BIG


def test_slow_and_stalled_answers(hub: HubServer) -> None:
    url = f"{hub.url}/mirror/org/tiny/w.bin"
    hub.fault("slow", times=1, rate=10 * len(BIG))
    start = time.monotonic()
    assert get(url).body == BIG
    assert time.monotonic() - start > 0.08
    hub.fault("stall", times=1, at=10, seconds=30)
    with pytest.raises(TimeoutError):
        get(url, timeout=0.2)


def test_loop_and_drop(hub: HubServer) -> None:
    url = f"{hub.url}/mirror/org/tiny/config.json"
    hub.fault("loop", times=1)
    assert get(url).headers["Location"] == url
    hub.fault("drop", times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        get(url)


def test_control_requests(hub: HubServer) -> None:
    assert get(f"{hub.url}/_fault?kind=status&code=500&times=1&path=config.json").json["armed"][0]["code"] == 500
    assert get(f"{hub.url}/_fault?kind=nonsense").status == 400
    assert get(f"{hub.url}/mirror/org/tiny/config.json").status == 500
    log = get(f"{hub.url}/_stats").json["log"]
    assert [(entry["method"], entry["status"]) for entry in log] == [("GET", 500)]
    get(f"{hub.url}/_reset")
    assert hub.stats()["requests"] == 0


def test_tls(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = str(folder / "key.pem"), str(folder / "cert.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=localhost", "-keyout", key, "-out", certificate, "-days", "1"]
    subprocess.run(command, check=True, capture_output=True)
    with HubServer(tls=(certificate, key)) as hub:
        assert hub.url.startswith("https://")
        hub.put("org/tiny", FILES)
        context = ssl.create_default_context(cafile=certificate)
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", hub.port, context=context, timeout=5)
        connection.request("GET", "/mirror/org/tiny/w.bin")
        assert connection.getresponse().read() == BIG


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["--repo", "o/n=/d"]).repo == ["o/n=/d"]
    for wrong in (["--repo", "o/n"], ["--tls-cert", "c"]):
        with pytest.raises(SystemExit):
            parse(wrong)
    assert "go together" in capsys.readouterr().err
