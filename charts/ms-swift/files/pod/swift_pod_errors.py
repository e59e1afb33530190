# SPDX-License-Identifier: Apache-2.0
"""Why a command cannot start or did not finish."""

from __future__ import annotations

#: sysexits.h EX_TEMPFAIL: run me again. The Job's podFailurePolicy does not count it against backoffLimit.
AGAIN = 75


class LaunchError(Exception):
    """A sentence for people: noun, value, next step."""

    status = 1


class UnfinishedError(LaunchError):
    """Stopped in good order before the end; a rerun goes on."""

    status = AGAIN
