# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""From the wished services of an inventory to the entries of the modules; the audit's table."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.swift.k8s.plugins.filter.audit_table import audit_table
from ansible_collections.swift.k8s.plugins.filter.ms_swift_probes import ms_swift_probes
from ansible_collections.swift.k8s.plugins.filter.ms_swift_releases import ms_swift_releases
from ansible_collections.swift.k8s.plugins.filter.release_wishes import release_wishes

QWEN = {"name": "qwen", "model": "Qwen/Qwen2.5-7B-Instruct"}


def entry(release: dict[str, Any], **options: Any) -> dict[str, Any]:
    return ms_swift_releases([release], **options)[0]


def test_model_claim_and_registry_reach_the_chart() -> None:
    found = entry(QWEN, claim="models", registry="mirror.example", options={"namespace": "ai"})
    assert found == {
        "name": "qwen",
        "namespace": "ai",
        "values": {
            "model": {"id": "Qwen/Qwen2.5-7B-Instruct"},
            "cache": {"existingClaim": "models"},
            "image": {"registry": "mirror.example"},
            "runtimeClassName": "auto",
        },
    }
    assert entry(QWEN, defaults={"runtimeClassName": ""})["values"]["runtimeClassName"] == ""


def test_own_values_and_options_win() -> None:
    own = {**QWEN, "namespace": "team", "values": {"engine": {"backend": "vllm"}}}
    found = entry(
        own, defaults={"engine": {"backend": "sglang", "port": 1}}, options={"namespace": "ai", "wait": False}
    )
    assert (found["namespace"], found["wait"]) == ("team", False)
    assert found["values"]["engine"] == {"backend": "vllm", "port": 1}


def test_model_may_be_a_mapping() -> None:
    assert entry({"name": "a", "model": {"path": "/cache/out"}})["values"]["model"] == {"path": "/cache/out"}


def test_removed_release_needs_no_values() -> None:
    assert "values" not in entry({**QWEN, "state": "absent"}, defaults={"a": 1})


@pytest.mark.parametrize(("key", "hint"), [("modle", "did you mean 'model'"), ("zzz", "known are ")])
def test_unknown_key_is_refused_with_the_nearest(key: str, hint: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"entry qwen: unknown key '{key}'; {hint}"):
        entry({**QWEN, key: 1})


@pytest.mark.parametrize(
    ("releases", "words"),
    [
        ("qwen", "ms_swift_releases is 'qwen': write a list"),
        (["qwen"], "entry 1 is 'qwen': write a mapping"),
        ([QWEN, {"model": "a/b"}], "entry 2 has no name"),
        ([{**QWEN, "values": "x"}], r"entry 1 \(qwen\): values is no mapping"),
        ([{**QWEN, "secret_values": ["token"]}], r"secret_values is no mapping: write values of the chart\.$"),
    ],
)
def test_entries_that_cannot_be_one(releases: Any, words: str) -> None:
    for read in (release_wishes, ms_swift_releases):
        with pytest.raises(AnsibleFilterError, match=words):
            read(releases)


def test_a_pair_of_colours_says_how_a_new_one_is_asked() -> None:
    asking = {"options": {"retries": 2}, "checks": []}
    found = entry({**QWEN, "strategy": "blue_green"}, options={"namespace": "ai"}, probe=asking)
    assert found["probe"] == {"checks": ["health", "models", "chat"], "model": "Qwen2.5-7B-Instruct", "retries": 2}
    assert found["values"]["service"] == {"front": "qwen"}
    assert "probe" not in entry({**QWEN, "strategy": "blue_green"}, options={"namespace": "ai"})
    assert ms_swift_probes([found])[0]["service"] == "qwen"
    assert entry({**QWEN, "strategy": "blue_green", "probe": {"model": "x"}}, probe=asking)["probe"] == {"model": "x"}


