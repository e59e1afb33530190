# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""CUDA as drivers support it and as ms-swift publishes images of it, and what to do where the two do not meet. Pure.

The chart has the same tables in files/pod/compatibility.json, for the check inside the pod; a test compares them.
"""

from __future__ import annotations

from functools import cache
from typing import Optional

from .images import CUDA_COMPUTE, CUDA_DRIVER, row
from .versions import compare

#: Lowest driver branch on Linux, and the newest CUDA that it brings.
#: Source: CUDA Toolkit release notes, table "CUDA Toolkit and Corresponding Driver Versions"; what nvidia-smi prints.
DRIVER_CUDA = (
    ("590", "13.1"),
    ("580", "13.0"),
    ("575", "12.9"),
    ("570", "12.8"),
    ("565", "12.7"),
    ("560", "12.6"),
    ("555", "12.5"),
    ("550", "12.4"),
    ("545", "12.3"),
    ("535", "12.2"),
    ("530", "12.1"),
    ("525", "12.0"),
    ("520", "11.8"),
    ("515", "11.7"),
    ("510", "11.6"),
    ("495", "11.5"),
    ("470", "11.4"),
    ("465", "11.3"),
    ("460", "11.2"),
    ("455", "11.1"),
    ("450", "11.0"),
)
#: CUDA of the images that ms-swift publishes, newest first, and their tags. There is none with CUDA 11.
#: Source: ms-swift, SWIFT-installation, of the releases that the tags end in.
PUBLISHED = (
    ("13.0", "ubuntu22.04-cuda13.0.3-py312-torch2.11.0-vllm0.25.1-modelscope1.39.0-swift4.4.3"),
    ("12.9", "ubuntu22.04-cuda12.9.1-py312-torch2.10.0-vllm0.19.1-modelscope1.35.4-swift4.1.3"),
    ("12.6", "ubuntu22.04-cuda12.6.3-py311-torch2.7.1-vllm0.10.1.1-modelscope1.29.2-swift3.8.3"),
)


@cache
def newest(driver: Optional[str]) -> Optional[str]:
    """Return the newest CUDA that a driver supports; None for one that is older than the table."""
    return row(DRIVER_CUDA, driver) if driver else None


@cache
def runs(driver: Optional[str], compute: Optional[str]) -> Optional[str]:
    """Return the newest published tag whose CUDA runs with the driver on the card; what is not known hinders none."""
    for cuda, tag in PUBLISHED:
        needs = ((driver, CUDA_DRIVER[cuda.split(".", maxsplit=1)[0]]), (compute, row(CUDA_COMPUTE, cuda)))
        if all(not there or not least or compare(there, least) in (0, 1) for there, least in needs):
            return tag
    return None


def remedy(driver: Optional[str], compute: Optional[str], least: Optional[str]) -> dict[str, str]:
    """Return the next step where the driver is too old, and where the card is."""
    tag = runs(driver, compute)
    upgrade = f"upgrade the driver to {least} or newer"
    if not tag:
        upgrade = upgrade.capitalize()
        return {"driver": f"{upgrade}; ms-swift publishes no image for this one.", "card": "Use newer cards"}
    return {
        "driver": f"Use image.tag {tag} of the published repository, or {upgrade}.",
        "card": f"Use image.tag {tag} of the published repository",
    }
