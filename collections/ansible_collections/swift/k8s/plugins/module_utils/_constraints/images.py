# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What an image reference says: where it lies, and which driver its toolkit needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Optional

from .errors import RuleError
from .versions import compare

DEFAULT_REGISTRY = "docker.io"
_TAG = re.compile(r":(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+|/)[a-z0-9]+)*")

# Lowest Linux driver a CUDA major version runs on, by its minor-version compatibility.
# Source: docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
CUDA_DRIVER = {"11": "450", "12": "525", "13": "580"}
# Lowest compute capability that images built on a CUDA version carry kernels for. CUDA 13 dropped Volta; PyTorch did so
# with its CUDA 12.8 builds already.  Source: pytorch issue 157517
CUDA_COMPUTE = (("12.8", "7.5"), ("11.0", "5.0"))
# Oldest driver (HDK) line without reports of failing under a CANN version. The vendor's table is a web page, not
# data, so this row is what people hit: CANN 8.2 and later on 24.1 drivers.  Source: vllm-ascend issues 2244, 3190, 5468
CANN_DRIVER = (("8.2", "25.0"),)


@dataclass(frozen=True)
class Reference:
    """A parsed image reference."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def manifest(self) -> str:
        """Return what a registry is asked for."""
        return self.digest or self.tag


def parse(image: str) -> Reference:
    """Split `registry/repository:tag@digest`, filling in what the container runtimes fill in."""
    rest, _at, digest = image.partition("@")
    found = _TAG.search(rest)
    tag = found.group("tag") if found else ""
    rest = rest[: found.start()] if found else rest
    first, slash, remainder = rest.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    registry, repository = (first, remainder) if is_host else (DEFAULT_REGISTRY, rest)
    if registry == DEFAULT_REGISTRY and "/" not in repository:
        repository = f"library/{repository}"
    if not _REPOSITORY.fullmatch(repository):
        raise RuleError(f"{image!r} is not an image reference; write registry/repository:tag")
    return Reference(registry, repository, tag or ("" if digest else "latest"), digest)


def requirements(image: str) -> dict[str, Any]:
    """Return what the tag tells about the toolkit inside: cuda or cann, and from it driver and compute capability."""
    reference = parse(image)
    found: dict[str, Any] = {"name": image, "tag": reference.tag, "registry": reference.registry}
    tag = reference.tag.lower()
    cuda = re.search(r"(?:cuda|cu)[-_]?(\d{2}\.\d+(?:\.\d+)?)", tag)
    cann = re.search(r"cann[-_]?(\d+\.\d+(?:\.(?:rc)?\d+)?)", tag)
    if cuda:
        found["cuda"] = cuda.group(1)
        # The patch level of a toolkit says nothing about the driver: 13.0.3 runs where 13.0 runs.
        found["cuda_minor"] = ".".join(cuda.group(1).split(".")[:2])
        found["min_driver"] = CUDA_DRIVER.get(cuda.group(1).split(".")[0])
        found["min_compute"] = row(CUDA_COMPUTE, cuda.group(1))
    family = re.search(r"(?:^|-)(a[2-9])-", tag)
    if cann:
        found["cann"] = cann.group(1)
        found["min_driver"] = row(CANN_DRIVER, cann.group(1))
        # v4.3.0-A2-py311-CANN9.0.0-ubuntu22.04: images are built for one family of NPUs.
        found["family"] = family.group(1).upper() if family else None
    return found


def row(table: tuple[tuple[str, str], ...], version: str) -> Optional[str]:
    """Return the value of the first (highest) row that the version reaches."""
    for lowest, value in table:
        if (compare(version, lowest) or 0) >= 0:
            return value
    return None
