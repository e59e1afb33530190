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
    lines = ET.fromstring(seed_plot(history(1, limit))).findall(f"{SVG}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 5, points]


def test_nothing_happened() -> None:
    ET.fromstring(seed_plot({"samples": [], "files": []}))


def test_one_bar_a_part_and_model() -> None:
    plans = run([{"id": "qwen-plus"}, {"id": "qwen-plus", "task": "lora", "context": 512}], [])["plans"]
    texts = [text.text or "" for text in ET.fromstring(plan_plot(plans)).findall(f"{SVG}text")]
    assert "qwen-plus (lora)" in texts
    assert sum(text.endswith("GiB") for text in texts) == 2


@pytest.mark.parametrize("call", [lambda: seed_plot({"a": 1}), lambda: plan_plot([{"a": 1}])])
def test_other_values_are_refused(call: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="takes the value"):
        call()
