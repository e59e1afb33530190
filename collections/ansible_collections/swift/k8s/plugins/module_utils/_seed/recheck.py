# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs in the CronJob's pod: reads every byte of the wished models. Standard library only, like the engine.

`python3 -m <package>._seed.recheck ROOT SPEC`. Where all is well no hub is asked, so that a branch that moved upstream
is not followed by night. Else the engine seeds with the spec, whose `verify` is full: it fetches what is damaged.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from .._cache import cli, house
from .._hub.chain import DEFAULT_REVISIONS


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 when every model is whole, else that of the engine."""
    root, spec = arguments
    with open(spec, encoding="utf-8") as stream:
        wanted = {_snapshot(model) for model in json.load(stream)["models"]}
    held = {(each.snapshot.kind, each.snapshot.id, each.snapshot.revision): each for each in house.inventory(root)}
    entries = [entry for snapshot, entry in held.items() if snapshot in wanted]
    whole = len(entries) == len(wanted)
    for entry in entries:
        told = house.described(entry, "full")
        whole = whole and bool(told["complete"])
        sys.stdout.write(json.dumps({"event": "verified", "level": "full", "model": told["id"], **told}) + "\n")
        sys.stdout.flush()
    return 0 if whole else cli.main(["seed", "--spec", spec, "--log", "json"])


def _snapshot(model: dict[str, str]) -> tuple[str, str, str]:
    """Kind, id and revision of a model of the spec, whose defaults are the engine's."""
    revision = model.get("revision") or DEFAULT_REVISIONS[model.get("hub") or "modelscope"]
    return model.get("type") or "model", model["id"], revision


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
