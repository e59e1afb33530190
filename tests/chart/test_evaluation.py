"""What `swift eval` is given before it starts: an old name, no need for OpenCompass, and the key of the service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chart.conftest import POD, Rendering

#: in the shape of EvalScope 1.10 and 1.14
OLD = "class EvalType:\n    SERVICE = OPENAI_API = 'openai_api'\n"
NEW = "class EvalType:\n    OPENAI_API = 'openai_api'\n"
OPENCOMPASS = """
class OpenCompassBackendManager:
    @staticmethod
    def list_datasets():
        import opencompass
"""
#: ms-swift's questions
ASKS = """
import sys
from evalscope.backend.opencompass import OpenCompassBackendManager
from evalscope.constants import EvalType
print(EvalType.SERVICE, OpenCompassBackendManager.list_datasets(), sys.argv[1:])
"""


def launch(directory: Path, constants: str, backend: str = "Native") -> subprocess.CompletedProcess[str]:
    """The launcher with an EvalScope of these constants; "" is none."""
    for name, text in {
        "evalscope/constants.py": constants,
        "evalscope/backend/opencompass.py": OPENCOMPASS,
        "swift/cli/eval.py": ASKS,
    }.items():
        if constants or not name.startswith("evalscope"):
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text)
    (directory / "key").write_text("canary-4711")
    run = {"module": "swift.cli.eval", "kind": "produce", "arguments": {"eval_backend": backend}, "trusted": True}
    run |= {"output": str(directory / "out"), "clear": False}
    run |= {"api_key_file": str(directory / "key"), "api_key_to": "--api_key"}
    (directory / "run.json").write_text(json.dumps(run))
    command = [sys.executable, str(POD / "launch.py"), str(directory / "run.json")]
    environ = {**os.environ, "PYTHONPATH": str(directory)}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("constants", [OLD, NEW])
def test_native_needs_no_opencompass(tmp_path: Path, constants: str) -> None:
    done = launch(tmp_path, constants)
    answer = "openai_api [] ['--eval_backend', 'Native', '--api_key', 'canary-4711']"
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, answer), done.stderr
    assert "canary" not in (tmp_path / ".out.swift-k8s.json").read_text()


def test_opencompass_is_asked_for_what_it_does(tmp_path: Path) -> None:
    assert "No module named 'opencompass'" in launch(tmp_path, OLD, "OpenCompass").stderr


def test_image_without_evalscope(tmp_path: Path) -> None:
    done = launch(tmp_path, "")
    assert done.returncode == 1
    assert "task eval needs EvalScope" in done.stderr
    assert "pip install evalscope" in done.stderr


def test_a_policy_lets_an_evaluation_reach_the_pods_behind_a_service(render: Rendering) -> None:
    values = {"task": "eval", "cache": {"existingClaim": "models"}}
    values |= {"eval": {"url": "http://qwen-ms-swift:8080/v1", "model": "m", "datasets": ["gsm8k"]}}
    egress = render(values=values).one("NetworkPolicy")["spec"]["egress"]
    peers = [peer for rule in egress for peer in rule.get("to", [])]
    assert {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "ms-swift"}}} in peers
