# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How errors of Helm 3 and Helm 4 read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import explain
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import HelmError

NIL = 'template: c/a.yaml:12:20: executing "c/a.yaml" at <.Values.a>: nil pointer evaluating a'
HEAD = "values don't meet the specifications of the schema(s) in the following chart(s):\nc:\n"
SAID = "the chart refuses these values: c; "
FOREIGN = (
    'Unable to continue with update: ConfigMap "x" in namespace "n" exists and cannot be imported into the current '
    'release: invalid ownership metadata; annotation validation error: key "meta.helm.sh/release-name" must equal "two"'
)
WAY_OUT = "give the release another name, remove the object, or adopt it with take_ownership: true"
ERRORS = [
    ("Error: UPGRADE FAILED: something\n", "something"),
    ("WARNING: Kubernetes configuration file is group-readable.\nError: nope\n", "nope"),
    (f"Error: UPGRADE FAILED: {NIL}", "template c/a.yaml:12: nil pointer evaluating a"),
    (
        "Error: execution error at (c/a.yaml:3:4): model.id is missing: set it",
        "template c/a.yaml:3: model.id is missing: set it",
    ),
    (f"Error: {HEAD}- a: Invalid type\n", f"{SAID}a: Invalid type"),
    (f"Error: {HEAD}- (root): Additional property x is not allowed\n", f"{SAID}x is no value of the chart"),
    (f"Error: {HEAD}- a.b: Additional property x is not allowed\n", f"{SAID}a.b.x is no value of the chart"),
    (
        f'Error: {HEAD}- a.b: a.b must be one of the following: "u", "v"\n',
        f'{SAID}a.b: must be one of the following: "u", "v"',
    ),
    (
        f"Error: {HEAD}- at '': additional properties 'x', 'y' not allowed\n",
        f"{SAID}x is no value of the chart, y is no value of the chart",
    ),
    (f"Error: {HEAD}- at '/a/b': additional properties 'x' not allowed\n", f"{SAID}a.b.x is no value of the chart"),
    (f"Error: {HEAD}- at '/a/b': value must be one of 'u', 'v'\n", f"{SAID}a.b: must be one of 'u', 'v'"),
    (
        f'Error: UPGRADE FAILED: {FOREIGN}: current value is "one"',
        f"ConfigMap n/x is there and belongs to release one; {WAY_OUT}",
    ),
    (
        f"Error: UPGRADE FAILED: {FOREIGN}: must be set to",
        f"ConfigMap n/x is there and belongs to no release; {WAY_OUT}",
    ),
    ("", "failed without a message; run it by hand with --debug"),
]


@pytest.mark.parametrize(("stderr", "text"), ERRORS)
def test_helm(stderr: str, text: str) -> None:
    assert explain.helm(stderr) == text


KNOWN = json.dumps({"properties": {"replicas": {}, "engine": {"properties": {"backend": {}, "dtype": {}}}}}).encode()
HINTS = [
    ("the chart refuses these values: c; replica is no value of the chart", "(did you mean replicas?)"),
    ("the chart refuses these values: c; engine.backed is no value of the chart", "(did you mean engine.backend?)"),
    ("the chart refuses these values: c; engine.zzz is no value of the chart", "(known are backend, dtype)"),
    ("the chart refuses these values: c; zzz.a is no value of the chart", "zzz.a is no value of the chart"),
    ("other trouble", "other trouble"),
]


@pytest.mark.parametrize(("message", "end"), HINTS)
def test_the_nearest_name(message: str, end: str) -> None:
    assert explain.hinted(message, KNOWN).endswith(end)


def test_a_misspelt_value(run: Any, chart: str) -> None:
    with pytest.raises(HelmError, match=r"replica is no value of the chart \(did you mean replicas\?\)"):
        run(name="app", chart=chart, values={"replica": 3})
