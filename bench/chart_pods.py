"""The lab as the chart's bench sees it: a namespace, releases of the stand-in, and a port that leads to its pods."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab_run import BUILD, CHECKOUT, environment

CHART = CHECKOUT / "charts/ms-swift"
NAMESPACE = "bench-chart"
NODE = "10.99.0.10"
NODE_PORT = 30801
VALUES: dict[str, Any] = {
    "image": {"repository": "lab.registry/lab-engine", "tag": "4.6.0"},
    "model": {"id": "swift-lab/Qwen2.5-tiny-random"},
    "accelerator": {"vendor": "cpu"},
    "cache": {"existingClaim": "models", "seed": {"endpoint": "http://hub.lab:8099"}},
    "env": {"LAB_ENGINE_ANSWER_SECONDS": "0", "LAB_ENGINE_LOAD_SECONDS": "0"},
    "podLabels": {"bench": "chart"},
    "drainSeconds": 0,
    "terminationGracePeriodSeconds": 5,
}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "models"},
    "spec": {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "shared",
        "resources": {"requests": {"storage": "1Gi"}},
    },
}
#: leads to pods that are not ready, so that their first answer is seen and not their probes
ENTRY = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "entry"},
    "spec": {
        "type": "NodePort",
        "publishNotReadyAddresses": True,
        "selector": {"bench": "chart"},
        "ports": [{"port": 8000, "nodePort": NODE_PORT}],
    },
}


def facts() -> dict[str, Any]:
    """build/<lab>/lab.json."""
    name = environment().get("LAB_NAME") or "lab"
    return dict(json.loads((BUILD / name / "lab.json").read_text(encoding="utf-8")))


def kubectl(*words: str, given: Any = None) -> str:
    """kubectl in the bench's namespace; `given` is an object for its standard input."""
    told = facts()
    command = [told["kubectl"], f"--kubeconfig={told['kubeconfig']}", f"--namespace={NAMESPACE}", *words]
    return subprocess.run(command, input=json.dumps(given), check=True, stdout=subprocess.PIPE, text=True).stdout


def apply(item: Any) -> None:
    """kubectl apply of one object."""
    kubectl("apply", "--filename=-", given=item)


def helm(*words: str, values: Mapping[str, Any] | None = None) -> None:
    """helm in the bench's namespace."""
    command = ["helm", *words, f"--kubeconfig={facts()['kubeconfig']}", f"--namespace={NAMESPACE}"]
    given = [] if values is None else ["--values=-"]
    subprocess.run(
        [*command, *given], input=json.dumps(values or {}), check=True, capture_output=True, text=True, cwd=CHECKOUT
    )


@contextmanager
def namespace() -> Iterator[None]:
    """A namespace with the claim, emptied of everything afterwards."""
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    try:
        apply(CLAIM)
        yield
    finally:
        kubectl("delete", "namespace", NAMESPACE)


@contextmanager
def devices() -> Iterator[None]:
    """Simulated GPUs on a node of the lab."""
    chart = ["nvdp", str(CHECKOUT / "roles/lab/charts/nvidia-device-plugin")]
    helm("upgrade", "--install", *chart, "--wait", values={})
    try:
        yield
    finally:
        helm("uninstall", "nvdp", "--wait")


@contextmanager
def forwarded() -> Iterator[str]:
    """An address on this machine that leads to the pods of Service entry."""
    command = [sys.executable, "-m", "lab", "forward", f"{NODE}:{NODE_PORT}", "--port", str(NODE_PORT)]
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment(), stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{NODE_PORT}"
    finally:
        process.terminate()
        process.wait()


def seconds_to_answer(deployment: str, address: str) -> float:
    """From asking for a pod to its first answer; the pod is gone again afterwards."""
    begin = time.perf_counter()
    kubectl("scale", f"deployment/{deployment}", "--replicas=1")
    while not answers(address):
        if time.perf_counter() - begin > 60:
            raise SystemExit(f"{deployment} gives no answer at {address}: see `kubectl -n {NAMESPACE} get pods`")
        time.sleep(0.02)
    taken = time.perf_counter() - begin
    kubectl("scale", f"deployment/{deployment}", "--replicas=0")
    kubectl("wait", "pod", "--selector=bench=chart", "--for=delete", "--timeout=60s")
    return taken


def answers(address: str) -> bool:
    """Whether the engine answers now."""
    try:
        with urllib.request.urlopen(f"{address}/v1/models", timeout=1):
            return True
    except OSError:
        return False


def by_hand(release: str) -> Any:
    """The engine of a release as somebody would start it without the chart: its image and command line, one claim."""
    whole = json.loads(kubectl("get", f"deployment/{release}", "--output=json"))
    pod, metadata = whole["spec"]["template"]["spec"], {"name": "by-hand"}
    (container,) = pod["containers"]
    command = whole["metadata"]["annotations"]["swift.k8s/command"].split()
    mounts = [mount for mount in container["volumeMounts"] if mount["name"] in ("cache", "tmp")]
    volumes = [volume for volume in pod["volumes"] if volume["name"] in ("cache", "tmp")]
    kept = {key: container[key] for key in ("name", "image", "env", "securityContext", "workingDir", "resources")}
    engine = {**kept, "command": command, "volumeMounts": mounts}
    labels = {"bench": "chart", "app": "by-hand"}
    shared = {"securityContext": pod["securityContext"], "terminationGracePeriodSeconds": 5, "volumes": volumes}
    template = {"metadata": {"labels": labels}, "spec": {**shared, "containers": [engine]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "by-hand"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def load_pod(addresses: Mapping[str, str], rate: int, seconds: int, rounds: int) -> dict[str, dict[str, float]]:
    """What chart_load.py measures from a pod of its own."""
    program = Path(__file__).with_name("chart_load.py").read_text(encoding="utf-8")
    wanted = [str(rate), str(seconds), str(rounds), *(f"{name}={address}" for name, address in addresses.items())]
    container = {"name": "load", "image": "lab.registry/python:3.11", "command": ["python3", "-c", program, *wanted]}
    spec = {"containers": [container], "restartPolicy": "Never"}
    apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "load"}, "spec": spec})
    kubectl("wait", "pod/load", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=180s")
    told: dict[str, dict[str, float]] = json.loads(kubectl("logs", "pod/load"))
    return told
