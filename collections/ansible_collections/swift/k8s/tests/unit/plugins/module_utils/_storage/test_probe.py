"""The probe of claims: against a cluster in memory, and its program on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._storage import probe, probe_pod
from ansible_collections.swift.k8s.plugins.module_utils._storage.errors import StorageError

from .fake_cluster import FakeCluster

SPEED = {"write_mib_per_second": 80.5, "read_mib_per_second": 400.0}
PARAMS: dict[str, Any] = {
    "claims": ["models"],
    "namespace": "ai",
    "image": "python:3",
    "image_pull_secrets": ["pull"],
    "mebibytes": 8,
    "timeout": 1,
}


def cluster(phase: str, said: str = "", modes: tuple[str, ...] = ("ReadWriteMany",)) -> FakeCluster:
    """One claim, and a kubelet that brings every pod to a phase."""

    def kubelet(found: FakeCluster) -> None:
        for (kind, _space, name), item in found.objects.items():
            if kind == "Pod":
                item["status"] = {"phase": phase}
                found.pod_logs[name] = said

    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "models", "namespace": "ai"}}
    return FakeCluster({**claim, "spec": {"accessModes": list(modes)}}, react=kubelet)


def test_speed_is_told_and_nothing_stays() -> None:
    found = cluster("Succeeded", f"a warning\n{json.dumps(SPEED)}\n")
    assert probe.probe(found, PARAMS) == [{"name": "models", "namespace": "ai", **SPEED}]
    assert [key[0] for key in found.objects] == ["PersistentVolumeClaim"]


def test_a_killed_runs_pod_is_replaced() -> None:
    found = cluster("Succeeded", json.dumps(SPEED))
    found.create(probe_pod.pod("models", "ai", "old", 1, 1, []))
    probe.probe(found, PARAMS)
    assert [write[0] for write in found.writes] == ["create", "delete", "create", "delete"]


@pytest.mark.parametrize(
    ("phase", "said", "words"),
    [
        ("Failed", "Traceback\nOSError: No space left on device", "is Failed. OSError: No space left on device"),
        ("Pending", "", "is Pending. The cluster says: claim is not bound"),
    ],
)
def test_a_pod_without_result_says_why(phase: str, said: str, words: str) -> None:
    found = cluster(phase, said)
    event = {"kind": "Event", "metadata": {"name": "e", "namespace": "ai"}, "message": "claim is not bound"}
    found.objects["Event", "ai", "e"] = event
    with pytest.raises(StorageError, match=words):
        probe.probe(found, {**PARAMS, "timeout": 0})
    assert not any(key[0] == "Pod" for key in found.objects)


@pytest.mark.parametrize(
    ("claim", "modes", "words"),
    [("other", ("ReadWriteMany",), "ai/other does not exist"), ("models", ("ReadOnlyMany",), "cannot be written to")],
)
def test_what_cannot_be_probed_starts_no_pod(claim: str, modes: tuple[str, ...], words: str) -> None:
    found = cluster("Succeeded", modes=modes)
    with pytest.raises(StorageError, match=words):
        probe.probe(found, {**PARAMS, "claims": ["models", claim]})
    assert found.writes == []


def test_the_program_measures_and_cleans_up(tmp_path: Path) -> None:
    path = tmp_path / "file"
    command = [sys.executable, "-c", probe_pod.PROGRAM, str(path), "3"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert all(value > 0 for value in json.loads(done.stdout).values())
    assert not path.exists()


def test_the_program_notices_other_bytes(tmp_path: Path) -> None:
    program = probe_pod.PROGRAM.replace('open(path, "rb"', 'open("/dev/zero", "rb"')
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "file"), "2"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "MiB 0 of" in done.stderr
    assert not (tmp_path / "file").exists()


def test_long_names_stay_names() -> None:
    assert len(probe_pod.name("m" * 80)) == 63
