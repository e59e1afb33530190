# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What others say went wrong: kubelets and the scheduler in events, the GPU Operator in its status. Looks only.

Events live for an hour, so what they tell may be mended already; rules about them warn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._accelerator.table import Vendor
from .._accelerator.vendors import VENDORS
from .._cluster.reader import Reader
from .._devices.diagnosis import hint

Object = Mapping[str, Any]
Subject = dict[str, Any]
#: containerd's and CRI-O's sentence for a RuntimeClass whose handler they do not have.
_NO_RUNTIME = re.compile(
    r"no runtime for \\?\"(?P<handler>[^\"\\]+)\\?\" is configured|failed to find runtime handler (?P<other>\S+)"
)
_MODE = re.compile(r"-containerMode[= ](\w+)")
_TEXT_SHOWN = 300
_SHARING = "nvidia.com/gpu.sharing-strategy"
#: How the charts of NVIDIA's plugin and operator end the DaemonSet's name.
_MPS_DAEMON = "mps-control-daemon"


def signs(cluster: Reader, facts: Object) -> dict[str, Any]:
    """Return what only these objects tell, in the form that subjects are made of."""
    owners = facts.get("owners") or []
    operated = "nvidia.com/v1" in (facts.get("apis") or [])
    failed = cluster.list("v1", "Event", field_selector="reason=FailedCreatePodSandBox")
    return {
        "no_runtime": no_runtime(failed),
        "stuck": {namespace: stuck(_warnings(cluster, namespace)) for namespace in _namespaces(owners)},
        "operators": [operator(item) for item in cluster.list("nvidia.com/v1", "ClusterPolicy")] if operated else [],
        "mps_daemons": mps_daemons(cluster, _nodes(facts)),
        "exporters": exporters(cluster, _nodes(facts)),
        "webhooks": webhooks(cluster),
    }


def _nodes(facts: Object) -> list[Object]:
    return list(facts.get("nodes") or [])


def _of(vendor: Vendor, nodes: Iterable[Object]) -> list[Object]:
    return [
        node for node in nodes if any(device.get("vendor") == vendor.name for device in node.get("accelerators") or [])
    ]


def _namespaces(owners: Iterable[Object]) -> list[str]:
    return sorted({str(owner["namespace"]) for owner in owners if owner.get("namespace")})


def _warnings(cluster: Reader, namespace: str) -> list[dict[str, Any]]:
    return cluster.list("v1", "Event", namespace=namespace, field_selector="type=Warning,involvedObject.kind=Pod")


def no_runtime(events: Iterable[Object]) -> dict[str, str]:
    """Return node -> the handler that its container runtime does not have."""
    found = {}
    for event in events:
        match = _NO_RUNTIME.search(str(event.get("message") or ""))
        node = (event.get("source") or {}).get("host") or event.get("reportingInstance")
        if match and node:
            found[str(node)] = str(match["handler"] or match["other"])
    return found


def stuck(events: Iterable[Object]) -> dict[str, str]:
    """Return pod -> its newest warning that we know a remedy for: a missing path, an image, a driver."""
    found: dict[str, str] = {}
    for event in sorted(events, key=lambda item: str(item.get("lastTimestamp") or item.get("eventTime") or "")):
        text = f"{event.get('reason')}: {event.get('message')}"[:_TEXT_SHOWN]
        if hint(text):
            found[str((event.get("involvedObject") or {}).get("name"))] = text
    return found


def trouble(owner: Object, stuck_pods: Mapping[str, Mapping[str, str]]) -> Subject:
    """Return what holds pods of an owner's DaemonSet back: {pods, text, advice}; {} where nothing does."""
    prefix = f"{owner.get('name')}-"
    pods = stuck_pods.get(str(owner.get("namespace"))) or {}
    own = {name: text for name, text in pods.items() if name.startswith(prefix)}
    if not own:
        return {}
    text = own[max(own)]
    return {"pods": len(own), "text": text, "advice": hint(text)}


