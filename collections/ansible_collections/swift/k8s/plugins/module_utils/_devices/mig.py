# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""MIG configurations: the slice that one cuts into, and the resource that it is advertised as.

Sources: the configuration shipped with NVIDIA's mig-parted, and the README of the device plugin.
"""

from __future__ import annotations

import re
from typing import Optional

#: The configuration that cuts nothing, and the one that cuts each card into slices of several sizes.
WHOLE_CARDS, BALANCED = "all-disabled", "all-balanced"
# A profile may carry attributes: 1g.10gb+me, 1g.5gb+me.all.
_PROFILE = re.compile(r"(?P<slice>\d+g\.\d+gb)(?:[+.-].*)?")


def profile_of_config(config: str) -> Optional[str]:
    """Return the slice that a mig-parted configuration such as all-1g.10gb names; None for a mixture."""
    found = _PROFILE.fullmatch(config[len("all-") :]) if config.startswith("all-") else None
    return found.group("slice") if found else None


def resource_of(config: str) -> str:
    """Return the resource that strategy `mixed` advertises for the configuration; a prefix when it is a mixture."""
    if config == WHOLE_CARDS:
        return "nvidia.com/gpu"
    profile = profile_of_config(config)
    return f"nvidia.com/mig-{config[len('all-') :].replace('+', '.')}" if profile else "nvidia.com/mig-"
