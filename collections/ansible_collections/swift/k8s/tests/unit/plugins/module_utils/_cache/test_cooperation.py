# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Several seeders, killed seeders, and one limit for all of them: each a real process where it matters."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import engine as engines
from lab.hub import HubServer

from .conftest import FILES, ID, MIB, Cache, noise

PARENT = "ansible_collections.swift.k8s.plugins.module_utils"
BIG = "weights/a.bin"


class Seeder:
    """`python3 -m …_cache seed` as a Job runs it."""

    def __init__(self, cache: Cache, **document: Any) -> None:
        cache.root.parent.mkdir(exist_ok=True)
        spec = cache.root.parent / f"{cache.root.name}-{len(document)}.json"
        models = [{"id": ID, "endpoint": cache.hub.url}]
        spec.write_text(json.dumps({"root": str(cache.root), "reserve": "1MiB", "models": models, **document}))
        temporary = cache.root.parent / "tmp"
        temporary.mkdir(exist_ok=True)
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary)}
        command = [sys.executable, "-m", f"{PARENT}._cache.cli", "seed", "--spec", str(spec), "--log", "json"]
        self.process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)

    def end(self) -> list[dict[str, Any]]:
        output, _nothing = self.process.communicate(timeout=60)
        return [json.loads(line) for line in output.splitlines()]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def peak_bytes(process: subprocess.Popen[str]) -> int:
    """Greatest resident size of a running program until it ends.

    The kernel's account of ended children would do, did it not begin with the size of the parent that forked.
    """
    peak = 0
    while process.poll() is None:
        text = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        peak = max(peak, *(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith("VmHWM:")), 0)
        time.sleep(0.1)
    return peak


def wait_for(cache: Cache, count: int, done: int = 0) -> None:
    """Until so many bytes are in unfinished files, and so many files are done."""
    end = time.monotonic() + 20
    while cache.part_bytes() < count or len(cache.files()) < done:
        assert time.monotonic() < end, "no bytes came"
        time.sleep(0.005)


