"""Every role says what it takes: its argument specification and its defaults are one list with the same values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = Path("collections/ansible_collections/swift/k8s/roles")
NAMES = sorted(path.name for path in ROLES.iterdir() if (path / "tasks/main.yml").exists())


def load(path: Path) -> dict[str, Any]:
    """A YAML file as a mapping; an empty or absent one is an empty mapping."""
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}


def options(role: str) -> dict[str, Any]:
    """The main entry point's options."""
    return dict(load(ROLES / role / "meta/argument_specs.yml")["argument_specs"]["main"].get("options", {}))


def test_there_are_roles() -> None:
    assert NAMES


@pytest.mark.parametrize("role", NAMES)
def test_every_default_is_documented(role: str) -> None:
    assert sorted(load(ROLES / role / "defaults/main.yml")) == sorted(
        name for name, option in options(role).items() if not option.get("required")
    )


@pytest.mark.parametrize("role", NAMES)
def test_documented_defaults_are_the_real_ones(role: str) -> None:
    defaults = load(ROLES / role / "defaults/main.yml")
    documented = {name: option["default"] for name, option in options(role).items() if "default" in option}
    assert documented == {name: defaults[name] for name in documented}


@pytest.mark.parametrize("role", NAMES)
def test_every_option_has_type_and_description(role: str) -> None:
    incomplete = [name for name, option in options(role).items() if not {"type", "description"} <= set(option)]
    assert incomplete == []


@pytest.mark.parametrize("role", NAMES)
def test_variables_carry_the_role_or_the_collection(role: str) -> None:
    foreign = [name for name in options(role) if not name.startswith((f"{role}_", "swift_k8s_"))]
    assert foreign == []


def test_conditions_take_the_texts_of_the_command_line() -> None:
    """`-e ms_swift_probe=false` is a text, which counts as true."""
    names = [name for role in NAMES for name, option in options(role).items() if option["type"] == "bool"]
    named = rf"(?<![\w.])({'|'.join(names)})(?! *:)\b(?P<filters>[^{{}}\n]*)"
    condition = re.compile(rf"(?:when: *|^ *- |\bif |\band |\bor |\bnot ){named}", re.MULTILINE)
    files = [*ROLES.glob("*/tasks/*.yml"), *ROLES.glob("*/vars/*.yml"), *ROLES.parent.glob("playbooks/*.yml")]
    found = [match for path in files for match in condition.finditer(path.read_text(encoding="utf-8"))]
    assert len(found) > len(NAMES)
    assert [match[0] for match in found if "| bool" not in match["filters"]] == []


@pytest.mark.parametrize("role", NAMES)
def test_nothing_hides_a_failure_or_a_change(role: str) -> None:
    forbidden = ("ignore_errors", "changed_when: false", "failed_when: false", "ansible.builtin.shell", "|| true")
    found = [
        f"{path.name}: {word}"
        for path in sorted((ROLES / role).rglob("*.yml"))
        for word in forbidden
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_what_roles_leave_behind_is_no_misspelt_variable() -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROLES.glob("*/tasks/*.yml")]
    registered = {name for text in texts for name in re.findall(r"^ *register: ([a-z]\w+)$", text, re.MULTILINE)}
    known = load(ROLES / "preflight/vars/main.yml")["__preflight_results"]
    assert registered
    assert registered <= set(known)


def test_every_variable_of_the_playbook_plan_is_known() -> None:
    text = (ROLES.parent / "playbooks/plan.yml").read_text(encoding="utf-8")
    known = load(ROLES / "preflight/vars/main.yml")["__preflight_plan_variables"]
    assert set(re.findall(r"(?<![.\w])plan_[a-z]+", text)) == set(known)
