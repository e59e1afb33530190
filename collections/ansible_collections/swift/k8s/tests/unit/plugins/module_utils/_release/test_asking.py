# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A revision that is ready is asked; one that does not answer is one that failed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import store
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RefusedError, RolloutError
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster

ASKED = {"name": "app", "probe": {"checks": ["health"]}}


def ready(cluster: FakeCluster) -> tuple[int, int | None]:
    """The newest revision, and the one that is marked."""
    newest = store.newest(cluster, [("team", "app")])[("team", "app")][0]  # type: ignore[arg-type]
    return newest.revision, newest.ready_revision


def test_an_answer_makes_a_revision_count(run: Any, cluster: FakeCluster, chart: str, answers: dict[str, Any]) -> None:
    run(chart=chart, **ASKED)
    assert (ready(cluster), answers["asked"]) == ((1, 1), ["app"])
    run(chart=chart, **ASKED)
    assert answers["asked"] == ["app"]


def test_without_an_answer_back_to_the_last_that_answered(
    run: Any, cluster: FakeCluster, chart: str, answers: dict[str, Any]
) -> None:
    run(chart=chart, **ASKED)
    answers.update(ok=False, message="chat: the answer is empty")
    with pytest.raises(RolloutError, match=r"ready but does not answer: chat: (.|\n)*was rolled back to revision 1;"):
        run(chart=chart, values={"text": "two"}, **ASKED)
    assert ready(cluster) == (3, 3)


def test_kept_it_is_asked_again_by_the_next_run(
    run: Any, cluster: FakeCluster, chart: str, answers: dict[str, Any]
) -> None:
    wish = {"chart": chart, "values": {"text": "two"}, "on_failure": "keep", **ASKED}
    run(chart=chart, **ASKED)
    answers.update(ok=False, message="chat: the answer is empty")
    for _run in range(2):
        with pytest.raises(RolloutError, match=r"does not answer(.|\n)*it is left as it is"):
            run(**wish)
    answers.update(ok=True)
    assert run(**wish)["releases"][0]["action"] == "confirm"
    assert ready(cluster) == (2, 2)


def test_who_does_not_wait_does_not_ask(run: Any, chart: str, answers: dict[str, Any]) -> None:
    run(chart=chart, wait=False, **ASKED)
    assert answers["asked"] == []


def test_an_unknown_option_is_refused_before_anything(run: Any, cluster: FakeCluster, chart: str) -> None:
    with pytest.raises(RefusedError, match=r"release team/app: probe: .*modle"):
        run(chart=chart, name="app", probe={"modle": "x"})
    assert cluster.writes == 0
