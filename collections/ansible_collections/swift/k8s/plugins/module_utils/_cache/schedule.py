# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which limit holds at which hour. Pure: the time is an argument."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Sequence
from typing import Any, NamedTuple

from .checks import known
from .errors import BadSpec
from .rate import parse_rate

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = ("daily", "*")
_CLOCK = re.compile(r"^([01]?\d|2[0-4]):([0-5]\d)$")
_OFFSET = re.compile(r"^UTC(?:([+-])(\d{1,2})(?::?([0-5]\d))?)?$", re.IGNORECASE)
_KEYS = frozenset(("days", "from", "to", "timezone", "limit"))
#: no place on earth is further from UTC
_FARTHEST = dt.timedelta(hours=14)


class Window(NamedTuple):
    """From `start` to `end` minutes of the day; an end before the start is on the next day."""

    days: frozenset[int]
    start: int
    end: int
    zone: dt.tzinfo
    limit: float | None

    def holds(self, moment: dt.datetime) -> bool:
        local = moment.astimezone(self.zone)
        minute, day = local.hour * 60 + local.minute, local.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        if minute >= self.start:
            return day in self.days
        return minute < self.end and (day - 1) % 7 in self.days


def limit_at(base: float | None, windows: Sequence[Window], moment: dt.datetime) -> float | None:
    """The limit of the first window that holds, else the base. None is unlimited."""
    for window in windows:
        if window.holds(moment):
            return window.limit
    return base


def parse_schedule(entries: Any, name: str = "rate_schedule") -> tuple[Window, ...]:
    """The windows of a list of entries; `name` is what messages call it."""
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise BadSpec(f"{name} is not a list", f'Write {name}: [{{from: "08:00", to: "20:00", limit: 100Mbit/s}}]')
    return tuple(parse_window(entry, f"{name}[{number}]") for number, entry in enumerate(entries))


def parse_window(entry: Any, where: str) -> Window:
    """One entry, which messages call `where`."""
    known(entry, _KEYS, where)
    if "limit" not in entry:
        raise BadSpec(f"{where} has no limit", "Add limit: 100Mbit/s")
    start = _minutes(str(entry.get("from", "00:00")), f"{where}.from")
    end = _minutes(str(entry.get("to", "24:00")), f"{where}.to")
    if start == end:
        raise BadSpec(f"{where} starts and ends at the same minute", "Leave out from and to for the whole day")
    return Window(
        _days(entry.get("days", "daily"), f"{where}.days"),
        start,
        end,
        _zone(str(entry.get("timezone", "UTC")), f"{where}.timezone"),
        _limit(str(entry["limit"]), f"{where}.limit"),
    )


def _limit(value: str, where: str) -> float | None:
    try:
        return parse_rate(value)
    except BadSpec as error:
        raise BadSpec(f"{where}: {error.message}", error.next_step) from error


def _minutes(value: str, where: str) -> int:
    found = _CLOCK.match(value.strip())
    minutes = int(found.group(1)) * 60 + int(found.group(2)) if found else -1
    if not 0 <= minutes <= 24 * 60:
        raise BadSpec(f"{where} {value!r} is not a time of day", 'Write it as "08:00", in quotes')
    return minutes


def _days(value: Any, where: str) -> frozenset[int]:
    words = value if isinstance(value, (list, tuple)) else str(value).split(",")
    days: set[int] = set()
    for word in (str(word).strip().lower() for word in words):
        if word in EVERY_DAY:
            return frozenset(range(7))
        first, dash, last = word.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise BadSpec(
                f"{where} {word!r} is not a day", f"Write {', '.join(DAYS)}, a range such as mon-fri, or daily"
            )
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    if not days:
        raise BadSpec(f"{where} names no day", "Leave it out for every day")
    return frozenset(days)


def _zone(name: str, where: str) -> dt.tzinfo:
    found = _OFFSET.match(name.strip())
    if found:
        sign, hours, minutes = found.groups()
        offset = dt.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if offset > _FARTHEST:
            raise BadSpec(f"{where} {name!r} is no offset of any place", "Write one such as UTC+8 or UTC-05:30")
        return dt.timezone(-offset if sign == "-" else offset)

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        if not zoneinfo.available_timezones():
            step = "This host has no time zone data: install tzdata, or write an offset such as UTC+8"
        else:
            step = "Write a name such as Asia/Shanghai, or an offset such as UTC+8"
        raise BadSpec(f"{where} {name!r} is not known", step) from error
