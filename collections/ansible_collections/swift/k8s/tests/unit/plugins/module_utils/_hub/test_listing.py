# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A listing comes from outside: what must be refused, and what the user's patterns take."""

from __future__ import annotations

import os

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import BadAnswer, UnsafePath
from ansible_collections.swift.k8s.plugins.module_utils._hub.listing import RemoteFile, checked, digest, selected


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../escape", "'..'"),
        ("a/../../escape", "'..'"),
        ("a//b", "empty"),
        ("./a", "'.'"),
        ("/etc/passwd", "absolute"),
        ("C:/windows", "absolute"),
        ("a\\b", "backslash"),
        ("a\nb", "control"),
        ("a\x9bb", "control"),
        ("a\ud800b", "not Unicode"),
        (os.fsdecode(b"\xff.bin"), "not Unicode"),
        ("", "is empty"),
        ("x" * 256, "255 bytes"),
        ("中" * 86, "255 bytes"),
        ("model.part", "unfinished"),
    ],
)
def test_unsafe_paths_are_refused_by_name(path: str, said: str) -> None:
    with pytest.raises(UnsafePath, match=said) as caught:
        checked([RemoteFile(path, 1)])
    assert repr(path)[:20] in str(caught.value)
    assert "Nothing was written" in caught.value.next_step


@pytest.mark.parametrize(
    "path", ["config.json", "a/b/c.bin", "with space.txt", "模型/权重 1.safetensors", ".gitattributes", "..a", "a..b/c"]
)
def test_ordinary_paths_pass(path: str) -> None:
    assert checked([RemoteFile(path, 1)]) == (RemoteFile(path, 1),)


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["Readme.md", "README.md"], "one file where case or the form of an accent does not count"),
        (["caf\u00e9", "cafe\u0301"], "one file where case or the form of an accent does not count"),
        (["a", "a/b"], "as a file"),
        (["A", "a/b/c"], "as a file"),
        (["a", "a"], "one file"),
    ],
)
def test_names_that_would_meet_are_refused(paths: list[str], said: str) -> None:
    with pytest.raises(UnsafePath, match=said):
        checked([RemoteFile(path, 1) for path in paths])


def test_directories_that_differ_in_case_pass_while_no_file_meets_another() -> None:
    assert len(checked([RemoteFile("A/x", 1), RemoteFile("a/y", 1)])) == 2


def test_a_size_below_zero_is_no_size() -> None:
    with pytest.raises(BadAnswer, match="no usable size"):
        checked([RemoteFile("a", -1)])


@pytest.mark.parametrize(
    ("path", "include", "exclude", "taken"),
    [
        ("config.json", [], [], True),
        ("config.json", ["*.json"], [], True),
        ("deep/config.json", ["*.json"], [], True),
        ("deep/config.json", ["config.json"], [], True),
        ("original/a.pth", ["*"], ["original/"], False),
        ("original.txt", ["*"], ["original/"], True),
        ("a.safetensors", ["*.json"], [], False),
        ("a.json", ["*.json"], ["a.*"], False),
        ("A.JSON", ["*.json"], [], False),
        ("tokenizer_config.json", ["tokenizer*"], [], True),
        (".msc", [], [], False),
        (".mdl", [".mdl"], [], False),
        ("deep/.mv", [], [], True),
    ],
)
def test_selection(path: str, include: list[str], exclude: list[str], taken: bool) -> None:
    assert selected(path, include, exclude) is taken


def test_the_digest_names_content_and_not_order() -> None:
    one, two = RemoteFile("a", 1, "x"), RemoteFile("b", 2, "", "git:y")
    assert digest([one, two]) == digest([two, one])
    assert digest([one]) != digest([one._replace(size=2)])
    assert digest([two]) != digest([two._replace(tag="git:z")])
