"""python -m lab.engine build | tree NAME."""

from __future__ import annotations

import argparse
import sys

from ..errors import LabError
from .build import build
from .real import real
from .standin import standin
from .tree import tree

IMAGES = {"ms-swift": real, "lab-engine": standin}


def main(arguments: list[str] | None = None) -> int:
    """Do what the first word says; results go to standard output."""
    parser = argparse.ArgumentParser(prog="python -m lab.engine", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("build", help="make the engine images and print their references")
    actions.add_parser("tree", help="unpack an image and print its root directory").add_argument("name", choices=IMAGES)
    options = parser.parse_args(arguments)
    try:
        lines = build() if options.action == "build" else [str(tree(IMAGES[options.name]()))]
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
