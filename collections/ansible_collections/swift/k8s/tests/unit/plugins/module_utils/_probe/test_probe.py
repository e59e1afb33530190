# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The probe against a stub server: what passes, what fails and how the failure reads."""

from __future__ import annotations

import base64
import threading
import zlib
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._probe import checks, client, probe, target
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._probe.stub import Handler


@pytest.fixture
def server() -> Iterator[Any]:
    """The handler class of a running stub; its address is in url."""
    handler: Any = type("Fresh", (Handler,), {})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    handler.url = f"http://127.0.0.1:{running.server_address[1]}"
    yield handler
    running.shutdown()
    running.server_close()
    thread.join()


def service(**given: Any) -> dict[str, Any]:
    defaults = {
        "name": "tiny",
        "url": None,
        "url_ca_cert": None,
        "url_validate_certs": True,
        "namespace": "team",
        "service": None,
        "label_selector": None,
        "port": None,
        "model": "Tiny",
        "api_key_secret": None,
        "server_key": None,
        "checks": list(checks.CHECKS),
        "question": "Who?",
        "max_tokens": 8,
        "timeout_seconds": 5,
        "retries": 0,
        "delay": 0,
    }
    return {**defaults, **given}


def no_cluster() -> Any:
    raise AssertionError("a server with an address needs no cluster")


def ask(**given: Any) -> dict[str, Any]:
    return probe.run([service(**given)], no_cluster)[0]


def test_all_checks_pass(server: Any) -> None:
    report = ask(url=server.url)
    assert report["ok"]
    assert [check["check"] for check in report["checks"]] == list(checks.CHECKS)
    assert report["model"] == "Tiny"
    assert report["answer"] == "echo "
    assert report["checks"][5]["answer"] == "2 dimensions"


def test_first_offered_model_is_asked(server: Any) -> None:
    assert ask(url=server.url, model=None, checks=["chat"])["ok"]


def test_key_is_sent_and_never_shown(server: Any) -> None:
    server.key = "canary-key"
    report = ask(url=server.url, server_key="canary-key", checks=["chat"])
    assert report["ok"]
    assert "canary-key" not in str(report["transcript"])


@pytest.mark.parametrize(
    ("mode", "check", "message"),
    [
        ("down", "health", "status 503"),
        ("empty", "chat", "the answer is empty; raise max_tokens"),
        ("empty", "completions", "the answer is empty"),
        ("empty", "embeddings", "something else than an embedding"),
        ("empty", "chat_stream", "carried no text"),
        ("cut", "chat_stream", "ended after 2 events without"),
        ("html", "chat", "not the expected form: <html>"),
        ("html", "embeddings", "something else than an embedding"),
    ],
)
def test_wrong_answers(server: Any, mode: str, check: str, message: str) -> None:
    server.mode = mode
    report = ask(url=server.url, checks=[check])
    assert not report["ok"]
    assert report["message"].startswith(f"tiny: {check}: ")
    assert message in report["message"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "Other", "checks": ["models"]}, "serves Tiny, not Other"),
        ({"model": "Other", "checks": ["chat"]}, "status 400: unknown model Other"),
        ({"url": "ftp://nowhere"}, "write it as http://host:port"),
    ],
)
def test_wrong_questions(server: Any, options: dict[str, Any], message: str) -> None:
    assert message in ask(**{"url": server.url, **options})["message"]


def test_missing_key_names_the_option(server: Any) -> None:
    server.key = "k"
    assert "name the key's Secret with api_key_secret" in ask(url=server.url, checks=["chat"])["message"]


def test_refused_connection_is_retried(server: Any) -> None:
    report = ask(url="http://127.0.0.1:1", checks=["health", "chat"], retries=2)
    assert report["checks"][0]["attempts"] == 3
    assert len(report["checks"]) == 1
    assert "GET /health: " in report["message"]


