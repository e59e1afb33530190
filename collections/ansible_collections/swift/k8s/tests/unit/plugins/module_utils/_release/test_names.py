# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Who comes from kubernetes.core.helm finds every option: taken over by its name, or in the table of differences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.kubernetes.core.plugins.module_utils import helm_args_common
from ansible_collections.kubernetes.core.plugins.modules import helm
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._release.options import ARGUMENTS

DOCS = Path(__file__).resolve().parents[5] / "docs/release.md"


def names(arguments: dict[str, Any]) -> set[str]:
    """Options and their other spellings."""
    return {*arguments, *(alias for one in arguments.values() for alias in one.get("aliases", []))}


def theirs() -> set[str]:
    """What kubernetes.core.helm documents, connection included."""
    documented = yaml.safe_load(helm.DOCUMENTATION)["options"]
    return names(documented) | names(helm_args_common.HELM_AUTH_ARG_SPEC)


def explained() -> set[str]:
    """Options that the table of differences names."""
    table = DOCS.read_text().partition("## Coming from kubernetes.core.helm")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize("option", sorted(theirs()))
def test_every_option_is_taken_over_or_explained(option: str) -> None:
    assert option in names({**ARGUMENTS, **AUTH_ARGS}) | explained()


def test_what_is_refused_is_really_refused() -> None:
    refused = [line for line in DOCS.read_text().splitlines() if line.startswith("| `") and "| refused:" in line]
    named = {name for line in refused for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert len(named) >= 10
    assert not named & names({**ARGUMENTS, **AUTH_ARGS})
