"""Releases of the ms-swift chart on the lab, by plain helm and kubectl, and a way in from this machine."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lab.paths import ROLE

from tests.lab.releases import named
from tests.lab.target import kubeconfig, lab_facts

CHECKOUT = Path(__file__).resolve().parents[2]
CHART = CHECKOUT / "charts/ms-swift"
HELM = str(Path(sys.executable).parent / "helm")
NODE = "10.99.0.10"
MODEL = "Qwen2.5-tiny-random"
#: the lab's stand-in on a CPU, with the lab's hub
VALUES: dict[str, Any] = {
    "image": {"repository": "lab.registry/lab-engine", "tag": "4.6.0"},
    "model": {"id": f"swift-lab/{MODEL}"},
    "accelerator": {"vendor": "cpu"},
    "cache": {"existingClaim": "models", "seed": {"endpoint": "http://hub.lab:8099"}},
}
_CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: models}
spec: {accessModes: [ReadWriteMany], storageClassName: shared, resources: {requests: {storage: 1Gi}}}
"""


def merged(*values: Mapping[str, Any]) -> dict[str, Any]:
    """Nested mappings into one, the last wins."""
    result: dict[str, Any] = {}
    for mapping in values:
        for key, value in mapping.items():
            both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
            result[key] = merged(result[key], value) if both else value
    return result


class Place:
    """A namespace with a claim for models."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.facts = lab_facts()

    def kubectl(self, *words: str, stdin: str = "") -> str:
        command = [self.facts["kubectl"], f"--kubeconfig={kubeconfig()}", f"--namespace={self.namespace}", *words]
        return subprocess.run(command, input=stdin, check=True, capture_output=True, text=True).stdout

    def helm(self, *words: str, stdin: str = "") -> tuple[int, str]:
        """Status and everything said."""
        command = [HELM, *words, f"--kubeconfig={kubeconfig()}", f"--namespace={self.namespace}"]
        done = subprocess.run(command, input=stdin, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def install(self, name: str, values: Mapping[str, Any], *words: str) -> None:
        given = ["upgrade", "--install", name, str(CHART), "--values=-", *words]
        status, text = self.helm(*given, stdin=json.dumps(merged(VALUES, values)))
        assert status == 0, text

    def given(self, kind: str, name: str, *sources: str) -> None:
        """kubectl create, or the same again."""
        made = self.kubectl("create", *kind.split(), name, *sources, "--dry-run=client", "--output=yaml")
        self.kubectl("apply", "--filename=-", stdin=made)


@contextlib.contextmanager
def place(what: str, *labels: str) -> Iterator[Place]:
    """A namespace, gone afterwards with all that is in it."""
    namespace = named(what)
    made = Place(namespace)
    made.given("namespace", namespace)
    try:
        for label in labels:
            made.kubectl("label", "namespace", namespace, label, "--overwrite")
        made.kubectl("apply", "--filename=-", stdin=_CLAIM)
        yield made
    finally:
        made.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


@contextlib.contextmanager
def entry(node_port: int) -> Iterator[str]:
    """The address on this machine of a NodePort of the lab."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "lab", "forward", f"{NODE}:{node_port}", "--port", str(port)]
    process = subprocess.Popen(words, cwd=ROLE, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def chat(text: Any, **more: Any) -> dict[str, Any]:
    """A request with one message."""
    return {"model": MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": text}], **more}


def ask(
    address: str, body: Mapping[str, Any], key: str | None = None, path: str = "/v1/chat/completions"
) -> tuple[int, str]:
    """Status and text of an answer; 0 and why where nobody listens."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    return answered(urllib.request.Request(f"{address}{path}", json.dumps(body).encode(), headers))


def answered(request: urllib.request.Request) -> tuple[int, str]:
    """Status and text of an answer; 0 and why where nobody listens."""
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def until(happened: Any, seconds: float, what: str) -> None:
    """Wait for a predicate."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.3)
