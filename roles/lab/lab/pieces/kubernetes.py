"""Kubernetes from its published module: the staging modules are replaced by their published versions."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .go import LINK, download, go
from .piece import Workshop

VERSION = "v1.36.3"
COMMANDS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")


def build(workshop: Workshop) -> None:
    """One `go build` for all commands: the links overlap with the compiles."""
    module = download(workshop, f"k8s.io/kubernetes@{VERSION}")
    (workshop.work / "go.mod").write_text(go_mod(Path(module["GoMod"]).read_text(), VERSION))
    shutil.copyfile(Path(module["Dir"]) / "go.sum", workshop.work / "go.sum")
    (workshop.work / "go.sum").chmod(0o644)
    packages = [f"k8s.io/kubernetes/cmd/{command}" for command in COMMANDS]
    imports = "\n".join(f'import _ "{package}"' for package in packages)
    (workshop.work / "tools.go").write_text(f"//go:build tools\n\npackage tools\n\n{imports}\n")
    go(workshop, ["list", "-mod=mod", "-deps", *packages])
    go(workshop, ["build", "-v", "-mod=mod", "-ldflags", link_flags(VERSION), "-o", f"{workshop.out}/", *packages])


def go_mod(upstream: str, version: str) -> str:
    """A go.mod that requires kubernetes and all it requires.

    Replaces are not inherited from a dependency, and the staging modules' requirement v0.0.0 exists nowhere: they are
    replaced by v0.x of the same release.
    """
    staging = "v0." + version.removeprefix("v1.")
    go_line = _first(r"^go [^\n]*$", upstream)
    godebug = _first(r"^godebug (?:\(.*?^\)|[^\n]*$)", upstream)
    blocks = re.findall(r"^require \(.*?^\)", upstream, re.MULTILINE | re.DOTALL)
    required = "\n".join(
        re.sub(r"^\tk8s\.io/[a-z0-9-]+ v0\.0\.0.*\n", "", block, flags=re.MULTILINE) for block in blocks
    )
    staged = sorted(set(re.findall(r"^\s*(k8s\.io/[a-z0-9-]+) => \./staging", upstream, re.MULTILINE)))
    replaces = "\n".join(f"replace {module} => {module} {staging}" for module in staged)
    return f"module lab/k8s\n{go_line}\n{godebug}\nrequire k8s.io/kubernetes {version}\n{required}\n{replaces}\n"


def link_flags(version: str) -> str:
    """Without the stamped version every component says v0.0.0-master, and skew checks between them refuse."""
    package = "k8s.io/component-base/version"
    major, minor = version.removeprefix("v").split(".")[:2]
    stamps = {
        f"{package}.gitVersion": version,
        f"{package}.gitMajor": major,
        f"{package}.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": version,
        f"{package}.gitTreeState": "clean",
    }
    return " ".join([LINK, *(f"-X {name}={value}" for name, value in stamps.items())])


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE | re.DOTALL)
    return found.group(0) if found else ""
