# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Keys and rates of an inventory that nobody understands."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.entries import (
    RELEASE_KEYS,
    strange_keys,
    strange_rates,
)
from ansible_collections.swift.k8s.plugins.module_utils._release.options import ROLE_KEYS

MODEL = "model_cache_models a/b"
KEYS: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
    ({"models": [{"id": "a/b", "revision": "v1"}], "releases": [{"name": "x", "model": "a/b", "values": {}}]}, []),
    ({"models": [{"id": "a/b", "revison": "v1"}]}, [(MODEL, "revison", "Did you mean revision?")]),
    ({"releases": [{"name": "x", "modle": "a/b"}]}, [("ms_swift_releases x", "modle", "Did you mean model?")]),
    ({"releases": [{"modle": "a/b"}]}, [("ms_swift_releases (unnamed)", "modle", "Did you mean model?")]),
]


@pytest.mark.parametrize(("wishes", "expected"), KEYS)
def test_strange_keys(wishes: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert [(item["subject"], item["key"], item["advice"]) for item in strange_keys(wishes)] == expected


def test_a_key_near_to_none_is_told_those_that_exist() -> None:
    (found,) = strange_keys({"models": [{"id": "a/b", "zzz": 1}]})
    assert found["advice"].startswith("Known are ca_config_map, ca_key, endpoint, endpoints, exclude, hub, id, ")


def test_the_keys_of_releases_are_those_that_the_role_takes() -> None:
    assert set(ROLE_KEYS) < RELEASE_KEYS


RATES: list[tuple[Any, str]] = [
    ("", ""),
    (None, ""),
    ("unlimited", ""),
    ("3MiB/s", ""),
    ("3MBs", "Rate '3MBs' is not understood"),
    (300, "Rate '300' is not understood"),
    (0, "Rate '0' is not understood"),
]
SCHEDULES: list[tuple[Any, list[str]]] = [
    (None, []),
    ("", []),
    ([], []),
    ([{"days": ["mon", "tue-thu"], "from": "08:00", "to": "20:00", "timezone": "UTC+8", "limit": "1MiB/s"}], []),
    (
        [{"limit": "3MBs"}, {"limit": "unlimited"}, {"limit": "1MiB/s", "timezone": "Asia/Atlantis"}],
        [
            "model_cache_rate_schedule[0].limit: rate '3MBs' is not understood",
            "model_cache_rate_schedule[2].timezone 'Asia/Atlantis' is not known",
        ],
    ),
    ([{"limit": "1MiB/s", "days": "monday"}], ["model_cache_rate_schedule[0].days 'monday' is not a day"]),
    ([{"limit": "1MiB/s", "from": 480}], ["model_cache_rate_schedule[0].from '480' is not a time of day"]),
    ([{"limit": "1MiB/s", "form": "8"}], ["model_cache_rate_schedule[0] has the unknown key 'form'"]),
    ([{"days": "mon"}], ["model_cache_rate_schedule[0] has no limit"]),
    (["night"], ["model_cache_rate_schedule[0] is not an object with keys"]),
    ({"limit": "1MiB/s"}, ["model_cache_rate_schedule is not a list"]),
]


@pytest.mark.parametrize(("rate", "expected"), RATES)
def test_strange_rates(rate: Any, expected: str) -> None:
    told = strange_rates({"model_cache_rate_limit": rate})
    assert [item["problem"] for item in told] == ([expected] if expected else [])


@pytest.mark.parametrize(("schedule", "expected"), SCHEDULES)
def test_strange_schedules(schedule: Any, expected: list[str]) -> None:
    told = strange_rates({}, schedule)
    assert [item["problem"] for item in told] == expected
    assert all(item["problem"].startswith(item["subject"]) and item["advice"] for item in told)
