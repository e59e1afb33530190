# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Listing x manifest x disk -> actions, as a table of worlds."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache.manifest import Record
from ansible_collections.swift.k8s.plugins.module_utils._cache.plan import Observed, Plan, Seen, decide
from ansible_collections.swift.k8s.plugins.module_utils._hub.listing import RemoteFile

FILE = RemoteFile("a.bin", 10, "aa")
RECORD = Record("a.bin", 10, 111, "aa", "hub")
HERE = {"a.bin": Seen(10, 111)}
KNOWN = {"a.bin": RECORD}
GIT = RemoteFile("a.bin", 10, "", "git:aa")
PLAIN = RemoteFile("a.bin", 10)


class World(NamedTuple):
    listed: tuple[RemoteFile, ...]
    observed: Observed
    expected: dict[str, list[str]]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


WORLDS = {
    "an empty disk": World((FILE,), Observed({}, {}), {"fetch": ["a.bin"]}),
    "an empty listing and disk": World((), Observed({}, {}), {}),
    "all in place": World((FILE,), Observed(HERE, KNOWN), {"keep": ["a.bin"]}),
    "deleted by somebody": World((FILE,), Observed({}, KNOWN), {"fetch": ["a.bin"]}),
    "truncated": World((FILE,), Observed({"a.bin": Seen(9, 111)}, KNOWN), {"fetch": ["a.bin"]}),
    "touched": World((FILE,), Observed({"a.bin": Seen(10, 112)}, KNOWN), {"check": ["a.bin"]}),
    "put there by another tool": World((FILE,), Observed(HERE, {}), {"check": ["a.bin"]}),
    "put there, but nothing to compare with": World((PLAIN,), Observed(HERE, {}), {"fetch": ["a.bin"]}),
    "put there, git knows it": World((GIT,), Observed(HERE, {}), {"check": ["a.bin"]}),
    "put there with another size": World((FILE,), Observed({"a.bin": Seen(11, 1)}, {}), {"fetch": ["a.bin"]}),
    "changed upstream": World((FILE._replace(sha256="bb"),), Observed(HERE, KNOWN), {"fetch": ["a.bin"]}),
    "another size upstream": World((FILE._replace(size=11),), Observed(HERE, KNOWN), {"fetch": ["a.bin"]}),
    "changed upstream, git": World(
        (GIT._replace(tag="git:bb"),), Observed(HERE, {"a.bin": RECORD._replace(tag="git:aa")}), {"fetch": ["a.bin"]}
    ),
    "unpinned and unchanged": World((PLAIN,), Observed(HERE, {"a.bin": RECORD}), {"keep": ["a.bin"]}),
    "unpinned and touched": World((PLAIN,), Observed({"a.bin": Seen(10, 1)}, KNOWN), {"check": ["a.bin"]}),
    "proven damaged": World((FILE,), Observed(HERE, KNOWN, damaged=frozenset(["a.bin"])), {"fetch": ["a.bin"]}),
    "damaged and touched": World(
        (FILE,), Observed({"a.bin": Seen(10, 9)}, KNOWN, damaged=frozenset(["a.bin"])), {"fetch": ["a.bin"]}
    ),
    "verified, not yet swapped in": World(
        (FILE,), Observed({"a.bin": Seen(9, 1)}, {}, ready={"a.bin": RECORD}), {"swap": ["a.bin"]}
    ),
    "swap that upstream has overtaken": World(
        (FILE._replace(sha256="bb"),), Observed({}, {}, ready={"a.bin": RECORD}), {"fetch": ["a.bin"]}
    ),
    "in another revision": World((FILE,), Observed({}, {}, donors={"aa": ("/r", RECORD)}), {"reuse": ["a.bin"]}),
    "damaged is not taken from another revision": World(
        (FILE,),
        Observed(HERE, KNOWN, damaged=frozenset(["a.bin"]), donors={"aa": ("/r", RECORD)}),
        {"fetch": ["a.bin"]},
    ),
    "no sha256 is nobody's donor": World(
        (PLAIN,), Observed({}, {}, donors={"aa": ("/r", RECORD)}), {"fetch": ["a.bin"]}
    ),
    "deleted upstream": World((), Observed(HERE, KNOWN), {"remove": ["a.bin"]}),
    "deleted upstream and here": World((), Observed({}, KNOWN), {}),
    "not ours": World((), Observed(HERE, {}), {}),
    "not wanted any more, still upstream": World(
        (FILE,), Observed(HERE, KNOWN), {"keep": ["a.bin"]}, exclude=("*.bin",)
    ),
    "not wanted and changed upstream": World(
        (FILE._replace(sha256="bb"),), Observed(HERE, KNOWN), {"remove": ["a.bin"]}, exclude=("*.bin",)
    ),
    "not wanted and never here": World((FILE,), Observed({}, {}), {}, include=("*.json",)),
}


def names(plan: Plan) -> dict[str, list[str]]:
    found = {
        "keep": [record.path for record in plan.keep],
        "check": [file.path for file in plan.check],
        "fetch": [fetch.file.path for fetch in plan.fetch],
        "reuse": [reuse.file.path for reuse in plan.reuse],
        "swap": [record.path for record in plan.swap],
        "remove": list(plan.remove),
    }
    return {kind: paths for kind, paths in found.items() if paths}


@pytest.mark.parametrize("name", WORLDS)
def test_decide(name: str) -> None:
    world = WORLDS[name]
    plan = decide(world.listed, world.include, world.exclude, world.observed)
    assert names(plan) == world.expected
    assert plan.work == bool(set(world.expected) - {"keep"})


@pytest.mark.parametrize(
    ("observed", "why"),
    [
        (Observed({}, {}), "missing"),
        (Observed(HERE, KNOWN, damaged=frozenset(["a.bin"])), "damaged"),
        (Observed(HERE, {"a.bin": RECORD._replace(sha256="old")}), "changed upstream"),
        (Observed({"a.bin": Seen(9, 1)}, {}), "wrong size"),
    ],
)
def test_every_fetch_says_why(observed: Observed, why: str) -> None:
    assert decide((FILE,), (), (), observed).fetch[0].why == why


def test_kept_bytes_are_not_counted_twice() -> None:
    plan = decide((FILE,), (), (), Observed({}, {}, parts={"a.bin": 4}))
    assert (plan.fetch[0].kept, plan.bytes_to_fetch) == (4, 6)


def test_a_part_longer_than_its_file_never_makes_a_negative_number() -> None:
    assert decide((FILE,), (), (), Observed({}, {}, parts={"a.bin": 99})).bytes_to_fetch == 0
