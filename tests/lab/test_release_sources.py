# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Charts from a directory, an archive, a repository and a registry: the same release, compared without helm."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import ChartError, HelmError

from tests.lab.releases import CHART, Lab, lab
from tests.lab.target import lab_facts

__all__ = ["lab"]
pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def archive(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small chart as an archive."""
    folder = tmp_path_factory.mktemp("charts")
    subprocess.run([lab.helm_path, "package", str(CHART), "-d", str(folder)], check=True, capture_output=True)
    return folder / "small-1.2.3.tgz"


@pytest.fixture(scope="module")
def repository(lab: Lab, archive: Path) -> Iterator[str]:
    """A chart repository with this one chart."""
    subprocess.run([lab.helm_path, "repo", "index", str(archive.parent)], check=True, capture_output=True)
    handler = functools.partial(Quiet, directory=str(archive.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def registry(lab: Lab, archive: Path) -> str:
    """The chart's place in the lab's registry."""
    place = f"oci://{lab_facts()['registry']}/charts"
    words = [lab.helm_path, "push", str(archive), place, "--plain-http"]
    subprocess.run(words, check=True, capture_output=True, env={**os.environ, "NO_PROXY": "127.0.0.1"})
    return place


def test_the_same_release_from_everywhere(lab: Lab, archive: Path, repository: str, registry: str) -> None:
    """One install; every other source has the same objects, so nothing changes, and a pinned one needs no helm."""
    lab.run(state="absent")
    assert lab.run(state="present")["changed"]
    assert not lab.run(chart=str(archive))["changed"]
    for source in (
        {"chart": "small", "chart_repo_url": repository, "chart_version": "1.2.3"},
        {"chart": f"{registry}/small", "chart_version": "1.2.3", "plain_http": True},
    ):
        assert not lab.run(**source)["changed"]
        lab.run(state="absent")
        assert lab.run(**source, state="present")["changed"]
        again = lab.run(**source)
        assert (again["changed"], again["helm_processes"]) == (False, 0)


def test_a_chart_that_is_not_there(lab: Lab, repository: str, registry: str) -> None:
    with pytest.raises(HelmError, match="nowhere"):
        lab.run(chart="nowhere", chart_repo_url=repository)
    with pytest.raises(HelmError, match="nowhere"):
        lab.run(chart=f"{registry}/nowhere", chart_version="1.2.3", plain_http=True)
    with pytest.raises(ChartError, match="chart /nowhere: no such directory or archive"):
        lab.run(chart="/nowhere")


def test_a_chart_with_another_digest(lab: Lab, registry: str) -> None:
    with pytest.raises(ChartError, match=r"small has sha256 [0-9a-f]{64}, not 0{64}; fetch it again or correct"):
        lab.run(chart=f"{registry}/small", chart_version="1.2.3", plain_http=True, chart_digest="0" * 64)
