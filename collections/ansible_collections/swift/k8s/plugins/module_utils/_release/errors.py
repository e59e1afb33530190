# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a release. str() of each is a message for people: noun, value, next step."""

from __future__ import annotations


class ReleaseError(Exception):
    """Base of all errors of this package."""


class ChartError(ReleaseError):
    """The chart cannot be found, read or trusted."""


class HelmError(ReleaseError):
    """The helm binary is missing, too old, or refused the work."""


class BusyError(HelmError):
    """Somebody else's helm was faster; this one changed nothing."""


class StoreError(ReleaseError):
    """A release record in the cluster cannot be read."""


class RefusedError(ReleaseError):
    """The plan would lose something or cannot work; nothing was touched."""


class StuckError(RefusedError):
    """Another operation holds the release."""


class RolloutError(ReleaseError):
    """The new revision does not become ready."""
