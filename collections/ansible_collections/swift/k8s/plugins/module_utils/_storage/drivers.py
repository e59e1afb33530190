# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""CSI drivers: a volume of one that is not installed binds all the same, and its pods wait for ever (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Optional

from .errors import StorageError

NFS_DRIVER = "nfs.csi.k8s.io"
OSS_DRIVER = "ossplugin.csi.alibabacloud.com"
_NEXT_STEPS = {
    NFS_DRIVER: "helm install csi-driver-nfs csi-driver-nfs --namespace kube-system "
    "--repo https://raw.githubusercontent.com/kubernetes-csi/csi-driver-nfs/master/charts; "
    "or nfs with driver: kubelet, where the nodes have an NFS client.",
    OSS_DRIVER: "install alibaba-cloud-csi-driver (clusters of ACK have it as the add-on csi-plugin).",
}


def require(driver: str, installed: Optional[Collection[str]], claim: str) -> None:
    """Refuse a claim whose driver the cluster lacks; nothing is known where `installed` is None."""
    if driver and installed is not None and driver not in installed:
        has = f"It has: {', '.join(sorted(installed))}." if installed else "It has none."
        raise StorageError(
            f"claim {claim} needs the CSI driver {driver}, which the cluster has not. {has} "
            f"Next: {_NEXT_STEPS.get(driver, 'install the driver.')}"
        )


def of_volume(volume: Mapping[str, Any]) -> str:
    """The driver of a PersistentVolume; empty for kinds that the kubelet mounts itself."""
    return str((volume["spec"].get("csi") or {}).get("driver", ""))


def of_class(found: Mapping[str, Any]) -> str:
    """The driver behind a StorageClass, where its provisioner is known to be one."""
    return str(found["provisioner"]) if found["provisioner"] in _NEXT_STEPS else ""
