"""What the lab needs of this machine, asked of the lab: it stands in one list with what bootstrap needs."""

from __future__ import annotations

import sys
from pathlib import Path

import checks


def lacking(checkout: Path) -> list[str]:
    """Every reason why the lab would not start here."""
    if checks.linux() or checks.python_version():
        return []  # such a Python may not even read the lab's code
    sys.path.insert(0, str(checkout / "roles/lab"))
    from lab.cli import lacking as of_lab  # noqa: PLC0415
    from lab.errors import LabError  # noqa: PLC0415
    from lab.paths import Paths  # noqa: PLC0415

    try:
        return of_lab(Paths.here())
    except LabError as error:
        return [str(error)]
