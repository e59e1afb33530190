# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which models are looked for on their hubs, and which answers count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints import hubs
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise
from ansible_collections.swift.k8s.plugins.module_utils._seed.wish import fingerprint

from .._hub.conftest import Reply, Seen, Server

DEAD = "http://127.0.0.1:1"
TINY = {"id": "org/tiny", "type": "model", "hub": "modelscope"}


def hub(seen: Seen) -> Reply:
    """org/tiny at any revision but `gone`; one is private, and one is behind a proxy that forbids it."""
    if "private" in seen.target:
        return Reply(401, {"X-Error-Code": "RepoNotFound"})
    if "forbidden" in seen.target:
        return Reply(403)
    if "busy" in seen.target:
        return Reply(503)
    if "org/tiny" not in seen.target or "gone" in seen.target:
        return Reply(404)
    file = {"Path": "config.json", "Type": "blob", "Size": 2, "Sha256": "a" * 64, "Revision": "c" * 40}
    return Reply(200, {}, json.dumps({"Code": 200, "Success": True, "Data": {"Files": [file]}}).encode())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(hub)
    yield server
    server.close()


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ({"id": "org/tiny"}, ""),
        ({"id": "org/tinny"}, "has no"),
        ({"id": "org/tiny", "revision": "gone"}, "at revision gone"),
        ({"id": "org/private", "hub": "huggingface"}, "refuses model org/private at revision main (401 RepoNotFound)"),
        ({"id": "org/forbidden"}, ""),
        ({"id": "org/busy"}, ""),
        ({"id": "org/tiny", "endpoint": DEAD}, ""),
        ({"id": "org/tinny", "endpoints": [DEAD, "HUB"]}, ""),
        ({"id": "org/tinny", "endpoints": ["HUB", "HUB"]}, "has no"),
        ({"id": "org/tiny", "endpoint": "hub.site:8099"}, "hub.site:8099"),
        ({"id": "org/tinny", "endpoint": "http://hub.inside"}, "has no"),
    ],
)
def test_only_a_definite_answer_of_every_hub_counts(model: dict[str, Any], told: str, server: Server) -> None:
    given = json.loads(json.dumps({**TINY, "endpoint": "HUB", **model}).replace("HUB", server.url))
    found = hubs.unknown([given], {"http://hub.inside": server.url})
    assert [item["subject"] for item in found] == ([f"model {model['id']}"] if told else [])
    assert told in "".join(item["told"] for item in found)


RECORDED = {fingerprint(TINY)}


@pytest.mark.parametrize(
    ("wishes", "recorded", "asked"),
    [
        ({}, set(), True),
        ({}, RECORDED, False),
        ({}, {"another"}, True),
        ({}, None, False),
        ({"node_caches": True}, set(), False),
        ({"site_hub": "http://site"}, set(), False),
        ({"offline": True}, set(), False),
        ({"offline": True, "models": [{**TINY, "endpoint": "http://hub.inside"}]}, set(), True),
        ({"models": [{"id": "org/tiny"}]}, RECORDED, False),
        ({"models": [{**TINY, "revision": "v2"}]}, RECORDED, True),
        ({"models": [{**TINY, "token_secret": "hub"}]}, set(), False),
        ({"models": [{"id": "org/tiny", "hub": "directory", "source": "/cache/x"}]}, set(), False),
        ({"models": [{"id": "org/tiny", "hub": "nowhere"}]}, set(), False),
        ({"models": [{"revision": "v2"}]}, set(), False),
    ],
)
def test_who_is_asked_for(wishes: dict[str, Any], recorded: Optional[set[str]], asked: bool) -> None:
    found = hubs.to_ask(normalise({"models": [TINY], **wishes}), recorded)
    assert bool(found) == asked
