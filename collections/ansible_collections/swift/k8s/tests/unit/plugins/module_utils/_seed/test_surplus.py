"""What nobody wishes any more goes, unless a pod uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import house
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import CacheError
from ansible_collections.swift.k8s.plugins.module_utils._seed import tidy
from ansible_collections.swift.k8s.plugins.module_utils._seed.surplus import surplus
from ansible_collections.swift.k8s.plugins.module_utils._seed.wish import parse

from .wishes import model, params

RECORDED = {f"model:{name}": {"type": "model", "id": name, "revision": "master"} for name in ("org/tiny", "org/old")}


def pod(name: str, claim: str = "models", labels: Any = None, phase: str = "Running", args: Any = ()) -> dict[str, Any]:
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}, {"name": "t", "emptyDir": {}}]
    spec = {"volumes": volumes, "containers": [{"args": list(args)}]}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {"phase": phase}}


USES = ["--model", "/cache/models/org/old"]


@pytest.mark.parametrize(
    ("pods", "remove", "in_use"),
    [
        ([], ["model:org/old"], {}),
        ([pod("a", args=USES)], [], {"model:org/old": ["a"]}),
        ([pod("a", args=["/cache/models/org--old/snapshots/master"])], [], {"model:org/old": ["a"]}),
        ([pod("a", args=["/cache/models/org/tiny"])], ["model:org/old"], {}),
        ([pod("a", claim="other", args=USES)], ["model:org/old"], {}),
        ([pod("a", phase="Succeeded", args=USES)], ["model:org/old"], {}),
        ([pod("a", labels={"app.kubernetes.io/component": "model-seed"}, args=USES)], ["model:org/old"], {}),
    ],
)
def test_surplus(pods: list[dict[str, Any]], remove: list[str], in_use: dict[str, list[str]]) -> None:
    found = surplus(parse(params(models=[model()])), RECORDED, pods)
    assert (list(found.remove), dict(found.in_use)) == (remove, in_use)


@pytest.mark.parametrize(
    ("wished", "remove"),
    [
        ({"revision": "master"}, []),
        ({"revision": "v2"}, ["model:org/tiny.1"]),
        ({"hub": "huggingface"}, ["model:org/tiny.1"]),
        ({"type": "dataset"}, ["model:org/tiny.1"]),
    ],
)
def test_what_is_wished_under_another_key_is_not_removed(wished: dict[str, Any], remove: list[str]) -> None:
    recorded = {"model:org/tiny.1": {"type": "model", "id": "org/tiny.1", "revision": "master"}}
    wish = parse(params(models=[model(id="org/tiny.1", **wished)]))
    assert list(surplus(wish, recorded, ()).remove) == remove
    user = pod("a", args=["/cache/models/org/tiny___1"])
    assert list(surplus(wish, recorded, [user]).remove) == []


def wanted(tmp_path: Path) -> str:
    path = tmp_path / "remove.json"
    path.write_text(json.dumps([{"id": "org/old", "type": "model", "revision": "master"}]), encoding="utf-8")
    return str(path)


def test_the_pod_removes_what_is_listed_and_does_not_mind_what_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "models/org--old/snapshots/master"
    files.mkdir(parents=True)
    (files / "a").write_text("x", encoding="utf-8")
    for there in (True, False):
        assert tidy.main([str(tmp_path), wanted(tmp_path)]) == 0
        assert json.loads(capsys.readouterr().out)["there"] is there
    assert house.inventory(str(tmp_path)) == []


def test_the_pod_says_why_it_cannot_remove(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_: Any) -> bool:
        raise CacheError("org/old is being seeded", "Wait")

    monkeypatch.setattr(tidy, "remove", held)
    assert tidy.main([str(tmp_path), wanted(tmp_path)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["event"], told["message"], told["next_step"]) == ("error", "org/old is being seeded", "Wait")
