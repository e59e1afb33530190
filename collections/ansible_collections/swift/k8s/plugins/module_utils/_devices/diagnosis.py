# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Why devices do not appear: the state, events and log of the plugin's pod, and what usually is behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Optional

Object = Mapping[str, Any]

# What plugins and kubelet say -> what to do.
# Sources: NVIDIA k8s-device-plugin issues 1552, 1134, 1220, 1574; gpu-operator issues 730, 378;
# MindCluster FAQ 342, 343, 346, 390; HAMi issue 1696
HINTS = (
    (
        r"Allocate failed due to .*(dial unix|has been stopped)",
        "The kubelet offers devices of a plugin that is gone: restart the kubelet there, or start the plugin again.",
    ),
    (
        r"no runtime for .* is configured",
        "The node's container runtime has no handler of that name: configure it, or set runtime_class: ''.",
    ),
    (
        r"(?i)nvml|libnvidia-ml|incompatible strategy|invalid device discovery|no devices found",
        "The plugin sees no driver: install it, and make nvidia the default runtime or name it in runtime_class.",
    ),
    (
        r"(?i)dcmi|npu-smi|libdrvdsmi",
        "The plugin cannot talk to the NPU driver: check `npu-smi info` on the node, and that the card is free.",
    ),
    (
        r"flag provided but not defined",
        "The binary does not know a flag: set `version` to that of the image (26.1 dropped -useAscendDocker).",
    ),
    (
        r"(?i)ErrImagePull|ImagePullBackOff|ErrImageNeverPull|not found",
        "The image cannot be pulled: set image, pull_secrets or swift_k8s_registry.",
    ),
    (
        r"(?i)hostPath type check failed|FailedMount",
        "A path that the pod mounts is missing on the node: install driver and runtime first.",
    ),
)
NO_POD = "No pod of the plugin runs there: compare labels and taints of the node with what the DaemonSet wants."
#: A kubelet that loses a plugin while the next one registers can mix the two up, and never notice that the latter ends
#: (Kubernetes 1.36, pkg/kubelet/cm/devicemanager/plugin/v1beta1, handler.go, runClient).
NO_POD_LEFT = (
    "No pod of the plugin runs there any more, but the kubelet has not noticed: restart the kubelet (its pods go on), "
    "then run again."
)


def state(pod: Object) -> str:
    """Return the worst that a pod's containers say of themselves, or its phase and why the kubelet refused it."""
    status = pod.get("status") or {}
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    for container in containers:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] not in {"PodInitializing", "ContainerCreating"}:
            return f"{container['name']} {waiting['reason']}" + (
                f": {waiting['message']}" if waiting.get("message") else ""
            )
    for container in containers:
        ended = (container.get("lastState") or {}).get("terminated") or {}
        if ended:
            return f"{container['name']} restarted after exit code {ended.get('exitCode')}"
    phase = str(status.get("phase") or "unknown")
    refused = ": ".join(str(status[key]) for key in ("reason", "message") if status.get(key))
    return f"{phase}, {refused}" if phase == "Failed" and refused else phase


def last_event(events: Iterable[Object]) -> str:
    """Return the newest warning."""
    warnings = [event for event in events if event.get("type") == "Warning"]
    warnings.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    return f"{warnings[-1].get('reason')}: {warnings[-1].get('message')}" if warnings else ""


def hint(text: str) -> Optional[str]:
    """Return what to do about a text."""
    return next((advice for pattern, advice in HINTS if re.search(pattern, text)), None)


def describe(pod: Optional[Object], event: str, log: str, without: str = NO_POD) -> str:
    """Return the diagnosis of one node's plugin pod, or what it means to be `without` one."""
    if pod is None:
        return without
    metadata = pod["metadata"]
    lines = [f"Pod {metadata.get('namespace')}/{metadata['name']}: {state(pod)}."]
    if event:
        lines.append(f"Event: {event}")
    if log.strip():
        lines.append("Last lines of its log:")
        lines += [f"  {line}" for line in log.strip().splitlines()]
    advice = hint("\n".join(lines))
    return "\n".join([*lines, advice] if advice else lines)
