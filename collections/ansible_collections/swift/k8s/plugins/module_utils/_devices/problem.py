# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A wish about devices that cannot be carried out."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong (noun, value), and what to do."""

    subject: str
    message: str
    next_step: str

    def to_dict(self) -> dict[str, str]:
        """Return plain data."""
        return asdict(self)


class DevicePlanError(ValueError):
    """Options that make no sense before any cluster is looked at."""