def together(*caches: Cache, document: dict[str, Any] | None = None) -> list[Any]:
    """Seed with all at the same time; each outcome."""
    outcomes: list[Any] = []
    threads = [threading.Thread(target=lambda one=one: outcomes.append(one.seed(document))) for one in caches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_two_seeders_at_once_bring_every_byte_once(cache: Cache, hub: HubServer) -> None:
    hub.put(ID, FILES)
    hub.fault("slow", rate=10 * MIB, path=BIG)
    other = Cache(cache.root, hub)
    assert [outcome.error for outcome in together(cache, other)] == [None, None]
    assert hub.bytes_of(ID) == sum(map(len, FILES.values()))
    assert cache.files() == FILES
    waiting = cache.told("waiting") + other.told("waiting")
    assert len(waiting) <= 1
    assert all(f"pid {os.getpid()}" in event["message"] for event in waiting)


def test_two_seeders_share_a_list(cache: Cache, hub: HubServer) -> None:
    """The second takes the model that is free and comes back to the one that was held."""
    names = ["org/one", "org/two"]
    for name in names:
        hub.put(name, FILES)
    hub.fault("slow", rate=3 * MIB, path=BIG)
    document = {"models": [{"id": name, "endpoint": hub.url} for name in names]}
    other = Cache(cache.root, hub)
    together(cache, other, document=document)
    first = [next(event["model"] for event in each.told("file")) for each in (cache, other)]
    assert sorted(first) == names, "they worked one after the other"
    assert all(hub.bytes_of(name) == sum(map(len, FILES.values())) for name in names)


def test_a_killed_seeder_is_continued_at_once(cache: Cache, hub: HubServer) -> None:
    hub.put(ID, FILES)
    hub.fault("slow", rate=4 * MIB, path=BIG)
    first = Seeder(cache)
    wait_for(cache, MIB, done=len(FILES) - 1)
    assert Path(cache.snapshot().work, "lock").exists()
    first.kill()
    assert BIG not in cache.files()
    kept = cache.part_bytes()
    hub.heal()
    events = Seeder(cache).end()
    assert events[-1]["event"] == "done"
    assert events[-1]["bytes_resumed"] == kept
    assert cache.files() == FILES
    assert not Path(cache.snapshot().work).exists()


def killed_often(cache: Cache, hub: HubServer, kills: int, rate: int, seed: int) -> int:
    """Kill at random moments until it is done; returns the bytes that went over the wire more than once."""
    content = {"a.bin": noise(6 * MIB, 3), "b.bin": noise(6 * MIB, 4), **{f"s/{n}": b"%d" % n for n in range(20)}}
    hub.put(ID, content)
    hub.fault("slow", rate=rate)
    chance = random.Random(seed)
    for _kill in range(kills):
        seeder = Seeder(cache)
        time.sleep(chance.uniform(0.05, 0.6))
        seeder.kill()
        seen = cache.files()
        assert all(content[path] == seen[path] for path in seen), "a file was seen under its name before it was right"
    hub.heal()
    assert Seeder(cache).end()[-1]["event"] == "done"
    assert cache.files() == content
    return hub.bytes_of(ID) - sum(map(len, content.values()))


def test_a_few_kills_lose_nothing(cache: Cache, hub: HubServer) -> None:
    assert killed_often(cache, hub, kills=4, rate=6 * MIB, seed=1) <= 4 * MIB


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_kills_in_a_row_lose_nothing(cache: Cache, hub: HubServer) -> None:
    assert killed_often(cache, hub, kills=100, rate=MIB // 4, seed=2) <= 100 * MIB


@pytest.mark.parametrize("thread", [0, 1, -1], ids=["main", "second", "last"])
def test_sigterm_ends_politely_and_says_what_next(cache: Cache, hub: HubServer, thread: int) -> None:
    """Whichever thread the kernel gives it to."""
    hub.put(ID, FILES)
    hub.fault("slow", rate=2 * MIB, path=BIG)
    seeder = Seeder(cache)
    wait_for(cache, MIB // 2)
    threads = sorted(map(int, os.listdir(f"/proc/{seeder.process.pid}/task")))
    os.kill(threads[thread], signal.SIGTERM)
    events = seeder.end()
    assert seeder.process.returncode == 1
    assert events[-1]["event"] == "error"
    assert events[-1]["next_step"] == "Run again to continue; what was fetched is kept"
    assert not Path(cache.snapshot().work, "lock").exists()


def test_the_limit_holds_for_processes_together_and_changes_while_they_run(cache: Cache, hub: HubServer) -> None:
    hub.put(ID, {f"{number}.bin": noise(3 * MIB, number) for number in range(2)})
    roots = [cache, Cache(cache.root.parent / "second", hub)]
    seeders = [Seeder(one, rate_limit="256KiB/s", workers=1) for one in roots]
    for one in roots:
        wait_for(one, 32 << 10)
    begin, before = time.monotonic(), sum(one.part_bytes() for one in roots)
    time.sleep(1)
    rate = (sum(one.part_bytes() for one in roots) - before) / (time.monotonic() - begin)
    assert 0 < rate < 1.5 * (256 << 10), "each alone may have all of it, both together no more"
    # a rerun with another value speaks to those that run: it finds the lock held, and the limit is theirs too
    third = Seeder(cache, rate_limit="400MiB/s", workers=1, verify="stat")
    assert [seeder.end()[-1]["event"] for seeder in (*seeders, third)] == ["done"] * 3
    assert time.monotonic() - begin < 30, "the twelve MiB would take 48 seconds at the first limit"


def test_a_limit_file_changes_the_limit_of_a_run(cache: Cache, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "TICK_SECONDS", 0.05)
    hub.put(ID, FILES)
    file = cache.root.parent / "rate"
    file.write_text("256KiB/s")
    threading.Timer(0.5, lambda: file.write_text("unlimited")).start()
    begin = time.monotonic()
    document = {"rate_file": str(file)}
    engine = engines.Engine(cache.spec(document), cache.events.append, bucket_directory=str(cache.root.parent / "b"))
    assert engine.seed()[0].error is None
    assert 0.5 < time.monotonic() - begin < 10, "3 MiB at the first limit would take twelve seconds"
    assert (cache.files(), cache.told("retry")) == (FILES, []), "a connection that was bounded is replaced silently"
    limits = {event["limit_bytes_per_second"] for event in cache.told("progress")}
    assert limits == {MIB // 4, None}


def test_a_jump_of_the_clock_is_not_noticed(cache: Cache, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.put(ID, FILES)
    real = time.time
    jumps = iter([0.0, 1e9, -1e9] * 10_000)
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    begin = time.monotonic()
    assert cache.seed({"rate_limit": "6MiB/s"}).error is None
    assert 0.4 < time.monotonic() - begin < 10


def test_many_small_files(cache: Cache, hub: HubServer) -> None:
    content = {f"d{number % 7}/{number:04}.json": b'{"n": %d}' % number for number in range(600)}
    hub.put(ID, content)
    assert cache.seed().error is None
    assert cache.files() == content
    assert not cache.seed().changed


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_fifty_thousand_small_files_within_memory(cache: Cache, hub: HubServer) -> None:
    content = {f"d{number % 50:02}/{number:05}.txt": b"%d" % number for number in range(50_000)}
    hub.put(ID, content)
    first, unchanged = watched(Seeder(cache)), watched(Seeder(cache))
    hub.put(ID, {**content, "d07/00007.txt": b"moved"})
    peaks, ends = zip(first, unchanged, watched(Seeder(cache)))
    assert [end["files_fetched"] for end in ends] == [50_000, 0, 1]
    assert all(0 < peak <= 64 * MIB for peak in peaks), peaks


def watched(seeder: Seeder) -> tuple[int, dict[str, Any]]:
    """Peak resident bytes of a seeder, and its last event."""
    told: list[str] = []
    reader = threading.Thread(target=lambda: told.extend(seeder.process.stdout or ()))
    reader.start()
    peak = peak_bytes(seeder.process)
    reader.join()
    assert seeder.process.returncode == 0
    return peak, json.loads(told[-1])
