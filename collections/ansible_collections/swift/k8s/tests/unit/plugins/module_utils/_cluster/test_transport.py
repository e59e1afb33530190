"""When a request is sent again, and what goes with it."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster import errors
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.transport import FIRST_PAUSES, PAUSES, wished

NODE = "/api/v1/nodes/n"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@pytest.mark.parametrize(("header", "seconds"), [(None, 2.0), ("7", 7.0), ("900", 30.0), ("Fri, 01 Jan 2027", 2.0)])
def test_the_server_says_how_long_to_wait(header: str | None, seconds: float) -> None:
    assert wished(header, 2.0) == seconds


def test_lists_may_come_compressed_and_streams_as_they_are(api: Any, cluster: Cluster) -> None:
    nodes = {"items": [{"metadata": {"name": "n"}}], "metadata": {}}
    api.say("GET", "/api/v1/nodes", (200, gzip.compress(json.dumps(nodes).encode()), {"Content-Encoding": "gzip"}))
    api.say("GET", "/api/v1/namespaces/shop/pods/p/log", b"eins")
    assert [node["metadata"]["name"] for node in cluster.list("v1", "Node")] == ["n"]
    assert api.seen[-1]["headers"]["accept-encoding"] == "gzip"
    assert list(cluster.stream_logs("shop", "p")) == ["eins"]
    assert api.seen[-1]["headers"].get("accept-encoding") != "gzip"


def test_waits_are_those_asked_for(api: Any, cluster: Cluster, pauses: list[float]) -> None:
    api.say("GET", NODE, (429, {}, {"Retry-After": "3"}), (503, {}), {"metadata": {"name": "n"}})
    assert cluster.get("v1", "Node", "n")
    assert pauses == [3.0, PAUSES[1]]


def test_a_server_that_never_answered_is_given_up_soon(pauses: list[float]) -> None:
    with pytest.raises(errors.Unreachable):
        connect({"host": "http://127.0.0.1:1"}).server_version()
    assert pauses == list(FIRST_PAUSES)


def test_a_server_that_restarts_is_waited_for(api: Any, cluster: Cluster, pauses: list[float]) -> None:
    api.say("GET", "/version", (200, {"gitVersion": "v1"}, {"Connection": "close"}))
    cluster.server_version()
    api.shutdown()
    api.server_close()
    with pytest.raises(errors.Unreachable):
        cluster.server_version()
    assert pauses == list(PAUSES)


@contextmanager
def hanging_up(reply: bytes = b"") -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads a request, says no more than this and hangs up; its address, and the methods it saw."""
    listener = socket.create_server(("127.0.0.1", 0))
    got: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            got.append(connection.recv(65536).split(b" ")[0])
            connection.sendall(reply)
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", got
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_reads_survive_a_reset_and_writes_are_not_sent_twice(pauses: list[float]) -> None:
    with hanging_up() as (host, got):
        cluster = connect({"host": host})
        with pytest.raises(errors.Unreachable):
            cluster.raw("GET", "/version")
        assert got == [b"GET"] * (1 + len(PAUSES))
        with pytest.raises(errors.Unreachable):
            cluster.raw("POST", "/api/v1/namespaces", body={})
        assert got.count(b"POST") == 1


def test_a_stream_that_breaks_is_told() -> None:
    with hanging_up(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\none\ntw\r\n") as (host, _got):
        lines = connect({"host": host}).stream_logs("shop", "p")
        assert next(lines) == "one"
        with pytest.raises(errors.Unreachable, match="broke off /api/v1/namespaces/shop/pods/p/log"):
            list(lines)


def test_a_port_that_cannot_be_forwarded(cluster: Cluster) -> None:
    with pytest.raises(errors.ClusterError, match=r"port 80 of pod shop/p cannot be forwarded: .*pods/portforward"):
        cluster.port_forward("shop", "p", 80)


def test_acting_for_somebody_else(api: Any) -> None:
    api.say("GET", "/version", {"gitVersion": "v1"})
    connect({"host": api.url, "impersonate_user": "jo", "impersonate_groups": ["ops", "ml"]}).server_version()
    headers = api.seen[-1]["headers"]
    assert (headers["impersonate-user"], headers["impersonate-group"]) == ("jo", "ops, ml")


def test_tls_that_cannot_work_is_not_tried_again(api: Any, pauses: list[float]) -> None:
    with pytest.raises(errors.Unreachable, match="does not speak TLS"):
        connect({"host": api.url.replace("http:", "https:")}).server_version()
    assert pauses == []
