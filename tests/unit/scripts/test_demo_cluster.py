"""What the demo says of a cluster that exists already, before anything is deployed there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import demo_cluster
import pytest
from demo_cluster import OwnCluster, TheLab, devices_skipped, ground
from lab_run import RunError


def node(**offered: int) -> dict[str, Any]:
    return {"accelerators": [{"vendor": vendor, "count": count} for vendor, count in offered.items()]}


@pytest.mark.parametrize(
    ("nodes", "vendor", "said"),
    [
        ([], "cpu", ["the device plugins: no node offers an accelerator, the model runs on a CPU"]),
        ([node(nvidia=0)], "cpu", ["the device plugins: no node offers an accelerator, the model runs on a CPU"]),
        (
            [node(nvidia=4), node(), node(nvidia=8), node(ascend=8)],
            "cpu",
            ["the device plugins: the model runs on a CPU, and DEMO_ACCELERATOR=ascend or nvidia would use devices"],
        ),
        ([node(nvidia=4)], "nvidia", []),
    ],
)
def test_the_device_stage(nodes: list[Any], vendor: str, said: list[str]) -> None:
    assert devices_skipped(nodes, vendor) == said


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"LAB_KUBECONFIG": "/nowhere/config"}, "/nowhere/config"),
        ({"LAB_KUBECONFIG": "CONFIG", "DEMO_AUDIT_LOG": "/nowhere/log"}, "DEMO_AUDIT_LOG=/nowhere/log cannot be read"),
        ({"LAB_KUBECONFIG": "CONFIG", "LAB_CONTEXT": "other"}, "other"),
        ({"LAB_KUBECONFIG": "CONFIG"}, "127.0.0.1:9"),
    ],
)
def test_what_cannot_be_is_one_sentence(environment: dict[str, str], message: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], "
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:9'}}], users: [{name: u, user: {token: t}}]}"
    )
    given = {name: str(config) if value == "CONFIG" else value for name, value in environment.items()}
    with pytest.raises(RunError, match=re.escape(message)):
        OwnCluster(given).prepare()


def test_writes_are_counted_where_a_log_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "audit.log"
    log.touch()
    monkeypatch.setattr(OwnCluster, "_connect", lambda _self: None)
    monkeypatch.setattr(demo_cluster, "gather", lambda *_: {"nodes": []})
    monkeypatch.setattr(demo_cluster, "who_asks", lambda _cluster: "admin")
    place = OwnCluster({"LAB_KUBECONFIG": "c", "DEMO_AUDIT_LOG": str(log)})
    assert [text.partition(":")[0] for text in place.prepare()] == ["the start of a lab", "the device plugins"]
    mark = place.mark()
    seen = [("admin", "create"), ("admin", "get"), ("somebody", "delete")]
    lines = [{"user": {"username": user}, "verb": verb, "objectRef": {"resource": "pods"}} for user, verb in seen]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert place.writes(mark) == 1


def test_without_a_log_nobody_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OwnCluster, "_connect", lambda _self: None)
    monkeypatch.setattr(demo_cluster, "gather", lambda *_: {"nodes": []})
    place = OwnCluster({"LAB_KUBECONFIG": "c"})
    assert "the count of writes: DEMO_AUDIT_LOG names no audit log to read" in place.prepare()
    assert place.writes(place.mark()) is None


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KUBECONFIG", "/a")
    assert ground().inventory == "inventories/existing"
    monkeypatch.delenv("LAB_KUBECONFIG")
    monkeypatch.setenv("LAB_NAME", "other")
    assert isinstance(ground(), TheLab)
    assert ground().farewell()[1:] == [
        '  eval "$(LAB_NAME=other PYTHONPATH=roles/lab python3 -m lab env)"; kubectl get pods -A',
        "  LAB_NAME=other make lab-down",
    ]
    monkeypatch.setenv("LAB_NAME", "lab")
    readme = Path(__file__).resolve().parents[3] / "README.md"
    assert "\n".join(ground().farewell()) in readme.read_text(encoding="utf-8")
