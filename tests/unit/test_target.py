"""Tests of the lab say what they lack: skipped on another cluster, failed where there is none at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab import target


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(target, "CHECKOUT", tmp_path)
    monkeypatch.setenv("LAB_NAME", "unit")
    monkeypatch.delenv("LAB_KUBECONFIG", raising=False)
    return tmp_path


def test_the_lab_that_is_up(checkout: Path) -> None:
    (checkout / "build/unit").mkdir(parents=True)
    (checkout / "build/unit/lab.json").write_text(json.dumps({"kubeconfig": "/k", "hub": "http://h"}))
    assert target.lab_facts()["hub"] == "http://h"
    assert target.kubeconfig() == "/k"


@pytest.mark.usefixtures("checkout")
def test_no_cluster_at_all_is_a_failure() -> None:
    for ask in (target.kubeconfig, target.lab_facts):
        with pytest.raises(pytest.fail.Exception, match="no lab is up: make lab-up, or LAB_KUBECONFIG=/path"):
            ask()


def test_another_cluster_is_a_reason_to_skip(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "config").touch()
    monkeypatch.setenv("LAB_KUBECONFIG", str(checkout / "config"))
    assert target.kubeconfig() == str(checkout / "config")
    with pytest.raises(pytest.skip.Exception, match="LAB_KUBECONFIG names another cluster"):
        target.lab_facts()


def test_another_cluster_that_is_not_there(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KUBECONFIG", str(checkout / "none"))
    with pytest.raises(pytest.fail.Exception, match=r"LAB_KUBECONFIG=\S+none is not a file: name a kubeconfig"):
        target.kubeconfig()
