# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""StorageClasses: what is wished against what is there, and what a class can do (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from .claim import MANAGED_BY, texts
from .errors import StorageError

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
#: Provisioners whose volumes are disks: one node at a time, so several pods on several nodes can never share them.
SINGLE_NODE_PROVISIONERS = {
    "ebs.csi.aws.com": "use efs.csi.aws.com",
    "disk.csi.azure.com": "use file.csi.azure.com",
    "pd.csi.storage.gke.io": "use filestore.csi.storage.gke.io",
    "diskplugin.csi.alibabacloud.com": "use nasplugin.csi.alibabacloud.com",
    "disk.csi.everest.io": "use sfsturbo.csi.everest.io",
    "cinder.csi.openstack.org": "use manila.csi.openstack.org",
    "csi.vsphere.vmware.com": "use an NFS class",
    "kubernetes.io/no-provisioner": "use an NFS class",
    "topolvm.io": "use an NFS class",
}
_IMMUTABLE = ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode")


def wished(option: Mapping[str, Any]) -> dict[str, Any]:
    """The StorageClass that one entry of the module's `classes` describes."""
    nfs = option.get("nfs") or {}
    provisioner = option.get("provisioner") or ("nfs.csi.k8s.io" if nfs else "")
    if not provisioner:
        raise StorageError(f"class {option['name']} has no provisioner. Set provisioner, or nfs with server and share.")
    parameters = dict(option.get("parameters") or {})
    if nfs:
        parameters.update({"server": nfs["server"], "share": nfs["share"], "onDelete": "retain"})
        if nfs.get("sub_dir"):
            parameters["subDir"] = nfs["sub_dir"]
    annotations = {DEFAULT_CLASS: "true"} if option.get("default") else {}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": option["name"], "labels": dict(MANAGED_BY), "annotations": annotations},
        "provisioner": provisioner,
        "parameters": texts(parameters),
        "reclaimPolicy": option["reclaim_policy"],
        "volumeBindingMode": option["volume_binding_mode"],
        "allowVolumeExpansion": bool(option["allow_volume_expansion"]),
        "mountOptions": list(option.get("mount_options") or []),
    }


def difference(wish: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that brings an existing class to the wish; a field that cannot change is an error."""
    name = wish["metadata"]["name"]
    for field in _IMMUTABLE:
        before, after = found.get(field) or _ABSENT.get(field), wish.get(field) or _ABSENT.get(field)
        if before != after:
            raise StorageError(
                f"class {name} exists with {field} {before!r}, wanted {after!r}. Kubernetes does not change a class: "
                "give the new one another name, or delete the class (its volumes stay) and run again."
            )
    patch: dict[str, Any] = {}
    for field in ("allowVolumeExpansion", "mountOptions"):
        if (found.get(field) or _ABSENT.get(field)) != (wish.get(field) or _ABSENT.get(field)):
            patch[field] = wish.get(field)
    annotations = found["metadata"].get("annotations") or {}
    missing = {key: value for key, value in wish["metadata"]["annotations"].items() if annotations.get(key) != value}
    if missing:
        patch["metadata"] = {"annotations": missing}
    return patch


_ABSENT: dict[str, Any] = {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}


def choose(name: Optional[str], classes: Mapping[str, Mapping[str, Any]], claim: str) -> Mapping[str, Any]:
    """The class that will serve a claim: the named one, or the cluster's default."""
    if name:
        if name not in classes:
            raise StorageError(
                f"claim {claim} wants class '{name}', which the cluster has not. {_there(classes)} "
                "Set storage_class to one of them, or describe it under classes."
            )
        return classes[name]
    defaults = [
        one for one in classes.values() if (one["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
    ]
    if defaults:
        # of several, Kubernetes takes the newest; one that is still to be made has no time
        return max(defaults, key=lambda one: str(one["metadata"].get("creationTimestamp") or "now"))
    raise StorageError(
        f"claim {claim} names no class and the cluster has no default. {_there(classes)} Set storage_class."
    )


def refuse_single_node(found: Mapping[str, Any], access_modes: tuple[str, ...], claim: str) -> None:
    """Stop before a claim is made that its class can never serve."""
    hint = SINGLE_NODE_PROVISIONERS.get(found["provisioner"], "")
    if hint and {"ReadWriteMany", "ReadOnlyMany"} & set(access_modes):
        raise StorageError(
            f"claim {claim} asks for {', '.join(access_modes)}, but class {found['metadata']['name']} "
            f"({found['provisioner']}) gives disks that one node mounts at a time: {hint}."
        )


def _there(classes: Mapping[str, Any]) -> str:
    return f"It has: {', '.join(sorted(classes))}." if classes else "It has no class at all."