def test_what_serves_is_asked_before_it_counts() -> None:
    asking = {"options": {"retries": 2}, "checks": []}
    found = entry(QWEN, options={"namespace": "ai"}, probe=asking)
    assert found["probe"] == {"checks": ["health", "models", "chat"], "model": "Qwen2.5-7B-Instruct", "retries": 2}
    assert "front" not in found["values"].get("service", {})
    assert "probe" not in entry({**QWEN, "values": {"task": "sft"}}, options={"namespace": "ai"}, probe=asking)
    assert "probe" not in entry(QWEN, options={"namespace": "ai"})


PROBES = [
    ({}, ["health", "models", "chat"], "Qwen2.5-7B-Instruct"),
    ({"servedName": "chat"}, ["health", "models", "chat"], "chat"),
    ({"task": "embedding"}, ["health", "models", "embeddings"], "Qwen2.5-7B-Instruct"),
    ({"task": "reranker"}, ["health", "models"], "Qwen2.5-7B-Instruct"),
    ({"model": {"id": "qwen-7b"}}, ["health", "models", "chat"], None),
    ({"model": {"path": "/cache/models/out/Mine/"}}, ["health", "models", "chat"], "Mine"),
]


@pytest.mark.parametrize(("values", "checks", "model"), PROBES)
def test_probe_fits_the_task(values: dict[str, Any], checks: list[str], model: str | None) -> None:
    (probe,) = ms_swift_probes([entry({**QWEN, "values": values}, options={"namespace": "ai"})], {"retries": 1})
    assert (probe["checks"], probe.get("model")) == (checks, model)
    assert probe["label_selector"] == "app.kubernetes.io/instance=qwen"
    assert probe["retries"] == 1


def test_after_a_rollback_another_model_may_be_served() -> None:
    assert "model" in ms_swift_probes([entry(QWEN, options={"namespace": "ai"})])[0]
    assert "model" not in ms_swift_probes([entry(QWEN, options={"namespace": "ai"})], model=False)[0]


@pytest.mark.parametrize("parts", [{"state": "absent"}, {"values": {"task": "sft"}}, {"values": {"replicaCount": 0}}])
def test_what_cannot_answer_is_not_asked(parts: dict[str, Any]) -> None:
    assert ms_swift_probes([entry({**QWEN, **parts}, options={"namespace": "ai"})]) == []


def test_own_checks_and_key() -> None:
    values = {"apiKey": {"existingSecret": "key"}}
    release = entry({**QWEN, "values": values}, options={"namespace": "ai"})
    (probe,) = ms_swift_probes([release], checks=["chat_stream"])
    assert probe["checks"] == ["chat_stream"]
    assert probe["api_key_secret"] == {"name": "key", "key": "api-key"}


def test_table_names_drift_below_its_release() -> None:
    release = {
        "namespace": "ai",
        "name": "qwen",
        "chart": "ms-swift",
        "chart_version": "0.1.0",
        "revision": 3,
        "status": "deployed",
        "managed": True,
        "ready": False,
        "drift": [
            {"object": "Service ai/qwen", "drift": "missing"},
            {
                "object": "Deployment ai/qwen",
                "field": "spec.replicas",
                "drift": "changed",
                "declared": 2,
                "live": 1,
                "changed_by": "kubectl-edit",
                "changed_at": "2026-01-01T00:00:00Z",
            },
        ],
    }
    other = {**release, "drift": [], "ready": True}
    lines = audit_table(
        {"prod": {"server_version": "v1.36.3", "releases": [release, other]}, "lost": {"error": "no route"}, "new": {}}
    )
    assert lines[0].split() == ["CLUSTER", "VERSION", "RELEASE", "CHART", "REVISION", "STATUS", "DRIFT"]
    assert lines[1].split() == ["lost", "-", "-", "-", "-", "unreadable", "-"]
    assert lines[2] == "  no route"
    assert lines[3].split()[0] == "new"
    assert lines[4].split() == ["prod", "v1.36.3", "ai/qwen", "ms-swift-0.1.0", "3", "deployed", "unseen", "2"]
    assert lines[5] == "  Service ai/qwen is missing"
    assert lines[6] == (
        "  Deployment ai/qwen spec.replicas changed by kubectl-edit at 2026-01-01T00:00:00Z: 2 is now 1"
    )
    assert lines[7].split()[-2:] == ["deployed", "none"]
