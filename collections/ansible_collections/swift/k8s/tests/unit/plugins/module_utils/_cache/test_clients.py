# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The layout's contract: both generations of the real clients find a seeded model with no hub to ask."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from lab.hub import HubServer

from tests.unit.lab.clients import interpreter

from .conftest import FILES, ID, Cache

pytestmark = [pytest.mark.clients, pytest.mark.timeout(600)]

MODELSCOPE = "from modelscope import snapshot_download as f; print(f('{id}', {more}local_files_only=True))"
HUGGING_FACE = "from huggingface_hub import snapshot_download as f; print(f('{id}'{more}))"


def asked(generation: str, code: str, **environ: str) -> Path:
    """The directory that a client answers with; every endpoint it could ask is dead."""
    dead = {"MODELSCOPE_ENDPOINT": "http://127.0.0.1:9", "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [str(interpreter(generation)), "-c", code],
        env={**os.environ, **dead, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


def read(directory: Path) -> dict[str, bytes]:
    return {path: (directory / path).read_bytes() for path in FILES}


@pytest.fixture
def seeded(cache: Cache, hub: HubServer) -> Cache:
    hub.put(ID, FILES)
    assert cache.seed().error is None
    return cache


@pytest.mark.parametrize("generation", ["old", "new"])
def test_modelscope(seeded: Cache, generation: str) -> None:
    code = MODELSCOPE.format(id=ID, more="")
    assert read(asked(generation, code, MODELSCOPE_CACHE=str(seeded.root))) == FILES


@pytest.mark.parametrize("generation", ["old", "new"])
@pytest.mark.parametrize("more", ["", ", revision='master'"])
def test_huggingface(seeded: Cache, generation: str, more: str) -> None:
    assert read(asked(generation, HUGGING_FACE.format(id=ID, more=more), HF_HOME=str(seeded.root / "hf"))) == FILES


def test_a_model_without_a_dot_in_its_name(cache: Cache, hub: HubServer) -> None:
    hub.put("org/plain", FILES)
    assert cache.seed(id="org/plain").error is None
    for generation in ("old", "new"):
        code = MODELSCOPE.format(id="org/plain", more="")
        assert read(asked(generation, code, MODELSCOPE_CACHE=str(cache.root))) == FILES


def test_a_cache_that_a_client_filled_is_taken_over(cache: Cache, hub: HubServer) -> None:
    """The newer ModelScope client's own download needs no byte again."""
    hub.put(ID, FILES)
    code = f"from modelscope import snapshot_download as f; print(f('{ID}'))"
    asked("new", code, MODELSCOPE_CACHE=str(cache.root), MODELSCOPE_ENDPOINT=hub.url)
    hub.reset()
    assert cache.seed().error is None
    assert hub.bytes_of(ID) == 0
    assert cache.files() == FILES
    shutil.rmtree(cache.root)
