"""Which cluster the options name, and what is said when they name none."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import api_client
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError, Unreachable
from urllib3.exceptions import InsecureRequestWarning

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


@pytest.mark.parametrize(("validate_certs", "warned"), [(False, 0), (True, 1), (None, 1)])
def test_who_turns_verification_off_is_not_warned_in_every_task(
    kubeconfig: str, validate_certs: bool | None, warned: int
) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        api_client({"host": "https://192.0.2.9", "api_key": "t", "validate_certs": validate_certs})
        warnings.warn("unverified", InsecureRequestWarning, stacklevel=1)
    assert len(told) == warned


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


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize(
    "content", [KUBECONFIG, str(yaml.safe_load(KUBECONFIG)), f"\n  {json.dumps(yaml.safe_load(KUBECONFIG))}"]
)
def test_the_content_of_a_kubeconfig_is_refused_and_not_repeated(
    content: str, variable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", content if variable else "")
    params = {"kubeconfig": None if variable else content}
    with pytest.raises(ClusterError, match="content of a file, not its path: write it to a file") as refused:
        connect(params)
    assert "canary" not in f"{refused.value} {params}"


@pytest.mark.parametrize("package", ["kubernetes", "urllib3"])
def test_a_package_that_is_missing_is_named(kubeconfig: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ClusterError, match=f"{sys.executable} lacks the Python packages {package}: install"):
        connect({"kubeconfig": kubeconfig})


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with pytest.raises(Unreachable, match=r"127.0.0.1:1 cannot be reached \(.*refused\): check address"):
        connect({"host": "http://127.0.0.1:1"}).server_version()


def written(kubeconfig: str, text: str) -> str:
    """The file with another content."""
    Path(kubeconfig).write_text(text, encoding="utf-8")
    return kubeconfig


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty or no mapping"),
        ("a: [", "cannot be read"),
        (KUBECONFIG.replace("current-context: one\n", ""), "no current context. Set context to one of: one"),
        (KUBECONFIG.replace("current-context: one", "current-context: gone"), "no context 'gone': choose from one"),
        (KUBECONFIG.replace("cluster: c,", "cluster: z,"), "cannot be used"),
        (
            KUBECONFIG.replace(
                "{token: canary}", "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /no/such}}"
            ),
            "the command '/no/such', .* for the user u, gave no credentials",
        ),
    ],
)
def test_unusable_kubeconfigs(kubeconfig: str, text: str, message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        api_client({"kubeconfig": written(kubeconfig, text)})


def test_an_exec_plugin_gives_the_token(kubeconfig: str, tmp_path: Path) -> None:
    script = tmp_path / "login"
    status = '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "fresh"}}'
    script.write_text(f"#!/bin/sh\necho '{status}'\n", encoding="utf-8")
    script.chmod(0o755)
    user = f"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {script}, interactiveMode: Never}}}}"
    configuration = api_client(
        {"kubeconfig": written(kubeconfig, KUBECONFIG.replace("{token: canary}", user))}
    ).configuration
    assert configuration.auth_settings()["BearerToken"]["value"] == "Bearer fresh"


def test_several_files_are_one(kubeconfig: str, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text(KUBECONFIG.replace("name: one", "name: two").replace("192.0.2.1", "192.0.2.2"), encoding="utf-8")
    joined = f"{kubeconfig}:/no/such/file:{more}"
    assert api_client({"kubeconfig": joined}).configuration.host == "https://192.0.2.1:6443"
    with pytest.raises(ClusterError, match="choose from one, two"):
        api_client({"kubeconfig": joined, "context": "three"})


def test_a_token_of_the_options_comes_before_that_of_the_kubeconfig(kubeconfig: str) -> None:
    configuration = api_client({"kubeconfig": kubeconfig, "api_key": "mine"}).configuration
    assert configuration.auth_settings()["BearerToken"]["value"] == "Bearer mine"
