# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The shape of a vendor's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Model:
    """A product of the table. compute is NVIDIA's compute capability; empty for others."""

    name: str
    memory_mib: int
    compute: str = ""
    family: str = ""


@dataclass(frozen=True)
class Description:
    """What a node's labels tell about its devices. None means that nobody says."""

    product: str | None = None
    memory_mib: int | None = None
    driver: str | None = None
    compute: str | None = None
    chip: str | None = None
    sharing: str = "none"


@dataclass(frozen=True)
class Vendor:
    """A vendor: which resources are its devices, and how labels describe them."""

    name: str
    prefix: str
    is_device: Callable[[str], bool]
    describe: Callable[[Labels, str], Description]
    models: tuple[Model, ...] = ()
    learn: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
