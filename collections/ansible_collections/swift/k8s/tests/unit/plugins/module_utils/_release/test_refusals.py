# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What is refused before anything is touched, and what is left to somebody else who was faster."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Conflict, Forbidden
from ansible_collections.swift.k8s.plugins.module_utils._release import refusals
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RefusedError, StuckError
from ansible_collections.swift.k8s.plugins.module_utils._release.options import Wanted
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster, FakeHelm, record


def test_release_of_another_chart(run: Any, cluster: FakeCluster, chart: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(chart, other)
    (other / "Chart.yaml").write_text("apiVersion: v2\nname: other\nversion: 9.9.9\n")
    run(name="app", chart=chart)
    cluster.requests.clear()
    with pytest.raises(RefusedError, match=r"is one of chart small-1\.2\.3, not of other.*replace_chart: true"):
        run(name="app", chart=str(other))
    assert cluster.writes == 0
    assert run(name="app", chart=str(other), replace_chart=True)["releases"][0]["action"] == "upgrade"


@pytest.mark.parametrize(
    ("deleted", "message"),
    [(False, "there is no namespace away.*create_namespace: true"), (True, "away is being deleted since 2026")],
)
def test_namespace(run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str, deleted: bool, message: str) -> None:
    if deleted:
        metadata = {"name": "away", "deletionTimestamp": "2026-01-01T00:00:00Z"}
        cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    with pytest.raises(RefusedError, match=message):
        run(name="app", namespace="away", chart=chart)
    assert (cluster.writes, helm.processes) == (0, 0)


def test_a_namespace_that_another_run_makes_meanwhile(
    run: Any, cluster: FakeCluster, chart: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beaten(made: dict[str, Any], dry_run: bool = False) -> Any:
        cluster.put(made)
        raise Conflict("namespaces new already exists")

    monkeypatch.setattr(cluster, "create", beaten)
    assert run(name="app", namespace="new", create_namespace=True, chart=chart)["changed"]


def test_namespaces_that_may_not_be_seen() -> None:
    class Closed(FakeCluster):
        def get(self, *_words: Any, **_rest: Any) -> Any:
            raise Forbidden("no")

    closed: Any = Closed()
    refusals.namespace(closed, Wanted("app", "away"))


def test_record_that_no_secret_holds(run: Any, cluster: FakeCluster, chart: str, tmp_path: Path) -> None:
    heavy = tmp_path / "heavy"
    shutil.copytree(chart, heavy)
    (heavy / "dashboards.bin").write_bytes(random.Random(1).randbytes(900 * 1024))
    with pytest.raises(RefusedError, match=r"record of it would have 1\d\d\d KiB.*dashboards\.bin \(900 KiB\)"):
        run(name="app", chart=str(heavy))
    assert cluster.writes == 0
    (heavy / ".helmignore").write_text("dashboards.bin\n")
    assert run(name="app", chart=str(heavy))["changed"]


def test_somebody_else_was_faster(run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str) -> None:
    run(name="app", chart=chart)
    helm.busy = True
    with pytest.raises(StuckError, match=r"another operation.*\nSomebody else works on release team/app"):
        run(name="app", chart=chart, values={"text": "new"})
    assert [call[0] for call in helm.calls if "--dry-run=server" not in call].count("rollback") == 0


def test_a_plan_that_was_overtaken(
    run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(name="app", chart=chart)
    rendered = helm.render

    def overtaken(target: Any) -> Any:
        cluster.put(record("app", "team", 2, "pending-upgrade"))
        return rendered(target)

    monkeypatch.setattr(helm, "render", overtaken)
    cluster.requests.clear()
    with pytest.raises(StuckError, match=r"was deployed \(revision 1.*is pending-upgrade \(revision 2.*now"):
        run(name="app", chart=chart, values={"text": "new"})
    assert cluster.writes == 0


def test_a_later_revision_of_others_is_not_rolled_back(
    run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str
) -> None:
    run(name="app", chart=chart)
    helm.fails = ["timed out"]
    helm.meanwhile = [record("app", "team", 3)]
    with pytest.raises(Exception, match=r"timed out\nRelease team/app is deployed \(revision 3, by helm\) now"):
        run(name="app", chart=chart, values={"text": "new"})
    assert "rollback" not in [call[0] for call in helm.calls]
