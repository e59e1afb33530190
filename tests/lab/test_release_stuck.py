# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Releases that a dead helm left behind, on a real API server: left alone while they may move, then taken over."""

from __future__ import annotations

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import store
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import StuckError

from tests.lab.releases import HELMS, Lab, lab

__all__ = ["lab"]
pytestmark = [pytest.mark.lab, pytest.mark.parametrize("lab", HELMS[:1], indirect=True, scope="module")]


@pytest.fixture
def clean(lab: Lab) -> Lab:
    lab.run(state="absent")
    return lab


@pytest.mark.parametrize("status", [*store.PENDING, "uninstalling"])
@pytest.mark.parametrize("state", ["present", "rolled_back"])
def test_whatever_was_interrupted(clean: Lab, status: str, state: str) -> None:
    """A record as a killed helm leaves it: refused while it is fresh, taken over on request, and settled afterwards."""
    clean.run(values={"text": "one"})
    clean.run(values={"text": "two"})
    interrupted(clean, status)
    with pytest.raises(StuckError, match=rf"is {status} \(revision 2\) since \S+, held by"):
        clean.run(values={"text": "two"}, state=state, repair_stuck=True)
    assert clean.release().status == status
    clean.run(values={"text": "two"}, state=state, repair_stuck=True, stuck_after=0)
    assert clean.get("ConfigMap")["data"]["text"] == ("one" if state == "rolled_back" else "two")
    assert clean.release().status == "deployed"
    assert not clean.run()["changed"]


def interrupted(lab: Lab, status: str) -> None:
    """The newest record as a helm leaves it that dies in the middle."""
    name = store.secret_name("app", 2)
    secret = lab.cluster.get("v1", "Secret", name, lab.namespace)
    assert secret is not None
    lab.cluster.replace(store.with_status(secret, status, "Preparing upgrade"))
