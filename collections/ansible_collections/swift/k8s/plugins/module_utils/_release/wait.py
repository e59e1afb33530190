# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Waiting for a release: until it is ready, until it cannot become ready, or until the time is over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import evidence, live, rollout, training
from .errors import RolloutError
from .objects import Key, Object
from .patience import Patience
from .rollout import Trouble

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

_SAY_EVERY = 30.0
#: Events so long before the first look belong to what is waited for.
_BEFORE = timedelta(seconds=30)
Pods = list[dict[str, Any]]
_HASHES = {
    "Deployment": "pod-template-hash",
    "StatefulSet": "controller-revision-hash",
    "DaemonSet": "pod-template-generation",
}


class Waiter:
    """Follows the workloads of one release. say receives one line now and then for people who look on."""

    def __init__(self, cluster: Cluster, say: Callable[[str], None], interval: float = 2.0) -> None:
        self._cluster = cluster
        self._say = say
        self._interval = interval
        self._begun = ""  # by the API server's clock, asked for when it is needed

    def wait(self, title: str, declared: Mapping[Key, Object], timeout: float, wait_for_jobs: bool = False) -> None:
        """Return when every workload has settled; raise RolloutError when one cannot or the time is over."""
        self._follow(title, declared, timeout, wait_for_jobs)
        if any(map(rollout.blind, declared.values())):
            # Kubernetes calls a container without a probe ready the moment it starts, though it may end in the next.
            time.sleep(self._interval)
            self._follow(title, declared, timeout, wait_for_jobs)

    def _follow(self, title: str, keys: Iterable[Key], timeout: float, wait_for_jobs: bool) -> None:
        workloads = [key for key in keys if key.kind in rollout.WORKLOADS]
        self._begun = ""
        started, told, patience = time.monotonic(), -_SAY_EVERY, Patience()
        while unsettled := self._unsettled(workloads, wait_for_jobs):
            now = time.monotonic() - started
            pods = {key: self._pods(key) for key in unsettled}
            summary = "; ".join(_line(key, unsettled[key], pods[key]) for key in unsettled)
            if now - told >= _SAY_EVERY:
                steps = [training.told(self._cluster, key, found) for key, found in pods.items()]
                self._say("; ".join([f"{title}: {int(now)} s: {summary}", *filter(None, steps)]))
                told = now
            troubles = self._troubles(unsettled, pods)
            self._give_up(title, unsettled, patience.final(troubles, now))
            if now > timeout:
                raise RolloutError(
                    f"release {title} is not ready after {int(timeout)} s: {summary}: {self._reason(troubles, pods)}"
                )
            time.sleep(self._interval)

    def _unsettled(self, workloads: Iterable[Key], wait_for_jobs: bool) -> dict[Key, rollout.Progress]:
        items = live.fetch(self._cluster, workloads)
        states = {key: self._state(key, item, wait_for_jobs) for key, item in items.items()}
        return {key: state for key, state in states.items() if not state.settled}

    def gone(self, keys: Iterable[Key], timeout: float = 300.0) -> None:
        """Return when none of the objects is there any more."""
        deadline = time.monotonic() + timeout
        for key in keys:
            while self._cluster.get(key.api_version, key.kind, key.name, namespace=key.namespace or None) is not None:
                if time.monotonic() > deadline:
                    raise RolloutError(f"{key} is not gone after {int(timeout)} s; look at its finalizers")
                time.sleep(self._interval)

    @staticmethod
    def _state(key: Key, item: Object | None, wait_for_jobs: bool) -> rollout.Progress:
        if item is None:
            # A Job may remove itself when it is done; anything else has to be there.
            return rollout.Progress(0, 1, key.kind == "Job", "" if key.kind == "Job" else "it is gone")
        return rollout.progress(item, wait_for_jobs)

    def _give_up(self, title: str, states: Mapping[Key, rollout.Progress], lasting: list[tuple[Key, Trouble]]) -> None:
        failed = next(((key, state.failure) for key, state in states.items() if state.failure), None)
        lasting = [one for one in lasting if not evidence.awaits_a_node(self._cluster, *one)]
        if lasting:
            raise RolloutError(f"release {title} cannot become ready: {evidence.told(self._cluster, *lasting[0])}")
        if failed:
            raise RolloutError(f"release {title} cannot become ready: {failed[0]}: {failed[1]}")

    def _reason(self, troubles: list[tuple[Key, Trouble]], pods: Mapping[Key, Pods]) -> str:
        if troubles:
            return evidence.told(self._cluster, *troubles[0])
        key = next(iter(pods))
        return evidence.silent(self._cluster, key, pods[key])

    def _troubles(self, states: Mapping[Key, rollout.Progress], pods: Mapping[Key, Pods]) -> list[tuple[Key, Trouble]]:
        found = []
        for key, state in states.items():
            found += [(key, trouble) for trouble in rollout.troubles(pods[key])]
            if len(pods[key]) < state.wanted and (unmade := self._unmade(key)):
                found.append((key, unmade))
        return found

    def _unmade(self, key: Key) -> Trouble | None:
        if key.kind != "Deployment":
            self._begun = self._begun or (self._cluster.now() - _BEFORE).strftime("%Y-%m-%dT%H:%M:%SZ")
            return evidence.unmade(self._cluster, key, self._begun)
        item = self._cluster.get(key.api_version, key.kind, key.name, namespace=key.namespace)
        return rollout.refused(item) if item else None

    def _pods(self, key: Key) -> Pods:
        """The pods of the newest template; those of the template before it are on their way out."""
        item = self._cluster.get(key.api_version, key.kind, key.name, namespace=key.namespace)
        if item is None:
            return []
        labels = ((item.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
        selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
        pods = self._cluster.list("v1", "Pod", namespace=key.namespace, label_selector=selector) if selector else []
        wanted = self._template(key, item, selector)
        return [pod for pod in pods if not wanted or pod["metadata"].get("labels", {}).get(_HASHES[key.kind]) == wanted]

    def _template(self, key: Key, item: Object, selector: str) -> str:
        if key.kind == "StatefulSet":
            return str((item.get("status") or {}).get("updateRevision", ""))
        if key.kind == "DaemonSet":
            return str((item["metadata"].get("annotations") or {}).get("deprecated.daemonset.template.generation", ""))
        if key.kind != "Deployment":
            return ""
        revision = (item["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision")
        for owned in self._cluster.list("apps/v1", "ReplicaSet", namespace=key.namespace, label_selector=selector):
            if (owned["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision") == revision:
                return str(owned["metadata"].get("labels", {}).get("pod-template-hash", ""))
        return ""


def _line(key: Key, state: rollout.Progress, pods: Pods) -> str:
    """Deployment app ready 1/3 (1 loading, 1 pulling)."""
    phases = Counter(phase for pod in pods if (phase := rollout.phase(pod)) != "ready")
    shown = ", ".join(f"{count} {phase}" for phase, count in sorted(phases.items()))
    return f"{key.kind} {key.name} ready {state.ready}/{state.wanted}" + (f" ({shown})" if shown else "")
