"""Renders of the chart, each made once a session."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/ms-swift"
POD = CHART / "files/pod"
sys.path[:0] = [str(ROOT / "scripts"), str(POD), str(ROOT / "collections")]

#: a service on a CPU: the least that renders
BASE = {"model.id": "Lab/Qwen2.5-0.5B-Instruct", "accelerator.vendor": "cpu"}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Render:
    """What helm says to a set of values: objects by kind, or the error."""

    def __init__(self, status: int, output: str, error: str) -> None:
        self.error = "\n".join(line for line in error.splitlines() if "walk.go" not in line) if status else ""
        loaded = yaml.load_all(output, Loader=_Loader) if not status else []
        self.objects: list[dict[str, Any]] = [item for item in loaded if item]

    def all(self, kind: str) -> list[dict[str, Any]]:
        assert not self.error, self.error
        return [item for item in self.objects if item["kind"] == kind]

    def one(self, kind: str) -> Any:
        found = [item for item in self.all(kind) if "helm.sh/hook" not in item["metadata"].get("annotations", {})]
        assert found, f"no {kind} among {[item['kind'] for item in self.objects]}"
        return found[0]

    @property
    def pod(self) -> Any:
        for kind in ("Deployment", "Job"):
            if self.all(kind):
                return self.one(kind)["spec"]["template"]["spec"]
        return self.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    @property
    def engine(self) -> Any:
        return self.pod["containers"][0]

    @property
    def env(self) -> dict[str, str]:
        return {item["name"]: item.get("value", "") for item in self.engine["env"]}

    @property
    def files(self) -> dict[str, str]:
        return next(item["data"] for item in self.all("ConfigMap") if "run.json" in item["data"])

    @property
    def run(self) -> Any:
        return json.loads(self.files["run.json"])

    @property
    def arguments(self) -> Any:
        return self.run["arguments"]

    def init(self, name: str) -> Any:
        return next(item for item in self.pod["initContainers"] if item["name"] == name)


@functools.cache
def _render(words: tuple[str, ...], values: str) -> Render:
    command = ["helm", "template", "r", str(CHART), "--namespace", "ns", *words, "--values", "-"]
    done = subprocess.run(command, input=values, capture_output=True, text=True, check=False)
    return Render(done.returncode, done.stdout, done.stderr)


Rendering = Callable[..., Render]


def render(*words: str, values: Mapping[str, Any] | None = None, **pairs: Any) -> Render:
    """helm template with --set-json pairs (`engine__port=1` is engine.port), raw words, and a values mapping."""
    named = [f"{key.replace('__', '.')}={json.dumps(value)}" for key, value in pairs.items()]
    flags = [item for pair in named for item in ("--set-json", pair)]
    return _render((*flags, *words), json.dumps(values or {}))


def service(**pairs: Any) -> Render:
    """The base service with changes."""
    return render(values={"model": {"id": BASE["model.id"]}, "accelerator": {"vendor": "cpu"}}, **pairs)


@pytest.fixture(name="render")
def render_fixture() -> Rendering:
    return render


@pytest.fixture(name="service")
def service_fixture() -> Rendering:
    return service
