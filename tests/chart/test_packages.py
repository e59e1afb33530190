"""A command whose package is not in the image says so before it loads anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.chart.conftest import POD


def launch(directory: Path, module: str, arguments: dict[str, Any], *present: str) -> subprocess.CompletedProcess[str]:
    """The launcher where these modules can be imported."""
    command = directory.joinpath(*module.split(".")).with_suffix(".py")
    command.parent.mkdir(parents=True)
    command.write_text("print('started')")
    for name in present:
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / f"{name}.py").touch()
    run = {"module": module, "kind": "produce", "arguments": arguments, "trusted": True, "clear": False}
    if module != "swift.cli.export":
        run["kind"] = "serve"
    (directory / "run.json").write_text(json.dumps({**run, "output": str(directory / "out")}))
    # isolated from what this machine has
    words = [sys.executable, "-S", str(POD / "launch.py"), str(directory / "run.json")]
    environ = {**os.environ, "PYTHONPATH": str(directory)}
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("module", "method", "present", "missing"),
    [
        ("swift.cli.export", "awq", (), "quant_method awq needs autoawq,"),
        ("swift.cli.export", "gptq", (), "quant_method gptq needs optimum and gptqmodel,"),
        ("swift.cli.export", "gptq_v2", ("optimum",), "quant_method gptq_v2 needs gptqmodel,"),
        ("swift.cli.sft", "bnb", (), "quant_method bnb needs bitsandbytes,"),
        ("swift.cli.app", "", (), "python -m swift.cli.app needs 'gradio<6',"),
        ("swift.cli.web_ui", "", (), "(pip install 'gradio<6')"),
        (
            *("swift.cli._megatron.sft", "", ("megatron/core",)),
            "python -m swift.cli._megatron.sft needs mcore-bridge and 'transformer-engine[pytorch]',",
        ),
        ("swift.cli._megatron.pt", "", ("torch_npu",), "needs megatron-core and mcore-bridge and mindspeed,"),
    ],
)
def test_missing(tmp_path: Path, module: str, method: str, present: tuple[str, ...], missing: str) -> None:
    done = launch(tmp_path, module, {"quant_method": method} if method else {}, *present)
    assert done.returncode == 1
    assert missing in done.stderr
    assert "started" not in done.stdout


@pytest.mark.parametrize(
    ("module", "method", "present"),
    [
        ("swift.cli.export", "gptq", ("optimum", "gptqmodel")),
        ("swift.cli.app", "", ("gradio",)),
        ("swift.cli.export", "fp8", ()),
        ("swift.cli._megatron.sft", "", ("megatron/core", "mcore_bridge", "transformer_engine")),
    ],
)
def test_there(tmp_path: Path, module: str, method: str, present: tuple[str, ...]) -> None:
    done = launch(tmp_path, module, {"quant_method": method} if method else {}, *present)
    assert "started" in done.stdout, done.stderr
