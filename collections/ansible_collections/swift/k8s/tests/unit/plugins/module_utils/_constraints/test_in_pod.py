# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the program in the probe pod tells, of this machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.vendors import named
from ansible_collections.swift.k8s.plugins.module_utils._constraints import in_pod, probe


@pytest.mark.parametrize(("vendor", "expected"), [("nvidia", ["nvidia0", "nvidia10"]), ("ascend", ["davinci3"])])
def test_devices(tmp_path: Path, vendor: str, expected: list[str]) -> None:
    (tmp_path / "dev").mkdir()
    for name in ("nvidia0", "nvidia10", "nvidiactl", "nvidia-uvm", "davinci3", "davinci_manager"):
        (tmp_path / "dev" / name).touch()
    table = named(vendor)
    assert table is not None
    assert in_pod.devices(table.device_files, tmp_path) == expected


def test_volume(tmp_path: Path) -> None:
    speed = in_pod.volume(str(tmp_path), mib=2)
    assert speed["write_mib_s"] > 0
    assert speed["read_mib_s"] > 0
    assert list(tmp_path.iterdir()) == []
    assert "No such file" in in_pod.volume(str(tmp_path / "missing"))["error"]


def test_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert in_pod.reach([f"127.0.0.1:{port}"]) == {"unknown_names": [], "unreachable": []}
    found = in_pod.reach([f"127.0.0.1:{port}", "no-such-name.invalid:443"])
    assert found == {
        "unknown_names": ["no-such-name.invalid"],
        "unreachable": [f"127.0.0.1:{port} (Connection refused)"],
    }


def test_it_runs_from_its_text_alone() -> None:
    question = json.dumps({"files": "nvidia[0-9]+", "volume": "", "addresses": []})
    done = subprocess.run([sys.executable, "-I", "-c", probe.source(), question], capture_output=True, check=True)
    told = json.loads(done.stdout)
    assert set(told) == {"devices", "shm_mib", "volume", "unknown_names", "unreachable"}
    assert told["shm_mib"] == in_pod.size_mib("/dev/shm")
