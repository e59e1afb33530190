"""The judge of idempotence: who asked the API server for what between two moments, read from its audit log.

A write is a create, update, patch, delete or deletecollection that is not a dry run. What machines write all the time
(leases, node status, events) never counts, because only the given users are counted: `lab-user` unless told otherwise.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .errors import LabError

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
USER = "lab-user"
# Questions that are asked by a create: they change nothing.
REVIEWS = frozenset({"authorization.k8s.io", "authentication.k8s.io"})


@dataclass(frozen=True)
class Mark:
    """A moment: which log file, how many bytes of it."""

    inode: int
    offset: int

    def __str__(self) -> str:
        return f"{self.inode}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Mark:
        """Read what `mark` printed."""
        inode, _, offset = text.strip().partition(":")
        if not (inode.isdigit() and offset.isdigit()):
            raise LabError(f"{text!r} is not a mark", "pass what `python -m lab judge mark` printed")
        return cls(int(inode), int(offset))


@dataclass(frozen=True)
class Request:
    """One finished request of one user."""

    user: str
    verb: str
    object: str
    code: int
    dry_run: bool
    write: bool


def mark(log: Path) -> Mark:
    """Now."""
    found = log.stat()
    return Mark(found.st_ino, found.st_size)


def lines_since(log: Path, start: Mark) -> Iterator[str]:
    """Complete lines since the mark, through rotations of the log."""
    files = sorted(log.parent.glob(f"{log.stem}*{log.suffix}"), key=lambda path: path.stat().st_mtime_ns)
    positions = [number for number, path in enumerate(files) if path.stat().st_ino == start.inode]
    if not positions:
        raise LabError(f"the audit log of mark {start} is gone (rotated away, or another lab)", "take a new mark")
    for path in files[positions[0] :]:
        with path.open(encoding="utf-8") as source:
            if path.stat().st_ino == start.inode:
                source.seek(start.offset)
            yield from (line for line in source if line.endswith("\n"))


def parse(line: str) -> Request:
    """One line of the audit log."""
    event: dict[str, Any] = json.loads(line)
    reference = event.get("objectRef") or {}
    uri = urlsplit(event.get("requestURI", ""))
    # a delete may say it in its body, which the audit policy keeps for deletes
    options = event.get("requestObject") or {}
    dry_run = bool(
        parse_qs(uri.query).get("dryRun") or (options.get("kind") == "DeleteOptions" and options.get("dryRun"))
    )
    review = reference.get("apiGroup") in REVIEWS
    return Request(
        user=event.get("user", {}).get("username", ""),
        verb=event["verb"],
        object=name_of(reference) or uri.path,
        code=(event.get("responseStatus") or {}).get("code", 0),
        dry_run=dry_run,
        write=event["verb"] in WRITES and not dry_run and not review,
    )


def name_of(reference: dict[str, str]) -> str:
    """resource/namespace/name as people say it."""
    resource = reference.get("resource", "")
    if reference.get("subresource"):
        resource += f"/{reference['subresource']}"
    return " ".join(part for part in (resource, reference.get("namespace"), reference.get("name")) if part)


def verdict(requests: Iterable[Request], users: Iterable[str] = (USER,)) -> dict[str, Any]:
    """Counts for the given users; a name that ends in * counts every user that starts so."""
    patterns = tuple(users)
    mine = [request for request in requests if _is_one_of(request.user, patterns)]
    writes = [request for request in mine if request.write]
    listed = Counter((request.user, request.verb, request.object, request.code) for request in writes)
    return {
        "writes": len(writes),
        "reads": sum(1 for request in mine if request.verb not in WRITES),
        "dry_runs": sum(1 for request in mine if request.dry_run),
        "requests": len(mine),
        "verbs": dict(sorted(Counter(request.verb for request in mine).items())),
        "written": [
            {"user": user, "verb": verb, "object": name, "code": code, "count": count}
            for (user, verb, name, code), count in sorted(listed.items())
        ],
    }


def since(log: Path, start: Mark, users: Iterable[str] = (USER,)) -> dict[str, Any]:
    """The verdict from the mark until now."""
    return verdict((parse(line) for line in lines_since(log, start)), users)


def _is_one_of(user: str, patterns: tuple[str, ...]) -> bool:
    return any(user.startswith(item[:-1]) if item.endswith("*") else user == item for item in patterns)


def as_text(found: dict[str, Any]) -> str:
    """The verdict for people."""
    lines = [f"{found['writes']} writes, {found['reads']} reads, {found['dry_runs']} dry runs"]
    lines += [f"  {item['count']:4} {item['verb']:8} {item['code']} {item['object']}" for item in found["written"]]
    return "\n".join(lines)
