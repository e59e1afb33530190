"""The real hub clients download from the lab hub, and every byte is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.hub import HubServer

from .clients import GENERATIONS, PROGRAMS, download

pytestmark = [pytest.mark.clients, pytest.mark.timeout(600)]

FILES = {
    "config.json": b'{"model_type": "qwen2"}',
    "model-00001-of-00002.safetensors": bytes(range(256)) * 8192,
    "model-00002-of-00002.safetensors": b"\xff" * ((1 << 20) + 1),
    "nested/deeper/notes.txt": b"text",
    "with space/\u4e2d\u6587 file.txt": "\u4f60\u597d".encode(),
    "empty": b"",
}
CLIENTS = [(generation, client) for generation in GENERATIONS for client in PROGRAMS]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer(signed_seconds=60) as server:
        yield server


def content(place: Path) -> dict[str, bytes]:
    """What lies there, without what clients keep for themselves."""
    own = (".mdl", ".msc", ".mv")
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and path.name not in own
    }


@pytest.mark.parametrize(("generation", "client"), CLIENTS)
def test_a_model(hub: HubServer, tmp_path: Path, generation: str, client: str) -> None:
    hub.put("org/tiny.v1", FILES)
    revision = "master" if client == "modelscope" else "main"
    assert content(download(generation, client, hub.url, "org/tiny.v1", tmp_path, revision=revision)) == FILES
    assert hub.bytes_of("org/tiny.v1") == sum(map(len, FILES.values()))


@pytest.mark.parametrize(("generation", "client"), CLIENTS)
def test_a_tag(hub: HubServer, tmp_path: Path, generation: str, client: str) -> None:
    hub.put("org/tiny", {"a": b"branch"})
    hub.put("org/tiny", {"a": b"tag"}, revision="v1.0")
    assert content(download(generation, client, hub.url, "org/tiny", tmp_path, revision="v1.0")) == {"a": b"tag"}


@pytest.mark.parametrize(("generation", "client"), CLIENTS)
def test_a_data_set(hub: HubServer, tmp_path: Path, generation: str, client: str) -> None:
    rows = {f"part-{number:03}.jsonl": b"{}" * number for number in range(120)}
    hub.put("org/rows", rows, kind="dataset")
    revision = "master" if client == "modelscope" else "main"
    got = content(download(generation, client, hub.url, "org/rows", tmp_path, kind="dataset", revision=revision))
    assert got == rows


def test_a_listing_beyond_the_cap_is_walked(hub: HubServer, tmp_path: Path) -> None:
    """Only the newer client knows of the cap."""
    files = {f"d{number % 3}/{number:04}": b"" for number in range(3100)}
    hub.put("org/wide", files)
    assert len(content(download("new", "modelscope", hub.url, "org/wide", tmp_path))) == len(files)


def test_wrong_bytes_are_fetched_again(hub: HubServer, tmp_path: Path) -> None:
    hub.put("org/tiny", FILES)
    hub.fault("wrong", times=1, path="model-00002*")
    assert content(download("new", "modelscope", hub.url, "org/tiny", tmp_path)) == FILES
