"""What the lab needs of this machine, asked of the lab: it stands in one list with what bootstrap needs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import checks


def lacking(checkout: Path, known: Sequence[str]) -> list[str]:
    """Every reason that is not known yet why the lab would not start here."""
    if checks.linux() or checks.python_version():
        return []  # such a Python may not even read the lab's code
    sys.path.insert(0, str(checkout / "roles/lab"))
    from lab.cli import lacking as of_lab  # noqa: PLC0415
    from lab.errors import LabError  # noqa: PLC0415
    from lab.paths import Paths  # noqa: PLC0415

    try:
        return [problem for problem in of_lab(Paths.here()) if problem not in known]
    except LabError as error:
        return [str(error)]
