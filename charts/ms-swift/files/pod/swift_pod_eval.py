# SPDX-License-Identifier: Apache-2.0
"""What `swift eval` asks of EvalScope although it can do without, put in place before it starts."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from swift_pod_errors import LaunchError


def prepare(backend: str) -> None:
    """Let ms-swift evaluate with newer releases of EvalScope (1.14.1 too), and natively without OpenCompass."""
    try:
        constants: Any = importlib.import_module("evalscope.constants")
    except ImportError as error:
        raise LaunchError(
            f"task eval needs EvalScope ({error}): set image.repository to one that has it (pip install evalscope)"
        ) from error
    if not hasattr(constants.EvalType, "SERVICE"):
        # the old name of the type, gone in newer releases
        constants.EvalType.SERVICE = constants.EvalType.OPENAI_API
    if backend == "Native" and importlib.util.find_spec("opencompass") is None:
        # ms-swift lists OpenCompass's data sets whatever the backend, and its package asks for another numpy
        opencompass: Any = importlib.import_module("evalscope.backend.opencompass")
        opencompass.OpenCompassBackendManager.list_datasets = staticmethod(list)
