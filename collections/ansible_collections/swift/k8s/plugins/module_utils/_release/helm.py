# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The only place that runs the helm binary. Values go through stdin, credentials through the environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import explain, store
from .errors import BusyError, HelmError

_MINIMUM = (3, 17)
#: What helm says when another one holds the release, or made the next revision first.
_BUSY = re.compile(r"another operation \(|release: already exists|cannot re-use a name that is still in use")


@dataclass(frozen=True)
class Target:
    """What an upgrade needs to know, however it was decided."""

    name: str
    namespace: str
    chart: str
    values: Mapping[str, Any] = field(repr=False)
    digest: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    history_max: int = 10
    timeout: int = 300
    hooks: bool = True
    schema: bool = True
    take_ownership: bool = False


def program(name: str, path: str) -> str | None:
    """Where the program lies; None where it is neither on the PATH nor beside the interpreter."""
    # A helm beside the interpreter is the one of its environment, activated or not.
    return shutil.which(name, path=os.pathsep.join((path, os.path.dirname(sys.executable))))


class Helm:
    """Runs helm with one environment; counts its processes."""

    def __init__(self, environment: Mapping[str, str], binary: str | None = None) -> None:
        self._environment = dict(environment)
        self._binary = binary
        self._checked = False
        self.processes = 0

    def upgrade(self, target: Target) -> None:
        """Install or upgrade; returns when Helm has sent the objects and run the hooks."""
        labels = [f"--labels={key}={value}" for key, value in sorted(target.labels.items())]
        arguments = [*self._common("upgrade", target), "--output=json", *labels]
        arguments += ["--install", "--skip-crds", f"--history-max={target.history_max}", f"--timeout={target.timeout}s"]
        arguments += [f"--description={store.description(target.digest)}"]
        self._run(arguments, json.dumps(target.values), target.timeout)

    def render(self, target: Target) -> tuple[str, int]:
        """The manifest that an upgrade would send, and the bytes of the record that Helm would keep of it.

        Rendered against the API server (lookup works, foreign objects are refused); nothing is written.
        """
        arguments = [*self._common("upgrade", target), "--install", "--skip-crds", "--dry-run=server", "--output=json"]
        text = self._run(arguments, json.dumps(target.values), target.timeout)
        return str(json.loads(text).get("manifest", "")), store.weight(text)

    def template(self, target: Target, upgrade: bool) -> str:
        """The manifest for a release that cannot be asked: a stuck one, or one whose kinds come with the chart."""
        arguments = [
            *self._common("template", target),
            "--no-hooks",
            "--dry-run=server",
            *(["--is-upgrade"] if upgrade else []),
        ]
        return self._run(arguments, json.dumps(target.values), target.timeout)

    def rollback(self, name: str, namespace: str, revision: int, timeout: int, history_max: int) -> None:
        arguments = ["rollback", name, str(revision), f"--namespace={namespace}"]
        self._run([*arguments, f"--timeout={timeout}s", f"--history-max={history_max}"], None, timeout)

    def uninstall(self, name: str, namespace: str, timeout: int) -> None:
        self._run(["uninstall", name, f"--namespace={namespace}", "--wait", f"--timeout={timeout}s"], None, timeout)

    def pull(self, ref: str, version: str, repository: str, folder: str, trust: Sequence[str] = ()) -> str:
        """Fetch a chart archive into an empty folder and return its path. trust: --plain-http and the like."""
        arguments = ["pull", ref, f"--destination={folder}", *trust]
        arguments += [f"--version={version}"] if version else []
        arguments += [f"--repo={repository}"] if repository else []
        self._run(arguments, None, 600)
        return next(os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".tgz"))

    def version(self) -> tuple[int, ...]:
        text = self._execute(["version", "--template={{.Version}}"], None, 60)
        return tuple(map(int, re.findall(r"\d+", text)[:3]))

    @staticmethod
    def _common(verb: str, target: Target) -> list[str]:
        flags = {
            "--no-hooks": not target.hooks,
            "--skip-schema-validation": not target.schema,
            "--take-ownership": target.take_ownership and verb == "upgrade",
            "--reset-values": verb == "upgrade",
        }
        chosen = [flag for flag, wanted in flags.items() if wanted]
        return [verb, target.name, target.chart, f"--namespace={target.namespace}", "--values=-", *chosen]

    def _run(self, arguments: Sequence[str], stdin: str | None, timeout: int) -> str:
        if not self._checked:
            found = self.version()
            if found < _MINIMUM:
                wanted, have = ".".join(map(str, _MINIMUM)), ".".join(map(str, found))
                raise HelmError(f"helm {have} is too old; install Helm {wanted} or newer, or name one with binary_path")
            self._checked = True
        return self._execute(arguments, stdin, timeout)

    def _execute(self, arguments: Sequence[str], stdin: str | None, timeout: int) -> str:
        binary = self._found()
        self.processes += 1
        try:
            done = subprocess.run(
                [binary, *arguments],
                input=stdin if stdin is not None else "",
                env=self._environment,
                capture_output=True,
                text=True,
                timeout=timeout + 60,  # Helm gives up by itself first and records that it did
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise HelmError(
                f"helm {arguments[0]} {arguments[1]} hung for {timeout + 60} s and was ended; look at the API server"
            ) from error
        if done.returncode != 0:
            kind = BusyError if _BUSY.search(done.stderr) else HelmError
            raise kind(f"helm {arguments[0]} {arguments[1]}: {explain.helm(done.stderr)}")
        return done.stdout

    def _found(self) -> str:
        binary = program(self._binary or "helm", self._environment.get("PATH", ""))
        if not binary:
            place = f"at {self._binary}" if self._binary else "on PATH"
            raise HelmError(f"helm is not {place}; install Helm 3 or 4, or name the program with binary_path")
        return binary
