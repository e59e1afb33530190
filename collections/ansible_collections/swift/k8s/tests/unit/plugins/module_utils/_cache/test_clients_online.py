# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Both generations of the real clients download what a cache holds from the hub that serves it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed import serve
from lab.hub import HubServer

from tests.unit.lab.clients import interpreter

from .conftest import FILES, ID, MARKERS, Cache

pytestmark = [pytest.mark.clients, pytest.mark.timeout(600)]

ROWS = {f"part-{number:03}.jsonl": b"{}" * number for number in range(250)}
HELD = {"model": FILES, "dataset": ROWS}
ONE = {"model": "weights/a.bin", "dataset": "part-123.jsonl"}
TOKEN = "ms-0a1b2c3d-4e5f"
#: What a person writes. Address and token come from the environment, but for ModelScope's clients up to 1.37: theirs
#: can name no http address.
GIVEN = {("old", "modelscope"): ", endpoint=os.environ['MODELSCOPE_ENDPOINT']"}
CODE = {
    ("modelscope", "model", "all"): "from modelscope.hub.snapshot_download import snapshot_download as f",
    ("modelscope", "dataset", "all"): "from modelscope.hub.snapshot_download import dataset_snapshot_download as f",
    ("modelscope", "model", "one"): "from modelscope.hub.file_download import model_file_download as f",
    ("modelscope", "dataset", "one"): "from modelscope.hub.file_download import dataset_file_download as f",
    ("huggingface", "model", "all"): "from huggingface_hub import snapshot_download as f",
    ("huggingface", "dataset", "all"): "from huggingface_hub import snapshot_download as f",
    ("huggingface", "model", "one"): "from huggingface_hub import hf_hub_download as f",
    ("huggingface", "dataset", "one"): "from huggingface_hub import hf_hub_download as f",
}
CALL = """
import os
{load}
try:
    print(f({id!r}{more}))
except Exception as error:
    print("refused:", type(error).__name__, " ".join(str(error).split()))
"""
CLIENTS = [(generation, name) for generation in ("old", "new") for name in ("modelscope", "huggingface")]
every_client = pytest.mark.parametrize("client", CLIENTS, ids="-".join)