def operator(item: Object) -> Subject:
    """Return the GPU Operator's state as its ClusterPolicy tells it."""
    status, spec = item.get("status") or {}, item.get("spec") or {}
    conditions = status.get("conditions") or []
    errors = [one for one in conditions if one.get("type") == "Error" and one.get("status") == "True"]
    return {
        "subject": f"ClusterPolicy {item['metadata']['name']}",
        "state": status.get("state"),
        "message": (errors[0].get("message") if errors else None) or "no message",
        "driver": (spec.get("driver") or {}).get("enabled", True),
    }


def exporters(cluster: Reader, nodes: Iterable[Object]) -> list[Subject]:
    """Return the exporters of the vendors that have one by name, where nodes have such devices."""
    return [
        exporter(item, here)
        for vendor in VENDORS
        if vendor.exporter and (here := _of(vendor, nodes))
        for item in cluster.list("apps/v1", "DaemonSet", field_selector=f"metadata.name={vendor.exporter}")
    ]


def exporter(item: Object, nodes: Iterable[Object]) -> Subject:
    """Return how an exporter reaches the container runtime, and what the nodes with its devices really run."""
    spec = item["spec"]["template"]["spec"]
    words = " ".join(str(word) for one in spec.get("containers") or [] for word in one.get("args") or [])
    mode = _MODE.search(words)
    runtimes = {str(node.get("runtime") or "").partition(":")[0] for node in nodes}
    metadata = item["metadata"]
    return {
        "subject": f"DaemonSet {metadata['namespace']}/{metadata['name']}",
        # The binary's own default.
        "mode": mode[1] if mode else "docker",
        "runtimes": sorted(runtimes - {""}),
    }


def mps_daemons(cluster: Reader, nodes: Iterable[Object]) -> list[Subject]:
    """Return how many nodes are shared by MPS, and how many of its control daemons are ready; nothing without one."""
    shared = sum(1 for node in nodes if node.get("ready") and (node.get("labels") or {}).get(_SHARING) == "mps")
    if not shared:
        return []
    states = [
        item.get("status") or {}
        for item in cluster.list("apps/v1", "DaemonSet")
        if item["metadata"]["name"].endswith(_MPS_DAEMON)
    ]
    desired, ready = (
        sum(int(one.get(key) or 0) for one in states) for key in ("desiredNumberScheduled", "numberReady")
    )
    return [{"subject": "cluster", "nodes": shared, "desired": desired, "ready": ready}]


def webhooks(cluster: Reader) -> list[Subject]:
    """Return the webhooks that every new pod passes, and whether anybody answers there."""
    found = []
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for item in cluster.list("admissionregistration.k8s.io/v1", kind):
            for hook in item.get("webhooks") or []:
                service = (hook.get("clientConfig") or {}).get("service")
                if service and _judges_pods(hook):
                    found.append(_webhook(cluster, hook, service))
    return found


def _judges_pods(hook: Object) -> bool:
    return any(
        {"pods", "*", "*/*"} & set(rule.get("resources") or []) and {"CREATE", "*"} & set(rule.get("operations") or [])
        for rule in hook.get("rules") or []
    )


def _webhook(cluster: Reader, hook: Object, service: Object) -> Subject:
    name, namespace = str(service["name"]), str(service["namespace"])
    slices = cluster.list(
        "discovery.k8s.io/v1", "EndpointSlice", namespace=namespace, label_selector=f"kubernetes.io/service-name={name}"
    )
    ready = sum(
        1
        for one in slices
        for endpoint in one.get("endpoints") or []
        if (endpoint.get("conditions") or {}).get("ready", True)
    )
    policy = hook.get("failurePolicy") or "Fail"
    return {
        "subject": f"webhook {hook.get('name')}",
        "service": f"{namespace}/{name}",
        "endpoints": ready,
        "consequence": "no pod can be created" if policy == "Fail" else "pods are created without it",
    }
