# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Helm processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator


def helm(release: str, namespace: str, root: str = "/proc") -> Iterator[int]:
    """Ids of running helm processes that work on the release, as far as their command lines tell."""
    if not os.path.isdir(root):
        return
    for entry in filter(str.isdigit, os.listdir(root)):
        try:
            with open(f"{root}/{entry}/cmdline", "rb") as stream:
                words = stream.read().decode(errors="replace").split("\0")
        except OSError:
            continue  # it ended meanwhile, or belongs to someone else
        if os.path.basename(words[0]).startswith("helm") and release in words[1:] and _may_be_in(namespace, words):
            yield int(entry)


def _may_be_in(namespace: str, words: list[str]) -> bool:
    """Without a namespace on the command line it is the context's, which may be the one."""
    named = [word for word in words if word.startswith(("--namespace", "-n"))]
    return not named or any(word.rpartition("=")[2] == namespace for word in words)
