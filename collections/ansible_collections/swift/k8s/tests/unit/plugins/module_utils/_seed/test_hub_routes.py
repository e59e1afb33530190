"""What clients of Hugging Face and of ModelScope ask for -> what they are told, without a socket or a disk."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache.manifest import Manifest, Record
from ansible_collections.swift.k8s.plugins.module_utils._seed import huggingface_routes, modelscope_routes
from ansible_collections.swift.k8s.plugins.module_utils._seed.answers import Answer, Content, Document, parse
from ansible_collections.swift.k8s.plugins.module_utils._seed.held import Held

A, B = "a" * 40, "b" * 40


def revision(name: str, commit: str, *paths: str, kind: str = "model") -> Manifest:
    files = tuple(Record(path, len(path), 1, f"{len(path):064}", "hub") for path in sorted(paths))
    return Manifest("org/m", kind, name, commit, "modelscope", "", (), (), files)


MASTER = revision("master", A, "config.json", "d/e/f.bin", "d/g 子.txt")
#: the same commit, narrowed to other files
NARROW = revision("refs/pr/1", A, "tokenizer.json")
TAG = revision("v1.0", B, "config.json")
CACHE = {
    ("model", "org/m"): Held((NARROW, MASTER, TAG), "v1.0"),
    ("model", "org/tagged"): Held((TAG,), "v1.0"),
    ("model", "models/m"): Held((TAG,), "v1.0"),
    ("dataset", "org/m"): Held((revision("main", B, "rows.jsonl", kind="dataset"),), "main"),
}


def answer(route: Any, target: str) -> Answer | None:
    found: Answer | None = route(parse(target), lambda kind, name: CACHE.get((kind, name), Held(())))
    return found


CONTENT = [
    ("hf", "/org/m/resolve/main/config.json", MASTER, "config.json"),
    ("hf", "/org/m/resolve/master/d/g%20%E5%AD%90.txt", MASTER, "d/g 子.txt"),
    ("hf", f"/org/m/resolve/{A}/d/e/f.bin", MASTER, "d/e/f.bin"),
    ("hf", f"/org/m/resolve/{A}/tokenizer.json", NARROW, "tokenizer.json"),
    ("hf", "/org/m/resolve/refs%2Fpr%2F1/tokenizer.json", NARROW, "tokenizer.json"),
    ("hf", "/org/m/resolve/v1.0/config.json?download=true", TAG, "config.json"),
    ("hf", "/models/m/resolve/main/config.json", TAG, "config.json"),
    ("hf", "/datasets/org/m/resolve/main/rows.jsonl", CACHE["dataset", "org/m"].revisions[0], "rows.jsonl"),
    ("ms", "/api/v1/models/org/m/repo?Revision=master&FilePath=d%2Fe%2Ff.bin", MASTER, "d/e/f.bin"),
    ("ms", "/api/v1/models/org/m/repo?FilePath=config.json", MASTER, "config.json"),
    ("ms", "/api/v1/models/org/tagged/repo?Revision=master&FilePath=config.json", TAG, "config.json"),
    ("ms", "/api/v1/models/org/m/repo?Revision=v1.0&FilePath=config.json", TAG, "config.json"),
    (
        "ms",
        "/api/v1/datasets/org/m/repo?Revision=master&FilePath=rows.jsonl",
        CACHE["dataset", "org/m"].revisions[0],
        "rows.jsonl",
    ),
]
ROUTES = {"hf": huggingface_routes.route, "ms": modelscope_routes.route}


@pytest.mark.parametrize(("hub", "target", "held", "path"), CONTENT)
def test_a_file(hub: str, target: str, held: Manifest, path: str) -> None:
    found = answer(ROUTES[hub], target)
    assert isinstance(found, Content)
    assert (found.revision, found.record.path) == (held, path)
    assert found.headers["ETag"] == f'"{found.record.sha256}"'
    assert found.headers.get("X-Repo-Commit") == (held.commit if hub == "hf" else None)


ABSENT = [
    ("hf", "/api/models/org/none", "RepoNotFound"),
    ("hf", "/api/models/gpt2/revision/main", "RepoNotFound"),
    ("hf", "/api/datasets/org/tagged/revision/main", "RepoNotFound"),
    ("hf", "/gpt2/resolve/main/config.json", "RepoNotFound"),
    ("hf", "/org/none/resolve/main/config.json", "RepoNotFound"),
    ("hf", "/api/models/org/m/revision/v9", "RevisionNotFound"),
    ("hf", f"/api/models/org/m/tree/{'c' * 40}?recursive=true", "RevisionNotFound"),
    ("hf", "/org/m/resolve/v9/config.json", "RevisionNotFound"),
    ("hf", "/org/m/resolve/main/none", "EntryNotFound"),
    ("hf", "/org/m/resolve/main/../config.json", "EntryNotFound"),
    ("hf", "/org/m/resolve/main/.msc", "EntryNotFound"),
    ("hf", "/org/m/resolve/main/%E4%B8%AD", "EntryNotFound"),
    ("hf", "/api/models/org/x%0d%0aSet-Cookie:%20y", "RepoNotFound"),
    ("ms", "/api/v1/models/org/none/revisions", "no org/none"),
    ("ms", "/api/v1/datasets/org/tagged", "no org/tagged"),
    ("ms", "/api/v1/models/org/m/repo/files?Revision=v9", "no revision 'v9'"),
    ("ms", "/api/v1/models/org/m/repo?Revision=v9&FilePath=config.json", "no revision 'v9'"),
    ("ms", "/api/v1/models/org/m/repo?Revision=master&FilePath=../config.json", "no verified file"),
]


@pytest.mark.parametrize(("hub", "target", "said"), ABSENT)
def test_what_is_not_there(hub: str, target: str, said: str) -> None:
    found = answer(ROUTES[hub], target)
    assert isinstance(found, Document)
    assert found.status == 404
    if hub == "hf":
        assert found.headers["X-Error-Code"] == said
        assert found.headers["X-Error-Message"].isascii()
        assert found.headers["X-Error-Message"].isprintable()
    else:
        assert (found.body["Code"], found.body["Success"]) == (404, False)
        assert said in found.body["Message"]


OTHERS = ["/", "/models/org--m/snapshots/master/config.json", "/datasets/org--m/manifests/main.json", "/api/models"]


@pytest.mark.parametrize("target", [*OTHERS, "/api/v1/repos/internalAccelerationInfo", "/api/whoami-v2"])
@pytest.mark.parametrize("hub", ROUTES)
def test_other_addresses_are_not_theirs(hub: str, target: str) -> None:
    assert answer(ROUTES[hub], target) is None


def body(hub: str, target: str) -> Any:
    found = answer(ROUTES[hub], target)
    assert isinstance(found, Document)
    assert found.status == 200
    return found.body


@pytest.mark.parametrize(
    "target", ["/api/models/org/m", "/api/models/org/m/revision/main", f"/api/models/org/m/revision/{A}"]
)
def test_commit_and_files_of_hugging_face(target: str) -> None:
    told = body("hf", target)
    assert (told["id"], told["sha"]) == ("org/m", A)
    assert [file["rfilename"] for file in told["siblings"]] == ["config.json", "d/e/f.bin", "d/g 子.txt"]


TREES = [
    ("", "?recursive=true", ["config.json", "d/e/f.bin", "d/g 子.txt"]),
    ("", "", ["d", "config.json"]),
    ("/d", "", ["d/e", "d/g 子.txt"]),
    ("/d/e", "?recursive=True", ["d/e/f.bin"]),
]


@pytest.mark.parametrize(("directory", "query", "paths"), TREES)
def test_tree_of_hugging_face(directory: str, query: str, paths: list[str]) -> None:
    told = body("hf", f"/api/models/org/m/tree/{A}{directory}{query}")
    assert [entry["path"] for entry in told] == paths
    assert all(entry["lfs"]["oid"] == f"{len(entry['path']):064}" for entry in told if entry["type"] == "file")


LISTINGS = [
    ("Recursive=True", ["config.json", "d", "d/e", "d/e/f.bin", "d/g 子.txt"], 5),
    ("Recursive=False", ["config.json", "d"], 2),
    ("Recursive=False&Root=d", ["d/e", "d/g 子.txt"], 2),
    ("Recursive=True&Root=/", ["config.json", "d", "d/e", "d/e/f.bin", "d/g 子.txt"], 5),
    ("Recursive=True&PageNumber=2&PageSize=2", ["d/e", "d/e/f.bin"], 5),
    ("Recursive=True&PageNumber=9&PageSize=2", [], 5),
]


@pytest.mark.parametrize(("query", "paths", "total"), LISTINGS)
@pytest.mark.parametrize("action", ["files", "tree"])
def test_listing_of_modelscope(action: str, query: str, paths: list[str], total: int) -> None:
    told = body("ms", f"/api/v1/models/org/m/repo/{action}?Revision=master&{query}")
    assert told["Code"] == 200
    assert [entry["Path"] for entry in told["Data"]["Files"]] == paths
    assert told["Data"]["TotalCount"] == total
    assert all(
        entry["Sha256"] == f"{len(entry['Path']):064}" for entry in told["Data"]["Files"] if entry["Type"] == "blob"
    )


@pytest.mark.parametrize(("name", "known"), [("m", ["refs/pr/1", "master", "v1.0"]), ("tagged", ["v1.0", "master"])])
def test_revisions_of_modelscope_have_master(name: str, known: list[str]) -> None:
    branches = body("ms", f"/api/v1/models/org/{name}/revisions")["Data"]["RevisionMap"]["Branches"]
    assert [branch["Revision"] for branch in branches] == known
