# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Judges variables where they are all at hand, in one task: each expression would read the specifications anew."""

from __future__ import annotations

import re
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.swift.k8s.plugins.plugin_utils import specifications

OPTIONS = {
    "specifications": {"type": "list", "elements": "path", "required": True},
    "more": {"type": "dict", "default": {}},
    "names": {"type": "str"},
    "known": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """The task."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Failed with a sentence for each variable that is wrong."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        _validated, options = self.validate_argument_spec(argument_spec=OPTIONS)
        variables = task_vars or {}
        specification = {**specifications.read(options["specifications"]), **options["more"]}
        given = {name: variables[name] for name in specification if name in variables}
        wrong = specifications.wrong(self._templar.template(given), specification)
        used = [name for name in variables if options["names"] and re.match(options["names"], name)]
        misspelt = specifications.misspelt(used, {*specification, *options["known"]})
        told = [f"{'; '.join(wrong)}. Correct it in the inventory or behind -e."] if wrong else []
        told += [*misspelt, "Correct the name in the inventory or behind -e; it has no effect now."] if misspelt else []
        return {**result, "changed": False, **({"failed": True, "msg": " ".join(told)} if told else {})}
