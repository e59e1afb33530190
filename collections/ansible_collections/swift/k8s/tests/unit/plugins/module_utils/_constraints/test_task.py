# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The preflight as a whole, against a cluster of lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._constraints import observe, task
from ansible_collections.swift.k8s.plugins.module_utils._constraints.errors import RuleError
from ansible_collections.swift.k8s.plugins.module_utils._seed import record
from ansible_collections.swift.k8s.plugins.module_utils._seed.wish import fingerprint

from .._devices.fakes import FakeCluster

RULE = {
    "id": "old",
    "level": "error",
    "for_each": "cluster",
    "expect": {"server_version": {"at_least": "1.30"}},
    "message": "{server_version} is old.",
    "next_step": "Upgrade.",
}
WARN = {**RULE, "id": "older", "level": "warning"}
PARAMS: dict[str, Any] = {
    "name": "prod",
    "rules": [RULE],
    "rule_files": [],
    "extra_rules": [WARN],
    "silence": [],
    "wishes": {"device_plugin": {"nvidia": {"nodes": [{"selector": "a"}]}}, "registry": "mirror.example/x"},
    "check_images": True,
    "check_models": True,
    "hubs": {},
    "registries": {"mirror.example": "http://127.0.0.1:1"},
    "registry_auth": None,
    "registry_ca": None,
    "probe": False,
    "probe_options": {"wait_timeout": 5},
    "junit": None,
    "json": None,
    "roles": None,
}
GPU = {"vendor": "nvidia", "resource": "nvidia.com/gpu", "count": 8, "free": 2}
FACTS: dict[str, Any] = {"server_version": "v1.28.1", "nodes": [{"name": "gpu-1", "labels": {"a": ""}, "ready": True}]}


def run(**more: Any) -> dict[str, Any]:
    return task.run(FakeCluster(), FACTS, {}, {**PARAMS, **more})


def test_findings_counts_and_headline(tmp_path: Path) -> None:
    found = run(junit=str(tmp_path / "new/prod.xml"), json=str(tmp_path / "prod.json"))
    assert (found["error_count"], found["warning_count"], found["summary"]) == (1, 1, "1 error, 1 warning")
    assert found["headline"] == "preflight found 1 error: cluster: v1.28.1 is old. Upgrade."
    assert "v1.28.1 is old." in found["table"]
    assert "<failure" in (tmp_path / "new/prod.xml").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "prod.json").read_text(encoding="utf-8")) == found["findings"]


@pytest.mark.parametrize(("path", "errors"), [("/none", 1), ("HERE", 0)])
def test_helm_is_looked_for_on_path(path: str, errors: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helm = tmp_path / "helm"
    helm.write_text("#!/bin/sh\n", encoding="utf-8")
    helm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) if path == "HERE" else path)
    monkeypatch.setattr("sys.executable", "/none/python")
    rule = {**RULE, "expect": {"helm.found": True}, "message": "There is none."}
    assert run(rules=[rule], extra_rules=[])["error_count"] == errors


@pytest.mark.parametrize(
    ("wishes", "missing"),
    [
        ({"chart": "HERE/none"}, 1),
        ({"chart": "HERE"}, 0),
        ({"chart": "oci://registry.site/ms-swift"}, 0),
        ({"chart": "HERE", "releases": [{"name": "a", "chart": "HERE/none.tgz"}]}, 1),
        ({"chart": "HERE/none.tgz", "releases": [{"name": "a", "chart_repo_url": "https://charts.site"}]}, 0),
        ({"chart": "HERE/none", "releases": []}, 0),
    ],
)
def test_a_chart_is_looked_for_on_this_machine(wishes: dict[str, Any], missing: int, tmp_path: Path) -> None:
    given = json.loads(json.dumps({"releases": [{"name": "a"}], **wishes}).replace("HERE", str(tmp_path)))
    rule = {**RULE, "expect": {"charts_missing": {"empty": True}}, "message": "{charts_missing}"}
    assert run(rules=[rule], extra_rules=[], wishes=given)["error_count"] == missing


