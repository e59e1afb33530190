# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Static PersistentVolumes: from a claim's place (`nfs`, `oss`, …), or as the twin of another claim's volume (pure).

A claim lives in one namespace, a volume in none. So a volume that several namespaces share is written down once a
namespace: the same place under several names, each bound to its own claim beforehand (claimRef).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .arguments import ACCESS_MODES
from .claim import MANAGED_BY, Claim, texts
from .drivers import NFS_DRIVER, OSS_DRIVER
from .errors import StorageError
from .quantity import bytes_of

#: In-tree kinds of volume that may be mounted under several PersistentVolume names at once.
HOSTNAME = "kubernetes.io/hostname"
_SHAREABLE_KINDS = ("nfs", "hostPath", "local", "cephfs")
#: CSI drivers of which we know that a second PersistentVolume for the same place works.
_SHAREABLE_DRIVERS = (NFS_DRIVER, OSS_DRIVER)


def static_volume(claim: Claim) -> dict[str, Any]:
    """The PersistentVolume for a claim that names its place itself."""
    spec = _SPECS[claim.source](claim, claim.source_options)
    return _volume(claim, {"accessModes": list(claim.access_modes), "capacity": {"storage": claim.size}, **spec})


def twin(claim: Claim, source: Mapping[str, Any]) -> dict[str, Any]:
    """A second PersistentVolume for the place where `source` lives, bound to this claim."""
    spec = copy.deepcopy(dict(source["spec"]))
    driver = spec.get("csi", {}).get("driver", "")
    if driver not in _SHAREABLE_DRIVERS and not any(kind in spec for kind in _SHAREABLE_KINDS):
        raise StorageError(
            f"claim {claim} cannot share volume {source['metadata']['name']}: "
            f"driver '{driver or 'unknown'}' is not known to allow a second PersistentVolume for one place. "
            "Use one namespace for all releases, or a volume of NFS or OSS."
        )
    modes = spec["accessModes"]
    if not set(claim.access_modes) <= {*modes, *(ACCESS_MODES if "ReadWriteMany" in modes else ())}:
        raise StorageError(
            f"claim {claim} asks for {', '.join(claim.access_modes)}, but volume {source['metadata']['name']} that it "
            f"shares has {', '.join(modes)}. Set access_modes to these, or share a claim that several nodes can mount."
        )
    # What several nodes write they may also read. A claim binds to no volume that does not say what it asks for.
    spec["accessModes"] = list(claim.access_modes)
    if bytes_of(claim.size) > bytes_of(spec["capacity"]["storage"]):
        spec["capacity"] = {"storage": claim.size}
    for field in ("claimRef", "storageClassName", "volumeAttributesClassName"):
        spec.pop(field, None)
    if driver == NFS_DRIVER:
        spec["csi"]["volumeHandle"] = f"{spec['csi']['volumeHandle'].split('##')[0]}##{claim.volume_name}"
    elif driver == OSS_DRIVER:
        spec["csi"]["volumeHandle"] = claim.volume_name
    spec["persistentVolumeReclaimPolicy"] = "Retain"
    return _volume(claim, spec)


def _volume(claim: Claim, spec: dict[str, Any]) -> dict[str, Any]:
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim.namespace, "name": claim.name}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": claim.volume_name, "labels": dict(MANAGED_BY)},
        "spec": {
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "volumeMode": "Filesystem",
            **spec,
            "claimRef": reference,
        },
    }


def _nfs(claim: Claim, options: Mapping[str, Any]) -> dict[str, Any]:
    mount_options = {"mountOptions": list(options["mount_options"])} if options.get("mount_options") else {}
    if options["driver"] == "kubelet":
        return {"nfs": {"server": options["server"], "path": options["path"]}, **mount_options}
    attributes = {"server": options["server"], "share": options["path"]}
    handle = f"{options['server']}#{options['path'].strip('/')}##{claim.volume_name}"
    return {"csi": {"driver": NFS_DRIVER, "volumeHandle": handle, "volumeAttributes": attributes}, **mount_options}


def _oss(claim: Claim, options: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {
        "bucket": options["bucket"],
        "url": options["url"],
        "path": options["path"],
        "fuseType": options["fuse_type"],
    }
    if options.get("other_options"):
        attributes["otherOpts"] = options["other_options"]
    csi: dict[str, Any] = {"driver": OSS_DRIVER, "volumeHandle": claim.volume_name, "volumeAttributes": attributes}
    if options.get("secret"):
        csi["nodePublishSecretRef"] = _secret(claim, options)
    return {"csi": csi}


def _csi(claim: Claim, options: Mapping[str, Any]) -> dict[str, Any]:
    csi: dict[str, Any] = {"driver": options["driver"], "volumeHandle": options["handle"]}
    csi["volumeAttributes"] = texts(options["attributes"])
    if options.get("secret"):
        csi["nodePublishSecretRef"] = _secret(claim, options)
    return {"csi": csi, **({"mountOptions": list(options["mount_options"])} if options.get("mount_options") else {})}


def _secret(claim: Claim, options: Mapping[str, Any]) -> dict[str, str]:
    return {"name": options["secret"], "namespace": options.get("secret_namespace") or claim.namespace}


def _local(claim: Claim, options: Mapping[str, Any]) -> dict[str, Any]:
    nodes = list(options["nodes"])
    if "ReadWriteMany" in claim.access_modes and len(nodes) != 1 and not options.get("shared_path"):
        raise StorageError(
            f"claim {claim} is local on {len(nodes) or 'several'} nodes and asks for ReadWriteMany. "
            "Directories of several nodes are several volumes: name one node, "
            "or set shared_path: true where the path is the same file system on all."
        )
    labels = {key: [value] for key, value in texts(options.get("node_labels")).items()}
    wanted = {**({HOSTNAME: nodes} if nodes else {}), **labels}
    terms: list[dict[str, Any]] = [{"key": key, "operator": "In", "values": values} for key, values in wanted.items()]
    everywhere = [{"key": HOSTNAME, "operator": "Exists"}]
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": terms or everywhere}]}}
    return {"local": {"path": options["path"]}, "nodeAffinity": affinity}


_SPECS = {"nfs": _nfs, "oss": _oss, "csi": _csi, "local": _local}