class Hub:
    """A cache that is served, and the real clients that ask it."""

    def __init__(self, url: str, place: Path) -> None:
        self.environ = {"MODELSCOPE_ENDPOINT": url, "HF_ENDPOINT": url}
        self._place = place

    def ask(
        self, client: tuple[str, str], kind: str = "model", file: str = "", name: str = ID, revision: str = ""
    ) -> str:
        """The path that a client gives, or `refused:` and its error."""
        generation, library = client
        more = f", {file!r}" if file else ""
        more += f", repo_type={kind!r}" if library == "huggingface" else GIVEN.get(client, "")
        more += f", revision={revision!r}" if revision else ""
        code = CALL.format(load=CODE[library, kind, "one" if file else "all"], id=name, more=more)
        return self.run([str(interpreter(generation)), "-c", code])[-1]

    def run(self, command: list[str]) -> list[str]:
        """The lines that a command prints."""
        done = subprocess.run(
            command,
            env={"PATH": os.environ["PATH"], "HOME": str(self._place), "NO_PROXY": "*", **self.environ},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@contextlib.contextmanager
def served(cache: Cache, token: str = "") -> Iterator[Hub]:
    running = serve.server(str(cache.root), 0, "127.0.0.1", token=token)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield Hub(f"http://127.0.0.1:{running.server_address[1]}", cache.root.parent)
    finally:
        running.shutdown()
        running.server_close()


@pytest.fixture
def filled(cache: Cache, hub: HubServer) -> Cache:
    """A model from ModelScope (`master`) with a tag, a data set from Hugging Face (`main`)."""
    hub.put(ID, {"a": b"tag"}, revision="v1.0")
    hub.put(ID, FILES)
    hub.put(ID, ROWS, kind="dataset")
    assert cache.seed(revision="v1.0").error is None
    assert cache.seed().error is None
    assert cache.seed(type="dataset", hub="huggingface").error is None
    return cache


@pytest.fixture
def site(filled: Cache) -> Iterator[Hub]:
    with served(filled) as hub:
        yield hub


def read(directory: str) -> dict[str, bytes]:
    """What lies there, without what clients keep for themselves."""
    top = Path(directory)
    found = {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}
    return {path: content for path, content in found.items() if path not in MARKERS}


@every_client
@pytest.mark.parametrize("kind", HELD)
def test_all_of_it_and_one_file(site: Hub, client: tuple[str, str], kind: str) -> None:
    assert Path(site.ask(client, kind, ONE[kind])).read_bytes() == HELD[kind][ONE[kind]]
    assert read(site.ask(client, kind)) == HELD[kind]


@every_client
def test_a_tag(site: Hub, client: tuple[str, str]) -> None:
    assert read(site.ask(client, revision="v1.0")) == {"a": b"tag"}


@every_client
def test_a_model_that_a_directory_brought(cache: Cache, client: tuple[str, str], tmp_path: Path) -> None:
    """Its commit is a digest of its listing."""
    (tmp_path / "usb").mkdir()
    (tmp_path / "usb/config.json").write_bytes(b"{}")
    assert cache.seed(hub="directory", source=str(tmp_path / "usb")).error is None
    with served(cache) as hub:
        assert read(hub.ask(client)) == {"config.json": b"{}"}


#: client -> its error for an id, a revision and a file that are not there
ABSENT = {
    ("old", "modelscope"): ("HTTPError The request model: org/none does not exist", "NotExistError", "NotExistError"),
    ("new", "modelscope"): ("HTTPError [E3020] [404]", "HTTPError [E3020] [404]", "HTTPError [E3020] [404]"),
    ("old", "huggingface"): ("RepositoryNotFoundError", "RevisionNotFoundError", "EntryNotFoundError"),
    ("new", "huggingface"): ("RepositoryNotFoundError", "RevisionNotFoundError", "RemoteEntryNotFoundError"),
}


@every_client
def test_what_is_not_there_is_the_clients_own_error(site: Hub, client: tuple[str, str]) -> None:
    answers = (site.ask(client, name="org/none"), site.ask(client, revision="v9"), site.ask(client, file="none.txt"))
    for answer, error in zip(answers, ABSENT[client]):
        assert answer.startswith(f"refused: {error}"), answer


@every_client
@pytest.mark.parametrize("kind", HELD)
def test_a_token(filled: Cache, client: tuple[str, str], kind: str) -> None:
    with served(filled, TOKEN) as hub:
        assert re.search(r"\b401\b.*(Unauthorized|the token is not the one of this hub)", hub.ask(client, kind))
        hub.environ.update(HF_TOKEN=TOKEN, MODELSCOPE_API_TOKEN=TOKEN)
        if client == ("old", "modelscope"):
            # it sends the token to this host alone, whatever the address
            hub.environ.update(MODELSCOPE_DOMAIN="127.0.0.1")
        assert Path(hub.ask(client, kind, ONE[kind])).read_bytes() == HELD[kind][ONE[kind]]
        assert read(hub.ask(client, kind)) == HELD[kind]


COMMANDS = [
    ("old", ["hf", "download", ID, "--local-dir"]),
    ("new", ["hf", "download", ID, "--local-dir"]),
    ("new", ["modelscope", "download", "--model", ID, "--local_dir"]),
]


@pytest.mark.parametrize(("generation", "words"), COMMANDS)
def test_the_commands(filled: Cache, tmp_path: Path, generation: str, words: list[str]) -> None:
    with served(filled, TOKEN) as hub:
        hub.environ.update(HF_TOKEN=TOKEN, MODELSCOPE_API_TOKEN=TOKEN)
        hub.run([str(interpreter(generation).parent / words[0]), *words[1:], str(tmp_path / "got")])
    assert {path: (tmp_path / "got" / path).read_bytes() for path in FILES} == FILES
