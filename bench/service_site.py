"""A served model on the lab, and callers that never stop: where rollouts are measured.

The engine is the stand-in (lab-engine), its devices are simulated. The rest is real:
chart, helm, scheduler, kubelets and proxies.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.swift.k8s.plugins.module_utils._release import task
from lab_run import CHECKOUT, kubeconfig

CHART = CHECKOUT / "charts/ms-swift"
CLIENT = Path(__file__).with_name("load_client.py")
MODEL = "swift-lab/Qwen2.5-tiny-random"
RATE, ANSWER_SECONDS = 20, 2
_SETTLE_SECONDS = 4.0  # answers under way end, and the client tells its totals once a second
VALUES: dict[str, Any] = {
    "image": {"repository": "lab.registry/lab-engine", "tag": "4.6.0"},
    "model": {"id": MODEL},
    "engine": {"backend": "transformers"},
    "deviceCheck": {"enabled": False},  # simulated devices have no driver
    "replicaCount": 2,
    "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}},
    "cache": {
        "storageClass": "shared",
        "accessModes": ["ReadWriteMany"],
        "size": "1Gi",
        "seed": {"endpoint": "http://hub.lab:8099", "resources": {"requests": {"cpu": "20m"}}},
    },
    "env": {"LAB_ENGINE_ANSWER_SECONDS": str(ANSWER_SECONDS), "LAB_ENGINE_PARALLEL": "100"},
    "podDisruptionBudget": {"enabled": True},
}


@dataclass(frozen=True)
class Totals:
    """What callers saw; slowest in seconds."""

    sent: int
    answered: int
    failed: int
    slowest: float
    failures: Mapping[str, int]

    def since(self, before: Totals) -> Totals:
        """What came after an earlier look."""
        new = {why: count - before.failures.get(why, 0) for why, count in self.failures.items()}
        return Totals(
            self.sent - before.sent,
            self.answered - before.answered,
            self.failed - before.failed,
            self.slowest,
            {why: count for why, count in new.items() if count},
        )


class Site:
    """One namespace with one release and one client pod."""

    def __init__(self) -> None:
        self.namespace = f"rollout-{uuid.uuid4().hex[:6]}"
        self.params = {"kubeconfig": kubeconfig()}
        self.cluster: Cluster = connect(self.params)

    def release(self, values: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """One task of the module release, in this process."""
        wanted = {
            "name": "app",
            "namespace": self.namespace,
            "chart": str(CHART),
            "create_namespace": True,
            "strategy_value": "strategy",
            "values": {**VALUES, **values, "env": {**VALUES["env"], **values.get("env", {})}},
            **options,
        }
        return dict(task.run(connect(self.params), {**self.params, **wanted}, print, False)["releases"][0])

    def start_callers(self, service: str = "app-ms-swift", rate: int = RATE) -> None:
        """A pod that asks the Service from now on; returns when it has its first answers.

        By its cluster address: a drain may evict the lab's only CoreDNS, which is nothing of the service's.
        """
        found = self.cluster.get("v1", "Service", service, self.namespace)
        assert found is not None, f"there is no Service {service}"
        address = f"http://{found['spec']['clusterIP']}:8080"
        command = ["python3", "-c", CLIENT.read_text(encoding="utf-8"), address, str(rate)]
        container = {
            "name": "client",
            "image": "lab.registry/python:3.11",
            "command": [*command, MODEL.rpartition("/")[2]],
        }
        # The client stays when the other node is drained.
        spec = {"containers": [container], "nodeName": "lab-0", "terminationGracePeriodSeconds": 0}
        metadata = {"name": "callers", "namespace": self.namespace}
        self.cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(Exception):
                if self.totals().answered:
                    return
            time.sleep(0.5)
        raise SystemExit(f"no caller had an answer within a minute: {self.log()}")

    def log(self) -> str:
        return self.cluster.logs(self.namespace, "callers", tail_lines=1)

    def totals(self) -> Totals:
        """What the callers have seen so far."""
        return Totals(**json.loads(self.log().strip().splitlines()[-1]))

    @contextlib.contextmanager
    def watched(self) -> Iterator[list[Totals]]:
        """Fills the list with what callers saw while the context lasted, answers under way included."""
        before, seen = self.totals(), list[Totals]()
        yield seen
        time.sleep(_SETTLE_SECONDS + ANSWER_SECONDS)
        seen.append(self.totals().since(before))

    def close(self) -> None:
        """Remove all of it; returns when its devices are free. The empty namespace goes by itself, minutes later."""
        self.cluster.delete("v1", "Namespace", self.namespace)
        while self.cluster.list("v1", "Pod", self.namespace):
            time.sleep(0.5)
