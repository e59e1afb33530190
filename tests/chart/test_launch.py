"""The launcher of a pod: words, keys, ports, and one process all the way."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import launch
import pytest
import swift_pod_errors
import swift_pod_trust as trust
from swift_pod_errors import AGAIN

from tests.chart.conftest import POD

STAND_IN = """
import http.server, pathlib, sys
pathlib.Path(sys.argv[sys.argv.index("--report") + 1]).write_text(repr((sys.argv, __name__)))
address = ("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1]))
http.server.HTTPServer(address, http.server.BaseHTTPRequestHandler).serve_forever()
"""


def refusal(match: str) -> AbstractContextManager[Any]:
    """A LaunchError that says it, or none where nothing is to be said."""
    return pytest.raises(swift_pod_errors.LaunchError, match=match) if match else nullcontext()


@pytest.mark.parametrize(
    ("arguments", "argv"),
    [
        ({"a": 1, "b": None}, ["--a", "1"]),
        ({"a": True, "b": False}, ["--a", "true", "--b", "false"]),
        ({"a": ["x", "y"]}, ["--a", "x", "y"]),
        ({"a": {"image": 4}}, ["--a", '{"image": 4}']),
        ({"a": "two words"}, ["--a", "two words"]),
    ],
)
def test_words(arguments: dict[str, Any], argv: list[str]) -> None:
    assert launch.words(arguments) == argv


@pytest.mark.parametrize("text", ["", "  \n", "schlüssel", "two words", "#comment"])
def test_bad_keys(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(swift_pod_errors.LaunchError, match="ASCII text without blanks"):
        launch.read_key(path)


def test_missing_key(tmp_path: Path) -> None:
    with pytest.raises(swift_pod_errors.LaunchError, match=r"check apiKey\.existingSecret"):
        launch.read_key(tmp_path / "key")


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("modeling_x.py", "", "modeling_x.py"),
        ("custom_generate/generate.py", "", "custom_generate/generate.py"),
        ("config.json", {"auto_map": {"AutoModel": "evil/code--modeling.Model"}}, "evil/code--modeling.Model"),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": [None, "a/b--t.T"]}}, "a/b--t.T"),
        ("config.json", {"text_config": {"auto_map": {"AutoConfig": "a/b--c.C"}}}, "a/b--c.C"),
        ("config.json", {"auto_map": {"AutoModel": "modeling.Model"}, "name": "a--b"}, ""),
        ("config.json", ["no mapping"], ""),
        ("examples/run.py", "", ""),
    ],
)
@pytest.mark.parametrize("option", ["model", "reward_model"])
def test_model_with_code(tmp_path: Path, option: str, path: str, content: Any, told: str) -> None:
    arguments = {"model": str(tmp_path)} if option == "model" else {option: [str(tmp_path)]}
    (tmp_path / "config.json").write_text("{not JSON")
    trust.require_no_code(arguments)
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(json.dumps(content))
    with refusal(told and rf"{option} .*\({re.escape(told)}\).*model\.trusted=true"):
        trust.require_no_code(arguments)


@pytest.mark.parametrize(
    ("content", "more", "refused"),
    [
        ('{"external_plugins": ["/cache/x.py"]}', {}, True),
        ('{"external_plugins": ["/cache/x.py"]}', {"external_plugins": ["/cache/x.py"]}, False),
        ('{"external_plugins": []}', {}, False),
        ("[1]", {}, False),
        ("{", {}, False),
    ],
)
@pytest.mark.parametrize("form", ["model", "adapter", "text", "named"])
def test_weights_that_name_plugins(
    tmp_path: Path, form: str, content: str, more: dict[str, Any], refused: bool
) -> None:
    (tmp_path / "args.json").write_text(content, encoding="utf-8")
    forms: dict[str, Any] = {"model": {"model": str(tmp_path)}, "adapter": {"adapters": [str(tmp_path)]}}
    forms["text"] = {"adapters": str(tmp_path)}
    arguments = {**forms.get(form, {"adapters": [f"mine={tmp_path}"]}), **more}
    with refusal(r"args\.json names code to run .* or set model\.trusted" if refused else ""):
        trust.require_no_plugins(arguments)


def test_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(swift_pod_errors.LaunchError, match=f"port {port} is taken"):
            launch.require_port("127.0.0.1", port)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_key_in_no_command_line_and_sigterm_arrives(tmp_path: Path) -> None:
    (tmp_path / "standin.py").write_text(STAND_IN)
    (tmp_path / "key").write_text("canary-4711\n")
    arguments = {"host": "127.0.0.1", "port": free_port(), "report": str(tmp_path / "report")}
    run = {"module": "standin", "kind": "serve", "arguments": arguments, "trusted": True}
    run |= {"api_key_file": str(tmp_path / "key"), "api_key_to": "--api_key"}
    (tmp_path / "run.json").write_text(json.dumps(run))
    command = [sys.executable, str(POD / "launch.py"), str(tmp_path / "run.json"), "serve", "--headless"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(tmp_path)}, stdout=subprocess.PIPE) as process:
        end = time.monotonic() + 10
        report = tmp_path / "report"
        while not (report.exists() and report.read_text()) and time.monotonic() < end:
            time.sleep(0.02)
        with open(f"/proc/{process.pid}/cmdline", "rb") as line:
            seen = line.read()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=10)
    assert "'--api_key', 'canary-4711'" in (tmp_path / "report").read_text()
    assert "'serve', '--headless', '--host'" in (tmp_path / "report").read_text()
    assert "__main__" in (tmp_path / "report").read_text()
    assert b"canary" not in seen + output
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize(("kind", "status"), [("serve", 128 + signal.SIGTERM), ("train", AGAIN), ("produce", AGAIN)])
def test_sigterm_is_heard_before_the_engine_listens(tmp_path: Path, kind: str, status: int) -> None:
    (tmp_path / "loading.py").write_text("print('loading', flush=True)\nimport time\ntime.sleep(60)\n")
    run = {"module": "loading", "kind": kind, "arguments": {}, "trusted": True, "gang_port": 1, "clear": False}
    (tmp_path / "run.json").write_text(json.dumps({**run, "output": str(tmp_path / "output")}))
    command = [sys.executable, str(POD / "launch.py"), str(tmp_path / "run.json")]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "loading" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        # without a handler it would be the signal itself, which a container's first process does not even get
        assert process.wait(10) == status


def test_error_is_one_line(tmp_path: Path) -> None:
    run = {"module": "x", "kind": "serve", "arguments": {"model": str(tmp_path)}, "trusted": False}
    (tmp_path / "x.py").touch()
    (tmp_path / "run.json").write_text(json.dumps(run))
    command = [sys.executable, str(POD / "launch.py"), str(tmp_path / "run.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"launch: model {tmp_path} carries code (x.py): read it, then set model.trusted=true"
    ]
