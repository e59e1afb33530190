# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether devices that nobody is seen to offer will stay, or are the last report of a plugin that is gone. Looks only.

A plugin offers its devices until its pod has ended, which takes longer than its DaemonSet's removal, and a kubelet
reports the loss with its next status.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .._cluster.condition import is_ready
from .._cluster.named import named
from .._cluster.reader import Reader
from .._facts.plugins import mounts_socket
from .allocatable import amount
from .wait import REPORT_SECONDS, NotReadyError

POLL_SECONDS = 1.0
Object = Mapping[str, Any]
Doubt = tuple[str, str]


@dataclass(frozen=True)
class Plugins:
    """Pods of device plugins on a node: those that end, whether one goes on, and whether that is no DaemonSet's."""

    ending: tuple[str, ...] = ()
    staying: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Settled:
    """Nodes that stopped offering what they seemed to, and nodes that go on without a pod that could be a plugin."""

    gone: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()


def settle(
    cluster: Reader,
    doubtful: Sequence[Mapping[str, str]],
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Settled:
    """Return which nodes stopped offering what they seemed to, and which go on for a reason that cannot be seen.

    `doubtful` holds a node and a resource, or what its resources begin with, each. Raises NotReadyError when the pod of
    a plugin has not ended after `timeout` seconds.
    """
    start = clock()
    pending: set[Doubt] = {(item["node"], item["resource"]) for item in doubtful}
    plugins: dict[str, Plugins] = {}
    ended: dict[str, float] = {}
    gone: set[str] = set()
    while True:
        nodes = named(cluster, sorted({name for name, _resource in pending}))
        plugins.update((name, _plugins(cluster, node)) for name, node in nodes.items() if name not in ended)
        now = clock()
        ended.update((name, now) for name in nodes if name not in ended and not plugins[name].ending)
        silent = {(name, resource) for name, resource in pending if not _offered(nodes.get(name), resource)}
        # A pod that ends takes its socket with it, perhaps that of the plugin that comes next.
        done = {doubt for doubt in silent if doubt[0] in ended or doubt[0] not in nodes}
        gone |= {name for name, _resource in done}
        pending -= done | {
            (name, resource)
            for name, resource in pending - silent
            if name in ended and (plugins[name].alone or now - ended[name] >= REPORT_SECONDS)
        }
        if not pending:
            staying = {item["node"] for item in doubtful} - gone
            return Settled(tuple(sorted(gone)), tuple(sorted(name for name in staying if not plugins[name].staying)))
        late = {name: plugins[name].ending for name in nodes if name not in ended}
        if late and now - start >= timeout:
            raise NotReadyError(_stuck(late, now - start))
        sleep(POLL_SECONDS)


def _plugins(cluster: Reader, node: Object) -> Plugins:
    """A node that is not ready reports nothing, and its pods do not end: waiting for it teaches nothing."""
    if not is_ready(node):
        return Plugins(staying=True, alone=True)
    pods = cluster.list("v1", "Pod", field_selector=f"spec.nodeName={node['metadata']['name']}")
    found = [pod for pod in pods if mounts_socket(pod["spec"])]
    ending = [pod["metadata"] for pod in found if pod["metadata"].get("deletionTimestamp")]
    staying = [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]
    return Plugins(
        ending=tuple(f"{metadata['namespace']}/{metadata['name']}" for metadata in ending),
        staying=bool(staying),
        alone=not all(map(_of_daemonset, staying)),
    )


def _of_daemonset(pod: Object) -> bool:
    return any(owner.get("kind") == "DaemonSet" for owner in pod["metadata"].get("ownerReferences") or [])


def _offered(node: Optional[Object], resource: str) -> int:
    return amount(((node or {}).get("status") or {}).get("allocatable") or {}, resource)


def _stuck(late: Mapping[str, tuple[str, ...]], waited: float) -> str:
    name, pods = sorted(late.items())[0]
    others = f", nor have others on {len(late) - 1} more nodes" if len(late) > 1 else ""
    return (
        f"After {waited:.0f} s pod {pods[0]} of a removed device plugin has not ended on {name}{others}. "
        "See what holds it (kubectl describe pod), or delete it; then run again."
    )
