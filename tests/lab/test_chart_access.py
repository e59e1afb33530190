"""Who gets what from a service: keys, limits, streams that end whole, pods that end at once. The proxy is real."""

from __future__ import annotations

import collections
import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab.chart import VALUES, Place, ask, chat, entry, merged, place, until

pytestmark = pytest.mark.lab
KEY = "canary-4711"
NODE_PORT = 30811
ANSWER_SECONDS = 3
SERVICE: dict[str, Any] = {
    "apiKey": {"existingSecret": "key"},
    "env": {"LAB_ENGINE_ANSWER_SECONDS": str(ANSWER_SECONDS)},
    "proxy": {"enabled": True, "maxQueue": 2, "maxBodyMiB": 1},
    "service": {"type": "NodePort", "nodePort": NODE_PORT},
    "drainSeconds": 1,
}


@pytest.fixture(scope="module")
def release() -> Iterator[Place]:
    """A service with a key and a proxy, in a namespace that enforces Pod Security."""
    with place("chart-access", "pod-security.kubernetes.io/enforce=restricted") as made:
        made.given("secret generic", "key", f"--from-literal=api-key={KEY}")
        made.install("a", SERVICE, "--wait", "--timeout=120s")
        yield made
        made.helm("uninstall", "a", "--wait")


@pytest.fixture(scope="module")
def address(release: Place) -> Iterator[str]:
    with entry(NODE_PORT) as found:
        until(lambda: ask(found, chat("hello"), KEY)[0] == 200, 30, "an answer")
        yield found


def test_only_the_right_key_is_answered(address: str) -> None:
    statuses = {key: ask(address, chat("hello"), key)[0] for key in (None, "wrong", KEY)}
    assert statuses == {None: 401, "wrong": 401, KEY: 200}


def test_the_key_is_nowhere_to_be_read(release: Place, address: str) -> None:
    seen = [release.kubectl("get", "configmap,deployment,pod,service,event", "--output=yaml")]
    containers = ("model", "proxy", "engine")
    seen += [release.kubectl("logs", "deployment/a-ms-swift", f"--container={name}") for name in containers]
    lines = "import glob; print([open(p,'rb').read() for p in glob.glob('/proc/[0-9]*/cmdline')])"
    seen.append(release.kubectl("exec", "deployment/a-ms-swift", "--container=engine", "--", "python3", "-c", lines))
    assert "launch.py" in seen[-1]
    assert all(KEY not in text for text in seen)


def test_a_great_body_is_refused_by_its_length(address: str) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    with contextlib.closing(connection):
        connection.putrequest("POST", "/v1/chat/completions")
        connection.putheader("Authorization", f"Bearer {KEY}")
        connection.putheader("Content-Length", str((1 << 20) + 1))
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, "larger than 1 MiB" in answer.read().decode()) == (413, True)


def test_a_full_queue_is_said_at_once(address: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ask(address, chat("hello"), KEY), range(8)))
    statuses = collections.Counter(status for status, _ in found)
    assert statuses.keys() == {200, 429}
    assert statuses[200] in (3, 4)  # one is answered, two wait; another may slip in when the first is done
    assert all("The queue is full" in text for status, text in found if status == 429)


def test_helm_asks(release: Place, address: str) -> None:
    status, text = release.helm("test", "a")
    assert status == 0, text
    assert "Phase:          Succeeded" in text


def test_a_stopped_pod_ends_its_answer(release: Place, address: str) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    with contextlib.closing(connection):
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(chat("hello", stream=True)), headers)
        answer = connection.getresponse()
        assert answer.status == 200
        release.kubectl("delete", "pods", "--selector=app.kubernetes.io/instance=a", "--wait=false")
        text = answer.read().decode()
    said = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: {")]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in said if chunk["choices"])
    assert text.rstrip().endswith("data: [DONE]")
    until(lambda: ask(address, chat("hello"), KEY)[0] == 200, 120, "an answer of the next pod")


def test_a_pod_that_loads_ends_at_once(release: Place) -> None:
    release.install("b", {"env": {"LAB_ENGINE_LOAD_SECONDS": "600"}, "drainSeconds": 1})
    running = ["get", "pods", "--selector=app.kubernetes.io/instance=b", "--output=jsonpath={..state.running}"]
    until(lambda: "startedAt" in release.kubectl(*running), 60, "the engine's start")
    begin = time.monotonic()
    status, text = release.helm("uninstall", "b", "--wait", "--timeout=120s")
    assert status == 0, text
    assert time.monotonic() - begin < 30


def test_a_claim_that_is_there_does_not_change(release: Place) -> None:
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c-ms-swift-cache"}}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    release.kubectl("apply", "--filename=-", stdin=json.dumps({**claim, "spec": spec}))
    wanted = merged(VALUES, {"cache": {"existingClaim": "", "accessModes": ["ReadWriteMany"]}})
    words = ["template", "c", "charts/ms-swift", "--dry-run=server", "--values=-"]
    status, text = release.helm(*words, stdin=json.dumps(wanted))
    assert status == 1
    assert "claim c-ms-swift-cache is there with [ReadWriteOnce] and cannot change" in text
    kept = merged(wanted, {"cache": {"accessModes": ["ReadWriteOnce"]}})
    status, text = release.helm(*words, stdin=json.dumps(kept))
    assert status == 0
    assert "storage: 1Gi" in text
