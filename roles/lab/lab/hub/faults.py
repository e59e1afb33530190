"""Faults on request. Each is armed for some answers (`times`, 0 = all) to paths that match a pattern.

kind      numbers                        what the client sees
status    code, retry_after              that status (503, 429, …), with Retry-After when given
drop                                     the connection ends before any answer
cut       at                             a file's answer ends after that many bytes
stall     at, seconds                    a file's answer stops there, the connection stays open
slow      rate                           a file's bytes come at that many a second
wrong                                    bytes of the right number and the wrong content
length    by                             a Content-Length that is off by so many bytes
norange                                  Range is ignored: the whole file with status 200
loop                                     a redirect to the same address
expired                                  the content network says that the signed address has expired
`status`, `drop` and `loop` also hit listings; `where=files` or `where=listings` narrows them.
"""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import dataclass, replace
from typing import Any

KINDS = ("status", "drop", "cut", "stall", "slow", "wrong", "length", "norange", "loop", "expired")
PLACES = ("all", "files", "listings")


@dataclass(frozen=True)
class Fault:
    """One armed fault; `left` below zero means that it never ends."""

    kind: str
    path: str = "*"
    where: str = "all"
    left: int = -1
    code: int = 503
    retry_after: int = -1
    at: int = 0
    seconds: float = 60.0
    rate: int = 1 << 20
    by: int = 1

    def matches(self, kind: str, path: str, is_file: bool) -> bool:
        places = ("all", "files") if is_file else ("all", "listings")
        return self.kind == kind and self.where in places and fnmatch.fnmatch(path, self.path)


def fault(kind: str, times: int = 0, path: str = "*", where: str = "all", **numbers: float) -> Fault:
    """A checked fault from words and numbers."""
    allowed = ("code", "retry_after", "at", "seconds", "rate", "by")
    unknown = sorted(set(numbers) - set(allowed))
    if kind not in KINDS or where not in PLACES or unknown:
        wrong = ", ".join(unknown) or (kind if kind not in KINDS else where)
        raise ValueError(
            f"fault {wrong!r} is unknown: kinds are {', '.join(KINDS)}; places {', '.join(PLACES)}; "
            f"numbers {', '.join(allowed)}"
        )
    whole: dict[str, Any] = {name: int(value) for name, value in numbers.items() if name != "seconds"}
    return Fault(kind, path, where, times or -1, seconds=numbers.get("seconds", Fault.seconds), **whole)


class Faults:
    """The armed faults; taking one uses it up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def arm(self, new: Fault) -> None:
        with self._lock:
            self._armed.append(new)

    def heal(self) -> None:
        """Forget all."""
        with self._lock:
            self._armed.clear()

    def armed(self) -> list[Fault]:
        with self._lock:
            return list(self._armed)

    def take(self, kind: str, path: str, is_file: bool = True) -> Fault | None:
        """The first fault of this kind for this path."""
        with self._lock:
            for number, armed in enumerate(self._armed):
                if armed.matches(kind, path, is_file):
                    if armed.left > 1:
                        self._armed[number] = replace(armed, left=armed.left - 1)
                    elif armed.left == 1:
                        del self._armed[number]
                    return armed
        return None
