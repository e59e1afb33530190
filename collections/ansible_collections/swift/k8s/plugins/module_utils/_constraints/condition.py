# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Conditions of rules: plain data, checked when a rule is loaded, evaluated without eval or templates.

vendor: nvidia                                # the field equals the value
driver: {exists: true}                        # operators, all of which must hold
cuda: {at_least: {field: image.cuda}}         # compared with another field
any_of: [{ready: false}, {schedulable: false}]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .errors import RuleError
from .nearest import unknown
from .path import MISSING, lookup, steps
from .versions import compare


def _ordered(wanted: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, operand: Any) -> bool:
        order = compare(value, operand)
        return order is not None and wanted(order)

    return holds


def _contains(whole: Any, part: Any) -> bool:
    """Say whether a list, a mapping's keys or a text has something; a number has nothing."""
    if isinstance(whole, str):
        return str(part) in whole
    return isinstance(whole, (list, tuple, set, Mapping)) and part in list(whole)


def _empty(value: Any, operand: Any) -> bool:
    is_empty = value is MISSING or (hasattr(value, "__len__") and not value)
    return is_empty == bool(operand)


# Operators that deny something hold for a missing field, all others do not.
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "exists": lambda value, operand: (value is not MISSING) == bool(operand),
    "empty": _empty,
    "is": lambda value, operand: bool(value == operand),
    "is_not": lambda value, operand: bool(value != operand),
    "in": lambda value, operand: _contains(operand, value),
    "not_in": lambda value, operand: not _contains(operand, value),
    "contains": _contains,
    "lacks": lambda value, operand: not _contains(value, operand),
    "matches": lambda value, operand: value is not MISSING and re.search(operand, str(value)) is not None,
    "at_least": _ordered(lambda order: order >= 0),
    "at_most": _ordered(lambda order: order <= 0),
    "above": _ordered(lambda order: order > 0),
    "below": _ordered(lambda order: order < 0),
}
GROUPS: dict[str, Callable[[list[bool]], bool]] = {
    "all_of": all,
    "any_of": any,
    "none_of": lambda results: not any(results),
}


def check(condition: Any, where: str) -> None:
    """Raise RuleError when the condition is not well formed; `where` names it in the message."""
    if not isinstance(condition, Mapping):
        raise RuleError(f"{where} must be a mapping of field to value, not {condition!r}")
    for name, wanted in condition.items():
        if name in GROUPS:
            if not isinstance(wanted, list) or not wanted:
                raise RuleError(f"{where}.{name} must be a list of conditions, not {wanted!r}")
            for item in wanted:
                check(item, f"{where}.{name}")
            continue
        _check_field(name, where)
        if isinstance(wanted, Mapping):
            _check_operators(wanted, f"{where}.{name}")


def _check_field(name: Any, where: str) -> None:
    if not isinstance(name, str):
        raise RuleError(f"{where}: a field is named by a text, not by {name!r}; YAML reads on, off, yes and no as such")
    steps(name)


def _check_operators(operators: Mapping[str, Any], where: str) -> None:
    for operator, operand in operators.items():
        if operator not in OPERATORS:
            raise RuleError(f"{where}: {unknown('operator', str(operator), OPERATORS)}")
        if isinstance(operand, Mapping):
            if set(operand) != {"field"}:
                raise RuleError(f"{where}.{operator}: a mapping here must be {{field: name}}, not {dict(operand)!r}")
            _check_field(operand["field"], f"{where}.{operator}")
        elif operator in {"exists", "empty"} and not isinstance(operand, bool):
            raise RuleError(f"{where}.{operator} must be true or false, not {operand!r}")
        elif operator in {"in", "not_in"} and not isinstance(operand, list):
            raise RuleError(f"{where}.{operator} needs a list, not {operand!r}")
        elif operator == "matches":
            try:
                re.compile(operand)
            except (re.error, TypeError) as error:
                raise RuleError(f"{where}.matches: {operand!r} is not a regular expression: {error}") from error


def holds(condition: Mapping[str, Any], subject: Mapping[str, Any]) -> bool:
    """Say whether the (checked) condition is true for the subject. An empty condition is true."""
    return all(_part_holds(name, wanted, subject) for name, wanted in condition.items())


def _part_holds(name: str, wanted: Any, subject: Mapping[str, Any]) -> bool:
    if name in GROUPS:
        return GROUPS[name]([holds(item, subject) for item in wanted])
    value = lookup(subject, name)
    operators = wanted if isinstance(wanted, Mapping) else {"is": wanted}
    return all(_operator_holds(operator, value, operand, subject) for operator, operand in operators.items())


def _operator_holds(operator: str, value: Any, operand: Any, subject: Mapping[str, Any]) -> bool:
    if isinstance(operand, Mapping):
        operand = lookup(subject, operand["field"])
        if operand is MISSING:
            return False
    return OPERATORS[operator](value, operand)
