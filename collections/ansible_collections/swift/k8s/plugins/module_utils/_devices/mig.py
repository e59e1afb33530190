# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""MIG profiles by product: which slices a card can be cut into.

Sources: the configuration shipped with NVIDIA's mig-parted, and the README of the device plugin.
"""

from __future__ import annotations

import re
from typing import Optional

# (pattern of the product label, memory in GiB from, profiles). The first row that fits wins.
_TABLE: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    (r"A100", 70, ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")),
    (r"A100", 0, ("1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb")),
    (r"A30", 0, ("1g.6gb", "2g.12gb", "4g.24gb")),
    (r"H200", 0, ("1g.18gb", "1g.35gb", "2g.35gb", "3g.71gb", "4g.71gb", "7g.141gb")),
    (r"H(100|800)", 90, ("1g.12gb", "1g.24gb", "2g.24gb", "3g.48gb", "4g.48gb", "7g.96gb")),
    (r"H(100|800)", 0, ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")),
    (r"B200", 0, ("1g.23gb", "1g.45gb", "2g.45gb", "3g.90gb", "4g.90gb", "7g.180gb")),
    (r"RTX-PRO-6000", 0, ("1g.24gb", "2g.48gb", "4g.96gb")),
)
# A profile may carry attributes: 1g.10gb+me, 1g.5gb+me.all.
_PROFILE = re.compile(r"(?P<slice>\d+g\.\d+gb)(?:[+.-].*)?")


def profiles_of(product: str, memory_mib: Optional[int]) -> tuple[str, ...]:
    """Return the slices of a product; none for a card without MIG."""
    for pattern, gibibytes, profiles in _TABLE:
        if re.search(pattern, product) and (memory_mib or 0) >= gibibytes * 1024:
            return profiles
    return ()


def profile_of_config(config: str) -> Optional[str]:
    """Return the slice that a mig-parted configuration such as all-1g.10gb names; None for a mixture."""
    found = _PROFILE.fullmatch(config[len("all-") :]) if config.startswith("all-") else None
    return found.group("slice") if found else None


def resource_of(config: str) -> str:
    """Return the resource that strategy `mixed` advertises for the configuration; a prefix when it is a mixture."""
    if config == "all-disabled":
        return "nvidia.com/gpu"
    profile = profile_of_config(config)
    return f"nvidia.com/mig-{config[len('all-') :].replace('+', '.')}" if profile else "nvidia.com/mig-"
