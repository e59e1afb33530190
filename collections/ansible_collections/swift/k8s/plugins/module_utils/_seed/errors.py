# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What can go wrong with seeding, as sentences for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional


class SeedError(Exception):
    """The message names the volume or model, the value and the next step; `log` holds the engine's last lines.

    `history` is what the Job did until it failed; empty where no pod of it worked.
    """

    def __init__(self, message: str, log: Sequence[str] = (), history: Optional[Mapping[str, Any]] = None) -> None:
        super().__init__(message)
        self.log = list(log)
        self.history = dict(history or {})


class NoNodes(SeedError):
    """Nothing is selected. In check mode that is no error: the run itself may be about to make devices known."""


class NoVolume(SeedError):
    """The claim is not there. In check mode that is no error: the run itself may be about to make it."""
