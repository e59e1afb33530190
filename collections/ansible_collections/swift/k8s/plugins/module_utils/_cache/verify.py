# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Is what lies there what was published: by size and time (stat), by slices (sample), or by every byte (full)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from .files import sample_of, sha256_of
from .layout import Snapshot
from .manifest import Manifest, Record
from .observe import look
from .plan import untouched

HASHERS = min(4, os.cpu_count() or 1)


class Finding(NamedTuple):
    path: str
    #: missing, wrong size, touched (same size, other time of change), damaged, unreadable
    problem: str


def findings(snapshot: Snapshot, manifest: Manifest, level: str) -> list[Finding]:
    """Everything that is not as the manifest says, at the given level."""
    with ThreadPoolExecutor(HASHERS if level == "full" else 1) as pool:
        found = pool.map(lambda record: _finding(snapshot, record, level), manifest.files)
        return [finding for finding in found if finding]


def damaged(snapshot: Snapshot, manifest: Manifest, level: str) -> Iterator[str]:
    """Paths that are proven wrong; what stat sees the planner sees by itself."""
    if level == "stat":
        return iter(())
    return (
        finding.path for finding in findings(snapshot, manifest, level) if finding.problem in ("damaged", "unreadable")
    )


def _finding(snapshot: Snapshot, record: Record, level: str) -> Finding | None:
    path = snapshot.file(record.path)
    seen = look(path)
    if seen is None:
        return Finding(record.path, "missing")
    if seen.size != record.size:
        return Finding(record.path, "wrong size")
    try:
        if level == "sample" and record.sample:
            good = sample_of(path) == record.sample
        else:
            good = level == "stat" or sha256_of(path) == record.sha256
    except OSError:
        return Finding(record.path, "unreadable")
    if not good:
        return Finding(record.path, "damaged")
    return None if untouched(record, seen) else Finding(record.path, "touched")
