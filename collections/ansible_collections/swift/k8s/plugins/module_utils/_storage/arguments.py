# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The options of the module storage, as its documentation has them."""

from __future__ import annotations

from typing import Any

from .._cluster.auth import AUTH_ARGS


def _text(**more: Any) -> dict[str, Any]:
    return {"type": "str", **more}


def _mapping(**options: Any) -> dict[str, Any]:
    return {"type": "dict", "options": options}


def _texts(**more: Any) -> dict[str, Any]:
    return {"type": "list", "elements": "str", **more}


ACCESS_MODES = ["ReadWriteMany", "ReadOnlyMany", "ReadWriteOnce", "ReadWriteOncePod"]
CLAIM_ARGS: dict[str, Any] = {
    "name": _text(required=True),
    "namespace": _text(),
    "state": _text(choices=["present", "absent"], default="present"),
    "access_modes": _texts(choices=ACCESS_MODES, default=["ReadWriteMany"]),
    "size": _text(),
    "storage_class": _text(),
    "labels": {"type": "dict", "default": {}},
    "annotations": {"type": "dict", "default": {}},
    "delete_data": {"type": "bool", "default": False},
    "nfs": _mapping(
        server=_text(required=True),
        path=_text(required=True),
        driver=_text(choices=["csi", "kubelet"], default="csi"),
        mount_options=_texts(default=[]),
    ),
    "oss": _mapping(
        bucket=_text(required=True),
        url=_text(required=True),
        path=_text(default="/"),
        fuse_type=_text(choices=["ossfs", "ossfs2"], default="ossfs2"),
        secret=_text(no_log=False),
        secret_namespace=_text(no_log=False),
        other_options=_text(),
    ),
    "csi": _mapping(
        driver=_text(required=True),
        handle=_text(required=True),
        attributes={"type": "dict", "default": {}},
        secret=_text(no_log=False),
        secret_namespace=_text(no_log=False),
        mount_options=_texts(default=[]),
    ),
    "local": _mapping(
        path=_text(required=True),
        nodes=_texts(default=[]),
        node_labels={"type": "dict", "default": {}},
        shared_path={"type": "bool", "default": False},
    ),
    "shared_from": _mapping(name=_text(required=True), namespace=_text(required=True)),
}
CLASS_ARGS: dict[str, Any] = {
    "name": _text(required=True),
    "provisioner": _text(),
    "parameters": {"type": "dict", "default": {}},
    "nfs": _mapping(server=_text(required=True), share=_text(required=True), sub_dir=_text()),
    "reclaim_policy": _text(choices=["Retain", "Delete"], default="Retain"),
    "volume_binding_mode": _text(choices=["Immediate", "WaitForFirstConsumer"], default="Immediate"),
    "allow_volume_expansion": {"type": "bool", "default": True},
    "mount_options": _texts(default=[]),
    "default": {"type": "bool", "default": False},
}

ARGUMENTS: dict[str, Any] = {
    **AUTH_ARGS,
    "claims": {"type": "list", "elements": "dict", "default": [], "options": CLAIM_ARGS},
    "classes": {"type": "list", "elements": "dict", "default": [], "options": CLASS_ARGS},
    "namespace": _text(default="ms-swift"),
    "namespace_labels": {"type": "dict", "default": {}},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 120},
}
