# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Sessions without the client library: which kubeconfigs get one, and that a real TLS server takes it."""

from __future__ import annotations

import base64
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._cluster import plain
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Unreachable
from ansible_collections.swift.k8s.plugins.module_utils._cluster.session import LibrarySession, session

from .api import Api, serving

SERVER = "https://192.0.2.1:6443"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that is its own authority, for the server and for the client; and its key."""
    folder = tmp_path_factory.mktemp("pem")
    certificate, key = folder / "crt", folder / "key"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    more = ["-subj", "/CN=me", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, *more], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(autouse=True)
def _nobodys_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUBECONFIG", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def data(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def written(folder: Path, cluster: dict[str, Any], user: dict[str, Any]) -> str:
    """A kubeconfig of one context."""
    content = {
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "current-context": "one",
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def test_certificates_as_data_and_as_files_are_the_same(pem: tuple[Path, Path]) -> None:
    certificate, key = pem
    as_data = {"client-certificate-data": data(certificate), "client-key-data": data(key)}
    by_name = {"client-certificate": certificate.name, "client-key": key.name}
    path = written(certificate.parent, {"server": SERVER, "certificate-authority-data": data(certificate)}, as_data)
    found = plain.access({"kubeconfig": path})
    assert found == plain.Access(SERVER, *(certificate.read_bytes(),) * 2, key.read_bytes())
    path = written(certificate.parent, {"server": SERVER, "certificate-authority": certificate.name}, by_name)
    assert plain.access({"kubeconfig": path, "context": "one"}) == found


#: What is added to a plain cluster, a plain user and the options -> what the library is needed for.
LIBRARY: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"tls-server-name": "k8s"}, {}, {}),
    ({"proxy-url": "http://192.0.2.8"}, {}, {}),
    ({"insecure-skip-tls-verify": True}, {}, {}),
    ({"server": "http://192.0.2.1"}, {}, {}),
    ({"certificate-authority-data": ""}, {}, {}),
    ({"certificate-authority-data": "%"}, {}, {}),
    ({}, {"exec": {"command": "login"}}, {}),
    ({}, {"auth-provider": {"name": "oidc"}}, {}),
    ({}, {"username": "u", "password": "p"}, {}),
    ({}, {"tokenFile": "t"}, {}),
    ({}, {"token": ""}, {}),
    ({}, {}, {"proxy": "http://192.0.2.8"}),
    ({}, {}, {"validate_certs": False}),
    ({}, {}, {"api_key": "other"}),
    ({}, {}, {"client_cert": "c", "client_key": "k"}),
    ({}, {}, {"context": "none"}),
    ({}, {}, {"host": SERVER, "api_key": "t"}),
]


@pytest.mark.parametrize(("cluster", "user", "options"), LIBRARY)
def test_what_is_left_to_the_library(
    pem: tuple[Path, Path], tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], options: dict[str, Any]
) -> None:
    simple = {"server": SERVER, "certificate-authority-data": data(pem[0])}
    path = written(tmp_path, simple, {"token": "canary"})
    found = plain.access({"kubeconfig": path})
    assert found
    assert found.token == "canary"
    path = written(tmp_path, {**simple, **cluster}, {"token": "canary", **user})
    assert plain.access({"kubeconfig": path, **options}) is None


def test_a_proxy_of_the_environment_is_the_librarys(
    pem: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, {"server": SERVER, "certificate-authority-data": data(pem[0])}, {"token": "t"})
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.8")
    assert plain.access({"kubeconfig": path}) is None


def test_what_cannot_be_read_is_said_by_the_library(tmp_path: Path) -> None:
    rubbish = base64.b64encode(b"rubbish").decode()
    path = written(tmp_path, {"server": SERVER, "certificate-authority-data": rubbish}, {"token": "t"})
    assert plain.access({"kubeconfig": path})
    assert isinstance(session({"kubeconfig": path}), LibrarySession)


@pytest.fixture(params=[ssl.CERT_OPTIONAL])
def api(pem: tuple[Path, Path], request: pytest.FixtureRequest) -> Iterator[Api]:
    """An API server that speaks TLS."""
    certificate, key = pem
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(certificate)
    context.verify_mode = request.param
    with serving() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.say("GET", "/version", {"gitVersion": "v1"})
        yield server


@pytest.mark.parametrize("api", [ssl.CERT_REQUIRED], indirect=True)
def test_a_certificate_is_shown(api: Api, pem: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, key = pem
    user = {"client-certificate-data": data(certificate), "client-key-data": data(key)}
    server = api.url.replace("http:", "https:")
    path = written(tmp_path, {"server": server, "certificate-authority-data": data(certificate)}, user)
    made = connect({"kubeconfig": path, "impersonate_user": "jane", "impersonate_groups": ["a", "b"]})
    assert made.server_version() == "v1"
    (seen,) = api.seen
    assert (seen["headers"]["impersonate-user"], seen["headers"]["impersonate-group"]) == ("jane", "a, b")


def test_host_token_and_authority(api: Api, pem: tuple[Path, Path]) -> None:
    options = {"host": api.url.replace("http:", "https:"), "api_key": "canary", "ca_cert": str(pem[0])}
    assert not isinstance(session(options), LibrarySession)
    assert connect(options).server_version() == "v1"
    assert api.seen[0]["headers"]["authorization"] == "Bearer canary"


def test_a_server_of_another_authority_is_not_believed(api: Api, pem: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    more = ["-subj", "/CN=other", "-keyout", str(tmp_path / "key"), "-out", str(other)]
    subprocess.run([*make, *more], check=True, capture_output=True)
    options = {"host": api.url.replace("http:", "https:"), "api_key": "t", "ca_cert": str(other)}
    with pytest.raises(Unreachable, match="signed by an unknown authority"):
        connect(options).server_version()


def test_a_server_of_another_name_is_not_believed(api: Api, pem: tuple[Path, Path]) -> None:
    host = api.url.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(Unreachable, match="its certificate is for another name"):
        connect({"host": host, "api_key": "t", "ca_cert": str(pem[0])}).server_version()
    assert api.seen == []


def test_the_library_is_not_imported(pem: tuple[Path, Path], tmp_path: Path) -> None:
    path = written(tmp_path, {"server": SERVER, "certificate-authority-data": data(pem[0])}, {"token": "t"})
    code = (
        "import sys\n"
        "from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect\n"
        f"assert connect({{'kubeconfig': {path!r}}}).host == {SERVER!r}\n"
        "assert 'kubernetes' not in sys.modules and 'urllib3' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
