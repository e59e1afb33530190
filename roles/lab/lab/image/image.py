"""An OCI image: layers and what to run, kept in the cache's image store."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .layer import MEDIA_TYPE, Layer, atomic_write, blob_path, store, write_blob

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """What a pod's `image: lab.registry/<name>:<tag>` is made of."""

    name: str
    tag: str
    layers: Sequence[Layer]
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    workdir: str = "/"

    @property
    def reference(self) -> str:
        """name:tag"""
        return f"{self.name}:{self.tag}"

    def config(self) -> dict[str, Any]:
        """The OCI image configuration."""
        environment = {"PATH": PATH, **self.env}
        run: dict[str, Any] = {
            "Env": [f"{key}={value}" for key, value in environment.items()],
            "WorkingDir": self.workdir,
        }
        optional = {"User": self.user, "Entrypoint": list(self.entrypoint), "Cmd": list(self.command)}
        run.update({key: value for key, value in optional.items() if value})
        return {
            "architecture": architecture(),
            "os": "linux",
            "config": run,
            "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in self.layers]},
        }

    def tagged(self, name: str, tag: str) -> Image:
        """The same image under another name."""
        return Image(name, tag, self.layers, self.entrypoint, self.command, self.env, self.user, self.workdir)


@dataclass(frozen=True)
class Saved:
    """An image in the store: its name and the digests it needs, manifest first."""

    name: str
    tag: str
    manifest: str

    def document(self) -> dict[str, Any]:
        """The parsed manifest."""
        document: dict[str, Any] = json.loads(blob_path(self.manifest).read_bytes())
        return document

    def blobs(self) -> list[str]:
        """Digests of config and layers."""
        document = self.document()
        return [document["config"]["digest"], *(layer["digest"] for layer in document["layers"])]


def architecture() -> str:
    """This machine's architecture as OCI spells it."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def save(image: Image) -> Saved:
    """Keep the image in the store, where `up` finds it for the lab's registry."""
    config = json.dumps(image.config(), sort_keys=True).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": CONFIG_TYPE, "digest": write_blob(config), "size": len(config)},
        "layers": [{"mediaType": MEDIA_TYPE, "digest": layer.digest, "size": layer.size} for layer in image.layers],
    }
    digest = write_blob(json.dumps(manifest, sort_keys=True).encode())
    reference = _references() / image.name / image.tag
    reference.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(reference, digest.encode())
    return Saved(image.name, image.tag, digest)


def saved_images() -> Iterator[Saved]:
    """Every image in the store whose blobs are all there; a damaged one is left out and made anew by its builder."""
    for path in sorted(_references().rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        name = str(path.parent.relative_to(_references()))
        saved = Saved(name, path.name, path.read_text().strip())
        if blob_path(saved.manifest).exists() and all(blob_path(digest).exists() for digest in saved.blobs()):
            yield saved


def _references() -> Path:
    return store() / "references"
