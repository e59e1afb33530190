"""Training and other results: resumed, checked, made once; a gang lives and dies together."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any

import launch
import pytest
import swift_pod_gang as gang
import swift_pod_output as output
import swift_pod_training as training
import swift_pod_writer as writer
from swift_pod_errors import AGAIN, LaunchError, UnfinishedError

from tests.chart.test_launch import free_port


def checkpoint(directory: Path, step: int, planned: int, state: str = "") -> None:
    path = directory / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "trainer_state.json").write_text(state or json.dumps({"global_step": step, "max_steps": planned}))


def test_newest_whole_checkpoint(tmp_path: Path) -> None:
    assert training.newest_checkpoint(tmp_path) is None
    checkpoint(tmp_path, 9, 100)
    checkpoint(tmp_path, 10, 100)
    checkpoint(tmp_path, 20, 100, state='{"global_st')
    (tmp_path / "checkpoint-30").mkdir()
    (tmp_path / "checkpoint-best").mkdir()
    assert training.newest_checkpoint(tmp_path) == tmp_path / "checkpoint-10"


@pytest.mark.parametrize(
    ("saved", "logged", "expected"),
    [
        (None, None, (0, 0)),
        (17, None, (17, 20)),
        (17, "18/20", (18, 20)),
        (20, "19/20", (20, 20)),
        (None, "20/20", (20, 20)),
        (15, "15/10", (15, 10)),
    ],
)
def test_steps(tmp_path: Path, saved: int | None, logged: str | None, expected: tuple[int, int]) -> None:
    if saved:
        checkpoint(tmp_path, saved, 20)
    if logged:
        lines = [json.dumps({"loss": 1, "global_step/max_steps": logged}), '{"cut off']
        (tmp_path / "logging.jsonl").write_text("\n".join(lines))
    assert training.steps(tmp_path) == expected
    assert training.complete(tmp_path, {}) == (expected in ((20, 20), (15, 10)))


@pytest.mark.parametrize(
    "files",
    [
        {"trainer_state.json": b'{"global_step": null}'},
        {"trainer_state.json": b"{}"},
        {"trainer_state.json": b"\xff"},
        {"latest_checkpointed_iteration.txt": b""},
        {"latest_checkpointed_iteration.txt": b"release"},
    ],
)
def test_a_torn_checkpoint_is_passed_over(tmp_path: Path, files: dict[str, bytes]) -> None:
    checkpoint(tmp_path, 10, 20)
    (tmp_path / "checkpoint-20").mkdir()
    for name, content in files.items():
        (tmp_path / "checkpoint-20" / name).write_bytes(content)
    (tmp_path / "logging.jsonl").write_bytes(b'{"global_step/max_steps": "12/20"}\n\xff\x00')
    assert training.newest_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
    assert training.steps(tmp_path) == (12, 20)


def test_orderly_stop_is_told_from_the_end(tmp_path: Path) -> None:
    checkpoint(tmp_path, 17, 20)
    with pytest.raises(UnfinishedError, match="stopped at step 17 of 20") as caught:
        training.require_complete(tmp_path, {}, ((10, 20), ""))
    assert caught.value.status == AGAIN


def test_a_run_without_a_step_is_a_failure(tmp_path: Path) -> None:
    checkpoint(tmp_path, 17, 20)
    with pytest.raises(LaunchError, match="ended at step 17 of 20, where it began") as caught:
        training.require_complete(tmp_path, {}, training.mark(tmp_path))
    assert caught.value.status == 1


@pytest.mark.parametrize(("evaluated", "complete"), [([5, 10, 15, 20], True), ([5, 10, 15], False)])
def test_a_training_that_gets_no_better_is_complete(tmp_path: Path, evaluated: list[int], complete: bool) -> None:
    history = [{"step": step, "eval_loss": 1.0} for step in evaluated] + [
        {"step": step, "loss": 1.0} for step in range(20)
    ]
    state = {"global_step": 20, "max_steps": 100, "best_model_checkpoint": "/o/checkpoint-10", "log_history": history}
    checkpoint(tmp_path, 20, 100, json.dumps(state))
    assert training.complete(tmp_path, {"early_stop_interval": 2}) is complete
    assert not training.complete(tmp_path, {})


@pytest.mark.parametrize(("reason", "seconds"), [("SignalException", 86400), ("RuntimeError", 30)])
def test_a_stopped_launcher_waits_for_checkpoints(monkeypatch: pytest.MonkeyPatch, reason: str, seconds: int) -> None:
    waited = []

    class PContext:
        def close(self, death_sig: object = None, timeout: int = 30) -> None:
            waited.append((death_sig, timeout))

    name = "torch.distributed.elastic.multiprocessing.api"
    for package in [name.rsplit(".", count)[0] for count in range(1, 5)]:
        monkeypatch.setitem(sys.modules, package, types.ModuleType(package))
    api = types.ModuleType(name)
    monkeypatch.setattr(api, "PContext", PContext, raising=False)
    monkeypatch.setitem(sys.modules, name, api)
    training.start("swift.cli.sft", [], {"NPROC_PER_NODE": "2"}, lambda *_: None)
    try:
        raise type(reason, (Exception,), {})
    except Exception:
        PContext().close("SIGTERM")
    assert waited == [("SIGTERM", seconds)]


@pytest.mark.parametrize(
    ("environ", "module", "extra"),
    [
        ({}, "swift.cli.sft", {}),
        ({"NNODES": "2", "NODE_RANK": "1"}, "swift.cli.sft", {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}),
        ({"NNODES": "2", "NPROC_PER_NODE": "8", "MASTER_ADDR": "m"}, "torch.distributed.run", {}),
    ],
)
def test_who_starts_the_processes(environ: dict[str, str], module: str, extra: dict[str, str]) -> None:
    seen: list[str] = []
    training.start("swift.cli.sft", ["--a", "1"], environ, lambda name, argv: seen.extend([name, *argv]))
    assert seen[0] == module
    assert seen[-2:] == ["--a", "1"]
    assert extra.items() <= environ.items()
    if module == "torch.distributed.run":
        assert seen[1:8:2] == ["--nnodes", "--nproc_per_node", "--node_rank", "--master_addr"]


class SignalException(Exception):
    """As torch calls what it raises when it is stopped."""


@pytest.mark.parametrize(("raised", "caught"), [(SignalException, UnfinishedError), (RuntimeError, RuntimeError)])
def test_a_stop_of_several_processes_is_no_failure(raised: type[Exception], caught: type[Exception]) -> None:
    def begin(_module: str, _argv: list[str]) -> None:
        raise raised

    with pytest.raises(caught):
        training.start("swift.cli.sft", [], {"NPROC_PER_NODE": "2"}, begin)


def test_progress_is_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with training.Progress(tmp_path, seconds=60):
        (tmp_path / "logging.jsonl").write_text('{"loss": 2.5, "global_step/max_steps": "5/20"}\n')
    assert json.loads(capsys.readouterr().out) == {"event": "progress", "loss": 2.5, "global_step/max_steps": "5/20"}


def test_the_empty_directory_of_a_killed_run_makes_room(tmp_path: Path) -> None:
    (tmp_path / "merged").mkdir()
    assert output.claim(tmp_path / "merged", "a", clear=True)
    assert not (tmp_path / "merged").exists()
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError, match=r"file is a file: set output\.path to a directory"):
        output.claim(tmp_path / "file", "a", clear=True)


def test_another_adapter_behind_the_same_link_is_another_result(tmp_path: Path) -> None:
    link = tmp_path / "last-checkpoint"
    arguments = {"adapters": [str(link)], "model": "qwen"}
    digests = set()
    for step in (3, 6):
        (tmp_path / f"checkpoint-{step}").mkdir()
        link.unlink(missing_ok=True)
        link.symlink_to(f"checkpoint-{step}")
        (tmp_path / f"checkpoint-{step}/args.json").touch()
        digests.add(output.digest(output.inputs(arguments)))
        assert output.digest(output.inputs(arguments)) in digests
    os.utime(tmp_path / "checkpoint-6/args.json", (1, 1))  # the same place after a training that was done anew
    digests.add(output.digest(output.inputs(arguments)))
    assert len(digests) == 3


def test_a_claim_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        LaunchError, match=r"cannot be written by uid \d+ \((Not a directory|File exists)\): let that uid"
    ):
        writer.become(tmp_path / "file/out")


def test_a_full_claim_is_a_sentence_where_something_must_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LaunchError, match=r"cannot be written \(No space left on device\): make room on the claim"):
        output.write(tmp_path / "out", "a", "begun")
    monkeypatch.setattr(socket, "gethostname", full)
    writer.become(tmp_path / "out")


def test_result_is_made_once(tmp_path: Path) -> None:
    there = tmp_path / "merged"
    assert output.claim(there, "a", clear=True)
    there.mkdir()
    (there / "half").touch()
    assert output.claim(there, "a", clear=True)
    assert not there.exists()
    there.mkdir()
    (there / "whole").touch()
    output.write(there, "a", "done")
    assert not output.claim(there, "a", clear=True)
    with pytest.raises(LaunchError, match="the result of other arguments"):
        output.claim(there, "b", clear=True)
    assert (there / "whole").exists()


SFT = {"model": "/m", "dataset": ["/d"], "num_train_epochs": 1}


@pytest.mark.parametrize(
    ("module", "change", "words"),
    [
        ("swift.cli.sft", {"num_train_epochs": 5}, ""),
        ("swift.cli.sft", {"dataset": ["/other"]}, r"a training with dataset \['/d'\], and this one has \['/other'\]"),
        ("swift.cli.sft", {"adapters": ["/a"]}, r"with adapters None, and this one has \['/a'\]: set output\.path"),
        ("swift.cli.rlhf", {}, r"with command swift\.cli\.sft, and this one has swift\.cli\.rlhf"),
        ("swift.cli.sft", {"per_device_train_batch_size": 4}, ""),
        ("swift.cli.sft", {"gradient_accumulation_steps": 4}, "with samples of a step 16, and this one has 4"),
        ("swift.cli.sft", {"gradient_accumulation_steps": 4, "max_steps": 9}, ""),
        ("swift.cli.sft", {"deepspeed": "zero3"}, "with processes of DeepSpeed None, and this one has 1"),
    ],
)
def test_another_training_does_not_go_on_from_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, change: dict[str, Any], words: str
) -> None:
    begun = []

    def begin(_module: str, argv: list[str]) -> None:
        begun.append("--resume_from_checkpoint" in argv)
        if len(begun) == 1:
            checkpoint(tmp_path / "out", 3, 3)

    monkeypatch.setattr(launch, "start", begin)
    run = {"module": "swift.cli.sft", "output": str(tmp_path / "out"), "gang_port": 1, "arguments": SFT}
    launch.train(run)
    again = {**run, "module": module, "arguments": {**SFT, **change}}
    if words:
        with pytest.raises(LaunchError, match=words):
            launch.train(again)
        assert begun == [False]
    else:
        launch.train(again)
        assert begun == [False, True]


@pytest.mark.parametrize(
    ("module", "arguments", "environ", "samples"),
    [
        ("swift.cli.sft", {}, {}, 16),
        ("swift.cli.sft", {}, {"NNODES": "4", "NPROC_PER_NODE": "8"}, 32),
        ("swift.cli.sft", {"per_device_train_batch_size": 3}, {"NPROC_PER_NODE": "2"}, 18),
        ("swift.cli.rlhf", {"rlhf_type": "grpo", "per_device_train_batch_size": 2}, {"NNODES": "2"}, 4),
        ("swift.cli._megatron.sft", {}, {"NNODES": "2"}, 16),
        ("swift.cli._megatron.sft", {"global_batch_size": 64}, {}, 64),
    ],
)
def test_samples_of_a_step(module: str, arguments: dict[str, Any], environ: dict[str, str], samples: int) -> None:
    assert training.kin(module, arguments, environ)["samples of a step"] == samples


def test_deepspeed_does_not_go_on_with_other_processes() -> None:
    few, many = (training.kin("swift.cli.sft", {"deepspeed": "zero2"}, {"NNODES": nodes}) for nodes in ("1", "2"))
    assert (few["processes of DeepSpeed"], many["processes of DeepSpeed"]) == (1, 2)
    assert few["samples of a step"] == many["samples of a step"]


def test_a_training_that_left_no_checkpoint_may_become_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "start", lambda _module, _argv: None)
    run = {"module": "swift.cli.sft", "output": str(tmp_path / "out"), "gang_port": 1}
    for rows in ("/misspelt", "/right"):
        with pytest.raises(LaunchError, match="where it began"):
            launch.train({**run, "arguments": {**SFT, "dataset": [rows]}})
    assert output.read(tmp_path / "out")["kin"]["dataset"] == ["/right"]


@pytest.mark.parametrize("state", ["nowhere", "empty", "running", "done"])
def test_a_link_is_no_place_for_a_result_but_leads_to_one(tmp_path: Path, state: str) -> None:
    there = tmp_path / "out"
    there.symlink_to("elsewhere")
    if state != "nowhere":
        (tmp_path / "elsewhere").mkdir()
    if state in {"running", "done"}:
        (tmp_path / "elsewhere/weights").touch()
        output.write(there, "a", state)
    if state == "done":
        assert not output.claim(there, "a", clear=True)
        return
    with pytest.raises(LaunchError, match=r"out is a link to elsewhere: set output\.path to a directory that is none"):
        output.claim(there, "a", clear=True)


def test_leftovers_that_stay_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out/half").mkdir(parents=True)
    output.write(tmp_path / "out", "a", "running")

    def busy(*_: object) -> None:
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))

    monkeypatch.setattr("shutil.rmtree", busy)
    with pytest.raises(LaunchError, match=r"cannot be removed \(Directory not empty\): remove them"):
        output.claim(tmp_path / "out", "a", clear=True)


def test_a_result_does_not_take_the_place_of_a_training(tmp_path: Path) -> None:
    checkpoint(tmp_path / "out", 1, 3)
    output.write(tmp_path / "out", "a", "begun", training.kin("swift.cli.sft", SFT, {}))
    with pytest.raises(LaunchError, match="the result of other arguments"):
        output.claim(tmp_path / "out", "b", clear=True)


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house/data").touch()
    with pytest.raises(LaunchError, match="no run of this chart made it"):
        output.claim(tmp_path / "house", "a", clear=True)
    assert (tmp_path / "house/data").exists()


HOLDER = """
import fcntl, sys
lock = open(sys.argv[1], "a+")
fcntl.lockf(lock, fcntl.LOCK_EX)
lock.write("sft-old-0")
lock.flush()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_changed_job_waits_for_the_pod_that_still_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "out"
    command = [sys.executable, "-c", HOLDER, str(writer.lock_path(there))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as old:
        assert old.stdout
        assert old.stdout.readline() == "held\n"
        pauses = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 2:
                old.communicate()

        monkeypatch.setattr(time, "sleep", pause)
        writer.become(there)
    assert len(pauses) == 2
    assert capsys.readouterr().out == f"launch: sft-old-0 writes {there}; waiting until it ends\n"
    assert writer.lock_path(there).read_text(encoding="utf-8") == socket.gethostname()


def test_a_volume_without_locks_is_written_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "lockf", no_locks)
    writer.become(tmp_path / "out")
    assert "this volume has no locks (Function not implemented)" in capsys.readouterr().out