class Cluster:
    """A cluster with one Service, one ready pod behind it, and one Secret."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ready = "True"
        self.target_port: Any = "http"

    def get(self, _version: str, kind: str, name: str, namespace: str) -> Any:
        if (kind, name) == ("Secret", "key"):
            return {"data": {"api-key": base64.b64encode(b"canary").decode()}}
        return self._service() if (kind, name) == ("Service", "tiny") else None

    def list(self, _version: str, kind: str, namespace: str, label_selector: str) -> Any:
        if kind == "Service":
            return [self._service()] if label_selector == "app=tiny" else []
        ports = [{"name": "http", "containerPort": 8000}]
        conditions = [{"type": "Ready", "status": self.ready}]
        spec, status = {"containers": [{"ports": ports}]}, {"conditions": conditions}
        return [{"metadata": {"name": "tiny-1"}, "spec": spec, "status": status}]

    def _service(self) -> Any:
        ports = [{"port": 80, "targetPort": self.target_port}]
        return {"metadata": {"name": "tiny"}, "spec": {"selector": {"app": "tiny"}, "ports": ports}}

    def port_forward(self, namespace: str, pod: str, port: int) -> Any:
        assert (namespace, pod, port) == ("team", "tiny-1", 8000)
        connection = client.to_url(self.url, 5, None, True)()
        connection.connect()
        return connection.sock


@pytest.mark.parametrize("how", [{"service": "tiny"}, {"label_selector": "app=tiny"}, {"service": "tiny", "port": 80}])
def test_through_the_cluster(server: Any, how: dict[str, Any]) -> None:
    server.key = "canary"
    cluster: Any = Cluster(server.url)
    asked = service(**how, api_key_secret={"name": "key", "key": "api-key"})
    assert probe.run([asked], probe.once(lambda: cluster))[0]["ok"]


@pytest.mark.parametrize(
    ("how", "cluster", "message"),
    [
        ({"service": "none"}, {}, "Service team/none does not exist"),
        ({"label_selector": "app=none"}, {}, "no Service in team has the labels app=none"),
        ({"service": "tiny", "port": 81}, {}, "Service team/tiny has no port 81; it has 80"),
        ({"service": "tiny"}, {"ready": "False"}, "Service team/tiny has no ready pod (1 in all)"),
        ({"service": "tiny"}, {"target_port": "grpc"}, "has no port named grpc"),
        ({"service": "tiny", "api_key_secret": {"name": "no", "key": "k"}}, {}, "Secret team/no does not exist"),
        ({"service": "tiny", "api_key_secret": {"name": "key", "key": "k"}}, {}, "has no key k; it has api-key"),
    ],
)
def test_not_reachable_in_the_cluster(server: Any, how: Any, cluster: Any, message: str) -> None:
    api: Any = Cluster(server.url)
    vars(api).update(cluster)
    report = probe.run([service(**how)], lambda: api)[0]
    assert message in report["message"]


def test_a_pod_on_its_way_out_is_not_asked() -> None:
    conditions = [{"type": "Ready", "status": "True"}]
    assert not target.takes_requests({"metadata": {"deletionTimestamp": "now"}, "status": {"conditions": conditions}})


def test_numbered_target_port() -> None:
    assert target.container_port({"port": 80, "targetPort": 9000}, {}) == 9000
    assert target.container_port({"port": 80}, {}) == 80


def test_tls_context_follows_the_options(tmp_path: Any) -> None:
    strict: Any = client.to_url("https://host", 5, None, True)()
    loose: Any = client.to_url("https://host", 5, None, False)()
    assert strict._context.check_hostname
    assert not loose._context.check_hostname


def test_png_is_a_picture() -> None:
    picture = checks.png()
    assert picture.startswith(b"\x89PNG")
    data = picture[picture.index(b"IDAT") + 4 : picture.index(b"IEND") - 8]
    assert len(zlib.decompress(data)) == 32 * (32 * 3 + 1)
