# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Lines for people who look on while a module, which cannot print, is at work."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]


def teller(path: str | None, log: Say) -> Say:
    """Says each line to the system's log, and adds it to the file if there is one."""

    def say(line: str) -> None:
        log(line)
        if path:
            with open(path, "a", encoding="utf-8") as stream:
                stream.write(f"{line}\n")

    return say
