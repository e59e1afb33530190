# SPDX-License-Identifier: Apache-2.0
"""torch's launcher, told to wait for the checkpoint of the processes that it stops."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import Any

#: longer than any grace period of a pod, whose end is the real limit
_SECONDS = 86400


def wait_for_checkpoints() -> None:
    """A stopped launcher kills its processes after 30 seconds, in the middle of a step or of its checkpoint.

    Only a stop gets more time: after a failure the others hang in a collective operation, and will never end.
    """
    with contextlib.suppress(ImportError):
        api: Any = importlib.import_module("torch.distributed.elastic.multiprocessing.api")
        close = api.PContext.close

        def patient(context: Any, death_sig: Any = None, timeout: int = 30) -> None:
            stopped = type(sys.exc_info()[1]).__name__ == "SignalException"
            close(context, death_sig, _SECONDS if stopped else timeout)

        api.PContext.close = patient
