# SPDX-License-Identifier: Apache-2.0
"""Training that survives its pod: the newest whole checkpoint, the steps done, and what the log says meanwhile."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

import swift_pod_torch
from swift_pod_errors import LaunchError, UnfinishedError

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_STEPS = re.compile(r"(\d+)/(\d+)")
#: what a line of logging.jsonl counts steps in: ms-swift's own trainer, and Megatron
_COUNTS = ("global_step/max_steps", "iteration")
#: Megatron writes it when all ranks have saved
_TRACKER = "latest_checkpointed_iteration.txt"
_PACE = "samples of a step"
#: what makes two trainings different ones; of the rest, such as epochs, a rerun may change its mind
_KIN = ("model", "adapters", "ref_adapters", "dataset", "rlhf_type", "tuner_type", "quant_method", "quant_bits")
Start = Callable[[str, "list[str]"], None]


def newest_checkpoint(directory: Path) -> Path | None:
    """The checkpoint with the most steps whose state, written last, can be read."""
    found = [
        (int(match[1]), path) for path in directory.glob("checkpoint-*") if (match := _CHECKPOINT.fullmatch(path.name))
    ]
    return next((path for _, path in sorted(found, reverse=True) if _state(path)), None)


def steps(directory: Path) -> tuple[int, int]:
    """Steps done and planned, by the newest checkpoint or the last line of logging.jsonl, whichever is further.

    The line where they are equal: a rerun with another plan may end before its first checkpoint.
    """
    checkpoint = newest_checkpoint(directory)
    state = _state(checkpoint) if checkpoint else {}
    found = _STEPS.match(_count(last_record(directory)))
    logged = (int(found[1]), int(found[2])) if found else (0, 0)
    # Megatron's checkpoint does not know how many steps were planned
    saved = (int(state.get("global_step", 0)), int(state.get("max_steps", logged[1])))
    return saved if saved[0] > logged[0] else logged


def complete(directory: Path, arguments: Mapping[str, Any]) -> bool:
    """Whether the planned steps were done, or the training ended by itself because it got no better."""
    done, planned = steps(directory)
    return 0 < planned <= done or stopped_early(directory, arguments)


def stopped_early(directory: Path, arguments: Mapping[str, Any]) -> bool:
    """Whether the last evaluations, as many as early_stop_interval, were all worse than an earlier one."""
    interval = int(arguments.get("early_stop_interval") or 0)
    checkpoint = newest_checkpoint(directory)
    state = _state(checkpoint) if checkpoint else {}
    best = _CHECKPOINT.search(str(state.get("best_model_checkpoint")))
    if not (interval and best):
        return False
    history = [record for record in state.get("log_history", []) if any(name.startswith("eval_") for name in record)]
    return len({record["step"] for record in history if record.get("step", 0) > int(best[1])}) >= interval


def mark(directory: Path) -> tuple[tuple[int, int], str]:
    """What changes with every step of a training."""
    return steps(directory), _count(last_record(directory))


def require_complete(directory: Path, arguments: Mapping[str, Any], before: tuple[tuple[int, int], str]) -> None:
    """The graceful-exit callback saves and ends with status 0: only the steps tell the end from an interruption.

    A run that leaves the ``mark`` from before it is a failure: as an interruption it would be repeated for ever.
    """
    if complete(directory, arguments):
        return
    done, planned = steps(directory)
    if mark(directory) == before:
        raise LaunchError(
            f"training in {directory} ended at step {done} of {planned}, where it began: see the log above"
        )
    raise UnfinishedError(f"training in {directory} stopped at step {done} of {planned}: a rerun goes on from there")


def last_record(directory: Path) -> dict[str, Any]:
    """The last whole line of logging.jsonl that counts steps."""
    try:
        # a node that failed may leave bytes that are no text
        lines = (directory / "logging.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    for line in reversed(lines):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and _count(record):
            return record
    return {}


def _count(record: Mapping[str, Any]) -> str:
    """`done/planned` of a line, "" where it has none."""
    return next((str(record[name]) for name in _COUNTS if name in record), "")


def _state(checkpoint: Path) -> dict[str, Any]:
    """What a whole checkpoint says of itself; empty for half of one."""
    tracker = checkpoint / _TRACKER
    try:
        if tracker.exists():
            return {"global_step": int(tracker.read_text(encoding="utf-8"))}
        state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and isinstance(state.get("global_step"), int) else {}


def kin(module: str, arguments: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """What a training trains, on what, and in what steps."""
    world = int(environ.get("NNODES", "1")) * int(environ.get("NPROC_PER_NODE", "1"))
    # each process has written its part of the optimiser, and DeepSpeed puts them together for as many processes only
    split = {"processes of DeepSpeed": world} if arguments.get("deepspeed") else {}
    named = {name: arguments[name] for name in _KIN if name in arguments}
    return {"command": module, **named, **split, _PACE: _pace(module, arguments, world)}


def free(module: str, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """What a rerun may change, too: the samples of a step, where steps are planned and not epochs.

    Epochs make fewer steps of larger ones, and those of a checkpoint would pass for all of them.
    """
    return (_PACE,) if arguments.get("train_iters" if is_megatron(module) else "max_steps") else ()


def _pace(module: str, arguments: Mapping[str, Any], world: int) -> int:
    """Samples of a step over all processes, with the defaults of ms-swift."""
    if is_megatron(module):
        return int(arguments.get("global_batch_size") or 16)
    each = int(arguments.get("per_device_train_batch_size") or 1)
    default = 1 if arguments.get("rlhf_type") == "grpo" else max(1, math.ceil(16 / each / world))
    return each * world * int(arguments.get("gradient_accumulation_steps") or default)


def is_megatron(module: str) -> bool:
    return module.startswith("swift.cli._megatron.")


def resuming(checkpoint: Path, module: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The options that let a command go on from a checkpoint of its own."""
    if not is_megatron(module):
        return {"resume_from_checkpoint": str(checkpoint)}
    place = "mcore_model" if arguments.get("tuner_type", "full") == "full" else "mcore_adapter"
    # what was not saved cannot be loaded
    left = {"no_load_rng": True} if arguments.get("no_save_rng") else {}
    return {place: str(checkpoint), "finetune": False, **left}


