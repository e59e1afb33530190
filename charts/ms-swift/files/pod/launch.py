# SPDX-License-Identifier: Apache-2.0
"""Run one ms-swift command as run.json describes it, inside this very process.

The process is the container's PID 1, so SIGTERM reaches the engine without a wrapper in between. The API key is read
from a file and joins ``sys.argv`` only inside the process: neither the process list nor the log shows it. Standard
library only, because the same file starts the real ms-swift and the tests' stand-in.

    python launch.py RUN_JSON [WORD …]
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import swift_pod_eval as evaluation
import swift_pod_gang as gang
import swift_pod_output as output
import swift_pod_packages as packages
import swift_pod_training as training
import swift_pod_trust as trust
import swift_pod_writer as writer
from swift_pod_errors import AGAIN, LaunchError

Run = Mapping[str, Any]


def words(arguments: Mapping[str, Any]) -> list[str]:
    """Spell a mapping of options as the words of a command line."""
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
    """The API key in a file, but none that ms-swift answers with an error 500 or HAProxy takes for a comment."""
    try:
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LaunchError(
            f"API key file {path} cannot be read ({error.strerror}): check apiKey.existingSecret"
        ) from error
    if not key or not key.isascii() or any(c.isspace() for c in key) or key.startswith("#"):
        told = f"API key in {path} must be ASCII text without blanks, and not begin with #"
        raise LaunchError(f"{told}: replace it in the Secret and restart")
    return key


def secret(run: Run) -> dict[str, str]:
    """The API key as an option of the command, or put into the environment, as run.json says; nothing without one."""
    if not run.get("api_key_file"):
        return {}
    key = read_key(Path(run["api_key_file"]))
    if run["api_key_to"].startswith("--"):
        return {run["api_key_to"][2:]: key}
    os.environ[run["api_key_to"]] = key
    return {}


def require_port(host: str, port: int) -> None:
    """Fail when the port is taken: ms-swift would move to the next one in silence, away from Service and probes."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LaunchError(f"port {port} is taken ({error.strerror}): set engine.port to a free one") from error


def leave(number: int, _frame: object) -> None:
    """End as a process does that the signal killed."""
    raise SystemExit(128 + number)


def postpone(_number: int, _frame: object) -> None:
    """End a Job's pod so that the next one does its work, and the Job counts no failure."""
    print("launch: stopped before the end: a rerun goes on from there", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(AGAIN)  # threads that wait for an answer would hold the process until the grace period is over


def serve(run: Run) -> None:
    """Serve until SIGTERM: the engine closes its socket, ends the running answers and leaves."""
    arguments = dict(run["arguments"])
    if "port" in arguments:
        require_port(str(arguments.get("host", "0.0.0.0")), int(arguments["port"]))
    start(run["module"], [*run["first"], *words({**arguments, **secret(run)})])


def train(run: Run) -> None:
    """Train, from the newest checkpoint if there is one; success means that the planned steps were done."""
    directory = Path(run["output"])
    made_from = output.inputs(run["arguments"], "adapters", "ref_adapters")
    digest, kin = output.digest(made_from), training.kin(run["module"], made_from, os.environ)
    whole = {"digest": digest, "state": "done", "kin": kin}
    if training.complete(directory, run["arguments"]) and output.read(directory) == whole:
        print(f"launch: {directory} already holds the whole training; nothing to do", flush=True)
        return
    pods = gang.Gang.of(os.environ, int(run["gang_port"]))
    if pods.leader:
        writer.become(directory)
    with pods:
        arguments = dict(run["arguments"])
        checkpoint = training.newest_checkpoint(directory)
        if checkpoint:
            output.require_kin(directory, kin, training.free(run["module"], run["arguments"]))
            print(f"launch: resuming from {checkpoint}", flush=True)
            arguments.update(training.resuming(checkpoint, run["module"], arguments))
        if pods.leader:
            output.write(directory, digest, "begun", kin)
        before = training.mark(directory)
        with training.Progress(directory):
            training.start(run["module"], words(arguments), os.environ, start)
        if pods.leader:
            training.require_complete(directory, run["arguments"], before)
            output.write(directory, digest, "done", kin)


def produce(run: Run) -> None:
    """Make a result once: a rerun finds it, a killed run is cleared away first."""
    directory = Path(run["output"])
    writer.become(directory)
    digest = output.digest(output.inputs(run["arguments"]))
    if output.claim(directory, digest, clear=run["clear"]):
        evaluates = run["module"] == "swift.cli.eval"
        if evaluates:
            evaluation.prepare(run["arguments"]["eval_backend"])
        start(run["module"], words({**run["arguments"], **(secret(run) if evaluates else {})}))
        output.write(directory, digest, "done")
    else:
        print(f"launch: {directory} already holds this result; nothing to do", flush=True)


def start(module: str, argv: list[str]) -> None:
    """Become ``python -m module argv``, as seen from the module. A clean SystemExit is a return."""
    print(f"launch: python -m {module}, options in run.json", flush=True)
    sys.argv = [module, *argv]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        if ending.code not in (None, 0):
            raise


def main(path: str, *first: str) -> None:
    """Read run.json and do what it says; `first` are words of a service's command that only this pod has."""
    run = {**json.loads(Path(path).read_text(encoding="utf-8")), "first": first}
    # The first process of a container is deaf to SIGTERM until somebody handles it: engines do, once they have loaded.
    signal.signal(signal.SIGTERM, leave if run["kind"] == "serve" else postpone)
    sys.path.pop(0)  # this directory must not shadow a module of the engine
    if not run["trusted"]:
        trust.require_no_code(run["arguments"])
        trust.require_no_plugins(run["arguments"])
    packages.require(run["module"], run["arguments"])
    {"serve": serve, "train": train, "produce": produce}[run["kind"]](run)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except LaunchError as error:
        print(f"launch: {error}", file=sys.stderr, flush=True)
        sys.exit(error.status)
