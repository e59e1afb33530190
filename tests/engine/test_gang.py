"""Two pods of the real ms-swift train together; one is lost, both start again from the newest checkpoint."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.jobs import finished, pods, rank, steps
from tests.engine.test_pipeline import TRAIN
from tests.lab.chart import merged, place, until

pytestmark = [pytest.mark.engine, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(420)]
#: Debian builds torch without libuv
GANG: dict[str, Any] = {
    **merged(TRAIN, {"train": {"nodes": 2, "saveSteps": 1, "saveLimit": 2, "maxSteps": 8}}),
    "env": {"USE_LIBUV": "0"},
}


def test_the_loss_of_one_rank_restarts_both() -> None:
    with place("engine-gang", "pod-security.kubernetes.io/enforce=restricted") as site:
        site.install("gang", GANG)
        until(lambda: steps(site, "gang") >= 3, 200, "three steps")
        first = {rank(pod): str(pod["metadata"]["name"]) for pod in pods(site, "gang")}
        site.kubectl("delete", "pod", first[1], "--grace-period=0", "--force")
        finished(site, "gang", 200)
        last = {rank(pod): str(pod["metadata"]["name"]) for pod in pods(site, "gang") if succeeded(pod)}
        assert last.keys() == first.keys()
        assert not set(first.values()) & set(last.values())
        said = {number: site.kubectl("logs", name, "--container=engine") for number, name in last.items()}
        assert all("launch: resuming from /cache/outputs/gang/checkpoint-" in text for text in said.values())
        # a pod that trained by itself would be the first of its own world, and tell its own norm of the gradients
        assert "'grad_norm'" in said[0]
        assert "'grad_norm'" not in said[1]
        site.helm("uninstall", "gang", "--wait")


def succeeded(pod: dict[str, Any]) -> bool:
    return str(pod["status"]["phase"]) == "Succeeded"
