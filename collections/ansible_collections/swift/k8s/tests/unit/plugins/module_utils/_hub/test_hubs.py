# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Answers that the lab hub does not give: servers without the tree API, failures with status 200, missing fields."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub.base import Repository
from ansible_collections.swift.k8s.plugins.module_utils._hub.chain import Endpoint, build
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import (
    BadAnswer,
    BadSetting,
    Busy,
    Expired,
    HubError,
    NotFound,
    RangeRefused,
    Refused,
)
from ansible_collections.swift.k8s.plugins.module_utils._hub.listing import RemoteFile
from ansible_collections.swift.k8s.plugins.module_utils._hub.retry import Policy

from .conftest import Reply, Seen, Serve, Server

REPOSITORY = Repository("org/name", "model", "main")
ONCE = Policy(attempts=1)
COMMIT, SHA1, SHA256 = "c" * 40, "a" * 40, "b" * 64


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, json.dumps(body).encode())


def hub_at(server: Server, kind: str = "huggingface", token: str = "") -> Any:
    return build(Endpoint(kind, server.url, token), REPOSITORY, ONCE)


def old_hugging_face(with_blobs: bool) -> Any:
    """What mirrors of the first API generation answer: no tree, and sizes only when they know `blobs=true`."""

    def answer(seen: Seen) -> Reply:
        if "/tree/" in seen.target:
            return reply({"error": "not found"}, 404)
        if seen.method == "HEAD":
            if seen.target.endswith("big.bin"):
                marks = {"X-Linked-Etag": f'"{SHA256}"', "X-Linked-Size": "7", "Location": "/elsewhere"}
                return Reply(302, {**marks, "X-Repo-Commit": COMMIT})
            return Reply(200, {"ETag": f'W/"{SHA1}"', "Content-Length": "3"})
        blobs = with_blobs and "blobs=true" in seen.target
        small = {"rfilename": "small.txt", **({"size": 3, "blobId": SHA1} if blobs else {})}
        lfs = {"lfs": {"sha256": SHA256, "size": 7}, "size": 7, "blobId": "d" * 40} if blobs else {}
        return reply({"sha": COMMIT, "siblings": [small, {"rfilename": "big.bin", **lfs}]})

    return answer


@pytest.mark.parametrize("with_blobs", [True, False])
def test_hugging_face_without_a_tree(serve: Serve, with_blobs: bool) -> None:
    server = serve(old_hugging_face(with_blobs))
    listing = hub_at(server).resolve()
    expected = (RemoteFile("big.bin", 7, SHA256), RemoteFile("small.txt", 3, "", f"git:{SHA1}"))
    assert (listing.commit, listing.files) == (COMMIT, expected)
    assert sum(seen.method == "HEAD" for seen in server.seen) == (0 if with_blobs else 2)


def test_an_etag_that_is_no_hash_is_only_a_mark(serve: Serve) -> None:
    def answer(seen: Seen) -> Reply:
        if seen.method == "HEAD":
            return Reply(200, {"ETag": '"v7"', "Content-Length": "3"})
        return (
            reply({"error": "x"}, 404)
            if "/tree/" in seen.target
            else reply({"sha": COMMIT, "siblings": [{"rfilename": "a"}]})
        )

    assert hub_at(serve(answer)).resolve().files == (RemoteFile("a", 3, "", "etag:v7"),)


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        (401, "log in", Refused),
        (403, "no", Refused),
        (404, "gone", NotFound),
        (10010205001, "the model does not exist", NotFound),
        (500, "oops", BadAnswer),
    ],
)
def test_modelscope_fails_with_status_200(serve: Serve, code: int, message: str, error: type[HubError]) -> None:
    server = serve(lambda _seen: reply({"Code": code, "Message": message}))
    with pytest.raises(error, match=message):
        hub_at(server, "modelscope").resolve()


