# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How long the credentials of a kubeconfig last."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints import credential, kubeconfig
from ansible_collections.swift.k8s.plugins.module_utils._constraints.credential import lifetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)


def certificate(days: int) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "user")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(NOW - timedelta(days=9)).not_valid_after(NOW + timedelta(days=days))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def token(expires: datetime) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"exp": expires.timestamp()}).encode()).decode().rstrip("=")
    return f"e30.{body}.sig"


def config(user: dict[str, Any]) -> dict[str, Any]:
    contexts = [{"name": "prod", "context": {"user": "admin"}}]
    return {"current-context": "prod", "contexts": contexts, "users": [{"name": "admin", "user": user}]}


def test_lifetime_of_credentials(tmp_path: Path) -> None:
    data = certificate(5)
    path = tmp_path / "crt.pem"
    path.write_bytes(data)
    encoded = base64.b64encode(data).decode()
    expected = {"kind": "client certificate", "expires": "2026-05-06", "days_left": 5, "expired": False}
    assert lifetime(config({"client-certificate-data": encoded}), None, NOW) == expected
    assert lifetime(config({"client-certificate": str(path)}), "prod", NOW) == expected
    assert lifetime(config({"token": token(NOW - timedelta(days=2))}), None, NOW)["days_left"] == -2
    assert lifetime(config({"token": "opaque"}), None, NOW) == {}
    assert lifetime(config({"token": "a.b.c"}), None, NOW) == {}
    assert lifetime(config({"token": "a.eyJleHAiOiAxZTIwfQ.c"}), None, NOW) == {}, "the end of {exp: 1e20} is no date"
    assert lifetime(config({}), "other", NOW) == {}


def test_which_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = config({"token": token(datetime.now(timezone.utc) + timedelta(days=3, hours=1))})
    path = tmp_path / "config"
    path.write_text(json.dumps(document))
    assert kubeconfig.credential({"kubeconfig": str(path)})["days_left"] == 3
    assert kubeconfig.credential({"kubeconfig": document})["days_left"] == 3
    assert kubeconfig.credential({"host": "https://x", "kubeconfig": str(path)}) == {}
    assert kubeconfig.credential({"kubeconfig": str(tmp_path / "absent")}) == {}
    monkeypatch.delenv("K8S_AUTH_KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(path))
    assert kubeconfig.credential({})["kind"] == "token"


def test_a_certificate_lies_where_the_kubeconfig_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pki").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "pki/client.pem").write_bytes(certificate(5))
    path = tmp_path / "config"
    path.write_text(json.dumps(config({"client-certificate": "pki/client.pem"})))
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert kubeconfig.credential({"kubeconfig": str(path)})["expires"] == "2026-05-06"
    monkeypatch.chdir(tmp_path)
    assert kubeconfig.credential({"kubeconfig": "config"})["expires"] == "2026-05-06"


@pytest.mark.parametrize(
    "user",
    [
        {"client-certificate": "absent.pem"},
        {"client-certificate-data": "bm8gY2VydGlmaWNhdGU="},
        {"client-certificate-data": "%"},
        {"client-certificate-data": 7},
    ],
)
def test_a_certificate_that_cannot_be_read_tells_nothing(user: dict[str, Any], tmp_path: Path) -> None:
    assert lifetime(config(user), None, NOW, str(tmp_path)) == {}


def test_certificates_of_an_older_library() -> None:
    class Old:
        not_valid_after = datetime(2026, 5, 6)

    assert credential._end(Old()) == datetime(2026, 5, 6, tzinfo=timezone.utc)
