"""How many real nodes a lab gets."""

from __future__ import annotations

import pytest
from lab.errors import LabError
from lab.nodes import chosen, require


def test_two_unless_more_are_wished() -> None:
    assert [(each.name, each.vendor, each.count) for each in chosen({})] == [
        ("lab-0", "nvidia", 4),
        ("lab-1", "ascend", 8),
    ]
    assert [(each.name, each.count) for each in chosen({"LAB_NODES": "3"})][2:] == [("lab-2", 0)]


@pytest.mark.parametrize("text", ["1", "9", "two", "-3"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(LabError, match=f"LAB_NODES='{text}' is not a number of nodes"):
        chosen({"LAB_NODES": text})


def test_a_running_lab_keeps_its_nodes() -> None:
    require({}, ("lab-0", "lab-1", "lab-2"), "again")
    require({"LAB_NODES": "2"}, ("lab-0", "lab-1"), "again")
    with pytest.raises(LabError, match="the lab has 2 nodes, and LAB_NODES=4 asks for 4"):
        require({"LAB_NODES": "4"}, ("lab-0", "lab-1"), "again")
