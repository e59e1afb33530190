"""Images: layers found again by recipe, OCI documents, publication into a registry's storage and over HTTP."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from lab.errors import LabError
from lab.image import Image, Layer, publish, push, rootfs_layer, save, saved_images, skeleton, tidy
from lab.image.layer import blob_path, store

from .heard import Heard


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWIFT_K8S_CACHE", str(tmp_path / "cache"))


class Filler:
    """Fills a directory and counts how often."""

    def __init__(self, text: str = "hello") -> None:
        self.calls = 0
        self.text = text

    def __call__(self, directory: Path) -> None:
        self.calls += 1
        (directory / "file").write_text(self.text)
        os.utime(directory / "file", (1, 1))
        os.utime(directory, (1, 1))


def sha256(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def make() -> tuple[Image, Layer]:
    layer = rootfs_layer("one", Filler())
    return Image("some/thing", "1", [layer], entrypoint=["/run"], env={"A": "b"}, user="1000", workdir="/w"), layer


def test_a_layer_is_a_tar_with_its_own_digest() -> None:
    layer = rootfs_layer("one", Filler())
    assert sha256(layer.path) == layer.digest
    assert layer.path.stat().st_size == layer.size
    with tarfile.open(layer.path) as archive:
        assert "./file" in archive.getnames()


def test_a_recipe_is_made_once() -> None:
    fill = Filler()
    assert rootfs_layer("one", fill) == rootfs_layer("one", fill)
    assert fill.calls == 1
    rootfs_layer("two", fill)
    assert fill.calls == 2


def test_two_who_want_the_same_make_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fill, begun, go, heard = Filler(), Event(), Event(), Heard("another build is at work in")
    monkeypatch.setattr(sys, "stderr", heard)

    def slowly(directory: Path) -> None:
        begun.set()
        go.wait(20)
        fill(directory)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(rootfs_layer, "r", slowly)
        begun.wait(20)
        second = pool.submit(rootfs_layer, "r", slowly)
        assert heard.came.wait(20)
        go.set()
        assert first.result() == second.result()
    assert fill.calls == 1


@pytest.mark.parametrize("damage", ["shorter", "other bytes", "gone"])
def test_a_damaged_layer_is_made_again(damage: str) -> None:
    fill = Filler()
    layer = rootfs_layer("one", fill)
    content = layer.path.read_bytes()
    if damage == "gone":
        layer.path.unlink()
    else:
        layer.path.write_bytes(content[:-512] if damage == "shorter" else b"x" + content[1:])
    assert rootfs_layer("one", fill) == layer
    assert fill.calls == 2
    assert layer.path.read_bytes() == content


def test_a_touched_but_whole_layer_stays() -> None:
    fill = Filler()
    os.utime(rootfs_layer("one", fill).path, (5, 5))
    rootfs_layer("one", fill)
    assert fill.calls == 1


def test_nothing_stays_of_a_failed_fill() -> None:
    def fill(directory: Path) -> None:
        (directory / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rootfs_layer("one", fill)
    assert not list((store() / "scratch").iterdir())


def test_tidy_removes_what_killed_builders_left_and_spares_the_living() -> None:
    layer = rootfs_layer("one", Filler())
    dead, alive = store() / "scratch/layer-999999999-x", store() / f"scratch/layer-{os.getpid()}-x"
    part = layer.path.parent / ".part-999999999-y"
    dead.mkdir()
    alive.mkdir()
    part.touch()
    tidy()
    assert (dead.exists(), alive.exists(), part.exists(), layer.path.exists()) == (False, True, False, True)


def test_config_and_manifest() -> None:
    image, layer = make()
    document = save(image).document()
    config = json.loads(blob_path(document["config"]["digest"]).read_bytes())
    assert document["layers"] == [
        {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer.digest, "size": layer.size}
    ]
    assert config["rootfs"]["diff_ids"] == [layer.digest]
    assert config["config"]["User"] == "1000"
    assert config["config"]["Entrypoint"] == ["/run"]
    assert config["config"]["Env"][-1] == "A=b"
    assert "Cmd" not in config["config"]


def test_saved_images_leaves_out_what_is_damaged() -> None:
    image, layer = make()
    save(image)
    save(image.tagged("other", "2"))
    assert [(saved.name, saved.tag) for saved in saved_images()] == [("other", "2"), ("some/thing", "1")]
    layer.path.unlink()
    assert list(saved_images()) == []


def test_publish_links_and_copies_nothing(tmp_path: Path) -> None:
    image, layer = make()
    saved = save(image)
    assert publish([saved], tmp_path) == 1
    assert publish([saved], tmp_path) == 1
    root = tmp_path / "docker/registry/v2"
    value = layer.digest.removeprefix("sha256:")
    assert (root / f"blobs/sha256/{value[:2]}/{value}/data").samefile(layer.path)
    repository = root / "repositories/some/thing"
    assert (repository / "_manifests/tags/1/current/link").read_text() == saved.manifest
    assert (repository / f"_layers/sha256/{value}/link").read_text() == layer.digest


class Registry(BaseHTTPRequestHandler):
    """The upload part of the distribution protocol, strict about digests."""

    blobs: dict[str, bytes]
    manifests: dict[str, bytes]

    def do_HEAD(self) -> None:
        self._answer(200 if self.path.rpartition("/")[2] in self.blobs else 404)

    def do_POST(self) -> None:
        self._answer(202, Location="/upload/1?state=x")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path, _, query = self.path.partition("?")
        if path.startswith("/upload"):
            digest = query.partition("digest=")[2]
            good = digest == "sha256:" + hashlib.sha256(body).hexdigest()
            self.blobs[digest] = body
            self._answer(201 if good else 400)
            return
        self.manifests[path] = body
        self._answer(201)

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def registry() -> Iterator[tuple[str, type[Registry]]]:
    kind = type("Fresh", (Registry,), {"blobs": {}, "manifests": {}, "protocol_version": "HTTP/1.1"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", kind
    server.shutdown()
    server.server_close()


def test_push_uploads_every_blob_then_the_manifest(registry: tuple[str, type[Registry]]) -> None:
    address, kind = registry
    image, layer = make()
    manifest = push(image, address)
    assert kind.blobs[layer.digest] == layer.path.read_bytes()
    assert "sha256:" + hashlib.sha256(kind.manifests["/v2/some/thing/manifests/1"]).hexdigest() == manifest
    assert push(image, address) == manifest


def test_push_says_when_nobody_listens() -> None:
    image, _ = make()
    with pytest.raises(LabError, match=r"does not answer.*Next: start the lab"):
        push(image, "127.0.0.1:1")


def test_the_skeleton_has_an_account_with_a_home(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: gives the home to another user")
    skeleton(tmp_path, ("swift", 1000))
    assert "swift:x:1000:1000::/home/swift" in (tmp_path / "etc/passwd").read_text()
    assert (tmp_path / "home/swift").stat().st_uid == 1000
    assert (tmp_path / "bin").readlink() == Path("usr/bin")
    assert (tmp_path / "tmp").stat().st_mode & 0o7777 == 0o1777
