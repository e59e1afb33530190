# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Read a model's config.json and the headers of its weights: from a directory or from a hub. No weight is read."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from typing import Any, Callable, Optional

from .._hub.base import Hub, Repository
from .._hub.chain import DEFAULT_REVISIONS, Endpoint, first_answering
from .._hub.errors import HubError
from .._hub.http import Settings
from .._hub.listing import RemoteFile
from .._hub.retry import Policy
from . import known
from .errors import PlanError
from .fit import Model
from .parameters import count
from .shape import parse
from .weights import Stored, stored

CONFIG, INDEX = "config.json", "model.safetensors.index.json"
_MOST_HEADER = 64 << 20
_PATIENCE = Settings(connect_timeout=3.0, stall_timeout=10.0)
#: Name and number of bytes -> the first bytes of a file.
Start = Callable[[str, int], bytes]


def model(option: Mapping[str, Any]) -> Model:
    """The model that an entry of the option `models` names: its own config, a directory, the known ones, or the hub."""
    name = str(option["id"])
    if option.get("config") is not None:
        return _model(name, option["config"], None)
    if option.get("path"):
        return from_directory(name, str(option["path"]))
    found = known.config(name)
    if found is not None:
        return _model(name, found, None, "shape from the collection's table of known models")
    return from_hub(name, option)


def from_directory(name: str, path: str) -> Model:
    """A model on this host."""
    if not os.path.isfile(os.path.join(path, CONFIG)):
        raise PlanError(f"{path} of {name} has no {CONFIG}. Give the directory of the model, or leave path out.")
    sizes = {entry.name: entry.stat().st_size for entry in os.scandir(path) if entry.is_file()}

    def start(file: str, length: int) -> bytes:
        with open(os.path.join(path, file), "rb") as stream:
            return stream.read(length)

    return _read(name, sizes, start)


def from_hub(name: str, option: Mapping[str, Any]) -> Model:
    """A model on a hub: a listing, its config, and the index or header of its weights."""
    kind = str(option.get("hub") or "modelscope")
    repository = Repository(name, "model", str(option.get("revision") or DEFAULT_REVISIONS[kind]))
    addresses = option.get("endpoints") or [option.get("endpoint") or ""]
    chain = [Endpoint(kind, str(address), "", "", _PATIENCE) for address in addresses]
    try:
        hub, listing, _refusals = first_answering(chain, repository, _nothing, policy=Policy(attempts=1))
        try:
            files = {file.path: file for file in listing.files or ()}
            sizes = {path: file.size for path, file in files.items()}
            return _read(name, sizes, lambda path, length: _beginning(hub, files[path], length))
        finally:
            hub.close()
    except HubError as error:
        raise PlanError(
            f"{name} cannot be planned, its hub does not answer: {error}. Or give config or path."
        ) from error


def _nothing(_hub: Hub) -> str:
    return ""


def _beginning(hub: Hub, file: RemoteFile, length: int) -> bytes:
    """The first bytes of a file; the connection is closed when they are there."""
    body = hub.open(file)
    try:
        wanted = bytearray(min(length, file.size))
        view, at = memoryview(wanted), 0
        while at < len(wanted):
            read = body.readinto(view[at:])
            if not read:
                break
            at += read
        return bytes(wanted[:at])
    finally:
        body.close()


def _read(name: str, sizes: Mapping[str, int], start: Start) -> Model:
    if CONFIG not in sizes:
        raise PlanError(f"{name} has no {CONFIG}, so its shape is not known. Give config.")
    config = _json(name, CONFIG, start(CONFIG, sizes[CONFIG]))
    return _model(name, config, _weights(name, sizes, start))


def _weights(name: str, sizes: Mapping[str, int], start: Start) -> Optional[Stored]:
    """Exact bytes: of the headers where there are few files, else of the index."""
    # Directories below hold the same weights in another form.
    files = [file for file in sizes if file.endswith(".safetensors") and "/" not in file]
    if len(files) > 1 and INDEX in sizes:
        return _indexed(_json(name, INDEX, start(INDEX, sizes[INDEX])))
    headers = [header(name, file, start) for file in files]
    try:
        return stored(tensor for tensors in headers for tensor in tensors.values()) if headers else None
    except (KeyError, TypeError, ValueError) as error:
        raise PlanError(
            f"{', '.join(files)} of {name} has a header that lists no tensors ({error!r}). Fetch the file again."
        ) from error


def _indexed(index: Mapping[str, Any]) -> Optional[Stored]:
    metadata = index.get("metadata")
    total = metadata.get("total_size") if isinstance(metadata, Mapping) else None
    return Stored(0, int(total)) if isinstance(total, (int, float)) and total > 0 else None


def header(name: str, file: str, start: Start) -> dict[str, Any]:
    """The tensors of one safetensors file: its first 8 bytes are the length of the JSON that follows."""
    first = start(file, 8)
    length = struct.unpack("<Q", first)[0] if len(first) == 8 else 0
    if not 2 <= length <= _MOST_HEADER:
        raise PlanError(f"{file} of {name} has no safetensors header. Fetch the file again.")
    tensors = _json(name, file, start(file, 8 + length)[8:])
    tensors.pop("__metadata__", None)
    return tensors


def _json(name: str, file: str, text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise PlanError(f"{file} of {name} is not JSON: {error}. Fetch the file again.") from error
    if not isinstance(found, dict):
        raise PlanError(f"{file} of {name} is not a JSON object. Fetch the file again.")
    return found


def _model(name: str, config: Mapping[str, Any], found: Optional[Stored], *notes: str) -> Model:
    shape = parse(config, name)
    return Model(shape, count(shape), found, notes)
