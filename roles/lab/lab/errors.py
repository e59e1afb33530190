"""The one exception that people see, and how a command ends with it or with Ctrl-C."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

#: What is no defect of ours, and what mends it.
MACHINE = {
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM), "use sudo -E or a root shell, or set SWIFT_K8S_CACHE to a directory of yours"
    ),
    errno.EROFS: "set SWIFT_K8S_CACHE to a directory that can be written",
    errno.ENOTDIR: "set SWIFT_K8S_CACHE to a directory",
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT),
        "free some space, or set SWIFT_K8S_CACHE to another disk; the same command goes on from here",
    ),
}
BROKEN_PIPE = 141  # what a shell says of a command whose reader went away


class LabError(Exception):
    """What is wrong (noun, value) and what to do next."""

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(f"{problem}. Next: {next_step}.")
        self.problem = problem
        self.next_step = next_step


def outcome(act: Callable[[], int]) -> int:
    """The command's status; a LabError is one message and 1, Ctrl-C is one line and 130."""
    try:
        status = act()
        sys.stdout.flush()
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again as it ends
        return BROKEN_PIPE
    except OSError as error:
        if error.errno not in MACHINE:
            raise
        print(f"lab: {error.filename or 'the disk'}: {error.strerror}. Next: {MACHINE[error.errno]}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    else:
        return status
