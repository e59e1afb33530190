# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Buffers on their way through the threads that write and hash: in order, all of them, and never past an error."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import hashing
from ansible_collections.swift.k8s.plugins.module_utils._cache.hashing import Digest

from .conftest import noise

LARGE = noise(hashing.SMALLEST_THREADED + 12_345)
SMALL = noise(1000)


@pytest.fixture
def handle(tmp_path: Path) -> Iterator[int]:
    found = os.open(tmp_path / "part", os.O_RDWR | os.O_CREAT)
    yield found
    os.close(found)


def fill(digest: Digest, content: bytes, handle: int | None) -> int:
    """The next of the content into the buffer, and on; returns how much that was."""
    buffer = digest.buffer()
    count = min(len(buffer), len(content))
    buffer[:count] = content[:count]
    digest.update(count, handle)
    return count


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_what_is_handed_over_is_written_and_hashed_in_order(handle: int, content: bytes) -> None:
    digest, done = Digest(len(content), git=True), 0
    while done < len(content):
        done += fill(digest, content[done:], handle)
    digest.settle()
    assert os.fstat(handle).st_size == len(content)
    git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    assert digest.finish() == (hashlib.sha256(content).hexdigest(), git.hexdigest())
    assert os.pread(handle, len(content) + 1, 0) == content


def test_what_is_written_already_is_only_hashed(handle: int) -> None:
    digest, done = Digest(len(LARGE), git=False), 0
    while done < len(LARGE):
        done += fill(digest, LARGE[done:], None)
    assert digest.finish()[0] == hashlib.sha256(LARGE).hexdigest()
    assert os.fstat(handle).st_size == 0


def test_an_end_in_the_middle_writes_what_came(handle: int) -> None:
    digest = Digest(len(LARGE), git=False)
    count = fill(digest, LARGE, handle)
    digest.close()
    assert os.pread(handle, len(LARGE), 0) == LARGE[:count]


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_a_full_disk_is_told_and_nothing_is_written_after_it(
    handle: int, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def full(_handle: int, view: memoryview) -> None:
        tries.append(len(view))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(hashing, "write_all", full)
    digest = Digest(len(content), git=False)
    for act in (lambda: [fill(digest, content, handle) for _piece in range(10)], digest.settle, digest.finish):
        with pytest.raises(OSError, match="No space left"):
            act()
    assert len(tries) == 1
