"""The simulated device plugin's own tests, with the flags that the lab builds it with."""

from __future__ import annotations

import subprocess

import pytest
from lab.paths import ROLE
from lab.pieces.go import environment

pytestmark = [pytest.mark.lab]


@pytest.mark.parametrize("words", [["vet", "./..."], ["test", "./..."]])
def test_go(words: list[str]) -> None:
    answer = subprocess.run(
        ["go", *words], cwd=ROLE / "deviceplugin", env=environment(), capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_sources_are_formatted() -> None:
    directories = [ROLE / "deviceplugin", ROLE / "modules"]
    answer = subprocess.run(["gofmt", "-l", *directories], capture_output=True, text=True, check=True)
    assert answer.stdout == ""
