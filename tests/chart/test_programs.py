"""The smaller programs of a pod: device check, five answers, the question of helm test."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import ask
import choices
import devices
import pytest
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.table import Vendor
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.vendors import VENDORS

from tests.chart.conftest import POD

TABLE = json.loads((POD / "compatibility.json").read_text())
VERSION = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {}  Release Build\nGCC version: 12\n"
RUNS = {"served": "qwen-plus", "id": "Qwen/Q", "asked": "qwen-plus", "task": "deploy", "vendor": "nvidia", "dtype": ""}


def machine(root: Path, devices_: int, driver: str = "") -> Path:
    (root / "dev").mkdir()
    for name in ["nvidiactl", "nvidia-uvm", *(f"nvidia{number}" for number in range(devices_))]:
        (root / "dev" / name).touch()
    if driver:
        (root / "proc/driver/nvidia").mkdir(parents=True)
        (root / "proc/driver/nvidia/version").write_text(VERSION.format(driver))
    return root


@pytest.mark.parametrize(
    ("found", "asked", "driver", "cuda", "sentence"),
    [
        (2, 2, "580.65.06", "13.0.3", ""),
        (2, 0, "535.104.05", "12.6.3", ""),
        (0, 1, "580.65.06", "13.0.3", "none in this container"),
        (1, 2, "580.65.06", "13.0.3", "1 (nvidia0), 2 asked for"),
        (
            1,
            1,
            "535.104.05",
            "13.0.3",
            "driver 535.104.05 supports CUDA 12.2; this image needs 13.0: use image.tag ubuntu22.04-cuda12.9.1-",
        ),
        (1, 1, "535.104.05", "13.0.3", "swift4.1.3, or upgrade the driver to 580 or newer"),
        (1, 1, "470.57.02", "13.0.3", "supports CUDA 11.4; this image needs 13.0: upgrade the driver to 580 or newer"),
        (1, 1, "418.67", "12.6.3", "supports no CUDA that is known here; this image needs 12.6: upgrade the driver"),
        (1, 1, "", "13.0.3", ""),
        (1, 1, "535.104.05", "", ""),
    ],
)
def test_devices(tmp_path: Path, found: int, asked: Any, driver: str, cuda: str, sentence: str) -> None:
    told = devices.problems("nvidia", asked, TABLE, {"CUDA_VERSION": cuda}, machine(tmp_path, found, driver))
    assert sentence in " ".join(told) if sentence else not told


@pytest.mark.parametrize(("found", "printed"), [([], ["--all", "later.py"]), (["none"], [])])
def test_the_module_follows_a_good_check(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    found: list[str],
    printed: list[str],
) -> None:
    """Its words are its own, and the programs' directory shadows none of its imports."""
    (tmp_path / "follows").mkdir()
    (tmp_path / "follows/later.py").write_text(
        "import os, sys\nassert os.path.dirname(__file__) in sys.path\n"
        "print(sys.argv[1], os.path.basename(sys.argv[0]), sep='\\n', end='')\nsys.exit(7)\n"
    )
    monkeypatch.setattr(devices, "problems", lambda *_: found)
    monkeypatch.setattr("sys.argv", ["devices.py"])
    monkeypatch.setattr("sys.path", [str(POD), str(tmp_path / "follows"), *sys.path])
    words = ["nvidia", "1", str(POD / "compatibility.json"), "later", "--all"]
    if found:
        assert devices.main(*words) == 1
    else:
        with pytest.raises(SystemExit, match="7"):
            devices.main(*words)
        assert str(POD) not in sys.path[:1]
    assert [line for line in capsys.readouterr().out.splitlines() if "not checked" not in line] == printed


def test_ascend(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    for name in ("davinci0", "davinci_manager"):
        (tmp_path / "dev" / name).touch()
    assert "version.info is not readable" in devices.problems("ascend", 1, TABLE, {}, tmp_path)[0]
    (tmp_path / "usr/local/Ascend/driver").mkdir(parents=True)
    (tmp_path / "usr/local/Ascend/driver/version.info").write_text("Version=25.2.0\n")
    assert not devices.problems("ascend", 1, TABLE, {}, tmp_path)


@pytest.mark.parametrize("name", ["dxg", "nvmap"])
def test_one_file_for_all_gpus(tmp_path: Path, name: str) -> None:
    (machine(tmp_path, 0) / "dev" / name).touch()
    assert not devices.problems("nvidia", 2, TABLE, {"CUDA_VERSION": "13.0.3"}, tmp_path)


@pytest.mark.parametrize(
    "vendor", [vendor for vendor in VENDORS if vendor.device_files], ids=lambda vendor: vendor.name
)
def test_the_collection_knows_the_same_files(vendor: Vendor) -> None:
    assert devices._NODES[vendor.name].pattern == vendor.device_files


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("1 qwen-plus generation gpu half", []),
        ("", []),
        ("1 qwen-vl-max generation gpu half", ["env.MODEL_NAME=qwen-vl-max"]),
        ("1 qwen-plus embedding cpu float32", ["task=embedding", "accelerator.vendor=cpu", "engine.dtype=float32"]),
        ("2 qwen-plus generation gpu half", ["task=sft"]),
        ("2 qwen-plus embedding gpu half", ["task=sft"]),
        ("deploy qwen-plus generation gpu half", []),
        ("export qwen-plus generation gpu half", ["task=export"]),
    ],
)
def test_five_answers(lines: str, wanted: list[str]) -> None:
    assert choices.differences(choices.answers(lines.split(), {}), RUNS) == wanted


def test_answers_by_environment() -> None:
    assert choices.answers(["1"], {"MODEL_NAME": "m", "PRECISION": "half"}) == ["1", "m", "", "", "half"]


def test_question_carries_the_key() -> None:
    request = ask.request("http://s:8080", "deploy", "m", "secret")
    assert request.full_url == "http://s:8080/v1/chat/completions"
    assert request.headers["Authorization"] == "Bearer secret"


def test_answers() -> None:
    assert ask.answer("deploy", {"choices": [{"message": {"content": "hi"}}]}) == "hi"
    assert ask.answer("embedding", {"data": [{"embedding": [0.1, 0.2]}]}) == "2 numbers"
    with pytest.raises(LookupError):
        ask.answer("embedding", {"choices": []})