@pytest.mark.parametrize(
    ("wishes", "place"),
    [
        ({"namespace": "Bad_NS"}, "swift_k8s_namespace: 'Bad_NS'"),
        ({"models_namespace": "a.b"}, "model_cache_namespace: 'a.b'"),
        ({"releases": [{"name": "a", "namespace": "x" * 64}]}, "release a: 'xxx"),
    ],
)
def test_a_namespace_that_cannot_be_is_refused(wishes: dict[str, Any], place: str) -> None:
    with pytest.raises(RuleError, match=f"{place}.* is no name of a namespace; write lower-case letters"):
        run(wishes=wishes)


MODEL = {"id": "org/tiny", "endpoint": "htp://hub.inside"}
KEPT = dict.fromkeys(("id", "type", "path", "revision", "resolved", "hub", "files", "bytes"), "")
RECORD = {
    "version": record.VERSION,
    "models": {"a": {"fingerprint": fingerprint({"type": "model", "hub": "modelscope", **MODEL}), **KEPT}},
}


@pytest.mark.parametrize(("seeded", "check_models", "errors"), [(False, True, 1), (False, False, 0), (True, True, 0)])
def test_a_model_is_looked_for_unless_it_was_fetched(seeded: bool, check_models: bool, errors: int) -> None:
    name = {"name": record.name("models"), "namespace": "ms-swift"}
    found = [{"metadata": name, "data": {"record.json": json.dumps(RECORD)}}] if seeded else []
    rule = {**RULE, "for_each": "models", "expect": {"told": {"empty": True}}, "message": "{told}"}
    wishes = {"models": [MODEL], "models_claim": "models"}
    params = {**PARAMS, "rules": [rule], "extra_rules": [], "wishes": wishes, "check_models": check_models}
    assert task.run(FakeCluster(ConfigMap=found), FACTS, {}, params)["error_count"] == errors


def lacking(tmp_path: Path) -> tuple[FakeCluster, dict[str, Any]]:
    cluster = FakeCluster()
    cluster.denied = {("*", "*"), ("patch", "nodes")}
    return cluster, {**PARAMS, "roles": str(tmp_path / "prod.rbac.yml")}


def test_missing_roles_are_told_and_written(tmp_path: Path) -> None:
    cluster, params = lacking(tmp_path)
    found = task.run(cluster, FACTS, {}, params)
    assert (tmp_path / "prod.rbac.yml").read_text(encoding="utf-8") == found["missing_roles"]
    kinds = [document["kind"] for document in yaml.safe_load_all(found["missing_roles"])]
    assert kinds[:2] == ["ClusterRole", "ClusterRoleBinding"]
    assert run()["missing_roles"] == ""


def test_roles_where_not_even_nodes_are_seen(tmp_path: Path) -> None:
    cluster, params = lacking(tmp_path)
    text = task.roles(cluster, params)
    assert (tmp_path / "prod.rbac.yml").read_text(encoding="utf-8") == text
    assert {document["metadata"].get("namespace") for document in yaml.safe_load_all(text)} == {
        None,
        "kube-node-lease",
        "nvidia-device-plugin",
    }


def test_senseless_device_options_where_not_even_nodes_are_seen() -> None:
    wishes = {"device_plugin": {"nvidia": {"owner": "nvpd"}}}
    with pytest.raises(RuleError, match="did you mean 'nvdp'"):
        task.roles(FakeCluster(), {**PARAMS, "wishes": wishes})


def test_without_rules_nothing_could_be_found() -> None:
    with pytest.raises(RuleError, match="there are no rules"):
        run(rules=[], extra_rules=[])


def test_silence_and_warnings() -> None:
    found = run(silence=[{"id": "old", "reason": "being renewed"}])
    assert (found["error_count"], found["warning_count"]) == (0, 1)
    assert found["headline"].startswith("preflight found 1 warning")
    both = [{"id": name, "reason": "known"} for name in ("old", "older")]
    assert run(silence=both)["headline"] == ""


