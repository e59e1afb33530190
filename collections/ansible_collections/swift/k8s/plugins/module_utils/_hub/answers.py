# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""From a status code to the error that says what to do, in one place for all hubs."""

from __future__ import annotations

import re
import time

from .errors import BadAnswer, Busy, Expired, HubError, NotFound, RangeRefused, Refused, Unauthenticated
from .http import bare, origin
from .listing import RemoteFile
from .response import Response
from .retry import retry_after

BUSY = frozenset((408, 425, 429, 500, 502, 503, 504))
_CONTENT_RANGE = re.compile(r"^bytes (\d{1,18})-(\d{1,18})/(\d{1,18})$")


def failure(response: Response, what: str, asked: str, has_token: bool) -> HubError | None:
    """The error that an answer means, or None for 200 and 206. `asked` is the address we asked first."""
    status = response.status
    if status in (200, 206):
        return None
    where = bare(response.url)
    if status in BUSY:
        wait = retry_after(response.header("Retry-After"), time.time())
        return Busy(f"{where} answered {status} for {what}", retry_after=wait)
    if status in (401, 403, 410) and origin(response.url) != origin(asked):
        return Expired(f"the signed address of {what} is not accepted any more ({status} from {origin(where)[1]})")
    code = response.header("X-Error-Code")
    if status in (401, 403):
        kind = Unauthenticated if status == 401 and not has_token else Refused
        return kind(
            f"{where} refuses {what} ({status}{' ' + code if code else ''})", _credentials_step(has_token, code)
        )
    if status in (404, 410):
        return NotFound(f"{where} has no {what}{f' ({code})' if code else ''}", "Check id, revision and endpoint")
    if status == 416:
        return RangeRefused(f"{where} has fewer bytes of {what} than were kept")
    return BadAnswer(f"{where} answered {status} for {what}", "Check the endpoint")


def encoded(response: Response, file: RemoteFile) -> HubError | None:
    """Compressed bytes, which nobody asked for, where no listed hash would show that they are not the file's."""
    encoding = response.header("Content-Encoding")
    if file.sha256 or file.tag.startswith("git:") or encoding.lower() in ("", "identity"):
        return None
    return BadAnswer(
        f"{bare(response.url)} sends {file.path!r} encoded as {encoding}", "Turn compression off at the mirror or proxy"
    )


def _credentials_step(has_token: bool, code: str) -> str:
    if code == "GatedRepo":
        return "Accept the model's terms on the hub with the account that owns the token"
    if has_token:
        return "Check that the token is valid, not expired, and may read this repository"
    return "Give a token with token_file or token_env if the repository is private or gated"


def check_range(response: Response, what: str, offset: int, size: int) -> int:
    """Where the body starts: `offset`, or 0 when the server ignored Range. Anything else is refused."""
    if response.status == 200:
        if response.length is not None and response.length != size:
            raise wrong_size(what, size, response.length)
        return 0
    found = _CONTENT_RANGE.match(response.header("Content-Range").strip())
    if not found:
        raise BadAnswer(f"partial answer for {what} without a usable Content-Range")
    first, last, total = (int(group) for group in found.groups())
    if total != size:
        raise wrong_size(what, size, total)
    if first != offset or last != size - 1:
        raise BadAnswer(f"asked for bytes {offset}-{size - 1} of {what}, got {first}-{last}")
    return first


def wrong_size(what: str, listed: int, got: int) -> BadAnswer:
    return BadAnswer(
        f"{what} has {got} bytes, the listing says {listed}",
        "The revision moved or a proxy altered the file; run again, and pin a commit or tag",
    )
