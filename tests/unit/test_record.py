"""The record that the role ms_swift writes of what is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

TEMPLATE = Path("collections/ansible_collections/swift/k8s/roles/ms_swift/templates/record.yml.j2")
ONE = {"name": "pair", "namespace": "ai", "revision": 1, "chart": "ms-swift-0.1.0", "images": ["r/e:1"]}
MODEL = {"model": {"id": "Qwen/Qwen3-8B"}}


@pytest.mark.parametrize(
    ("action", "more"),
    [("none", MODEL), ("switch", MODEL), ("rollback", {"rolled_back": True}), ("switch_back", {"rolled_back": True})],
)
def test_record(action: str, more: dict[str, Any]) -> None:
    templates = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False)
    templates.filters["to_json"] = json.dumps
    text = templates.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        inventory_hostname="site1",
        ms_swift_result={"releases": [{**ONE, "action": action}]},
        __ms_swift_entries=[{"values": MODEL}],
    )
    assert yaml.safe_load(text) == {"cluster": "site1", "releases": [{**ONE, **more}]}
