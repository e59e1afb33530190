# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Running helm: what reaches it, what it may see, and how its errors read."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import access, processes
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import HelmError
from ansible_collections.swift.k8s.plugins.module_utils._release.helm import Helm, Target


@pytest.fixture
def fake(tmp_path: Path) -> Any:
    """A program in place of helm that writes down what it was given: fake(script) -> Helm, folder."""

    def make(script: str = "", version: str = "v3.17.2") -> Helm:
        program = tmp_path / "helm"
        program.write_text(
            f"#!{sys.executable}\n"
            "import json, os, sys, time\n"
            f"if sys.argv[1] == 'version': print({version!r}); sys.exit()\n"
            f"open({str(tmp_path / 'seen.json')!r}, 'w').write("
            "json.dumps([sys.argv[1:], sys.stdin.read(), dict(os.environ)]))\n" + script
        )
        program.chmod(0o755)
        return Helm({"PATH": os.environ["PATH"], "HELM_KUBETOKEN": "canary-token"}, str(program))

    return make


def seen(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "seen.json").read_text())


TARGET = Target("app", "team", "./chart", {"token": "canary-value"}, "d" * 64, {"a": "b"})


def test_upgrade_keeps_secrets_out_of_argv(fake: Any, tmp_path: Path) -> None:
    runner = fake()
    runner.upgrade(TARGET)
    argv, stdin, environment = seen(tmp_path)
    assert "canary" not in " ".join(argv)
    assert json.loads(stdin) == {"token": "canary-value"}
    assert environment["HELM_KUBETOKEN"] == "canary-token"
    assert argv[:3] == ["upgrade", "app", "./chart"]
    assert {"--install", "--reset-values", "--skip-crds", "--labels=a=b", "--values=-"} <= set(argv)
    assert f"--description=swift.k8s sha256:{'d' * 64}" in argv
    assert not {"--force", "--atomic", "--wait"} & set(argv)
    assert runner.processes == 2


CALLS = [
    (lambda one: one.rollback("app", "team", 3, 60, 10), ["rollback", "app", "3", "--namespace=team"]),
    (lambda one: one.uninstall("app", "team", 60), ["uninstall", "app", "--namespace=team", "--wait"]),
    (lambda one: one.template(TARGET, True), ["template", "app", "./chart", "--namespace=team", "--values=-"]),
]


@pytest.mark.parametrize(("call", "argv"), CALLS)
def test_other_commands(fake: Any, tmp_path: Path, call: Any, argv: list[str]) -> None:
    call(fake())
    assert seen(tmp_path)[0][: len(argv)] == argv


def test_pull_returns_the_archive(fake: Any, tmp_path: Path) -> None:
    folder = tmp_path / "charts"
    folder.mkdir()
    runner = fake("open(sys.argv[3].split('=')[1] + '/c-1.tgz', 'w')\n")
    assert runner.pull("c", "1", "https://charts", str(folder)) == str(folder / "c-1.tgz")
    assert seen(tmp_path)[0] == ["pull", "c", f"--destination={folder}", "--version=1", "--repo=https://charts"]


def test_render_takes_the_manifest(fake: Any) -> None:
    manifest, weight = fake("print(json.dumps({'manifest': 'kind: X'}))\n").render(TARGET)
    assert manifest == "kind: X"
    assert 40 < weight < 100


@pytest.mark.parametrize("version", ["v3.16.4", "v2.16.0"])
def test_old_helm_is_refused(fake: Any, version: str) -> None:
    with pytest.raises(HelmError, match=f"helm {version[1:]} is too old; install Helm 3.17 or newer"):
        fake(version=version).upgrade(TARGET)


def test_helm_four_is_welcome(fake: Any) -> None:
    fake(version="v4.1.0").upgrade(TARGET)


def test_missing_helm_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HelmError, match="helm is not at /none/helm"):
        Helm({"PATH": ""}, "/none/helm").version()
    monkeypatch.setattr(sys, "executable", "/none/python")
    with pytest.raises(HelmError, match="helm is not on PATH; install Helm 3 or 4"):
        Helm({"PATH": ""}).version()


def test_a_helm_that_hangs_is_ended(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = fake("time.sleep(60)\n")
    with pytest.raises(HelmError, match=r"helm uninstall app hung for 1 s and was ended"):
        runner.uninstall("app", "team", -59)


def test_errors_name_the_command(fake: Any) -> None:
    with pytest.raises(HelmError, match="helm rollback app: boom"):
        fake("sys.stderr.write('Error: boom'); sys.exit(1)\n").rollback("app", "team", 1, 60, 10)


ACCESS = [
    ({"kubeconfig": "/k"}, {"KUBECONFIG": "/k"}),
    ({"kubeconfig": "/k", "context": "prod"}, {"HELM_KUBECONTEXT": "prod"}),
    ({"kubeconfig": "/k", "api_key": "t", "ca_cert": "/ca"}, {"HELM_KUBETOKEN": "t", "HELM_KUBECAFILE": "/ca"}),
    ({"validate_certs": False}, {"HELM_KUBEINSECURE_SKIP_TLS_VERIFY": "true"}),
    ({"proxy": "http://p", "no_proxy": "lab"}, {"HTTPS_PROXY": "http://p", "NO_PROXY": "lab"}),
    ({"impersonate_user": "u", "impersonate_groups": ["a", "b"]}, {"HELM_KUBEASUSER": "u", "HELM_KUBEASGROUPS": "a,b"}),
    ({"impersonate_user": "u", "host": "https://h"}, {"HELM_KUBEASUSER": "u"}),
    ({}, {"HELM_DRIVER": "secret"}),
]


@pytest.mark.parametrize(("params", "expected"), ACCESS)
def test_access_through_the_environment(params: dict[str, Any], expected: dict[str, str]) -> None:
    with access.environment(params) as environment:
        assert expected.items() <= environment.items()


def test_access_through_a_private_file() -> None:
    params = {"host": "https://h", "api_key": "t", "client_cert": "/c", "password": "p", "validate_certs": False}
    with access.environment(params) as environment:
        path = environment["KUBECONFIG"]
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        config = json.loads(Path(path).read_text())
        assert config["clusters"][0]["cluster"] == {"server": "https://h", "insecure-skip-tls-verify": True}
        assert config["users"][0]["user"] == {"password": "p", "client-certificate": "/c", "token": "t"}
        assert "HELM_KUBETOKEN" not in environment
    assert not os.path.exists(path)


COMMANDS = [
    (["helm", "upgrade", "app", "chart", "--namespace=team"], True),
    (["/usr/bin/helm", "upgrade", "-n", "team", "app"], True),
    (["helm", "upgrade", "app", "chart"], True),
    (["helm", "upgrade", "app", "chart", "--namespace=other"], False),
    (["helm", "upgrade", "other", "--namespace=team"], False),
    (["bash", "app", "team"], False),
]


@pytest.mark.parametrize(("words", "alive"), COMMANDS)
def test_helm_processes(tmp_path: Path, words: list[str], alive: bool) -> None:
    (tmp_path / "12").mkdir()
    (tmp_path / "12/cmdline").write_text("\0".join(words) + "\0")
    (tmp_path / "13").mkdir()  # ended between the listing and the look
    assert list(processes.helm("app", "team", str(tmp_path))) == ([12] if alive else [])


def test_no_process_list() -> None:
    assert list(processes.helm("app", "team", "/none")) == []
