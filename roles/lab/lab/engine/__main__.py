"""python -m lab.engine build | publish | tree NAME."""

from __future__ import annotations

import argparse
import sys

from ..console import Console
from ..errors import outcome
from ..paths import Paths
from .build import build
from .publish import publish
from .real import real
from .standin import standin
from .tree import tree

IMAGES = {"ms-swift": real, "lab-engine": standin}


def run(options: argparse.Namespace) -> list[str]:
    """What to print."""
    console = Console()
    if options.action == "publish":
        return publish(Paths.here(), console, options.alias, options.model, options.extras)
    return build(console, options.extras) if options.action == "build" else [str(tree(IMAGES[options.name]()))]


def main(arguments: list[str] | None = None) -> int:
    """Do what the first word says; results go to standard output."""
    parser = argparse.ArgumentParser(prog="python -m lab.engine", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    building = actions.add_parser("build", help="make the engine images and print their references")
    publishing = actions.add_parser("publish", help="bring them and the tiny model to the running lab")
    publishing.add_argument("--alias", default="", metavar="NAME:TAG", help="a second name for the stand-in")
    publishing.add_argument("--model", action="append", default=[], metavar="ORG/NAME", help="one for the tiny model")
    for action in (building, publishing):
        action.add_argument("--extras", action="store_true", help="also ms-swift with what eval and others need")
    actions.add_parser("tree", help="unpack an image and print its root directory").add_argument("name", choices=IMAGES)
    options = parser.parse_args(arguments)

    def act() -> int:
        print("\n".join(run(options)))
        return 0

    return outcome(act)


if __name__ == "__main__":
    sys.exit(main())
