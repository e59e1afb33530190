"""What `up` decided, kept in the run directory; and the contract file for people and tests in the checkout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .image.layer import atomic_write
from .paths import Paths


@dataclass(frozen=True)
class State:
    """One running lab."""

    ports: Mapping[str, int]
    nodes: tuple[str, ...]
    bins: Mapping[str, str]
    ready: bool = False

    def save(self, paths: Paths) -> None:
        """Write it to the run directory."""
        atomic_write(paths.state, json.dumps(asdict(self), indent=1).encode())

    @classmethod
    def load(cls, paths: Paths) -> State | None:
        """The running (or half made, or dead) lab's state."""
        if not paths.state.exists():
            return None
        content = json.loads(paths.state.read_bytes())
        return cls(content["ports"], tuple(content["nodes"]), content["bins"], content["ready"])

    def binary(self, name: str) -> Path:
        """Where one of the lab's programs lies."""
        return Path(self.bins[name])


def contract(paths: Paths, state: State) -> dict[str, Any]:
    """build/<name>/lab.json."""
    return {
        "name": paths.name,
        "kubeconfig": str(paths.build / "kubeconfig"),
        "root": str(paths.run),
        "api": f"https://127.0.0.1:{state.ports['api']}",
        "registry": f"127.0.0.1:{state.ports['registry']}",
        "hub": f"http://127.0.0.1:{state.ports['hub']}",
        "audit_log": str(paths.audit_log),
        "nodes": list(state.nodes),
        "kubectl": state.bins["kubectl"],
    }
