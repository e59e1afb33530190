# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Helm processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator


def helm(release: str) -> Iterator[int]:
    """Ids of running helm processes whose command line names the release."""
    if not os.path.isdir("/proc"):
        return
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as stream:
                words = stream.read().decode(errors="replace").split("\0")
        except OSError:
            continue  # it ended meanwhile, or belongs to someone else
        if os.path.basename(words[0]).startswith("helm") and release in words[1:]:
            yield int(entry)
