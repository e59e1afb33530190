# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Who advertises accelerators: device plugins by their DaemonSets, and what stands behind them. Pure.

Images and names: k8s-device-plugin 0.20, gpu-operator 26.7, HAMi 2.10, mind-cluster 26.1, dra-driver-nvidia-gpu 0.5;
CCE and openFuyao by their documentation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]
_SOCKET = "/var/lib/kubelet/device-plugins"
_OPERATORS = {"ClusterPolicy": "gpu-operator", "NVIDIADriver": "gpu-operator", "NPUClusterPolicy": "openfuyao"}
_OURS = "swift-k8s"
_RELEASE = ("meta.helm.sh/release-namespace", "meta.helm.sh/release-name")


@dataclass(frozen=True)
class Sign:
    """A device plugin is of this kind when every word is in its name or in one of its images."""

    kind: str
    resource: str
    words: tuple[str, ...]


#: The first that fits counts: HAMi's plugins carry names that the others' words would match too.
SIGNS = (
    Sign("hami", "huawei.com/Ascend910", ("hami", "ascend")),
    Sign("hami", "nvidia.com/gpu", ("hami",)),
    Sign("dra", "nvidia.com/gpu", ("dra-driver-nvidia",)),
    Sign("mindcluster", "huawei.com/Ascend910", ("ascend-device-plugin",)),
    Sign("mindcluster", "huawei.com/Ascend910", ("ascend-k8sdeviceplugin",)),
    Sign("cce", "huawei.com/ascend-1980", ("huawei-npu-device-plugin",)),
    Sign("nvdp", "nvidia.com/gpu", ("nvidia", "device-plugin")),
)


def owners(daemonsets: Iterable[Object], pods: Iterable[Object], releases: Iterable[Object]) -> list[dict[str, Any]]:
    """One entry a device plugin's DaemonSet, with the nodes that its pods run on."""
    nodes = _nodes_by_daemonset(pods)
    ours = {(item["namespace"], item["name"]) for item in releases if item.get("managed")}
    found = []
    for item in daemonsets:
        sign = recognise(item)
        if sign is None:
            continue
        metadata, status = item["metadata"], item.get("status") or {}
        found.append(
            {
                "kind": _operator(item) or sign.kind,
                "resource": sign.resource,
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "nodes": sorted(nodes.get(metadata["uid"], ())),
                "desired": status.get("desiredNumberScheduled", 0),
                "ready": status.get("numberReady", 0),
                "managed": _managed(metadata, ours),
            }
        )
    return sorted(found, key=lambda owner: (owner["namespace"], owner["name"]))


def recognise(daemonset: Object) -> Sign | None:
    """The kind of device plugin; `unknown` for whatever else mounts kubelet's socket directory; None for the rest."""
    spec = daemonset["spec"]["template"]["spec"]
    paths = [(volume.get("hostPath") or {}).get("path", "") for volume in spec.get("volumes") or []]
    if not any(path.rstrip("/") == _SOCKET for path in paths):
        return None
    images = [container.get("image", "") for container in spec.get("containers") or []]
    text = " ".join([daemonset["metadata"]["name"], *images]).lower()
    return next((sign for sign in SIGNS if all(word in text for word in sign.words)), Sign("unknown", "", ()))


def _operator(daemonset: Object) -> str | None:
    references = daemonset["metadata"].get("ownerReferences") or []
    return next((_OPERATORS[item["kind"]] for item in references if item.get("kind") in _OPERATORS), None)


def _managed(metadata: Object, ours: set[tuple[str, str]]) -> bool:
    """Whether this collection put it there: by its own apply, or as part of a release of its own."""
    if any(str(entry.get("manager", "")).startswith(_OURS) for entry in metadata.get("managedFields") or []):
        return True
    annotations = metadata.get("annotations") or {}
    return tuple(annotations.get(key, "") for key in _RELEASE) in ours


def _nodes_by_daemonset(pods: Iterable[Object]) -> dict[str, set[str]]:
    nodes: dict[str, set[str]] = defaultdict(set)
    for pod in pods:
        for reference in pod["metadata"].get("ownerReferences") or []:
            if reference.get("kind") == "DaemonSet" and pod["spec"].get("nodeName"):
                nodes[reference["uid"]].add(pod["spec"]["nodeName"])
    return nodes
