"""The chart's own housekeeping: documents that follow from values, sizes, the package."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chart_docs
import chart_schema
import pytest
import yaml

from tests.chart.conftest import CHART

VALUES = (CHART / "values.yaml").read_text(encoding="utf-8")


def test_readme_is_current() -> None:
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    assert chart_docs.written(readme, VALUES) == readme, "run scripts/chart_docs.py"


def test_schema_is_current() -> None:
    schema = (CHART / "values.schema.json").read_text(encoding="utf-8")
    assert schema == chart_schema.written(), "run scripts/chart_schema.py"


def leaves(values: Any, name: str = "") -> Iterator[str]:
    if isinstance(values, dict) and values and name not in chart_docs.comments(VALUES):
        for key, value in values.items():
            yield from leaves(value, f"{name}.{key}".lstrip("."))
    else:
        yield name


def test_every_value_has_its_comment() -> None:
    missing = set(leaves(yaml.safe_load(VALUES))) - chart_docs.comments(VALUES).keys()
    assert not missing


def test_rules_of_the_schema_name_values() -> None:
    assert chart_schema.RULES.keys() <= set(chart_docs.comments(VALUES))


@pytest.mark.parametrize("path", sorted((CHART / "templates").rglob("*.*")), ids=lambda path: path.name)
def test_templates_are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 100


def test_every_template_has_its_suite() -> None:
    templates = {path.stem.lower() for path in (CHART / "templates").rglob("*.*") if path.suffix != ".tpl"}
    suites = {path.stem.removesuffix("_test") for path in (CHART / "tests").glob("*_test.yaml")}
    assert suites >= templates


def test_package_holds_the_cache_engine(tmp_path: Path) -> None:
    subprocess.run(["helm", "package", str(CHART), "--destination", str(tmp_path)], check=True, capture_output=True)
    (package,) = tmp_path.glob("ms-swift-*.tgz")
    with tarfile.open(package) as archive:
        engine = archive.extractfile("ms-swift/files/_cache/engine.py")
        assert engine is not None
        assert engine.read() == (CHART / "files/_cache/engine.py").read_bytes()
        names = archive.getnames()
    unwanted = ("__pycache__", "ms-swift/examples/", "ms-swift/tests/")
    assert not [name for name in names if any(word in name for word in unwanted)]
    assert (CHART / "files/_cache").is_symlink()
    assert (CHART / "files/_hub").is_symlink()


def test_two_of_it_in_a_parent_chart(tmp_path: Path) -> None:
    """Each under its own name, switched by the condition that dependencies usually have."""
    dependency = {"name": "ms-swift", "version": ">=0.0.0-0", "repository": ""}
    parts = [{**dependency, "alias": alias, "condition": f"{alias}.enabled"} for alias in ("chat", "search")]
    part = {"enabled": True, "model": {"id": "a/b"}, "accelerator": {"vendor": "cpu"}}
    values = {"global": {"site": "x"}, "chat": part, "search": {**part, "task": "embedding"}}
    (tmp_path / "charts").mkdir()
    shutil.copytree(CHART, tmp_path / "charts/ms-swift", ignore=shutil.ignore_patterns("examples"))
    chart = {"apiVersion": "v2", "name": "site", "version": "0.1.0", "dependencies": parts}
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump(chart))
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))

    def services(*words: str) -> list[str]:
        command = ["helm", "template", "r", str(tmp_path), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = [item for item in yaml.safe_load_all(done.stdout) if item and item["kind"] == "Service"]
        return [item["metadata"]["name"] for item in found]

    assert services() == ["r-chat", "r-search"]
    assert services("--set", "search.enabled=false") == ["r-chat"]
