"""helm-unittest on a chart, compiled from its locked module into the cache the first time (half a minute, needs Go).

scripts/helm_unittest.py CHART
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "roles/lab"))

from lab.console import Console
from lab.errors import LabError
from lab.paths import cache_root
from lab.pieces.builder import build
from lab.pieces.go import LINK, build_module
from lab.pieces.piece import Piece, Workshop, sources

MODULE = CHECKOUT / "requirements/helm-unittest"
PROGRAM = "helm-unittest"
PACKAGE = "github.com/helm-unittest/helm-unittest/cmd/helm-unittest"


def make(workshop: Workshop) -> None:
    """Compile it."""
    build_module(workshop, MODULE, [PACKAGE], [PROGRAM])


def main(charts: list[str]) -> int:
    """Its own output and status."""
    try:
        piece = Piece(PROGRAM, f"{sources(MODULE)} {LINK}", (PROGRAM,), make)
        program = build([piece], cache_root() / "bin", Console())[PROGRAM]
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return subprocess.run([program, "--strict", *charts], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
