# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The probe: its pods, and what its script finds on this machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._devices import inside
from ansible_collections.swift.k8s.plugins.module_utils._devices.probe import addresses, pods, probe, source
from ansible_collections.swift.k8s.plugins.module_utils._devices.smoke import pod

from .fakes import FakeCluster

GPU = {"vendor": "nvidia", "resource": "nvidia.com/gpu", "count": 4, "free": 1}
FACTS = {
    "nodes": [{"name": "gpu-1", "ready": True, "accelerators": [GPU]}],
    "runtime_classes": [{"name": "nvidia", "handler": "nvidia"}],
}
WISH: dict[str, Any] = {
    "image": "python:3",
    "namespace": "default",
    "claim": "models",
    "addresses": ["hub.example:443"],
    "runtime_classes": {"nvidia": "nvidia", "ascend": "ascend"},
    "pull_secrets": [],
    "wait_timeout": 1,
}


def test_one_pod_for_each_resource_with_a_free_device() -> None:
    (test,) = pods(FACTS, WISH)
    made = pod(test)["spec"]
    container = made["containers"][0]
    assert (made["runtimeClassName"], container["resources"]["limits"]) == ("nvidia", {"nvidia.com/gpu": 1})
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/dev/shm", "/probe"]
    assert json.loads(container["command"][3]) == {
        "addresses": ["kubernetes.default.svc:443", "hub.example:443"],
        "folder": "/probe",
    }


@pytest.mark.parametrize("change", [{"free": 0}, {"free": None}])
def test_a_pod_without_devices_where_none_is_free(change: dict[str, Any]) -> None:
    node = {"name": "gpu-1", "ready": True, "accelerators": [{**GPU, **change}]}
    (test,) = pods({"nodes": [node]}, {**WISH, "claim": ""})
    made = pod(test)["spec"]
    assert (made["containers"][0]["resources"]["limits"], made["tolerations"], len(made["volumes"])) == ({}, [], 1)
    assert "runtimeClassName" not in made


@pytest.mark.parametrize(
    ("log", "end", "expected"),
    [
        ('{"devices": 1, "unreachable": []}', "Succeeded", {"devices": 1, "unreachable": [], "node": "gpu-1"}),
        ("hello", "Succeeded", {"failed": "It did not answer in JSON: 'hello'"}),
    ],
)
def test_answers(log: str, end: str, expected: dict[str, Any]) -> None:
    cluster = FakeCluster()
    cluster.log, cluster.pods_end = log, end
    (found,) = probe(cluster, FACTS, WISH)
    assert expected.items() <= found.items()
    assert cluster.deleted == ["device-smoke-x1"]


def test_a_pod_that_fails_is_a_finding() -> None:
    cluster = FakeCluster()
    cluster.pods_end = "Failed"
    (found,) = probe(cluster, FACTS, WISH)
    assert "asks for one nvidia.com/gpu did not succeed" in found["failed"]


def test_addresses() -> None:
    urls = ["https://hub.example/x", "hub.example", "http://10.0.0.7:8099/y", "db.example:5432"]
    assert addresses(urls) == ["hub.example:443", "10.0.0.7:8099", "db.example:5432"]


def test_the_script_by_itself(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as closed:
        port, dead = server.getsockname()[1], closed.getsockname()[1]
        closed.close()
        wish = {"addresses": [f"127.0.0.1:{port}", f"127.0.0.1:{dead}", "nothing.invalid:1"], "folder": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", source(), json.dumps(wish)], check=True, stdout=subprocess.PIPE, text=True
        )
    found = json.loads(done.stdout)
    assert found["unreachable"] == [
        f"127.0.0.1:{dead} (Connection refused)",
        "nothing.invalid:1 (its name is not known)",
    ]
    assert found["write_mib_s"] > 0
    assert found["read_mib_s"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    assert inside.speeds(str(tmp_path / "gone")) == {"volume_error": "No such file or directory"}


@pytest.mark.parametrize(
    ("names", "environment", "count"),
    [
        (["null", "nvidia0", "nvidia1", "nvidiactl"], {}, 2),
        (["davinci3", "davinci_manager"], {"ASCEND_VISIBLE_DEVICES": "3"}, 1),
        ([], {"NVIDIA_VISIBLE_DEVICES": "gpu-2"}, 1),
        ([], {"NVIDIA_VISIBLE_DEVICES": "void"}, 0),
        ([], {}, 0),
    ],
)
def test_devices(tmp_path: Path, names: list[str], environment: dict[str, str], count: int) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert inside.devices(str(tmp_path), environment) == count