def test_digest_has_no_order() -> None:
    assert output.digest({"a": 1, "b": 2}) == output.digest({"b": 2, "a": 1}) != output.digest({"a": 1})


def members(port: int) -> tuple[gang.Gang, gang.Gang]:
    return gang.Gang(0, 2, "127.0.0.1", port), gang.Gang(1, 2, "127.0.0.1", port)


def met(leader: gang.Gang, follower: gang.Gang) -> None:
    deadline = time.monotonic() + 5
    while not (leader._peers and follower._peers):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def follow(follower: gang.Gang, may_leave: threading.Event) -> threading.Thread:
    def be() -> None:
        with follower:
            may_leave.wait(5)

    thread = threading.Thread(target=be)
    thread.start()
    return thread


def test_who_looks_for_open_ports_is_no_pod_of_the_gang(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, may_leave = threading.Event(), threading.Event()
    monkeypatch.setattr(gang, "stop", stopped.set)
    port = free_port()
    leader, follower = members(port)
    with leader:
        with socket.socket() as stray:
            while stray.connect_ex(("127.0.0.1", port)):
                assert not stopped.wait(0.01)
        pod = follow(follower, may_leave)
        met(leader, follower)
        assert len(leader._peers) == 1
        may_leave.set()
    pod.join(5)
    assert not stopped.is_set()


@pytest.mark.parametrize("lost", [False, True])
def test_gang(monkeypatch: pytest.MonkeyPatch, lost: bool) -> None:
    stopped, may_leave = threading.Event(), threading.Event()
    monkeypatch.setattr(gang, "stop", stopped.set)
    leader, follower = members(free_port())
    others = set(threading.enumerate())
    with leader:
        pod = follow(follower, may_leave)
        met(leader, follower)
        if lost:
            follower._peers[0].shutdown(socket.SHUT_RDWR)
        may_leave.set()
        assert stopped.wait(5 if lost else 0.3) is lost
    pod.join(5)
    for thread in set(threading.enumerate()) - others:
        thread.join(5)  # one that is late would end this process: afterwards stop is the real one again


@pytest.mark.parametrize("fails", [False, True])
def test_the_leader_leaves_last(monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    stopped, may_leave = threading.Event(), threading.Event()
    monkeypatch.setattr(gang, "stop", stopped.set)
    leader, follower = members(free_port())
    may_leave.set()
    with contextlib.suppress(ZeroDivisionError), leader:
        pod = follow(follower, may_leave)
        met(leader, follower)
        pod.join(0.3)
        assert pod.is_alive(), "it has succeeded, and the training is not yet recorded"
        _ = 1 / (not fails)
    pod.join(5)
    assert stopped.is_set() is fails


def test_alone_there_is_no_gang() -> None:
    with gang.Gang.of({}, 1) as alone:
        assert alone.leader
