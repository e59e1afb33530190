# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the limit is now: the value, the schedule, and a file that may change while we run."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from .errors import BadSpec
from .rate import parse_rate
from .schedule import Window, limit_at


class LimitSettings(NamedTuple):
    """`given` is False when the user said nothing: then we neither limit nor touch the host's bucket."""

    given: bool = False
    rate: float | None = None
    windows: tuple[Window, ...] = ()
    file: str = ""
    scope: str = "site"


class Limit:
    """Asked once a second; a file that is absent or wrong leaves the last good value in force."""

    def __init__(self, settings: LimitSettings) -> None:
        self._settings = settings
        self._from_file: tuple[float | None] | None = None
        self.complaint = ""

    def now(self, moment: dt.datetime | None = None) -> float | None:
        self._read_file()
        base = self._from_file[0] if self._from_file else self._settings.rate
        return limit_at(base, self._settings.windows, moment or dt.datetime.now(dt.timezone.utc))

    def _read_file(self) -> None:
        if not self._settings.file:
            return
        try:
            with open(self._settings.file, encoding="utf-8") as stream:
                self._from_file = (parse_rate(stream.read().strip()),)
            self.complaint = ""
        except FileNotFoundError:
            self._from_file = None
        except (OSError, ValueError, BadSpec) as error:
            self.complaint = f"rate_file {self._settings.file}: {error}"
