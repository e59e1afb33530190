# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which limit holds at which hour, in whose time."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import BadSpec
from ansible_collections.swift.k8s.plugins.module_utils._cache.limit import Limit, LimitSettings
from ansible_collections.swift.k8s.plugins.module_utils._cache.schedule import limit_at, parse_schedule

OFFICE = {"days": "mon-fri", "from": "08:00", "to": "20:00", "timezone": "Asia/Shanghai", "limit": "100Mbit/s"}
NIGHT = {"days": "fri", "from": "22:00", "to": "06:00", "limit": "unlimited"}
MIB = 2.0**20


def utc(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """November 2026: the 23rd is a Monday."""
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("entry", "moment", "limit"),
    [
        (OFFICE, utc(23, 0), 12.5e6),  # 08:00 in Shanghai
        (OFFICE, utc(22, 23, 59), MIB),  # 07:59
        (OFFICE, utc(23, 12), MIB),  # 20:00, the end is outside
        (OFFICE, utc(28, 4), MIB),  # Saturday
        (NIGHT, utc(27, 23), None),
        (NIGHT, utc(28, 5, 59), None),  # still Friday's night
        (NIGHT, utc(28, 6), MIB),
        (NIGHT, utc(27, 5), MIB),  # Thursday's night is not listed
        ({"limit": "1MB/s"}, utc(25, 12), 1e6),
        ({"limit": "1MB/s", "days": ["sat", "sun"]}, utc(25, 12), MIB),
        ({"limit": "1MB/s", "days": "sat-mon"}, utc(23, 12), 1e6),
        ({"limit": "1MB/s", "timezone": "UTC+8", "from": "08:00", "to": "09:00"}, utc(23, 0, 30), 1e6),
        ({"limit": "1MB/s", "timezone": "UTC-05:30", "from": "08:00", "to": "09:00"}, utc(23, 13, 45), 1e6),
    ],
)
def test_limit_at(entry: dict[str, Any], moment: dt.datetime, limit: float | None) -> None:
    assert limit_at(MIB, parse_schedule([entry]), moment) == limit


def test_the_first_window_that_holds_counts() -> None:
    windows = parse_schedule([{"limit": "1MB/s", "days": "mon"}, {"limit": "2MB/s"}])
    assert limit_at(None, windows, utc(23, 1)) == 1e6
    assert limit_at(None, windows, utc(24, 1)) == 2e6


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "rate_schedule[0] has no limit"),
        ({"limit": "1MB/s", "form": "08:00"}, "unknown key 'form'"),
        ({"limit": "1MB/s", "from": "8am"}, "rate_schedule[0].from '8am' is not a time of day"),
        ({"limit": "1MB/s", "to": "24:30"}, "not a time of day"),
        ({"limit": "1MB/s", "from": "08:00", "to": "08:00"}, "same minute"),
        ({"limit": "1MB/s", "days": "monday"}, "'monday' is not a day"),
        ({"limit": "1MB/s", "days": "mon-xyz"}, "is not a day"),
        ({"limit": "1MB/s", "timezone": "Asia/Atlantis"}, "'Asia/Atlantis' is not known"),
        ({"limit": "1MB/s", "days": []}, "rate_schedule[0].days names no day"),
        ({"limit": "1MB/s", "timezone": "UTC+77"}, "rate_schedule[0].timezone 'UTC+77' is no offset of any place"),
        ({"limit": "slow"}, "rate_schedule[0].limit: rate 'slow'"),
        ("mon-fri", "rate_schedule[0] is not an object with keys"),
    ],
)
def test_mistakes_are_named(entry: Any, said: str) -> None:
    with pytest.raises(BadSpec) as caught:
        parse_schedule([entry])
    assert said in str(caught.value)


@pytest.mark.parametrize("given", [5, "mon-fri", {"limit": "1MB/s"}])
def test_a_schedule_is_a_list(given: Any) -> None:
    with pytest.raises(BadSpec, match="rate_schedule is not a list"):
        parse_schedule(given)


def test_a_host_without_time_zone_data_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> zoneinfo.ZoneInfo:
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", unknown)
    monkeypatch.setattr(zoneinfo, "available_timezones", set)
    with pytest.raises(BadSpec, match=r"install tzdata, or write an offset such as UTC\+8"):
        parse_schedule([OFFICE])


def test_the_limit_file_counts_while_it_is_good(tmp_path: Path) -> None:
    file = tmp_path / "rate"
    limit = Limit(LimitSettings(True, MIB, (), str(file)))
    assert limit.now() == MIB
    file.write_text("2MiB/s\n")
    assert limit.now() == 2 * MIB
    file.write_text("nonsense")
    assert limit.now() == 2 * MIB
    assert "nonsense" in limit.complaint
    file.write_text("unlimited")
    assert limit.now() is None
    assert limit.complaint == ""
    file.unlink()
    assert limit.now() == MIB


def test_the_schedule_holds_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "rate"
    file.write_text("2MiB/s")
    limit = Limit(LimitSettings(True, MIB, parse_schedule([OFFICE]), str(file)))
    assert limit.now(utc(23, 1)) == 12.5e6
    assert limit.now(utc(23, 13)) == 2 * MIB
