# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A hub that gives up in the middle of a model: the next endpoint of its chain goes on with the bytes that came."""

from __future__ import annotations

from .._hub.errors import HubError
from . import prepare
from .errors import WrongBytes
from .prepare import Prepared
from .report import Outcome
from .snapshot import Work, bring


def bring_from_any(item: Prepared, work: Work) -> Outcome:
    """Bring a model from the hub that answered and, where that fails, from those after it in the chain."""
    outcome = bring(item, work)
    while isinstance(outcome.error, (HubError, WrongBytes)) and item.rest:
        said = f"{item.hub.name if item.hub else 'the hub'} was given up: {outcome.error}"
        work.emit({"event": "warning", "model": item.wish.snapshot.id, "message": said})
        item = prepare.prepare(item.wish._replace(endpoints=item.rest), work.spec, item.visible, {})
        if item.error or not item.hub:
            return outcome._replace(error=item.error or outcome.error)
        try:
            outcome = _both(outcome, bring(item, work))
        finally:
            item.hub.close()
    return outcome


def _both(first: Outcome, then: Outcome) -> Outcome:
    return then._replace(
        plan=first.plan,
        linked=first.linked,
        written=first.written,
        files_fetched=first.files_fetched + then.files_fetched,
        bytes_fetched=first.bytes_fetched + then.bytes_fetched,
        bytes_resumed=first.bytes_resumed,
    )
