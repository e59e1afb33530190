# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Whom we believe: tokens and where they go, certificates, and paths that a hub must not choose."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import Refused, UnsafePath, Untrusted
from lab.hub import HubServer

from .conftest import FILES, ID, Cache


@pytest.mark.parametrize(("kind", "branch"), [("modelscope", "master"), ("huggingface", "main")])
@pytest.mark.parametrize("access", ["private", "gated"])
def test_tokens(tmp_path: Path, kind: str, branch: str, access: str) -> None:
    with HubServer(tokens=["good"]) as hub:
        hub.put(ID, FILES, access=access)
        cache = Cache(tmp_path / "cache", hub)
        absent, bad = cache.seed(hub=kind).error, cache.seed(hub=kind, token="bad").error
        assert isinstance(absent, Refused)
        assert "token_file or token_env" in absent.next_step or "Accept the model's terms" in absent.next_step
        assert isinstance(bad, Refused)
        assert "valid, not expired" in bad.next_step
        # an empty file has no byte to ask for
        assert set(cache.files(branch)) <= {"empty"}
        good = cache.seed({"report": str(tmp_path / "report")}, hub=kind, token="good")
        assert good.error is None
        assert cache.files(branch) == FILES
        written = [path.read_text() for path in tmp_path.rglob("*.json")]
        assert not any("good" in text for text in written)
        redirected = [entry for entry in hub.stats()["log"] if entry["server"] == "cdn"]
        assert redirected
        assert not any(entry["secret"] for entry in redirected)


def test_an_unknown_certificate(tmp_path: Path) -> None:
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run([*make, *names, "-keyout", "k", "-out", "c"], cwd=tmp_path, check=True, capture_output=True)
    with HubServer(tls=(str(tmp_path / "c"), str(tmp_path / "k"))) as hub:
        hub.put(ID, FILES)
        cache = Cache(tmp_path / "cache", hub)
        unknown = cache.seed().error
        assert isinstance(unknown, Untrusted)
        assert "127.0.0.1" in str(unknown)
        assert "ca_file" in unknown.next_step
        assert cache.files() == {}
        assert cache.seed(ca_file=str(tmp_path / "c")).error is None
        assert cache.files() == FILES


def test_names_that_meet_on_other_disks_are_refused(cache: Cache, hub: HubServer) -> None:
    hub.put(ID, {"README.md": b"a", "readme.md": b"b"})
    assert isinstance(cache.seed().error, UnsafePath)
    assert cache.files() == {}
    assert cache.seed(exclude=["readme.md"]).error is None
    assert cache.files() == {"README.md": b"a"}


@pytest.mark.parametrize("path", ["../../escape", "/etc/escape", "a/../../escape"])
def test_paths_that_leave_the_snapshot_are_refused(cache: Cache, tmp_path: Path, path: str) -> None:
    source = tmp_path / "usb"
    source.mkdir()
    (source / "manifest.json").write_text(json.dumps({"files": [{"path": path, "size": 1, "sha256": ""}]}))
    error = cache.seed(hub="directory", source=str(source)).error
    assert isinstance(error, UnsafePath)
    assert not list(tmp_path.rglob("*escape*"))