def test_behind_an_air_gap_nobody_outside_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def images(_registries: Any, wanted: Any) -> list[Any]:
        asked.extend(wanted)
        return []

    monkeypatch.setattr(observe, "images", images)
    wishes = {**PARAMS["wishes"], "offline": True, "images": ["quay.io/x:1"]}
    run(wishes=wishes)
    assert asked == ["mirror.example/x/nvidia/k8s-device-plugin:v0.20.0"]


OFFLINE = {**RULE, "id": "offline", "when": {"offline": True}, "expect": {"outside": {"empty": True}}}
NAMED = {"name": "qwen", "values": {"image": {"repository": "x", "tag": "1"}, "proxy": {"enabled": True}}}
PLAIN = {"name": "npu", "values": {"accelerator": {"vendor": "ascend"}}}
ASKED = {
    "": {"quay.io/ascend/ms-swift", "docker.io/library/haproxy", "x", "modelscope"},
    "mirror.site/k8s": {
        "mirror.site/k8s/ascend/ms-swift",
        "mirror.site/k8s/library/haproxy",
        "mirror.site/k8s/x",
        "mirror.site/k8s/modelscope-repo/modelscope",
    },
}


@pytest.mark.parametrize("registry", list(ASKED))
@pytest.mark.parametrize("offline", [False, True])
def test_releases_come_from_the_mirror_as_they_are_deployed(
    monkeypatch: pytest.MonkeyPatch, registry: str, offline: bool
) -> None:
    asked: list[str] = []

    def images(_registries: Any, wanted: Any) -> list[Any]:
        asked.extend(wanted)
        return []

    monkeypatch.setattr(observe, "images", images)
    models = [{"id": "a/b", "endpoint": "http://hub.site"}]
    wishes = {"releases": [NAMED, PLAIN], "models": models, "registry": registry, "offline": offline}
    found = task.run(
        FakeCluster(), FACTS, {}, {**PARAMS, "rules": [OFFLINE], "extra_rules": [], "registries": {}, "wishes": wishes}
    )
    if offline and not registry:
        # nothing outside is asked, and all of it is named
        assert (asked, found["error_count"]) == ([], 1)
    else:
        assert len(asked) == len(ASKED[registry])
        assert all(any(name.split(":")[0].endswith(one) for name in asked) for one in ASKED[registry]), asked
        assert found["error_count"] == 0


def test_a_probe_runs_only_where_it_may_write() -> None:
    facts = {**FACTS, "nodes": [{"name": "gpu-1", "ready": True, "accelerators": [GPU]}]}
    rule = {**RULE, "id": "probed", "for_each": "probes", "expect": {"x": 1}, "message": "{hindrance}"}
    release = {"name": "qwen", "values": {"accelerator": {"vendor": "nvidia"}, "image": "r.io/x:1"}}
    cpu = {"name": "small", "values": {"accelerator": {"vendor": "cpu"}}}
    cluster = FakeCluster()
    cluster.log = '{"devices": []}'
    params = {
        **PARAMS,
        "rules": [rule],
        "extra_rules": [],
        "wishes": {"releases": [release, cpu]},
        "check_images": False,
    }
    params["probe"] = True
    assert task.run(cluster, facts, {}, params, check_mode=True)["findings"] == []
    assert cluster.deleted == []
    told = [(item["subject"], item["message"]) for item in task.run(cluster, facts, {}, params)["findings"]]
    assert told == [("nvidia.com/gpu in ms-swift", "unknown"), ("release small", "it asks for no device")]
    assert cluster.deleted == ["device-smoke-x1"]


def test_senseless_device_options_are_a_finding_like_any_other() -> None:
    plan = task.device_plan(FACTS, {"device_plugin": {"nvidia": {"owner": "x"}}})
    assert "device_plugin_nvidia.owner" in plan["problems"][0]["message"]


def test_credentials_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("no json")
    with pytest.raises(RuleError, match="docker login"):
        run(registry_auth=str(path))
