# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Ascend: options and nodes -> labels of both MindCluster generations, manifests' parameters, expectations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Optional

from .._constraints.nearest import unknown
from .._constraints.versions import compare
from .problem import DevicePlanError, Problem
from .registry import rewrite
from .site import Site

VARIABLE = "device_plugin_ascend"
VENDOR = "ascend"
OURS = "mindcluster"
OWNERS = ("auto", OURS, "openfuyao", "hami", "cce", "none")
DEFAULTS: dict[str, Any] = {
    "owner": "auto",
    "version": "26.1.0",
    "volcano": False,
    "image": "",
    "pull_secrets": [],
    "pull_policy": "IfNotPresent",
    "runtime_class": "ascend",
    "nodes": [],
    "tolerations": [],
    "allow_disruption": False,
    "log_level": 0,
    "exporter": False,
    "exporter_image": "",
}
IMAGES = "swr.cn-south-1.myhuaweicloud.com/ascendhub"
# Since this version: one manifest for all chips, selected by `workerselector`; no -useAscendDocker; own health port.
UNIFIED = "26.1.0"
LABEL_WORKER = ("workerselector", "dls-worker-node")
LABEL_ACCELERATOR = "accelerator"
LABEL_ARCH = "host-arch"
ARCHITECTURES = {"arm64": "huawei-arm", "amd64": "huawei-x86"}
# Family -> chips that carry its label and resource. The 910B and 910C are Ascend910 to Kubernetes, the 950 is `npu`.
FAMILIES: dict[str, tuple[str, ...]] = {
    "Ascend310": ("310",),
    "Ascend310P": ("310P", "310P1", "310P3"),
    "Ascend910": (
        *("910", "910A", "910ProA", "910ProB", "910PremiumA"),
        *("910B", "910B1", "910B2", "910B2C", "910B3", "910B4", "910B4-1", "910C", "910_93"),
    ),
    "npu": ("950", "950PR", "950DT"),
}

#: How drivers call the chips of the 910C: by the number of their module.
_MODULE = re.compile(r"910_93\d\d")


def spelled(chip: str) -> bool:
    """Say whether this is a chip's name as it is written, such as 910B3 or Ascend910B3, in either case."""
    short = _short(chip)
    return bool(_MODULE.fullmatch(short)) or any(short == _short(name) for chips in FAMILIES.values() for name in chips)


def _short(chip: str) -> str:
    return chip.removeprefix("Ascend").lower()


def family_of_chip(chip: str) -> Optional[str]:
    """Return the family of a chip, also of one that is newer than this list: what a node says of itself is no typo."""
    short = _short(chip)
    for family, chips in FAMILIES.items():
        if short in {name.lower() for name in chips}:
            return family
    for family, prefix in (("Ascend310P", "310p"), ("Ascend910", "910"), ("npu", "950"), ("Ascend310", "310")):
        if short.startswith(prefix):
            return family
    return None


def check(options: Mapping[str, Any]) -> None:
    """Refuse chips nobody knows."""
    for entry in options["nodes"]:
        chip = str(entry.get("chip") or "auto")
        if chip != "auto" and not spelled(chip):
            known = [name for chips in FAMILIES.values() for name in chips]
            raise DevicePlanError(f"{VARIABLE}.nodes: {unknown('chip', chip, known)}")


def family(entry: Mapping[str, Any], node: Mapping[str, Any]) -> Optional[str]:
    """Return the family of a node: as wished, as the plugin labelled it, or as the devices say."""
    chip = str(entry.get("chip") or "auto")
    if chip != "auto":
        return family_of_chip(chip)
    node_labels = node.get("labels") or {}
    if node_labels.get("node.kubernetes.io/npu.chip.name"):
        return family_of_chip(node_labels["node.kubernetes.io/npu.chip.name"])
    if node_labels.get(LABEL_ACCELERATOR, "").startswith("huawei-"):
        return str(node_labels[LABEL_ACCELERATOR].removeprefix("huawei-"))
    for device in node.get("accelerators") or []:
        if device.get("vendor") == VENDOR:
            return family_of_chip(str(device.get("chip") or device.get("product") or ""))
    return None


def unified(options: Mapping[str, Any]) -> bool:
    """Say whether the version has one manifest for all chips."""
    return (compare(options["version"], UNIFIED) or 0) >= 0


def families(site: Site) -> dict[str, Optional[str]]:
    """Return node -> family, None where nothing tells."""
    return {name: family(entry, site.nodes[name]) for name, entry in site.chosen.items()}


def labels(site: Site) -> dict[str, dict[str, str]]:
    """Return node -> labels. Both generations' labels, so that either version's DaemonSet schedules."""
    result: dict[str, dict[str, str]] = {}
    for node, kind in families(site).items():
        result[node] = dict([LABEL_WORKER])
        if kind:
            result[node][LABEL_ACCELERATOR] = f"huawei-{kind}"
        arch = ARCHITECTURES.get(str(site.nodes[node].get("arch") or ""))
        if arch:
            result[node][LABEL_ARCH] = arch
    return result


def expectations(site: Site) -> list[dict[str, Any]]:
    """Return what every selected node must advertise; any huawei.com resource where the chip is not known."""
    return [
        {"node": node, "vendor": VENDOR, "resource": f"huawei.com/{kind or ''}", "minimum": 1}
        for node, kind in families(site).items()
    ]


def problems(site: Site) -> list[Problem]:
    """Return why the manifests of this version cannot serve the nodes."""
    dark = [name for name, kind in families(site).items() if not kind]
    if unified(site.options) or not dark:
        return []
    return [
        Problem(
            subject=f"node {', '.join(dark[:3])}",
            message=f"The chip of {len(dark)} node{'s' if len(dark) > 1 else ''} is not known, and MindCluster "
            f"{site.options['version']} has one manifest per chip.",
            next_step=f"Set chip in {VARIABLE}.nodes, such as 910B3; or use version {UNIFIED}, which finds out itself.",
        )
    ]


def specifics(site: Site) -> dict[str, Any]:
    """Return the part of the plan that only this vendor has: what the manifests' templates need."""
    options = site.options
    version, is_unified = str(options["version"]), unified(options)
    # The charts of 26.1.0 default to a tag v26.1.0 that no registry has; the images carry their base system's name.
    tag = f"v{version}-openeuler24.03" if is_unified else f"v{version}"
    runtimes = {str(site.nodes[name].get("runtime") or "containerd").split(":", maxsplit=1)[0] for name in site.chosen}
    return {
        "template": "unified" if is_unified else "per_chip",
        "families": sorted({kind for kind in families(site).values() if kind}),
        "image": options["image"] or rewrite(f"{IMAGES}/ascend-k8sdeviceplugin:{tag}", site.registry),
        "exporter_image": options["exporter_image"] or rewrite(f"{IMAGES}/npu-exporter:{tag}", site.registry),
        "container_mode": "docker" if runtimes == {"docker"} else "containerd",
    }
