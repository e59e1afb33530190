# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""NVIDIA's mig-manager where no GPU Operator brings it: labels, parameters of its manifest, problems.

Source: NVIDIA mig-parted 0.15.0, its example DaemonSet and pkg/mig/reconfigure. It follows the label
nvidia.com/mig.config of its node, finds the possible configurations out from the hardware, sends away pods of
DaemonSets that select nodes by the client label, and writes how it ended into nvidia.com/mig.config.state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .problem import Problem
from .registry import rewrite

DEFAULTS: dict[str, Any] = {
    "mig_manager": False,
    "mig_manager_image": "",
    "mig_manager_config": "",
    "mig_manager_reboot": False,
}
IMAGE = "nvcr.io/nvidia/cloud-native/k8s-mig-manager:v0.15.0"
SELECTED = ("nvidia.com/gpu.deploy.mig-manager", "true")
#: mig-manager waits for pods of DaemonSets that select by this label before it touches a card, and calls them back.
CLIENT = ("nvidia.com/gpu.deploy.client", "true")
OPERATOR = "nvidia.com/v1"


def labels(options: Mapping[str, Any], mig: bool) -> dict[str, str]:
    """Return the labels of a node: every node's plugin is a client, those to be cut get the manager."""
    if not options["mig_manager"]:
        return {}
    return dict([CLIENT, SELECTED] if mig else [CLIENT])


def parameters(options: Mapping[str, Any], registry: str) -> dict[str, Any]:
    """Return what the manifest's template needs; nothing where mig-manager is not wished."""
    if not options["mig_manager"]:
        return {}
    return {
        "image": options["mig_manager_image"] or rewrite(IMAGE, registry),
        "config": options["mig_manager_config"],
        "reboot": options["mig_manager_reboot"],
    }


def problems(variable: str, options: Mapping[str, Any], unmanaged: list[str], apis: Iterable[str]) -> list[Problem]:
    """Say where nobody would cut the cards, or two would. `unmanaged` nodes have never seen a mig-manager."""
    if options["mig_manager"]:
        return [_two(variable)] if OPERATOR in apis else []
    return [_none(variable, unmanaged)] if unmanaged else []


def _two(variable: str) -> Problem:
    return Problem(
        subject=variable,
        message=f"{variable}.mig_manager is true, but the cluster has NVIDIA's GPU Operator, which brings its own.",
        next_step="Set mig_manager: false, and enable migManager in the operator's ClusterPolicy. Where the operator "
        "is gone, delete the CRD clusterpolicies.nvidia.com, which it left.",
    )


def _none(variable: str, nodes: list[str]) -> Problem:
    return Problem(
        subject=f"{len(nodes)} node{'s' if len(nodes) > 1 else ''}",
        message=f"A MIG configuration is wished for {', '.join(nodes[:3])}, but no mig-manager serves the nodes.",
        next_step=f"Set {variable}.mig_manager: true to have NVIDIA's installed, or use the GPU Operator's; "
        "or cut the cards yourself and leave mig.config out.",
    )
