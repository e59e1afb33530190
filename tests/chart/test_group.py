"""One copy of a model on several pods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart.conftest import Render, Rendering


@pytest.fixture
def group(render: Rendering) -> Render:
    pairs = {"accelerator__vendor": "nvidia", "accelerator__count": 8, "engine__nodes": 2, "metrics__source": "vllm"}
    rendered: Render = render(
        *("--api-versions", "leaderworkerset.x-k8s.io/v1"),
        model__id="a/b",
        proxy__enabled=True,
        autoscaling={"enabled": True, "type": "hpa"},
        **pairs,
    )
    return rendered


def template(group: Render, who: str) -> Any:
    return group.one("LeaderWorkerSet")["spec"]["leaderWorkerTemplate"][f"{who}Template"]


def test_layers_are_split_over_pods_and_tensors_over_devices(group: Render) -> None:
    wanted = {"nnodes": 2, "pipeline-parallel-size": 2, "tensor-parallel-size": 8}
    assert wanted.items() <= group.arguments.items()
    assert group.run["module"] == "vllm.entrypoints.cli.main"
    assert not group.all("Deployment")


def test_workers_wait_for_the_leader(group: Render) -> None:
    commands = {who: template(group, who)["spec"]["containers"][0]["command"][3:] for who in ("leader", "worker")}
    assert commands["leader"] == [
        *("serve", "--node-rank", "$(LWS_WORKER_INDEX)"),
        *("--master-addr", "$(LWS_LEADER_ADDRESS)"),
    ]
    assert commands["worker"] == [*commands["leader"], "--headless"]
    assert "proxy" in [item["name"] for item in template(group, "leader")["spec"]["initContainers"]]
    assert [item["name"] for item in template(group, "worker")["spec"]["initContainers"]] == ["model"]
    assert "readinessProbe" not in template(group, "worker")["spec"]["containers"][0]


def test_callers_reach_leaders_alone_and_the_policy_covers_all(group: Render) -> None:
    leader, worker = (template(group, who)["metadata"]["labels"] for who in ("leader", "worker"))
    service = group.one("Service")["spec"]["selector"]
    policy = group.one("NetworkPolicy")["spec"]
    assert service.items() <= leader.items()
    assert not service.items() <= worker.items()
    everyone = policy["podSelector"]["matchLabels"]
    assert everyone.items() <= leader.items()
    assert everyone.items() <= worker.items()
    assert [{"podSelector": {"matchLabels": everyone}}] in [rule.get("from") for rule in policy["ingress"]]
    assert [{"podSelector": {"matchLabels": everyone}}] in [rule.get("to") for rule in policy["egress"]]


def test_the_group_is_what_scales(group: Render) -> None:
    target = group.one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert target["kind"] == "LeaderWorkerSet"
    assert target["name"] == group.one("LeaderWorkerSet")["metadata"]["name"]


def test_the_groups_name_is_left_to_its_controllers_service(group: Render) -> None:
    assert group.one("LeaderWorkerSet")["metadata"]["name"] != group.one("Service")["metadata"]["name"]
