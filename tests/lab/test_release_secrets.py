# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Canaries: a secret value is looked for wherever it must not be, while and after a playbook carries it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.releases import CHART, HELMS, NODE, Lab, lab

__all__ = ["lab"]
pytestmark = [pytest.mark.lab, pytest.mark.parametrize("lab", HELMS[:1], indirect=True, scope="module")]
CHECKOUT = Path(__file__).resolve().parents[2]
KINDS = {
    "v1": ("ConfigMap", "Event", "Pod", "Service", "ServiceAccount"),
    "apps/v1": ("Deployment", "ReplicaSet"),
    "events.k8s.io/v1": ("Event",),
}


class Watch:
    """Looks at the command lines of all processes until it is told to stop."""

    def __init__(self, words: list[str]) -> None:
        self.seen: set[str] = set()
        self.looks = 0
        self._words = [word.encode() for word in words]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.002):
            self.looks += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = path.read_bytes()
                except OSError:
                    continue
                if b"\0upgrade\0app\0" in line:
                    self.seen.add("helm")
                if any(word in line for word in self._words):
                    self.seen.add(line.decode(errors="replace"))


def spellings(canary: str) -> list[str]:
    """The word as it is and as a Secret holds it."""
    return [canary, base64.b64encode(canary.encode()).decode().rstrip("=")]


def play(lab: Lab, folder: Path, token: str, *words: str, **options: Any) -> str:
    """Everything that a playbook with the token says, with the most words that Ansible has."""
    values = {"node": NODE, "text": options.pop("text", "hello"), "image": "app:1"}
    entry = {"name": "app", "namespace": lab.namespace, "chart": str(CHART), "values": values, **options}
    entry.update(secret_values={"token": token}, kubeconfig=lab.params["kubeconfig"], binary_path=lab.helm_path)
    entry.update(create_namespace=True, wait_timeout=5)
    tasks = [{"name": "Release", "swift.k8s.release": entry, "register": "told"}, {"debug": {"var": "told"}}]
    book = folder / "play.json"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    environment = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")}
    environment |= {"ANSIBLE_LOG_PATH": str(folder / "log"), "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-vvvv", "--diff", str(book), *words]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + (folder / "log").read_text(encoding="utf-8")


def objects(lab: Lab) -> Iterator[dict[str, Any]]:
    for version, kinds in KINDS.items():
        for kind in kinds:
            yield from lab.cluster.list(version, kind, lab.namespace)
    for secret in lab.cluster.list("v1", "Secret", lab.namespace):
        yield {"metadata": secret["metadata"]}  # its data is the one place for it


def test_no_canary_anywhere(lab: Lab, tmp_path: Path) -> None:
    tokens = [f"canary{uuid.uuid4().hex}" for _ in range(3)]
    words = [word for token in tokens for word in spellings(token)]
    with Watch(words) as watch:
        said = [
            play(lab, tmp_path, tokens[0], "--check"),
            play(lab, tmp_path, tokens[0]),
            play(lab, tmp_path, tokens[1]),
            play(lab, tmp_path, tokens[1], text="new"),
            play(lab, tmp_path, tokens[2], values={"node": NODE, "fail": "no luck"}),
        ]
    assert watch.seen == {"helm"}  # nothing but the sign that it looked often enough
    assert watch.looks > 100
    for text, sign in zip(said, ("install", "install", "upgrade", "upgrade", "no luck"), strict=True):
        assert sign in text
        assert [word for word in words if word in text] == []
    everything = json.dumps(list(objects(lab)))
    assert [word for word in words if word in everything] == []
    assert lab.get("Secret")["data"]["token"] == base64.b64encode(tokens[1].encode()).decode()
