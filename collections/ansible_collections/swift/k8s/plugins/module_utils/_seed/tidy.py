# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs in the pod, before the engine: takes the models out that a list names. Standard library only, like the engine.

`python3 -m <package>._seed.tidy ROOT LIST` with a JSON list of {id, type, revision}. What is not there is no mistake:
the pod may have been here before.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from .._cache.errors import CacheError
from .._cache.house import remove
from .._cache.layout import Snapshot


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done, 1 failed."""
    root, path = arguments
    with open(path, encoding="utf-8") as stream:
        wanted = json.load(stream)
    for model in wanted:
        snapshot = Snapshot(root, model["id"], model["type"], model["revision"])
        try:
            there = remove(snapshot)
        except CacheError as error:
            _tell({"event": "error", "message": error.message, "next_step": error.next_step})
            return 1
        _tell({"event": "removed", "model": snapshot.id, "revision": snapshot.revision, "there": there})
    return 0


def _tell(event: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
