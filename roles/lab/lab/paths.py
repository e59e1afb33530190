"""Where things are: the cache that outlives labs, one lab's run directory, and what it leaves in the checkout."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

PACKAGE = Path(__file__).resolve().parent
ROLE = PACKAGE.parent
CHECKOUT = ROLE.parent.parent
NAME = re.compile(r"[a-z][a-z0-9-]{0,15}")


def cache_root() -> Path:
    """The cache that every lab of this user shares."""
    chosen = os.environ.get("SWIFT_K8S_CACHE")
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "swift-k8s"


@dataclass(frozen=True)
class Paths:
    """Every path of one lab."""

    name: str
    cache: Path

    @classmethod
    def here(cls, name: str | None = None) -> Paths:
        """The paths of the lab that LAB_NAME chooses (default: lab)."""
        name = name or os.environ.get("LAB_NAME") or "lab"
        if not NAME.fullmatch(name):
            raise LabError(
                f"LAB_NAME {name!r} is not a lab name",
                "use 1 to 16 lower-case letters, digits and dashes, starting with a letter",
            )
        return cls(name, cache_root())

    @property
    def bin(self) -> Path:
        """Compiled pieces, one directory each."""
        return self.cache / "bin"

    @property
    def images(self) -> Path:
        """Image layers and manifests by digest."""
        return self.cache / "images"

    @property
    def run(self) -> Path:
        """All that this lab writes; removed by `down`."""
        return self.cache / "run" / self.name

    @property
    def log(self) -> Path:
        """One log per process."""
        return self.run / "log"

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.run / "pki"

    @property
    def registry(self) -> Path:
        """What the lab's registry serves."""
        return self.run / "registry"

    @property
    def audit_log(self) -> Path:
        """The API server's audit log, the judge of idempotence."""
        return self.log / "audit.json"

    @property
    def state(self) -> Path:
        """What `up` decided: ports, nodes, the process to end."""
        return self.run / "state.json"

    @property
    def control(self) -> Path:
        """The socket of the lab's first process."""
        return self.run / "init.sock"

    @property
    def build(self) -> Path:
        """What tests and people read: lab.json and kubeconfig."""
        return CHECKOUT / "build" / self.name

    def node(self, name: str) -> Path:
        """All that one node writes."""
        return self.run / "nodes" / name
