# SPDX-License-Identifier: Apache-2.0
"""Five answers, one a line on standard input or by environment, matched against what this pod runs.

    1            SWIFT_ACTION   1 serve a model, 2 train one, or the name of a task of the chart
    qwen-plus    MODEL_NAME     the name that callers use
    generation   TASK_TYPE      generation, embedding, reranker
    gpu          DEVICE         gpu, npu, cpu
    half         PRECISION      half, bfloat16, float32, auto

The engine of a pod is its first process and is chosen by the release. If it is what was asked for, wait until it
answers and say how to call it; if not, say which command changes the release.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NAMES = ("SWIFT_ACTION", "MODEL_NAME", "TASK_TYPE", "DEVICE", "PRECISION")
#: The first answer; whatever is not here is the name of a task.
ACTIONS = {**dict.fromkeys(("1", "serve", "deploy", "inference"), "serve"), **dict.fromkeys(("2", "train"), "sft")}
TASKS = {"generation": "deploy", "chat": "deploy", "deploy": "deploy", "embedding": "embedding", "reranker": "reranker"}
VENDORS = {"gpu": "nvidia", "npu": "ascend", "cpu": "cpu"}
DTYPES = {"half": "float16", "fp16": "float16", "bf16": "bfloat16", "fp32": "float32"}


def answers(lines: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """A line wins over the environment; both missing is an empty answer, which means: as the release has it."""
    given = [line.strip() for line in lines[: len(NAMES)]]
    given += [""] * (len(NAMES) - len(given))
    return [line or environ.get(name, "") for line, name in zip(given, NAMES)]


def differences(asked: Sequence[str], runs: Mapping[str, Any]) -> list[str]:
    """The values to set for what was asked, where it is not what the pod runs."""
    action, model, task, device, precision = asked
    wanted = []
    action = ACTIONS.get(action.lower(), action)
    if action not in ("", "serve"):
        wanted.append(f"task={action}")
    if model and model not in (runs["served"], runs["id"], runs["asked"]):
        wanted.append(f"env.MODEL_NAME={model}")
    if task and action in ("", "serve") and TASKS.get(task.lower(), task) != runs["task"]:
        wanted.append(f"task={TASKS.get(task.lower(), task)}")
    if device and VENDORS.get(device.lower(), device) != runs["vendor"]:
        wanted.append(f"accelerator.vendor={VENDORS.get(device.lower(), device)}")
    dtype = DTYPES.get(precision.lower(), precision.lower())
    # An engine without a set type keeps the 16-bit type of the weights: that is "half" to most people.
    if dtype not in ("", "auto", runs["dtype"]) and not (dtype == "float16" and runs["dtype"] == ""):
        wanted.append(f"engine.dtype={dtype}")
    return wanted


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
            return True
    except OSError:
        return False


def wait(port: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not healthy(port):
        if time.monotonic() > end:
            return False
        time.sleep(1)
    return True


def main(path: str) -> int:
    runs = json.loads(Path(path).read_text(encoding="utf-8"))
    lines = [] if sys.stdin.isatty() else sys.stdin.read().splitlines()
    wanted = differences(answers(lines, os.environ), runs)
    if wanted:
        change = " ".join(f"--set {value}" for value in wanted)
        print(f"This pod serves {runs['served']} ({runs['vendor']}). For what you chose:")
        print(f"  helm -n {runs['namespace']} upgrade {runs['release']} ./helm-charts/ms-swift --reuse-values {change}")
        return 1
    if not wait(runs["port"], float(os.environ.get("SWIFT_WAIT_SECONDS", "600"))):
        print(f"Engine of {runs['served']} does not answer on port {runs['port']} yet: see `kubectl logs` of this pod")
        return 1
    print(f"{runs['served']} answers. From the cluster: curl http://{runs['service']}/v1/chat/completions")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
