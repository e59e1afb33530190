# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What can go wrong with seeding, as sentences for people."""

from __future__ import annotations

from collections.abc import Sequence


class SeedError(Exception):
    """The message names the volume or model, the value and the next step; `log` holds the engine's last lines."""

    def __init__(self, message: str, log: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.log = list(log)


class NoNodes(SeedError):
    """Nothing is selected. In check mode that is no error: the run itself may be about to make devices known."""


class NoVolume(SeedError):
    """The claim is not there. In check mode that is no error: the run itself may be about to make it."""
