"""config.json and safetensors headers, from a directory and from a hub."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import Unreachable
from ansible_collections.swift.k8s.plugins.module_utils._hub.listing import Listing, RemoteFile
from ansible_collections.swift.k8s.plugins.module_utils._plan import files
from ansible_collections.swift.k8s.plugins.module_utils._plan.errors import PlanError
from ansible_collections.swift.k8s.plugins.module_utils._plan.known import config
from ansible_collections.swift.k8s.plugins.module_utils._plan.weights import Stored

CONFIG = json.dumps(config("qwen-plus")).encode()


def tensors(**shapes: list[int]) -> bytes:
    """A safetensors file of 16-bit tensors."""
    head: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, shape in shapes.items():
        size = 2
        for edge in shape:
            size *= edge
        head[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + b"\0" * at


def write(folder: Path, **content: bytes) -> Path:
    for name, data in content.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def test_headers_give_exact_sizes(tmp_path: Path) -> None:
    write(tmp_path, config__json=CONFIG, model__safetensors=tensors(a=[4, 8], b=[3]))
    found = files.model({"id": "x/y", "path": str(tmp_path)})
    assert found.stored == Stored(35, 70)
    assert found.shape.layers == 28


def test_an_index_saves_reading_every_header(tmp_path: Path) -> None:
    write(tmp_path, config__json=CONFIG, a__safetensors=b"x", b__safetensors=b"x")
    (tmp_path / files.INDEX).write_bytes(json.dumps({"metadata": {"total_size": 99}}).encode())
    assert files.from_directory("x/y", str(tmp_path)).stored == Stored(0, 99)
    (tmp_path / files.INDEX).write_bytes(b"{}")
    assert files.from_directory("x/y", str(tmp_path)).stored is None


def test_an_index_without_a_size_is_none(tmp_path: Path) -> None:
    write(tmp_path, config__json=CONFIG, a__safetensors=b"x", b__safetensors=b"x")
    for metadata in ("x", {"total_size": "99"}, {"total_size": -1}):
        (tmp_path / files.INDEX).write_bytes(json.dumps({"metadata": metadata}).encode())
        assert files.from_directory("x/y", str(tmp_path)).stored is None


def test_weights_in_directories_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub({"config.json": CONFIG, "model.safetensors": tensors(a=[9]), "onnx/model.safetensors": tensors(a=[7])})
    listing = Listing("c", tuple(RemoteFile(name, len(data)) for name, data in hub.content.items()))
    monkeypatch.setattr(files, "first_answering", lambda *_, **__: (hub, listing, []))
    assert files.model({"id": "x/y"}).stored == Stored(9, 18)


def test_an_empty_config_asks_no_hub() -> None:
    with pytest.raises(PlanError, match=r"config.json of x/y .* has no usable"):
        files.model({"id": "x/y", "config": {}})


def header(tensor: Any) -> bytes:
    text = json.dumps({"a": tensor}).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "tensor",
    [5, {}, {"shape": [1]}, {"shape": 3, "data_offsets": [0, 2]}, {"shape": [1], "data_offsets": [9, 2]}],
)
def test_a_header_that_lists_no_tensors(tmp_path: Path, tensor: Any) -> None:
    write(tmp_path, config__json=CONFIG, model__safetensors=header(tensor))
    with pytest.raises(PlanError, match=r"model\.safetensors of x/y has a header that lists no tensors"):
        files.from_directory("x/y", str(tmp_path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "has no config.json"),
        ({"config__json": b"{"}, "config.json of x/y is not JSON"),
        ({"config__json": b"[]"}, "is not a JSON object"),
        ({"config__json": CONFIG, "model__safetensors": b"abc"}, "has no safetensors header"),
        ({"config__json": CONFIG, "model__safetensors": struct.pack("<Q", 1 << 60)}, "has no safetensors header"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, content: dict[str, bytes], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        files.from_directory("x/y", str(write(tmp_path, **content)))


class Hub:
    """A hub in memory that gives a few bytes at a time."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self.content, self.read = content, 0

    def open(self, file: RemoteFile) -> Hub:
        self.rest = self.content[file.path]
        return self

    def readinto(self, view: memoryview) -> int:
        part, self.rest = self.rest[: min(7, len(view))], self.rest[min(7, len(view)) :]
        view[: len(part)] = part
        self.read += len(part)
        return len(part)

    def close(self) -> None:
        """Nothing is open."""


def test_a_hub_is_asked_for_beginnings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tensors(a=[1000, 1000])
    hub = Hub({"config.json": CONFIG, "model.safetensors": weights})
    listing = Listing("c", tuple(RemoteFile(name, len(data)) for name, data in hub.content.items()))
    monkeypatch.setattr(files, "first_answering", lambda *_, **__: (hub, listing, []))
    assert files.model({"id": "x/y"}).stored == Stored(1_000_000, 2_000_000)
    assert hub.read < len(CONFIG) + 1000


def test_a_hub_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: Any, **__: Any) -> None:
        raise Unreachable("no route")

    monkeypatch.setattr(files, "first_answering", closed)
    with pytest.raises(PlanError, match=r"x/y cannot be planned, its hub does not answer: no route"):
        files.model({"id": "x/y"})
