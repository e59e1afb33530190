"""The real ms-swift in real pods, started by the chart: train, serve the adapter, merge it, serve the result."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from lab.engine.tiny_model import ROWS_ID

from tests.engine.jobs import finished, log, newest, steps
from tests.lab.chart import MODEL, Place, ask, chat, entry, place, until

pytestmark = [pytest.mark.engine, pytest.mark.lab, pytest.mark.timeout(300)]
KEY = "canary-4712"
#: one node pulls the image
NODE = "lab-0"
NODE_PORT = 30812
STEPS = 5
#: tokens of an answer that is still being given when SIGTERM comes
LONG = 1800
REAL: dict[str, Any] = {
    "image": {"repository": "lab.registry/ms-swift", "tag": "4.6.0"},
    "nodeSelector": {"kubernetes.io/hostname": NODE},
}
TRAIN: dict[str, Any] = {
    **REAL,
    "task": "sft",
    "cache": {"seed": {"also": [{"id": ROWS_ID, "type": "dataset"}]}},
    "train": {
        "dataset": [f"/cache/datasets/{ROWS_ID}/sft.jsonl"],
        "maxSteps": STEPS,
        "loggingSteps": 1,
        "batchSize": 1,
        "accumulation": 16,
        "maxLength": 256,
    },
}
MERGE: dict[str, Any] = {
    **REAL,
    "task": "export",
    "adapters": [{"path": "/cache/outputs/train/last-checkpoint"}],
    "export": {"mergeLora": True},
}
SERVE: dict[str, Any] = {
    **REAL,
    "apiKey": {"existingSecret": "key"},
    "service": {"type": "NodePort", "nodePort": NODE_PORT},
    "drainSeconds": 1,
}


@pytest.fixture(scope="module")
def site() -> Iterator[Place]:
    """A namespace that enforces Pod Security, with a claim and a key."""
    with place("engine", "pod-security.kubernetes.io/enforce=restricted") as made:
        made.given("secret generic", "key", f"--from-literal=api-key={KEY}")
        yield made
        for release in ("train", "serve", "merge"):
            made.helm("uninstall", release, "--wait")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with entry(NODE_PORT) as found:
        yield found


def serve(site: Place, address: str, values: Mapping[str, Any]) -> None:
    site.install("serve", {**SERVE, **values}, "--wait", "--timeout=150s")
    until(lambda: ask(address, chat("hi"), KEY)[0] == 200, 30, "an answer")


def test_a_stopped_training_goes_on_where_it_was(site: Place) -> None:
    site.install("train", TRAIN)
    until(lambda: steps(site, "train") >= 1, 120, "the first step")
    first = newest(site, "train")
    site.kubectl("delete", "pod", first, "--wait=false")
    finished(site, "train", 150)
    assert newest(site, "train") != first
    said = log(site, "train")
    assert "launch: resuming from /cache/outputs/train/checkpoint-" in said
    told = [json.loads(line) for line in said.splitlines() if line.startswith('{"event": "progress"')]
    assert told[-1]["global_step/max_steps"] == f"{STEPS}/{STEPS}"


def test_the_adapter_is_served_beside_the_model(site: Place, address: str) -> None:
    serve(site, address, {"adapters": [{"name": "sums", "path": "/cache/outputs/train/last-checkpoint"}]})
    assert ask(address, chat("hi"), "wrong")[0] == 400
    for model in (MODEL, "sums"):
        status, text = ask(address, {**chat("hi"), "model": model}, KEY)
        assert (status, bool(json.loads(text)["choices"][0]["message"]["content"])) == (200, True)
    status, text = ask(address, {"model": MODEL, "prompt": "hi", "max_tokens": 8}, KEY, "/v1/completions")
    assert (status, json.loads(text)["usage"]["completion_tokens"]) == (200, 8)
    status, text = ask(address, chat("hi", stream=True), KEY)
    assert (status, text.rstrip().endswith("data: [DONE]")) == (200, True)
    process = "import json; print(json.dumps(open('/proc/1/cmdline').read().split(chr(0))[:-1]))"
    argv = json.loads(
        site.kubectl("exec", "deployment/serve-ms-swift", "--container=engine", "--", "python", "-c", process)
    )
    spec = json.loads(site.kubectl("get", "deployment", "serve-ms-swift", "--output=json"))["spec"]["template"]["spec"]
    assert argv == spec["containers"][0]["command"] == ["python", "/etc/swift/launch.py", "/etc/swift/run.json"]
    assert KEY not in site.kubectl("logs", "deployment/serve-ms-swift", "--all-containers")


def test_an_answer_ends_whole_when_its_pod_is_stopped(site: Place, address: str) -> None:
    pod = site.kubectl("get", "pods", "--selector=app.kubernetes.io/instance=serve", "--output=name").strip()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, address, chat("hi", stream=True, max_tokens=LONG), KEY)
        time.sleep(0.5)
        begin = time.monotonic()
        site.kubectl("scale", "deployment/serve-ms-swift", "--replicas=0")
        until(lambda: "deletionTimestamp" in site.kubectl("get", pod, "--output=json"), 10, "the stop")
        time.sleep(SERVE["drainSeconds"] + 0.5)
        assert not answer.done()
        status, text = answer.result()
    chunks = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: {")]
    assert status == 200
    assert chunks[-1]["usage"]["completion_tokens"] == LONG
    assert text.rstrip().endswith("data: [DONE]")
    site.kubectl("wait", "--for=delete", pod, "--timeout=60s")
    assert time.monotonic() - begin < 60


def test_an_export_is_made_once(site: Place) -> None:
    site.install("merge", MERGE)
    finished(site, "merge", 120)
    assert "nothing to do" not in log(site, "merge")
    site.helm("uninstall", "merge", "--wait")
    begin = time.monotonic()
    site.install("merge", MERGE)
    finished(site, "merge", 60)
    assert f"/cache/outputs/merge/{MODEL} already holds this result; nothing to do" in log(site, "merge")
    assert time.monotonic() - begin < 30


def test_the_result_is_served(site: Place, address: str) -> None:
    serve(site, address, {"model": {"id": "", "path": f"/cache/outputs/merge/{MODEL}"}})
    status, text = ask(address, chat("hi"), KEY)
    assert (status, bool(json.loads(text)["choices"][0]["message"]["content"])) == (200, True)
