# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A module of this collection, run in Ansible's own process where it would be started beside it anyway.

To pack a module and to start Python for it takes longer than most of ours ask a cluster. So it is spared where nothing
tells the two apart: on this machine, by this interpreter, as this user, in this environment.

An action imports its module where Ansible looks at the action for the first time, which is before it forks: all its
tasks, of all hosts, are given what one of them would take half a second to import.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NoReturn

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase

Log = Callable[[str], None]


class Ended(SystemExit):
    """The module's result, where AnsibleModule would print it and exit."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__()
        self.result = result


class Here:
    """What our modules use of AnsibleModule."""

    def __init__(self, params: dict[str, Any], check_mode: bool, log: Log) -> None:
        self.params = params
        self.check_mode = check_mode
        self.log = log
        self._warnings: list[str] = []

    def warn(self, text: str) -> None:
        """Have it shown with the result."""
        self._warnings.append(text)

    def exit_json(self, **result: Any) -> NoReturn:
        """End well."""
        told = {"warnings": self._warnings} if self._warnings else {}
        raise Ended({"changed": False, **result, **told, "invocation": {"module_args": self.params}})

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """End badly."""
        self.exit_json(**{**result, "failed": True, "msg": msg})


class InProcessAction(ActionBase):  # type: ignore[misc]
    """The action before a module that needs no more of it."""

    MODULE: ModuleType
    _supports_check_mode = True
    _supports_diff = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result."""
        super().run(tmp, task_vars)
        del tmp
        return execute(self, self.MODULE, self._task.args, task_vars or {})


def execute(
    action: Any, module: ModuleType, arguments: Mapping[str, Any], variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The result of a module of this collection, run here or by Ansible."""
    return run(action, module, arguments, variables) or beside(action, module, arguments, variables)


def beside(
    action: Any, module: ModuleType, arguments: Mapping[str, Any], variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The result of the module as Ansible runs it."""
    result: dict[str, Any] = action._execute_module(
        module_name=f"swift.k8s.{module.__name__.rpartition('.')[2]}",
        module_args=dict(arguments),
        task_vars=variables,
        wrap_async=action._task.async_val,
    )
    return result


def run(
    action: Any,
    module: ModuleType,
    arguments: Mapping[str, Any],
    variables: Mapping[str, Any],
    log: Log | None = None,
) -> dict[str, Any] | None:
    """The result of the module that an action stands before; None where it has to be run by Ansible.

    It offers SPEC, its arguments, and run_module(), which takes an AnsibleModule. What is wrong with the arguments is
    left to Ansible to say.
    """
    given = _plain(arguments) if _same(action, variables) else None
    if given is None:
        return None
    validation = ArgumentSpecValidator(module.SPEC).validate(given)
    if validation.error_messages:
        return None
    try:
        module.run_module(Here(validation.validated_parameters, bool(action._task.check_mode), log or _nobody))
    except Ended as end:
        told: dict[str, Any] = json.loads(json.dumps(remove_values(end.result, validation._no_log_values)))
        return told
    raise TypeError(f"the module {module.__name__} ended without a result")


def _nobody(_line: str) -> None:
    """Who listens to modules without progress."""


def _same(action: Any, variables: Mapping[str, Any]) -> bool:
    """Whether the module would run here, by us."""
    task, connection = action._task, action._connection
    if connection.transport != "local" or connection.become or task.delegate_to or task.async_val:
        return False
    if any(task.environment or ()):
        return False
    interpreter = variables.get("ansible_python_interpreter")
    return bool(interpreter) and _place(str(action._templar.template(interpreter))) == _place(sys.executable)


def _place(interpreter: str) -> tuple[str, str]:
    """A program and the virtual environment it lies in, whatever links lead there."""
    return os.path.realpath(interpreter), os.path.realpath(os.path.dirname(interpreter))


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments as a module would read them; None where that takes more than JSON."""
    try:
        read: dict[str, Any] = json.loads(json.dumps(arguments))
    except TypeError:
        return None
    return read
