# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A small pod per kind of device: asks for one, must be given its file, says what it got, and goes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Protocol

from .._accelerator.vendors import VENDORS, vendor_of
from .diagnosis import hint, last_event, state
from .wait import Cluster as Looker
from .wait import NotReadyError, diagnosis

POLL_SECONDS = 1.0
LOG_LINES = 20
MANAGED_BY = {"app.kubernetes.io/managed-by": "swift-k8s"}
# What the runtime injected shows in the environment and under /dev; both differ by vendor, the question does not.
_FILES = "|".join(vendor.device_files for vendor in VENDORS if vendor.device_files)
COMMAND = ["sh", "-c", f"env | grep VISIBLE_DEVICES | sort; ls /dev | grep -xE '{_FILES}' | sort"]
Plugins = Iterable[Mapping[str, str]]


class NotStartedError(NotReadyError):
    """The pod has a node and nothing is wrong with it so far: its image is being pulled."""


class Cluster(Looker, Protocol):
    """What this file uses of `_cluster`."""

    def create(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """Create an object."""

    def delete(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None) -> bool:
        """Delete an object."""


def pod(test: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pod of a test, fit for the Pod Security level restricted."""
    container: dict[str, Any] = {
        "name": "smoke",
        "image": test["image"],
        "command": test.get("command") or COMMAND,
        "resources": {"limits": {test["resource"]: test.get("count", 1)}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        "tolerations": [{"key": test["resource"], "operator": "Exists"}, *test.get("tolerations", [])],
        "containers": [container],
    }
    if test.get("runtime_class"):
        spec["runtimeClassName"] = test["runtime_class"]
    if test.get("pull_secrets"):
        spec["imagePullSecrets"] = [{"name": name} for name in test["pull_secrets"]]
    if test.get("node_selector"):
        spec["nodeSelector"] = dict(test["node_selector"])
    if test.get("mount"):
        _as_the_engine(spec, container, test)
    metadata = {"generateName": "device-smoke-", "namespace": test["namespace"], "labels": MANAGED_BY}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _as_the_engine(spec: dict[str, Any], container: dict[str, Any], test: Mapping[str, Any]) -> None:
    """Give the pod the user, the shared memory and the claim that the chart gives to the engine's pods."""
    user = {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000, "fsGroupChangePolicy": "OnRootMismatch"}
    spec["securityContext"].update(user)
    spec["volumes"] = [{"name": "shm", "emptyDir": {"medium": "Memory"}}]
    container["volumeMounts"] = [{"name": "shm", "mountPath": "/dev/shm"}]  # noqa: S108
    if test.get("claim"):
        spec["volumes"].append({"name": "claim", "persistentVolumeClaim": {"claimName": test["claim"]}})
        container["volumeMounts"].append({"name": "claim", "mountPath": test["mount"]})


def smoke(cluster: Cluster, test: Mapping[str, Any], wait_timeout: float, plugins: Plugins = ()) -> dict[str, Any]:
    """Run one test and return {resource, node, output}.

    Raises NotReadyError with the reason and the last words of the device plugin there when the pod cannot finish, or
    finishes without the file of a device. A command of one's own judges itself.
    """
    created = cluster.create(pod(test))
    name, namespace = created["metadata"]["name"], test["namespace"]
    try:
        ended = _wait(cluster, name, namespace, wait_timeout)
        log = cluster.logs(namespace, name, tail_lines=LOG_LINES) if ended and _ran(ended) else ""
        if ended is None or ended["status"]["phase"] != "Succeeded":
            raise _failure(cluster, test, name, log, plugins)
        node, output = ended["spec"].get("nodeName"), log.splitlines()
        if not test.get("command") and not given(test["resource"], output):
            raise NotReadyError(_not_given(test["resource"], node, output))
        return {"resource": test["resource"], "node": node, "output": output}
    finally:
        cluster.delete("v1", "Pod", name, namespace=namespace)


def given(resource: str, output: Iterable[str]) -> bool:
    """Say whether the file of a device is among the lines. Where nobody knows its name, nothing can be asked."""
    vendor = vendor_of(resource)
    if vendor is None or not vendor.device_files:
        return True
    return any(re.fullmatch(vendor.device_files, line) for line in output)


def _not_given(resource: str, node: Optional[str], output: Iterable[str]) -> str:
    return (
        f"The smoke pod on {node} that asked for one {resource} sees no device file, only "
        f"{', '.join(output) or 'nothing'}: the node's container runtime injects none. Make the vendor's runtime the "
        "default one of the node, or name its RuntimeClass in runtime_class."
    )


def _wait(cluster: Cluster, name: str, namespace: str, wait_timeout: float) -> Optional[dict[str, Any]]:
    end = time.monotonic() + wait_timeout
    while time.monotonic() < end:
        live = cluster.get("v1", "Pod", name, namespace=namespace)
        if live and (live.get("status") or {}).get("phase") in {"Succeeded", "Failed"}:
            return live
        time.sleep(min(POLL_SECONDS, wait_timeout))
    return None


def _ran(pod: Mapping[str, Any]) -> bool:
    """Say whether there is a log: a pod that its kubelet did not admit has no container."""
    return any(item.get("containerID") for item in pod["status"].get("containerStatuses") or [])


def _failure(cluster: Cluster, test: Mapping[str, Any], name: str, log: str, plugins: Plugins) -> NotReadyError:
    namespace = test["namespace"]
    events = cluster.list("v1", "Event", namespace=namespace, field_selector=f"involvedObject.name={name}")
    live = cluster.get("v1", "Pod", name, namespace=namespace) or {}
    asked, warning = f"{test.get('count', 'one')} {test['resource']}", last_event(events)
    text = f"The smoke pod that asks for {asked} did not succeed: {state(live)}. {warning}"
    advice = hint(text) or "Compare the request with the node's allocatable devices and taints."
    kind = NotStartedError if _starting(live) and not warning else NotReadyError
    node, known = live.get("spec", {}).get("nodeName"), list(plugins)
    words = f"On {node}: {diagnosis(cluster, known, node)}" if node and known else ""
    return kind("\n".join(filter(None, [text, log.strip(), advice, words])))


def _starting(live: Mapping[str, Any]) -> bool:
    """Say whether a pod has a node, and waits for nothing but its containers."""
    return state(live) == "Pending" and bool((live.get("spec") or {}).get("nodeName"))
