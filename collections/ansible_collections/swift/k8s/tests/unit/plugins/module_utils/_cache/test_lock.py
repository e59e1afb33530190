# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One seeder a snapshot: with flock, without it, after a death, and when two believe they own it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import LostLock
from ansible_collections.swift.k8s.plugins.module_utils._cache.lock import Lock, Patience

QUICK = Patience(stale=0.2, beat=0.02, poll=0.01, settle=0.01)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "work" / "lock")


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_one_at_a_time_and_nothing_left_behind(path: str) -> None:
    with Lock(path, QUICK) as first, Lock(path, QUICK) as second:
        assert first.try_acquire()
        assert not second.try_acquire()
        assert f"(pid {os.getpid()})" in second.holder
        first.release()
        assert second.try_acquire()
    assert not os.path.exists(path)
    assert not os.path.exists(os.path.dirname(path))


def test_waiting_ends_with_the_lock_or_with_stop(path: str) -> None:
    told: list[str] = []
    stop = threading.Event()
    with Lock(path, QUICK) as first, Lock(path, QUICK) as second:
        assert first.try_acquire()
        threading.Timer(0.05, first.release).start()
        assert second.acquire(stop, told.append)
        stop.set()
        with Lock(path, QUICK) as third:
            assert not third.acquire(stop, told.append)
    assert len(told) == 2


def test_a_killed_owner_on_this_host_is_replaced_at_once(path: str) -> None:
    code = (
        "import sys, time\n"
        "from ansible_collections.swift.k8s.plugins.module_utils._cache.lock import Lock\n"
        "assert Lock(sys.argv[1]).try_acquire(); print('held', flush=True); time.sleep(60)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", code, path], env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with Lock(path) as mine:
            assert not mine.try_acquire()
            process.send_signal(signal.SIGKILL)
            process.wait()
            begin = time.monotonic()
            assert mine.try_acquire()
            assert time.monotonic() - begin < 1.5


def test_a_silent_owner_elsewhere_is_replaced_after_a_while(path: str, no_flock: None) -> None:
    os.makedirs(os.path.dirname(path))
    Path(path).write_text(json.dumps({"owner": "x", "host": "elsewhere", "pid": 1, "beat": 7}))
    with Lock(path, QUICK) as mine:
        begin = time.monotonic()
        assert mine.acquire(threading.Event(), lambda _holder: None)
        assert time.monotonic() - begin >= QUICK.stale


@pytest.mark.parametrize("host", ["elsewhere", ""])
def test_a_living_owner_is_waited_for(path: str, no_flock: None, host: str) -> None:
    """Also one on this host, whose flock would have told."""
    with Lock(path, QUICK, host=host) as theirs, Lock(path, QUICK) as mine:
        assert theirs.try_acquire()
        end = time.monotonic() + 3 * QUICK.stale
        while time.monotonic() < end:
            assert not mine.try_acquire()
            time.sleep(QUICK.poll)
        assert (host or socket.gethostname()) in mine.holder
        assert not theirs.lost.is_set()


def test_an_owner_that_was_replaced_notices(path: str, no_flock: None) -> None:
    with Lock(path, QUICK) as mine:
        assert mine.try_acquire()
        mine.check()
        Path(path).write_text(json.dumps({"owner": "another", "host": "elsewhere"}))
        assert mine.lost.wait(2)
        with pytest.raises(LostLock, match="took"):
            mine.check()
    assert os.path.exists(path), "the lock of the other owner is not ours to remove"


def test_a_contested_takeover_has_one_winner(path: str, no_flock: None) -> None:
    """Both see the dead owner; the one whose name is in the file after the pause has it."""
    os.makedirs(os.path.dirname(path))
    Path(path).write_text(json.dumps({"owner": "dead", "host": "a"}))
    slow = QUICK._replace(settle=1.0)
    with Lock(path, slow, host="a") as one, Lock(path, slow, host="a") as other:
        won: list[bool] = []
        decided = threading.Event()

        def contend(lock: Lock) -> None:
            won.append(lock.acquire(decided, lambda _holder: None))
            decided.set()

        threads = [threading.Thread(target=contend, args=(lock,)) for lock in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == [False, True]


def test_garbage_in_the_file_is_no_owner(path: str) -> None:
    os.makedirs(os.path.dirname(path))
    Path(path).write_bytes(b"\xff\x00garbage")
    with Lock(path, QUICK) as mine:
        assert mine.try_acquire()
