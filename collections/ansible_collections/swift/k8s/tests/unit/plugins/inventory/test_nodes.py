"""The inventory plugin, run by Ansible against an API on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import with_environment
from ansible_collections.swift.k8s.tests.unit.plugins import zoo

ANIMALS = ["a100-80", "cordoned", "910b3", "time-sliced", "not-ready", "cpu", "no-gfd"]


@pytest.fixture
def served(api: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    api.say("GET", "/api/v1/nodes", {"items": [zoo.by_name(name) for name in ANIMALS], "metadata": {}})
    api.say("GET", "/api/v1/pods", {"items": [zoo.pod("one", "a100-80", {zoo.GPU: 8})], "metadata": {}})
    api.say("GET", "/apis", {"groups": []})
    api.say("GET", "/version", {"gitVersion": "v1.36.3"})
    api.say("GET", "/api/v1/namespaces/kube-system", {"metadata": {"uid": "u-1"}})
    monkeypatch.setenv("K8S_AUTH_HOST", api.url)
    return api


def listed(tmp_path: Path, text: str, **environment: str) -> tuple[dict[str, Any], str]:
    """What ansible-inventory lists for a file of this plugin, and what it complains about."""
    path = tmp_path / "nodes.swift.yml"
    path.write_text(f"plugin: swift.k8s.nodes\n{text}", encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "ansible", "inventory", "-i", str(path), "--list"],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(Path(__file__).parents[7]),
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return (json.loads(told.stdout) if told.returncode == 0 else {}), told.stderr


def members(data: dict[str, Any]) -> dict[str, list[str]]:
    """Group -> hosts, without Ansible's own groups."""
    return {name: sorted(group["hosts"]) for name, group in data.items() if group.get("hosts") and name != "ungrouped"}


def test_nodes_are_grouped(served: Any, tmp_path: Path) -> None:
    found = members(listed(tmp_path, "")[0])
    assert found == {
        "vendor_nvidia": ["a100-80", "cordoned", "no-gfd", "not-ready", "time-sliced"],
        "vendor_ascend": ["910b3"],
        "vendor_none": ["cpu"],
        "product_nvidia_a100_sxm4_80gb": ["a100-80", "cordoned", "not-ready"],
        "product_tesla_t4": ["time-sliced"],
        "product_ascend910b3": ["910b3"],
        "product_unknown": ["no-gfd"],
        "driver_580_95_05": ["a100-80", "cordoned", "not-ready", "time-sliced"],
        "driver_25_5_0": ["910b3"],
        "driver_unknown": ["no-gfd"],
        "sharing_none": ["910b3", "a100-80", "cordoned", "no-gfd", "not-ready"],
        "sharing_time_slicing": ["time-sliced"],
        "health_ready": ["910b3", "a100-80", "cpu", "no-gfd", "time-sliced"],
        "health_cordoned": ["cordoned"],
        "health_not_ready": ["not-ready"],
    }


def test_own_groups_and_variables(served: Any, tmp_path: Path) -> None:
    data, _told = listed(
        tmp_path,
        "group_by: []\nstrict: true\n"
        "keyed_groups: [{key: swift_k8s_node.arch, prefix: arch}]\n"
        "groups:\n  busy: swift_k8s_node.accelerators | selectattr('free', 'eq', 0) | list | length > 0\n"
        "compose:\n  devices: swift_k8s_node.accelerators | sum(attribute='count')\n",
    )
    assert members(data) == {
        "arch_amd64": sorted({*ANIMALS} - {"910b3"}),
        "arch_arm64": ["910b3"],
        "busy": ["a100-80"],
    }
    variables = data["_meta"]["hostvars"]["a100-80"]
    # What a cluster says is data: Ansible must not take it for a template.
    assert (variables["devices"], variables["ansible_host"]) == (8, {"__ansible_unsafe": "192.0.2.10"})
    assert variables["swift_k8s_node"]["accelerators"][0]["free"] == 0


def test_the_cache_spares_the_cluster(served: Any, tmp_path: Path) -> None:
    text = f"cache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: {tmp_path}\n"
    first, _told = listed(tmp_path, text)
    asked = len(served.seen)
    assert listed(tmp_path, text)[0] == first
    assert len(served.seen) == asked > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("groupby: [vendor]\n", "unknown option 'groupby'; did you mean 'group_by'"),
        ("context: other\nkubeconfig: /no/such\nhost: ''\n", "kubeconfig /no/such does not exist"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    found, told = listed(tmp_path, text, K8S_AUTH_HOST="")
    assert found == {}
    assert message in told


def test_the_environment_fills_gaps_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8S_AUTH_HOST", "https://192.0.2.1")
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "no")
    monkeypatch.setenv("K8S_AUTH_IMPERSONATE_GROUPS", "a,b")
    found = with_environment({"host": "https://192.0.2.2", "validate_certs": None})
    assert (found["host"], found["validate_certs"], found["impersonate_groups"]) == (
        "https://192.0.2.2",
        False,
        ["a", "b"],
    )
