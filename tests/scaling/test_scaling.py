"""Requests make pods, and their end takes them away: HAProxy's numbers, Prometheus, KEDA, the HPA controller.

`make test-scaling` (KEDA is compiled the first time: about six minutes). Figures go to build/scaling.json.
"""

from __future__ import annotations

import json
import string
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.chart import CHART, CHECKOUT, MODEL, VALUES, Place, merged, place

pytestmark = pytest.mark.lab
HERE = Path(__file__).parent
TYPES = ("keda", "hpa")
MOST = 3
CALLERS = 8
QUICK = {"scaleUp": {"stabilizationWindowSeconds": 0}, "scaleDown": {"stabilizationWindowSeconds": 15}}
SCALED: dict[str, Any] = {
    "env": {"LAB_ENGINE_ANSWER_SECONDS": "0.5"},
    "drainSeconds": 2,
    "proxy": {"enabled": True},
    "metrics": {"source": "proxy", "dashboard": {"enabled": True}},
    "autoscaling": {
        "enabled": True,
        "maxReplicas": MOST,
        "requestsPerSecond": 10,
        "queue": 2,
        "behavior": QUICK,
    },
}


def scaled(namespace: str, kind: str) -> dict[str, Any]:
    """The values of a release that is scaled by the numbers of this namespace's Prometheus."""
    address = f"http://prometheus.{namespace}:9090"  # KEDA asks from a namespace of its own
    return merged(SCALED, {"autoscaling": {"type": kind, "prometheusAddress": address}})


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Prometheus, the adapter, and a release for each type of autoscaling."""
    folder = tmp_path_factory.mktemp("adapter")
    rules = yaml.safe_load((CHART / "examples/prometheus-adapter.yaml").read_text(encoding="utf-8"))
    (folder / "rules.json").write_text(json.dumps(rules), encoding="utf-8")
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=adapter"]
    pair = ["-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")]
    subprocess.run(["openssl", *request, *pair], check=True, capture_output=True)
    template = string.Template((HERE / "pipeline.yaml").read_text(encoding="utf-8"))
    with place("scaling") as made:
        text = template.substitute(namespace=made.namespace)
        try:
            files = [f"--from-file={HERE / 'adapter.py'}", f"--from-file={folder / 'rules.json'}"]
            made.given("configmap", "adapter", *files)
            made.given("secret tls", "adapter", f"--cert={folder / 'tls.crt'}", f"--key={folder / 'tls.key'}")
            made.kubectl("apply", "--filename=-", stdin=text)
            for kind in TYPES:
                made.install(kind, scaled(made.namespace, kind))
            for deployment in ("prometheus", "adapter"):
                made.kubectl("rollout", "status", f"deployment/{deployment}", "--timeout=60s")
            yield made
        finally:
            for kind in TYPES:
                made.helm("uninstall", kind, "--ignore-not-found", "--wait")
            made.kubectl("delete", "--ignore-not-found", "--filename=-", stdin=text)


def replicas(made: Place, kind: str) -> int:
    """Pods of a release, 0 while one of them is not ready."""
    status = json.loads(made.kubectl("get", "deployment", f"{kind}-ms-swift", "--output=json"))["status"]
    return int(status["replicas"]) if status.get("readyReplicas") == status.get("replicas") else 0


def rescales(made: Place) -> dict[str, list[str]]:
    """What the HPA controller says it did, by autoscaler and in order."""
    words = ["get", "events", "--field-selector=reason=SuccessfulRescale", "--sort-by=.lastTimestamp", "--output=json"]
    told: dict[str, list[str]] = {}
    for event in json.loads(made.kubectl(*words))["items"]:
        told.setdefault(event["involvedObject"]["name"], []).append(event["message"])
    return told


def until(made: Place, wanted: int, seconds: float, *command: str, stdin: str = "") -> dict[str, float]:
    """Seconds from a kubectl command until each release has the wanted number of ready pods."""
    begin, reached = time.monotonic(), dict[str, float]()
    if command:
        made.kubectl(*command, stdin=stdin)
    while len(reached) < len(TYPES):
        for kind in TYPES:
            if kind not in reached and replicas(made, kind) == wanted:
                reached[kind] = round(time.monotonic() - begin, 1)
        if time.monotonic() - begin > seconds:
            told = made.kubectl("describe", "hpa") + made.kubectl("get", "pods")
            raise AssertionError(f"not {wanted} pods after {seconds} s, only {reached}:\n{told}")
        time.sleep(1)
    return reached


def asked(made: Place) -> list[str]:
    """Every query of the dashboard, and of the alert rules as far as their comparison."""
    board = json.loads(made.kubectl("get", "configmap", "hpa-ms-swift-dashboard", "--output=json"))["data"]
    panels = [panel for text in board.values() for panel in json.loads(text)["panels"]]
    ruled = merged(VALUES, scaled(made.namespace, "hpa"), {"metrics": {"prometheusRule": {"enabled": True}}})
    words = ["template", "hpa", str(CHART), "--show-only=templates/prometheusrule.yaml", "--values=-"]
    status, text = made.helm(*words, stdin=json.dumps(ruled))
    assert status == 0, text
    document = yaml.safe_load(text.partition("walk.go:")[0])  # what follows is helm's remark on links
    rules = [rule["expr"] for group in document["spec"]["groups"] for rule in group["rules"]]
    return [target["expr"] for panel in panels for target in panel["targets"]] + [
        expression.split(" > ")[0].split(" == ")[0] for expression in rules
    ]


def known(made: Place, query: str) -> bool:
    """Whether Prometheus has a number for a query."""
    path = f"/api/v1/namespaces/{made.namespace}/services/prometheus:9090/proxy/api/v1/query?"
    answer = json.loads(made.kubectl("get", "--raw", path + urllib.parse.urlencode({"query": query})))
    return len(answer["data"]["result"]) == 1


def test_dashboard_and_alerts_ask_for_numbers_that_are_there(pipeline: Place) -> None:
    until(pipeline, 1, 60)  # helm calls a Deployment of one pod ready while it is missing, as maxUnavailable allows
    queries = asked(pipeline)
    assert len(queries) == 8
    end = time.monotonic() + 60  # names are looked up and scraped in their own time
    while (unknown := [query for query in queries if not known(pipeline, query)]) and time.monotonic() < end:
        time.sleep(2)
    assert not unknown


def test_requests_make_pods_and_their_end_takes_them_away(pipeline: Place) -> None:
    until(pipeline, 1, 60)
    pipeline.given("configmap", "load", f"--from-file={HERE / 'load.py'}")
    urls = [f"http://{kind}-ms-swift:8080/v1/chat/completions" for kind in TYPES]
    command = ["python3", "/etc/load/load.py", str(CALLERS), MODEL, *urls]
    mount, volume = {"name": "load", "mountPath": "/etc/load"}, {"name": "load", "configMap": {"name": "load"}}
    container = {"name": "load", "image": "lab.registry/python:3.11", "command": command, "volumeMounts": [mount]}
    spec = {"containers": [container], "volumes": [volume], "terminationGracePeriodSeconds": 0}
    load = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "load"}, "spec": spec}
    grown = until(pipeline, MOST, 180, "apply", "--filename=-", stdin=json.dumps(load))
    shrunk = until(pipeline, 1, 240, "delete", "pod", "load")
    told = rescales(pipeline)
    assert set(told) == {"hpa-ms-swift", "keda-hpa-keda-ms-swift"}
    for messages in told.values():
        assert "above target" in messages[0]
        assert messages[-1] == "New size: 1; reason: All metrics below target"
    report = {"seconds_to_grow": grown, "seconds_to_shrink": shrunk, "pods": MOST, "callers": CALLERS, "rescales": told}
    target = CHECKOUT / "build" / "scaling.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"scaling: {report}")
