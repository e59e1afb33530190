# SPDX-License-Identifier: Apache-2.0
"""Run one ms-swift command as described by run.json, inside this very process.

The process is the container's PID 1, so SIGTERM reaches the engine without a wrapper in between. The API key is read
from a file and joins ``sys.argv`` only inside the process: neither the process list nor the log shows it. Standard
library only, because the same file starts the real ms-swift and the tests' stand-in.

    python launch.py RUN_JSON
"""

from __future__ import annotations

import json
import runpy
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class LaunchError(Exception):
    """Why the command cannot start, with the next step."""


def words(arguments: Mapping[str, Any]) -> list[str]:
    """Spell a mapping of ms-swift options as the words of a command line."""
    argv: list[str] = []
    for name, value in arguments.items():
        if value is None:
            continue
        argv.append(f"--{name}")
        argv.extend(_word(item) for item in (value if isinstance(value, list) else [value]))
    return argv


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def read_key(path: Path) -> str:
    """Return the API key in a file, refusing the keys that ms-swift would answer with an error 500."""
    try:
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LaunchError(
            f"API key file {path} cannot be read ({error.strerror}): check apiKey.existingSecret"
        ) from error
    if not key or not key.isascii() or any(c.isspace() for c in key):
        raise LaunchError(f"API key in {path} must be ASCII text without blanks: replace it in the Secret and restart")
    return key


def require_port(host: str, port: int) -> None:
    """Fail when the port is taken: ms-swift would move to the next one in silence, away from Service and probes."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LaunchError(f"port {port} is taken ({error.strerror}): set engine.port to a free one") from error


def require_no_code(model: Path) -> None:
    """Refuse a model directory with Python files: ms-swift always loads with trust_remote_code, so they would run."""
    code = sorted(path.name for path in model.glob("*.py"))
    if code:
        raise LaunchError(f"model {model} carries code ({', '.join(code[:3])}): read it, then set model.trusted=true")


def serve(run: Mapping[str, Any]) -> None:
    """Serve until SIGTERM: the engine closes its socket, ends the running answers and leaves."""
    arguments = dict(run["arguments"])
    require_port(str(arguments.get("host", "0.0.0.0")), int(arguments["port"]))
    if run.get("api_key_file"):
        arguments["api_key"] = read_key(Path(run["api_key_file"]))
    start(run["module"], words(arguments))


def start(module: str, argv: list[str]) -> None:
    """Become ``python -m module argv``, seen from the module."""
    sys.argv = [module, *argv]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main(path: str) -> None:
    """Read run.json and do what it says."""
    run = json.loads(Path(path).read_text(encoding="utf-8"))
    sys.path.pop(0)  # this directory must not shadow a module of the engine
    model = run["arguments"].get("model")
    if model and not run["trusted"]:
        require_no_code(Path(model))
    if run["kind"] == "serve":
        serve(run)
    else:
        start(run["module"], words(run["arguments"]))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except LaunchError as error:
        sys.exit(f"launch: {error}")
