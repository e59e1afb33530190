"""The filter plans by name or by config, and asks no hub."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.swift.k8s.plugins.filter.model_memory import FilterModule
from ansible_collections.swift.k8s.plugins.module_utils._plan.known import config

model_memory = FilterModule().filters()["model_memory"]
NODE = {"name": "a", "accelerators": [{"vendor": "nvidia", "product": "A100", "memory_mib": 81920, "count": 8}]}


def test_by_name_and_by_config() -> None:
    by_name = model_memory("llama3-70b", nodes=[NODE])
    assert by_name["placements"][0]["devices"] == 2
    assert model_memory(config("llama3-70b"))["weight_bytes"] == by_name["weight_bytes"]


@pytest.mark.parametrize(
    ("model", "words"), [("x/unknown", "is not known without its hub"), ({"a": 1}, "has no usable")]
)
def test_what_it_cannot_plan(model: object, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        model_memory(model)
