"""Who keeps the zoo: DaemonSets under the names and images of real device plugins, and the GPU Operator's policy.

Their pods are objects that kwok plays on simulated nodes; no image is pulled, and nothing is registered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .api import Api, wait
from .simulated import ANIMAL, Object, Request, send

NAMESPACE = "zoo"
DAEMONSETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
POLICIES = "/apis/nvidia.com/v1/clusterpolicies"
CRD = "clusterpolicies.nvidia.com"
POLICY = "cluster-policy"
GONE_SECONDS = 120


@dataclass(frozen=True)
class Keeper:
    """A DaemonSet and the animals it serves."""

    name: str
    image: str
    animals: tuple[str, ...]
    operated: bool = False


NVIDIA = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"
ASCENDHUB = "swr.cn-south-1.myhuaweicloud.com/ascendhub"
KEEPERS = (
    Keeper(
        "nvdp-nvidia-device-plugin",
        NVIDIA,
        (
            *("t4", "v100", "a10", "a100-40", "a100-80", "h100", "rtx-4090", "mig-mixed", "mig-single", "time-sliced"),
            *("no-gfd", "both-plugins", "arm64", "cordoned", "lost", "not-ready"),
        ),
    ),
    Keeper("nvidia-device-plugin-daemonset", NVIDIA, ("operated",), operated=True),
    Keeper("hami-device-plugin", "docker.io/projecthami/hami:v2.10.0", ("hami-v100", "both-plugins")),
    Keeper("ack-nvidia-device-plugin", "registry.example/acs/k8s-device-plugin:v0.9.3", ("ack-v100",)),
    Keeper("accelerators", "registry.example/accelerators:1", ("gke-l4",)),
    Keeper(
        "ascend-device-plugin-daemonset",
        f"{ASCENDHUB}/ascend-k8sdeviceplugin:v26.1.0-openeuler24.03",
        ("310p", "910b3", "910c", "vnpu"),
    ),
    Keeper("ascend-device-plugin-daemonset-910", f"{ASCENDHUB}/ascend-k8sdeviceplugin:v26.0.0", ("npu-26.0",)),
    Keeper("hami-ascend-device-plugin", "docker.io/projecthami/ascend-device-plugin:v1.2.0", ("hami-910b4",)),
    Keeper("huawei-npu-device-plugin", "swr.cn-north-4.myhuaweicloud.com/hwofficial/npu:2.1.0", ("cce",)),
)


def daemonset(keeper: Keeper, owner: Object | None = None) -> Object:
    """The DaemonSet of a keeper."""
    labels = {"app": keeper.name}
    expression = {"key": ANIMAL, "operator": "In", "values": list(keeper.animals)}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    spec = {
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
        "containers": [{"name": "plugin", "image": keeper.image}],
        "volumes": [{"name": "socket", "hostPath": {"path": "/var/lib/kubelet/device-plugins"}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": keeper.name, "namespace": NAMESPACE, "ownerReferences": [owner] if owner else []},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def policy_definition() -> Object:
    """The GPU Operator's custom resource, as far as anybody here reads it."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": CRD},
        "spec": {
            "group": "nvidia.com",
            "scope": "Cluster",
            "names": {"kind": "ClusterPolicy", "plural": "clusterpolicies", "singular": "clusterpolicy"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


def come(port: int, pki: Path, wait_seconds: float = 240) -> None:
    """Make the keepers, and wait until each has a pod on each of its nodes; those of dead nodes never get ready."""
    api = Api(port, pki)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    send(port, pki, [("POST", "/api/v1/namespaces", namespace), ("POST", CRDS, policy_definition())])
    wait("the GPU Operator's API", lambda: api.request("GET", POLICIES)[0] == 200, wait_seconds)
    policy = {
        "apiVersion": "nvidia.com/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": POLICY},
        "spec": {"driver": {"enabled": True}},
        "status": {"state": "ready"},
    }
    send(port, pki, [("POST", POLICIES, policy)])
    uid = api.get(f"{POLICIES}/{POLICY}")["metadata"]["uid"]
    owner = {"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy", "name": POLICY, "uid": uid, "controller": True}
    requests: list[Request] = [
        ("POST", DAEMONSETS, daemonset(keeper, owner if keeper.operated else None)) for keeper in KEEPERS
    ]
    send(port, pki, requests)
    dead = len(api.get(f"/api/v1/nodes?labelSelector={ANIMAL}=not-ready")["items"])
    wait("the zoo's keepers", lambda: _there(api, port, pki, dead), wait_seconds, pause=1)
    api.close()


def _there(api: Api, port: int, pki: Path, dead: int) -> bool:
    """Whether all pods are ready but those of dead nodes.

    kwok makes a pod ready once: one that lost it by a late heartbeat of its node, on a busy machine, is made anew.
    """
    daemonsets = api.get(DAEMONSETS)["items"]
    states = [one["status"] for one in daemonsets]
    seen = all(one["status"].get("observedGeneration") == one["metadata"]["generation"] for one in daemonsets)
    if seen and sum(one["desiredNumberScheduled"] - one["numberReady"] for one in states) <= dead:
        return True
    _remove(port, pki, [one for one in api.get(PODS)["items"] if _lost(one)])
    return False


def _lost(pod: Object) -> bool:
    ready = [one["status"] for one in pod["status"].get("conditions") or [] if one["type"] == "Ready"]
    return pod["status"].get("phase") == "Running" and ready == ["False"]


def _remove(port: int, pki: Path, pods: Iterable[Object]) -> None:
    at_once = {"gracePeriodSeconds": 0}
    send(port, pki, [("DELETE", f"{PODS}/{one['metadata']['name']}", at_once) for one in pods])


def go(port: int, pki: Path) -> None:
    """Remove the keepers, and wait until they are gone."""
    api = Api(port, pki)
    requests = [("DELETE", path, None) for path in (f"/api/v1/namespaces/{NAMESPACE}", f"{CRDS}/{CRD}")]
    send(port, pki, requests)
    wait("the zoo's keepers to go", lambda: _gone(api, port, pki), GONE_SECONDS, pause=1)
    api.close()


def _gone(api: Api, port: int, pki: Path) -> bool:
    """Whether the namespace is; nobody else says of the pods of dead nodes that they have ended."""
    if api.request("GET", f"/api/v1/namespaces/{NAMESPACE}")[0] == 404:
        return True
    _remove(port, pki, [one for one in api.get(PODS)["items"] if one["metadata"].get("deletionTimestamp")])
    return False
