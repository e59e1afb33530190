"""The judge: what counts as a write, whose, and between which bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lab import judge
from lab.errors import LabError


def event(
    verb: str = "create", user: str = "lab-user", uri: str = "/api/v1/namespaces/a/pods", **reference: str
) -> str:
    content: dict[str, Any] = {
        "verb": verb,
        "user": {"username": user},
        "requestURI": uri,
        "objectRef": {"resource": "pods", "namespace": "a", "name": "b", **reference},
        "responseStatus": {"code": 200},
    }
    return json.dumps(content) + "\n"


def delete_with(options: dict[str, Any]) -> str:
    content = json.loads(event("delete"))
    return json.dumps({**content, "requestObject": {"kind": "DeleteOptions", "apiVersion": "v1", **options}})


@pytest.mark.parametrize(
    ("line", "write"),
    [
        (event("create"), True),
        (event("update"), True),
        (event("patch"), True),
        (event("delete"), True),
        (event("deletecollection"), True),
        (event("patch", uri="/api/v1/namespaces/a/pods/b?fieldManager=x&force=true"), True),
        (event("patch", uri="/api/v1/namespaces/a/pods/b?dryRun=All&fieldManager=x"), False),
        (delete_with({"propagationPolicy": "Background"}), True),
        (delete_with({"dryRun": ["All"]}), False),
        (event("get"), False),
        (event("list"), False),
        (event("watch"), False),
        (event("create", apiGroup="authorization.k8s.io", resource="selfsubjectaccessreviews"), False),
    ],
)
def test_what_a_write_is(line: str, write: bool) -> None:
    assert judge.parse(line).write is write


def test_a_request_without_object_is_named_by_its_path() -> None:
    line = json.dumps({"verb": "get", "user": {"username": "u"}, "requestURI": "/version?timeout=1s"})
    assert judge.parse(line).object == "/version"


def test_objects_are_named_as_people_do() -> None:
    assert judge.parse(event(subresource="status")).object == "pods/status a b"


@pytest.mark.parametrize(
    ("users", "writes"),
    [(["lab-user"], 1), (["system:serviceaccount:a:*"], 2), (["lab-user", "system:serviceaccount:a:one"], 2), ([], 0)],
)
def test_only_the_given_users_count(users: list[str], writes: int) -> None:
    everybody = ["lab-user", "system:serviceaccount:a:one", "system:serviceaccount:a:two", "system:node:lab-0"]
    requests = [judge.parse(event(user=user)) for user in everybody]
    assert judge.verdict(requests, users)["writes"] == writes


def test_the_verdict_counts_by_verb_and_object() -> None:
    lines = [event("get"), event("list"), event("patch"), event("patch"), event("patch", uri="/x?dryRun=All")]
    found = judge.verdict(judge.parse(line) for line in lines)
    assert {key: found[key] for key in ("writes", "reads", "dry_runs", "requests")} == {
        "writes": 2,
        "reads": 2,
        "dry_runs": 1,
        "requests": 5,
    }
    assert found["verbs"] == {"get": 1, "list": 1, "patch": 3}
    assert found["written"] == [{"user": "lab-user", "verb": "patch", "object": "pods a b", "code": 200, "count": 2}]
    assert judge.as_text(found).splitlines() == ["2 writes, 2 reads, 1 dry runs", "     2 patch    200 pods a b"]


def test_since_counts_from_the_mark_and_leaves_out_half_a_line(tmp_path: Path) -> None:
    log = tmp_path / "audit.json"
    log.write_text(event())
    start = judge.Mark.parse(str(judge.mark(log)))
    assert judge.since(log, start)["writes"] == 0
    with log.open("a") as stream:
        stream.write(event("delete") + event("delete")[:20])
    assert judge.since(log, start)["verbs"] == {"delete": 1}


def test_since_goes_on_through_a_rotated_log(tmp_path: Path) -> None:
    log = tmp_path / "audit.json"
    log.write_text(event())
    start = judge.mark(log)
    with log.open("a") as stream:
        stream.write(event("patch"))
    log.rename(tmp_path / "audit-2026-01-01T00-00-00.000.json")
    log.write_text(event("delete"))
    assert judge.since(log, start)["verbs"] == {"delete": 1, "patch": 1}


def test_a_mark_of_another_log_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "audit.json"
    log.write_text(event())
    with pytest.raises(LabError, match=r"is gone.*Next: take a new mark"):
        judge.since(log, judge.Mark(1, 0))


@pytest.mark.parametrize("text", ["", "12", "a:b", "1:-2"])
def test_what_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(LabError, match="is not a mark"):
        judge.Mark.parse(text)