@pytest.mark.parametrize(
    "body",
    [[], {}, {"Code": 200}, {"Data": {"Files": [{"Size": 1}]}}, {"Data": {"Files": [{"Path": "a", "Size": "1"}]}}],
)
def test_half_answers_are_no_listing(serve: Serve, body: Any) -> None:
    with pytest.raises(BadAnswer, match="without a usable"):
        hub_at(serve(lambda _seen: reply(body)), "modelscope").resolve()


@pytest.mark.parametrize("commit", ["../../../../home", "..", ".", "/etc", "a/b", "a\n", "x" * 129])
@pytest.mark.parametrize("kind", ["huggingface", "mirror"])
def test_a_commit_that_could_lead_out_of_the_cache_is_refused(serve: Serve, kind: str, commit: str) -> None:
    """It becomes the name of a directory, which is emptied when it is made."""
    server = serve(lambda _seen: reply({"sha": commit, "commit": commit, "files": [], "siblings": []}))
    with pytest.raises(BadAnswer, match="names the commit"):
        hub_at(server, kind).resolve()


@pytest.mark.parametrize("tree", [None, 3, {"error": "x"}])
def test_a_tree_that_is_no_list(serve: Serve, tree: Any) -> None:
    server = serve(lambda seen: reply(tree if "/tree/" in seen.target else {"sha": COMMIT}))
    with pytest.raises(BadAnswer, match="without a usable"):
        hub_at(server).resolve()


@pytest.mark.parametrize("patterns", [3, "*.json", [{}], {"a": 1}])
def test_patterns_of_a_mirror_that_are_none(serve: Serve, patterns: Any) -> None:
    server = serve(lambda _seen: reply({"files": [], "include": patterns}))
    with pytest.raises(BadAnswer, match="no list of patterns"):
        hub_at(server, "mirror").resolve()


def test_pages_that_never_end(serve: Serve) -> None:
    def same_page(seen: Seen) -> Reply:
        if "/revision/" in seen.target:
            return reply({"sha": COMMIT})
        if "/tree/" in seen.target:
            return reply([], Link=f'<{seen.target}>; rel="next"')
        query = parse_qs(urlsplit(seen.target).query)
        if "PageNumber" in query:
            return reply({"Data": {"Files": [{"Path": str(number), "Size": 1} for number in range(500)]}})
        below = [{"Path": f"{query.get('Root', ['r'])[0]}/a", "Type": "tree"}]
        return reply({"Data": {"Files": below * (3000 if query["Recursive"] == ["True"] else 1)}})

    server = serve(same_page)
    with pytest.raises(BadAnswer, match="in a loop of pages"):
        hub_at(server).resolve()
    dataset = build(Endpoint("modelscope", server.url), REPOSITORY._replace(kind="dataset"), ONCE)
    with pytest.raises(BadAnswer, match="as it gave the one before"):
        dataset.resolve()
    with pytest.raises(BadAnswer, match="without an end"):
        hub_at(server, "modelscope").resolve()


def test_the_next_page_may_be_relative(serve: Serve) -> None:
    def answer(seen: Seen) -> Reply:
        if "/revision/" in seen.target:
            return reply({"sha": COMMIT})
        more = {} if "cursor" in seen.target else {"Link": '<?cursor=2>; rel="next"'}
        return reply([{"type": "file", "path": seen.target[-1], "size": 1}], **more)

    assert [file.path for file in hub_at(serve(answer)).resolve().files] == ["2", "e"]


def test_a_file_without_sha256_keeps_its_revision_as_a_mark(serve: Serve) -> None:
    entry = {"Path": "a", "Size": 1, "Sha256": "", "Revision": "r1", "Type": "blob", "CommittedDate": "2026-01-01"}
    listing = hub_at(serve(lambda _seen: reply({"Data": {"Files": [entry]}})), "modelscope").resolve()
    assert listing.files == (RemoteFile("a", 1, "", "rev:r1"),)
    assert listing.commit.startswith("listing-")


