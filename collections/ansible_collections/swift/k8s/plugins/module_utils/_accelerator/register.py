# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What HAMi writes about a node's devices into an annotation, since its resources tell neither product nor memory."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .table import Vendor


@dataclass(frozen=True)
class Registered:
    """The first healthy device of a node; HAMi registers nodes whose devices are alike."""

    product: str | None
    memory_mib: int | None


def registered(vendor: Vendor, annotations: Mapping[str, str]) -> Registered | None:
    """The devices of a vendor that HAMi registered on a node; None where it did not."""
    for key, text in annotations.items():
        if re.fullmatch(vendor.register, key):
            return _parse(vendor, text)
    return None


def _parse(vendor: Vendor, text: str) -> Registered:
    try:
        entries = json.loads(text)
        first = next(entry for entry in entries if entry.get("health", True))
        return Registered(_product(vendor, str(first.get("type") or "")), int(first.get("devmem") or 0) or None)
    except (ValueError, TypeError, AttributeError, StopIteration):
        # Older releases write lists of values separated by commas; that HAMi is here is all we take from them.
        return Registered(None, None)


def _product(vendor: Vendor, kind: str) -> str | None:
    """`NVIDIA-NVIDIA A10` -> `NVIDIA-A10`: HAMi puts the vendor before the name, which may begin with it."""
    name = kind.strip().replace(" ", "-")
    prefix = f"{vendor.name}-"
    if name.lower().startswith(prefix):
        name = name[len(prefix) :]
    return name or None
