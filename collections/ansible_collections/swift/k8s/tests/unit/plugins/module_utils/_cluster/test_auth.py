"""Which cluster the options name, and what is said when they name none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import api_client
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError, Unreachable

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443"}}]
users: [{name: u, user: {token: canary}}]
contexts: [{name: one, context: {cluster: c, user: u}}]
current-context: one
"""


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "config.yaml"
    path.write_text(KUBECONFIG, encoding="utf-8")
    return str(path)


def test_a_kubeconfig_names_the_host(kubeconfig: str) -> None:
    assert api_client({"kubeconfig": kubeconfig, "context": "one"}).configuration.host == "https://192.0.2.1:6443"


def test_the_environment_names_it_too(kubeconfig: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    assert api_client({}).configuration.host == "https://192.0.2.1:6443"


def test_a_host_needs_no_kubeconfig(kubeconfig: str) -> None:
    options = {"host": "https://192.0.2.9", "api_key": "t", "validate_certs": False, "proxy": "http://192.0.2.8:3128"}
    configuration = api_client(options).configuration
    assert (configuration.host, configuration.verify_ssl) == ("https://192.0.2.9", False)
    assert configuration.api_key["authorization"] == "Bearer t"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "no cluster is named: set kubeconfig"),
    ({"kubeconfig": "/no/such/file"}, "/no/such/file does not exist"),
    ({"context": "two"}, "has no context 'two': choose from one"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_wrong_options(kubeconfig: str, options: dict[str, Any], message: str) -> None:
    given = {"kubeconfig": kubeconfig, **options} if "context" in options else options
    with pytest.raises(ClusterError, match=message):
        api_client(given)


def test_a_broken_kubeconfig(kubeconfig: str) -> None:
    Path(kubeconfig).write_text("apiVersion: v1\nkind: Config\nclusters: []\n", encoding="utf-8")
    with pytest.raises(ClusterError, match="cannot be used"):
        api_client({"kubeconfig": kubeconfig})


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with pytest.raises(Unreachable, match=r"127.0.0.1:1 cannot be reached \(.*refused\): check address"):
        connect({"host": "http://127.0.0.1:1"}).server_version()
