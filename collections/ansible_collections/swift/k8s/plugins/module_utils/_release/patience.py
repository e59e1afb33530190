# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which troubles are final: how long each may last, and what was there before we looked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .objects import Key
from .rollout import Trouble

#: Seconds that a trouble may last before it counts as final: images get pushed, nodes get free.
GRACE = {
    "Unschedulable": 60.0,
    "FailedCreate": 30.0,
    "ErrImagePull": 30.0,
    "ImagePullBackOff": 30.0,
    "CreateContainerConfigError": 30.0,
    "CreateContainerError": 30.0,
}
#: A kubelet that cannot pull says these two in turn; they are one trouble.
_SAME = {"ErrImagePull": "ImagePullBackOff"}


@dataclass
class Patience:
    """Remembers the troubles of one wait."""

    first_seen: dict[tuple[str, str], float] = field(default_factory=dict)
    old_restarts: dict[str, int] | None = None

    def final(self, troubles: Sequence[tuple[Key, Trouble]], now: float) -> list[tuple[Key, Trouble]]:
        """The troubles that will not pass; now: seconds since the wait began."""
        if self.old_restarts is None:
            self.old_restarts = {trouble.pod: trouble.restarts for _key, trouble in troubles}
        current = {_identity(trouble) for _key, trouble in troubles}
        self.first_seen = {known: since for known, since in self.first_seen.items() if known in current}
        return [(key, trouble) for key, trouble in troubles if self._lasts(trouble, now) and self._fresh(trouble)]

    def _lasts(self, trouble: Trouble, now: float) -> bool:
        since = self.first_seen.setdefault(_identity(trouble), now)
        return now - since >= GRACE.get(trouble.reason, 0.0)

    def _fresh(self, trouble: Trouble) -> bool:
        """A pod that was failing before may have been helped meanwhile: its next start decides."""
        old = (self.old_restarts or {}).get(trouble.pod, 0)
        return not 0 < trouble.restarts <= old


def _identity(trouble: Trouble) -> tuple[str, str]:
    return trouble.pod, _SAME.get(trouble.reason, trouble.reason)
