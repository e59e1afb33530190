"""The table of preflight rules in the docs is the table of the rules."""

from __future__ import annotations

from scripts.rules_table import ROLE, read, table


def test_the_table_is_up_to_date() -> None:
    written = (ROLE / "RULES.md").read_text(encoding="utf-8")
    assert written == table(read()), "run: python scripts/rules_table.py"


def test_every_role_is_known_to_the_check_of_variables() -> None:
    names = sorted(path.name for path in ROLE.parent.iterdir() if (path / "meta/argument_specs.yml").exists())
    line = f"__preflight_roles: [{', '.join(names)}]"
    assert line in (ROLE / "vars/main.yml").read_text(encoding="utf-8")