def test_the_next_page_of_a_listing_gets_no_token_where_it_lies_elsewhere(serve: Serve) -> None:
    file = {"type": "file", "path": "b", "size": 1, "oid": SHA1}
    behind = serve(lambda _seen: reply([file]))

    def answer(seen: Seen) -> Reply:
        if "/tree/" in seen.target:
            return reply([{**file, "path": "a"}], Link=f'<{behind.url}/next>; rel="next"')
        return reply({"sha": COMMIT})

    mirror = serve(answer)
    assert len(hub_at(mirror, token="s3cret").resolve().files) == 2
    assert all(seen.headers["authorization"] == "Bearer s3cret" for seen in mirror.seen)
    assert [seen.headers.get("authorization") for seen in behind.seen] == [None]


def test_modelscope_gets_its_token_both_ways(serve: Serve) -> None:
    server = serve(lambda _seen: reply({"Data": {"Files": None}}))
    assert hub_at(server, "modelscope", "t").resolve().files == ()
    headers = server.seen[0].headers
    assert (headers["authorization"], headers["cookie"]) == ("Bearer t", "m_session_id=t")


FILE = RemoteFile("a.bin", 10, SHA256)


@pytest.mark.parametrize(
    ("offset", "answer", "error", "said"),
    [
        (0, Reply(503, {"Retry-After": "7"}), Busy, "answered 503"),
        (0, Reply(401), Refused, "refuses 'a.bin'"),
        (0, Reply(403, {"X-Error-Code": "GatedRepo"}), Refused, "GatedRepo"),
        (0, Reply(404), NotFound, "has no 'a.bin'"),
        (0, Reply(410), NotFound, "has no 'a.bin'"),
        (4, Reply(206, {"Content-Range": f"bytes 4-9/{'1' * 5000}"}, b"123456"), BadAnswer, "without a usable"),
        (0, Reply(204), BadAnswer, "answered 204"),
        (0, Reply(200, {}, b"123"), BadAnswer, "has 3 bytes, the listing says 10"),
        (4, Reply(416), RangeRefused, "fewer bytes"),
        (4, Reply(206, {}, b"123456"), BadAnswer, "without a usable Content-Range"),
        (4, Reply(206, {"Content-Range": "bytes 4-8/9"}, b"12345"), BadAnswer, "has 9 bytes"),
        (4, Reply(206, {"Content-Range": "bytes 3-9/10"}, b"1234567"), BadAnswer, "asked for bytes 4-9"),
    ],
)
def test_answers_for_a_file(serve: Serve, offset: int, answer: Reply, error: type[HubError], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        hub_at(serve(lambda _seen: answer)).open(FILE, offset)
    assert caught.value.retry_after == (7.0 if error is Busy else None)


@pytest.mark.parametrize(("pinned", "refused"), [({"sha256": SHA256}, False), ({"tag": "git:x"}, False), ({}, True)])
def test_compressed_bytes_are_refused_where_no_hash_would_show_them(
    serve: Serve, pinned: dict[str, str], refused: bool
) -> None:
    hub = hub_at(serve(lambda _seen: Reply(200, {"Content-Encoding": "gzip"}, b"0123456789")))
    file = RemoteFile("a.bin", 10)._replace(**pinned)
    if not refused:
        hub.open(file).close()
        return
    with pytest.raises(BadAnswer, match=r"sends 'a\.bin' encoded as gzip") as caught:
        hub.open(file)
    assert "compression off" in caught.value.next_step


def test_a_refusal_elsewhere_means_that_the_address_expired(serve: Serve) -> None:
    cdn = serve(lambda _seen: Reply(403))
    server = serve(lambda _seen: Reply(302, {"Location": f"{cdn.url}/signed?Signature=s3cret"}))
    with pytest.raises(Expired) as caught:
        hub_at(server, token="t").open(FILE)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        (Endpoint("mirror"), "has no endpoint"),
        (Endpoint("modelscope", "hub.local"), "not http://"),
        (Endpoint("directory", source="usb"), "not an absolute path"),
    ],
)
def test_endpoints_that_cannot_be_meant(endpoint: Endpoint, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        build(endpoint, REPOSITORY, ONCE)
