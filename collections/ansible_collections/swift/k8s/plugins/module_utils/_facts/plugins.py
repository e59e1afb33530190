# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""DaemonSets -> device plugins: whatever mounts the kubelet's socket directory, and what it is known as. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._accelerator.table import Vendor
from .._accelerator.vendors import VENDORS

Object = Mapping[str, Any]
UNKNOWN = "unknown"
#: Plugins for devices that are no accelerators.
_OTHERS = re.compile(r"rdma|sr-?iov|kubevirt|fuse|\bsgx\b|\btpm\b|\bqat\b", re.IGNORECASE)
_RELEASE = ("meta.helm.sh/release-namespace", "meta.helm.sh/release-name")
_MANAGER = "swift-k8s"


@dataclass(frozen=True)
class DevicePlugin:
    """A DaemonSet that advertises devices."""

    uid: str
    kind: str
    resource: str
    namespace: str
    name: str
    image: str
    desired: int
    ready: int
    applied: bool
    release: tuple[str, str]
    runtime_class: str | None = None


def device_plugin(daemonset: Object) -> DevicePlugin | None:
    """The device plugin that a DaemonSet is, or None; one that is being deleted offers nothing that lasts."""
    spec, metadata = daemonset["spec"]["template"]["spec"], daemonset["metadata"]
    images = [str(container.get("image") or "") for container in spec.get("containers") or []]
    if not mounts_socket(spec) or metadata.get("deletionTimestamp"):
        return None
    kind, resource, image = _recognise(metadata, images)
    if kind == UNKNOWN and _OTHERS.search(" ".join([metadata["name"], *map(_name_of, images)])):
        return None
    status, annotations = daemonset.get("status") or {}, metadata.get("annotations") or {}
    return DevicePlugin(
        uid=metadata["uid"],
        kind=_operator(metadata) or kind,
        resource=resource,
        namespace=metadata["namespace"],
        name=metadata["name"],
        image=image,
        desired=int(status.get("desiredNumberScheduled") or 0),
        ready=int(status.get("numberReady") or 0),
        applied=any(str(one.get("manager")).startswith(_MANAGER) for one in metadata.get("managedFields") or []),
        release=(annotations.get(_RELEASE[0], ""), annotations.get(_RELEASE[1], "")),
        runtime_class=spec.get("runtimeClassName"),
    )


def mounts_socket(spec: Object) -> bool:
    """Whether a pod of this spec can register devices with the kubelet."""
    paths = [(volume.get("hostPath") or {}).get("path") or "" for volume in spec.get("volumes") or []]
    return any(path.rstrip("/").endswith("/device-plugins") for path in paths)


def _recognise(metadata: Object, images: list[str], vendors: tuple[Vendor, ...] = VENDORS) -> tuple[str, str, str]:
    for row in (row for vendor in vendors for row in vendor.plugins):
        for image in images:
            if re.search(row.image, path_of(image)) or re.fullmatch(row.name, metadata["name"]):
                return row.kind, row.resource, image
    return UNKNOWN, "", next(iter(images), "")


def path_of(image: str) -> str:
    """An image without tag and digest: mirrors change the registry, not the end of the path."""
    return re.sub(r"(:[^/:@]+)?(@.+)?$", "", image)


def _name_of(image: str) -> str:
    """The end of an image's path: what a site calls its registry says nothing about the image."""
    return path_of(image).rpartition("/")[2]


def _operator(metadata: Object, vendors: tuple[Vendor, ...] = VENDORS) -> str | None:
    kinds = {row.custom_resource: row.kind for vendor in vendors for row in vendor.operators}
    return next((kinds[one["kind"]] for one in metadata.get("ownerReferences") or [] if one.get("kind") in kinds), None)
