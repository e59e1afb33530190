"""The plots are well-formed SVG with what they should show."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.swift.k8s.plugins.filter.plan_plot import FilterModule as Plans
from ansible_collections.swift.k8s.plugins.filter.seed_plot import FilterModule as Seeds
from ansible_collections.swift.k8s.plugins.module_utils._plan.run import run

seed_plot, plan_plot = Seeds().filters()["seed_plot"], Plans().filters()["plan_plot"]
SVG = "{http://www.w3.org/2000/svg}"


def history(files: int, limit: Any = 200) -> dict[str, Any]:
    listed = [{"model": "o/<m>", "path": f"f{at}", "size": at, "start": at, "end": at + 1} for at in range(files)]
    samples = [{"seconds": at, "bytes": at * 100, "rate": 100, "limit": limit} for at in range(5)]
    return {"samples": samples, "files": listed}


@pytest.mark.parametrize(("files", "bars"), [(0, 0), (3, 3), (200, 60)])
def test_a_bar_for_each_of_the_largest_files(files: int, bars: int) -> None:
    root = ET.fromstring(seed_plot(history(files), title="a & b"))
    assert len(root.findall(f"{SVG}rect")) == bars + 1
    assert root.findtext(f"{SVG}title") == "a & b"


@pytest.mark.parametrize(("limit", "points"), [(200, 5), (None, 0)])
def test_the_limit_is_drawn_where_there_is_one(limit: Any, points: int) -> None:
    lines = ET.fromstring(seed_plot(history(1, limit))).findall(f"{SVG}polyline[@stroke-width='1.5']")
    assert [len(line.attrib["points"].split()) for line in lines] == [5, points]


def words(drawn: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(drawn).findall(f"{SVG}text")]


def test_the_first_line_says_how_much_in_what_time_and_what_is_left_out() -> None:
    mib = 1 << 20
    told = {"seconds": 80.0, "bytes_fetched": 160 * mib, "bytes_resumed": 5 * mib, "retries": 2, **history(61)}
    said = "160.0 MiB in 1:20 (2.0 MiB/s), 5.0 MiB kept from earlier runs, 2 retries, the 60 largest of 61 files"
    assert said in words(seed_plot(told))


@pytest.mark.parametrize(
    ("rate", "seconds", "levels", "times"),
    [
        (37_500_000, 1200, ["0 B/s", "10.0 MiB/s", "20.0 MiB/s", "30.0 MiB/s"], ["0:00", "5:00", "10:00", "15:00"]),
        (900, 7, ["0 B/s", "500 B/s"], ["0:00", "0:02", "0:04", "0:06"]),
        (
            3 << 30,
            100_000,
            ["0 B/s", "1.0 GiB/s", "2.0 GiB/s", "3.0 GiB/s"],
            ["0:00", "6:00:00", "12:00:00", "18:00:00"],
        ),
    ],
)
def test_both_scales_are_round(rate: float, seconds: float, levels: list[str], times: list[str]) -> None:
    samples = [{"seconds": at, "bytes": 0, "rate": rate, "limit": None} for at in (0.0, seconds)]
    found = words(seed_plot({"samples": samples, "files": []}))
    assert [text for text in found if text.endswith("/s")] == levels
    assert [text for text in found if ":" in text][: len(times)] == times


@pytest.mark.parametrize(
    ("count", "limit", "points", "said"), [(0, None, 0, 1), (1, 200, 2, 1), (1, None, 0, 1), (2, 200, 2, 0)]
)
def test_a_seeding_of_a_second_has_its_limit_and_a_word(count: int, limit: Any, points: int, said: int) -> None:
    told = history(1, limit)
    drawn = seed_plot({**told, "samples": told["samples"][:count]})
    lines = ET.fromstring(drawn).findall(f"{SVG}polyline[@stroke-dasharray='5 3']")
    assert [len(line.attrib["points"].split()) for line in lines] == [points]
    assert words(drawn).count("too short for a curve") == said


def test_one_bar_a_part_and_model() -> None:
    plans = run([{"id": "qwen-plus"}, {"id": "qwen-plus", "task": "lora", "context": 512}], [])["plans"]
    texts = words(plan_plot(plans))
    assert "qwen-plus (lora)" in texts
    assert sum(text.endswith("GiB") for text in texts) == 2


@pytest.mark.parametrize("call", [lambda: seed_plot({"a": 1}), lambda: plan_plot([{"a": 1}])])
def test_other_values_are_refused(call: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="takes the value"):
        call()
