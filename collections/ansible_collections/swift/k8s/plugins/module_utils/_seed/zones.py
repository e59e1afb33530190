# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Time zones that the schedule of limits names, as files for the pod: small Python images have none of their own."""

from __future__ import annotations

import os
import zoneinfo
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any


def zone_files(schedule: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Zone name -> the compiled zone, for the zones that this host has. Offsets such as UTC+8 need none."""
    names = {str(window.get("timezone") or "UTC") for window in schedule}
    found = {name: _zone(name) for name in names if name in zoneinfo.available_timezones()}
    return {name: content for name, content in found.items() if content}


def _zone(name: str) -> bytes:
    for folder in zoneinfo.TZPATH:
        path = os.path.join(folder, *name.split("/"))
        if os.path.isfile(path):
            with open(path, "rb") as stream:
                return stream.read()
    try:
        return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    except (ImportError, OSError):
        return b""
