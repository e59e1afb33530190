# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What the last scheduled verification of a volume found, read back from its Job (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

from .state import State, finished

_NAMED = 3


def newest(jobs: Sequence[Mapping[str, Any]]) -> Optional[Mapping[str, Any]]:
    """The last Job that has ended; one that still reads has nothing to say."""
    ended = [job for job in jobs if finished(job)]
    return max(ended, key=lambda job: str(job["metadata"].get("creationTimestamp", "")), default=None)


def damaged(log: str) -> list[str]:
    """`model file`, for every file that was not as its manifest has it, and models of which a part was not there."""
    return list(_damaged(log))


def _damaged(log: str) -> Iterator[str]:
    for line in log.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("event") == "verified":
            found = event.get("findings") or []
            yield from (f"{event.get('model')} {finding.get('path')}" for finding in found)
            if not found and not event.get("complete"):
                yield f"{event.get('model')} (unfinished)"


def warning(place: str, job: Mapping[str, Any], state: State, files: Sequence[str]) -> str:
    """The sentence for people; empty where every byte was right."""
    when = job["metadata"].get("creationTimestamp", "an unknown time")
    what = f"the scheduled verification of {place} of {when}"
    named = ", ".join(files[:_NAMED]) + (f" and {len(files) - _NAMED} more" if len(files) > _NAMED else "")
    found = f"{len(files)} damaged or missing files ({named})" if files else ""
    if state.phase == "failed":
        reason = state.reason.rstrip(".")
        return f"{what} failed{' after it found ' + found if found else ''}: {reason}. Run with verify: full to repair."
    if found:
        return f"{what} found {found} and fetched them anew. Look at the disk, if this comes again."
    return ""
