"""Requests make pods, and their end takes them away: HAProxy's numbers, Prometheus, KEDA, the HPA controller.

`make test-scaling` (KEDA is compiled the first time: about six minutes). Figures go to build/scaling.json.
"""

from __future__ import annotations

import json
import string
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.releases import HELM, kubeconfig

pytestmark = pytest.mark.lab
HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
NAMESPACE = "scaling"
TYPES = ("keda", "hpa")
MOST = 3
CALLERS = 8
QUICK = {"scaleUp": {"stabilizationWindowSeconds": 0}, "scaleDown": {"stabilizationWindowSeconds": 15}}
VALUES: dict[str, Any] = {
    "image": {"repository": "lab.registry/lab-engine", "tag": "4.6.0"},
    "model": {"id": "swift-lab/Qwen2.5-tiny-random"},
    "accelerator": {"vendor": "cpu"},
    "cache": {"existingClaim": "models", "seed": {"endpoint": "http://hub.lab:8099"}},
    "env": {"LAB_ENGINE_ANSWER_SECONDS": "0.5"},
    "drainSeconds": 2,
    "proxy": {"enabled": True},
    "metrics": {"source": "proxy"},
    "autoscaling": {"enabled": True, "maxReplicas": MOST, "requestsPerSecond": 10, "queue": 2, "behavior": QUICK},
}
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: models}
spec: {accessModes: [ReadWriteMany], storageClassName: shared, resources: {requests: {storage: 1Gi}}}
"""


def facts() -> dict[str, Any]:
    """build/<lab>/lab.json."""
    return dict(json.loads(Path(kubeconfig()).with_name("lab.json").read_text(encoding="utf-8")))


def kubectl(*words: str, stdin: str = "") -> str:
    command = [facts()["kubectl"], f"--kubeconfig={kubeconfig()}", f"--namespace={NAMESPACE}", *words]
    return subprocess.run(command, input=stdin, check=True, capture_output=True, text=True).stdout


def helm(*words: str, stdin: str = "") -> None:
    command = [HELM, *words, f"--namespace={NAMESPACE}", f"--kubeconfig={kubeconfig()}"]
    subprocess.run(command, input=stdin, check=True, capture_output=True, text=True)


def given(kind: str, name: str, *sources: str) -> None:
    """kubectl create, or the same again."""
    made = kubectl("create", *kind.split(), name, *sources, "--dry-run=client", "--output=yaml")
    kubectl("apply", "--filename=-", stdin=made)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Prometheus, the adapter, and a release for each type of autoscaling."""
    folder = tmp_path_factory.mktemp("adapter")
    rules = yaml.safe_load((CHECKOUT / "charts/ms-swift/examples/prometheus-adapter.yaml").read_text(encoding="utf-8"))
    (folder / "rules.json").write_text(json.dumps(rules), encoding="utf-8")
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=adapter"]
    pair = ["-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")]
    subprocess.run(["openssl", *request, *pair], check=True, capture_output=True)
    text = string.Template((HERE / "pipeline.yaml").read_text(encoding="utf-8")).substitute(namespace=NAMESPACE)
    try:
        given("namespace", NAMESPACE)
        given("configmap", "adapter", f"--from-file={HERE / 'adapter.py'}", f"--from-file={folder / 'rules.json'}")
        given("secret tls", "adapter", f"--cert={folder / 'tls.crt'}", f"--key={folder / 'tls.key'}")
        kubectl("apply", "--filename=-", stdin=text + "\n---\n" + CLAIM)
        for kind in TYPES:
            install(kind)
        for deployment in ("prometheus", "adapter"):
            kubectl("rollout", "status", f"deployment/{deployment}", "--timeout=60s")
        yield
    finally:
        for kind in TYPES:
            helm("uninstall", kind, "--ignore-not-found", "--wait")
        kubectl("delete", "--ignore-not-found", "--filename=-", stdin=text)
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")


def install(kind: str) -> None:
    scaling = {**VALUES["autoscaling"], "type": kind, "prometheusAddress": f"http://prometheus.{NAMESPACE}:9090"}
    values = json.dumps({**VALUES, "autoscaling": scaling})
    words = ["upgrade", "--install", kind, str(CHECKOUT / "charts/ms-swift"), "--values=-"]
    helm(*words, "--wait", "--timeout=120s", stdin=values)


def replicas(kind: str) -> int:
    """Pods of a release, 0 while one of them is not ready."""
    status = json.loads(kubectl("get", "deployment", f"{kind}-ms-swift", "--output=json"))["status"]
    return int(status["replicas"]) if status.get("readyReplicas") == status.get("replicas") else 0


def rescales() -> dict[str, list[str]]:
    """What the HPA controller says it did, by autoscaler and in order."""
    words = ["get", "events", "--field-selector=reason=SuccessfulRescale", "--sort-by=.lastTimestamp", "--output=json"]
    told: dict[str, list[str]] = {}
    for event in json.loads(kubectl(*words))["items"]:
        told.setdefault(event["involvedObject"]["name"], []).append(event["message"])
    return told


def until(wanted: int, seconds: float, *command: str, stdin: str = "") -> dict[str, float]:
    """Seconds from a kubectl command until each release has the wanted number of ready pods."""
    begin, reached = time.monotonic(), dict[str, float]()
    if command:
        kubectl(*command, stdin=stdin)
    while len(reached) < len(TYPES):
        for kind in TYPES:
            if kind not in reached and replicas(kind) == wanted:
                reached[kind] = round(time.monotonic() - begin, 1)
        if time.monotonic() - begin > seconds:
            told = kubectl("describe", "hpa") + kubectl("get", "pods")
            raise AssertionError(f"not {wanted} pods after {seconds} s, only {reached}:\n{told}")
        time.sleep(1)
    return reached


def test_requests_make_pods_and_their_end_takes_them_away(pipeline: None) -> None:
    until(1, 60)  # helm calls a Deployment of one pod ready while it is missing, as maxUnavailable allows
    given("configmap", "load", f"--from-file={HERE / 'load.py'}")
    urls = [f"http://{kind}-ms-swift:8080/v1/chat/completions" for kind in TYPES]
    command = ["python3", "/etc/load/load.py", str(CALLERS), "Qwen2.5-tiny-random", *urls]
    mount, volume = {"name": "load", "mountPath": "/etc/load"}, {"name": "load", "configMap": {"name": "load"}}
    container = {"name": "load", "image": "lab.registry/python:3.11", "command": command, "volumeMounts": [mount]}
    spec = {"containers": [container], "volumes": [volume], "terminationGracePeriodSeconds": 0}
    load = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "load"}, "spec": spec}
    grown = until(MOST, 180, "apply", "--filename=-", stdin=json.dumps(load))
    shrunk = until(1, 240, "delete", "pod", "load")
    told = rescales()
    assert set(told) == {"hpa-ms-swift", "keda-hpa-keda-ms-swift"}
    for messages in told.values():
        assert "above target" in messages[0]
        assert messages[-1] == "New size: 1; reason: All metrics below target"
    report = {"seconds_to_grow": grown, "seconds_to_shrink": shrunk, "pods": MOST, "callers": CALLERS, "rescales": told}
    target = CHECKOUT / "build" / "scaling.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"scaling: {report}")