def start(module: str, argv: list[str], environ: MutableMapping[str, str], begin: Start) -> None:
    """One process a pod: here, so that SIGTERM reaches it. Else torch's launcher starts them from this process."""
    nodes, processes = int(environ.get("NNODES", "1")), int(environ.get("NPROC_PER_NODE", "1"))
    rank, leader = environ.get("NODE_RANK", "0"), environ.get("MASTER_ADDR", "127.0.0.1")
    if processes == 1 and not is_megatron(module):
        if nodes > 1:
            environ.update(RANK=rank, WORLD_SIZE=str(nodes), LOCAL_RANK="0", LOCAL_WORLD_SIZE="1")
        return begin(module, argv)
    swift_pod_torch.wait_for_checkpoints()
    launcher = ["--nnodes", str(nodes), "--nproc_per_node", str(processes), "--node_rank", rank]
    launcher += ["--master_addr", leader, "--master_port", environ.get("MASTER_PORT", "29500")]
    try:
        return begin("torch.distributed.run", [*launcher, "--module", module, *argv])
    except Exception as error:
        # torch's own, which it raises when it was told to stop and has stopped its processes
        if type(error).__name__ != "SignalException":
            raise
        raise UnfinishedError("training was stopped; a rerun goes on from its newest checkpoint") from error


class Progress:
    """Prints the newest line of logging.jsonl as one JSON object a line, for `kubectl logs` and whoever reads it."""

    def __init__(self, directory: Path, seconds: float = 10.0) -> None:
        self._directory, self._seconds, self._told = directory, seconds, ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Progress:
        self._told = _count(last_record(self._directory))
        self._thread.start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._over.set()
        self._thread.join()
        self._tell()

    def _watch(self) -> None:
        while not self._over.wait(self._seconds):
            self._tell()

    def _tell(self) -> None:
        record = last_record(self._directory)
        now = _count(record)
        if now and now != self._told:
            self._told = now
            print(json.dumps({"event": "progress", **record}), flush=True)
