# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The token bucket: exact in the long run, never far above, shared, and indifferent to clocks."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import bucket as module
from ansible_collections.swift.k8s.plugins.module_utils._cache.bucket import Bucket, booked, host_directory, open_bucket
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import CacheError

MIB = 1 << 20


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("rate", [64 * 1024, 8 * MIB, 64 * MIB])
@pytest.mark.parametrize("stall", [0.0, 0.05])
def test_rate_is_kept_also_when_the_reader_stumbles(tmp_path: Path, rate: int, stall: float) -> None:
    clock = Clock()
    bucket = Bucket(str(tmp_path / "b"), clock)
    bucket.publish(float(rate))
    per_second: dict[int, int] = {}
    moved, begin = 0, clock.now
    while clock.now < begin + 10:
        step = bucket.step(MIB)
        clock.now += bucket.reserve(step)
        moved += step
        second = int(clock.now - begin)
        per_second[second] = per_second.get(second, 0) + step
        if second and stall and per_second[second] == step:
            clock.now += stall  # once a second the machine is busy with something else
    elapsed = clock.now - begin
    assert moved / elapsed == pytest.approx(rate, rel=0.01 + stall)
    assert max(per_second.values()) <= rate * 1.02 + bucket.step(MIB)


def test_short_gaps_are_caught_up_slowly_and_long_ones_not_at_all() -> None:
    free, unused = booked(10.0, 0.0, 10.1, 1.0)
    assert unused == pytest.approx(0.1 - module.BURST_SECONDS - module.CATCH_UP_SHARE)
    assert free == pytest.approx(10.1 - module.BURST_SECONDS + 1.0 - module.CATCH_UP_SHARE)
    assert booked(10.0, 0.1, 20.0, 1.0) == (21.0 - module.BURST_SECONDS, 0.0)


def test_a_reservation_from_before_a_reboot_is_void() -> None:
    free, _unused = booked(1e9, 0.0, 5.0, 1.0)
    assert free == pytest.approx(6.0)


def test_the_last_published_limit_counts_for_all(tmp_path: Path) -> None:
    one, other = Bucket(str(tmp_path / "b")), Bucket(str(tmp_path / "b"))
    assert one.rate() is None
    assert one.reserve(MIB) == 0.0
    one.publish(1000.0)
    assert other.rate() == 1000.0
    other.publish(None)
    assert one.rate() is None


@pytest.mark.parametrize(("rate", "step"), [(None, MIB), (1e9, 128 << 10), (8.0 * MIB, 32 << 10), (2000.0, 4 << 10)])
def test_steps_shrink_with_the_rate(tmp_path: Path, rate: float | None, step: int) -> None:
    bucket = Bucket(str(tmp_path / "b"))
    bucket.publish(rate)
    assert bucket.step(MIB) == step


def test_threads_and_processes_share_it(tmp_path: Path) -> None:
    """Each of four takes 25 KiB of a 1 MiB/s link: the books end a tenth of a second later, not a fortieth."""
    clock = Clock()
    clock.now = time.monotonic() + 60  # ahead of the other process's clock, so that nobody's delay counts as idle
    bucket = Bucket(str(tmp_path / "b"), clock)
    bucket.publish(float(MIB))
    bucket.reserve(1)
    before = bucket._read()[0]
    threads = [threading.Thread(target=bucket.reserve, args=(25 << 10,)) for _thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    code = (
        "import sys\n"
        "from ansible_collections.swift.k8s.plugins.module_utils._cache.bucket import Bucket\n"
        "b = Bucket(sys.argv[1]); b.reserve(25 << 10); b.reserve(25 << 10)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "b")], env=environ, check=True, capture_output=True)
    assert bucket._read()[0] - before == pytest.approx(4 * (25 << 10) / MIB, rel=0.01)


def test_a_directory_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(CacheError, match="belongs to uid"):
        open_bucket("site", str(tmp_path))


def test_without_a_temporary_directory_the_cache_itself_is_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    assert host_directory("/data").endswith(f"swift-k8s-{os.geteuid()}")
    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert host_directory("/data") == "/data/.rate"
