# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Waits until nodes offer what is expected. Looks only."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Optional, Protocol

from .._cluster.condition import is_ready
from .._cluster.named import named
from .._cluster.reader import Reader
from .allocatable import Unmet, rolled_out, unmet
from .diagnosis import NO_POD, NO_POD_LEFT, describe, last_event

POLL_SECONDS = 1.0
POLL_SECONDS_MAX = 5.0
#: A kubelet reports what a plugin changed with its next status, 10 s later at most (nodeStatusUpdateFrequency).
REPORT_SECONDS = 20.0
NODES_DIAGNOSED = 2
LOG_LINES = 8
Params = Mapping[str, Any]


class Cluster(Reader, Protocol):
    """What this file uses of `_cluster`."""

    def logs(
        self, namespace: str, pod: str, *, container: Optional[str] = None, tail_lines: Optional[int] = None
    ) -> str:
        """Return a pod's log."""


class NotReadyError(Exception):
    """Devices did not appear; the text says where, why and what to do."""


def look(
    cluster: Cluster, params: Params, only: Optional[Collection[str]] = None, stale: bool = False
) -> tuple[list[Unmet], list[str]]:
    """Return what nodes (all, or `only` these) lack, and the DaemonSets that are still rolling out."""
    expected = [item for item in params["expect"] if only is None or item["node"] in only]
    missing = unmet(expected, named(cluster, {item["node"] for item in expected}).values(), stale)
    rolling = []
    for item in params["daemonsets"]:
        daemonset = cluster.get("apps/v1", "DaemonSet", item["name"], namespace=item["namespace"])
        if daemonset is None or not rolled_out(daemonset):
            rolling.append(f"{item['namespace']}/{item['name']}")
    return missing, rolling


def wait(
    cluster: Cluster,
    params: Params,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> float:
    """Return the seconds waited, or raise NotReadyError. A hopeless node ends the wait at once."""
    start, pause = clock(), POLL_SECONDS
    late: Optional[set[str]] = None
    while True:
        stale = bool(params.get("changed")) and clock() - start < min(REPORT_SECONDS, params["wait_timeout"])
        missing, rolling = look(cluster, params, late, stale)
        if late is not None and not missing and not rolling:
            # Nodes that had their devices when we looked first may have lost them meanwhile.
            missing, rolling = look(cluster, params)
        late = {item.node for item in missing}
        waited = clock() - start
        if not missing and not rolling:
            return waited
        if waited >= params["wait_timeout"] or any(item.hopeless for item in missing):
            raise NotReadyError(explain(cluster, params, missing, rolling, waited))
        sleep(min(pause, max(0.0, params["wait_timeout"] - waited)))
        pause = min(pause * 1.5, POLL_SECONDS_MAX)


def explain(cluster: Cluster, params: Params, missing: list[Unmet], rolling: list[str], waited: float) -> str:
    """Return the failure for people: what is missing where, and the diagnosis of the first nodes."""
    lines = []
    if missing:
        nodes = ", ".join(str(item) for item in missing[:3]) + (
            f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        )
        lines.append(f"After {waited:.0f} s devices are not as expected on {len(missing)} nodes: {nodes}.")
    if rolling:
        lines.append(f"After {waited:.0f} s DaemonSet {', '.join(rolling)} is not rolled out on every node.")
    plugins, left = params["plugins"], {item.node for item in missing if item.left}
    lines += [
        f"On {node}: {diagnosis(cluster, plugins, node, NO_POD_LEFT if node in left else NO_POD)}"
        for node in _nodes_to_look_at(cluster, params, missing)
    ]
    return "\n".join(lines)


def _nodes_to_look_at(cluster: Cluster, params: Params, missing: list[Unmet]) -> list[str]:
    if missing:
        return list(dict.fromkeys(item.node for item in missing))[:NODES_DIAGNOSED]
    pods = [pod for plugin in params["plugins"] for pod in _pods(cluster, plugin)]
    broken = [pod for pod in pods if not is_ready(pod)]
    return [pod["spec"]["nodeName"] for pod in broken if pod["spec"].get("nodeName")][:NODES_DIAGNOSED]


def diagnosis(cluster: Cluster, plugins: Iterable[Mapping[str, str]], node: str, without: str = NO_POD) -> str:
    """Return what the plugins' worst pod on a node says of itself, or what it means to be `without` one."""
    pods = [pod for plugin in plugins for pod in _pods(cluster, plugin, f"spec.nodeName={node}")]
    pod = next((item for item in pods if not is_ready(item)), pods[0] if pods else None)
    if pod is None:
        return describe(None, "", "", without)
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    events = cluster.list("v1", "Event", namespace=namespace, field_selector=f"involvedObject.name={name}")
    return describe(pod, last_event(events), _log(cluster, pod))


def _pods(cluster: Cluster, plugin: Mapping[str, str], fields: Optional[str] = None) -> Iterable[dict[str, Any]]:
    return cluster.list(
        "v1", "Pod", namespace=plugin["namespace"], label_selector=plugin["selector"], field_selector=fields
    )


def _log(cluster: Cluster, pod: Mapping[str, Any]) -> str:
    """Return the last lines of the container that the plugin is; a container that never ran has none."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    started = [item["name"] for item in statuses if item.get("containerID")]
    if not started:
        return ""
    container = next((name for name in started if not name.endswith("sidecar")), started[0])
    return cluster.logs(
        pod["metadata"]["namespace"], pod["metadata"]["name"], container=container, tail_lines=LOG_LINES
    )
