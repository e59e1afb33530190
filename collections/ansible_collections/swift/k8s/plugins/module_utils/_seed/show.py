# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Progress as one line for people (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cache.events import progress_line


def show(cluster: str, result: Mapping[str, Any]) -> str:
    """How far a cluster's Job is, or what it waits for."""
    progress = result.get("progress") or {}
    line = progress_line(dict(progress)) if progress else ""
    if result.get("waiting"):
        return f"{cluster}: waiting: {result['waiting']}{': ' if line else ''}{line}"
    return f"{cluster}: {line or 'Job ' + str(result.get('job', '')) + ' starts'}"
