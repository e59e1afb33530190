# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Every way in which a hub can fail, told apart by what the caller can do about it."""

from __future__ import annotations


class HubError(Exception):
    """A sentence for people, and the next step when we know one."""

    #: the same request may succeed in a moment
    retryable = False

    def __init__(self, message: str, next_step: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.message}. {self.next_step}" if self.next_step else self.message


class Unreachable(HubError):
    """No connection: name, route, proxy or port."""

    retryable = True


class Cut(HubError):
    """The connection ended in the middle of an answer."""

    retryable = True


class Stalled(HubError):
    """The connection is open and nothing comes."""

    retryable = True


class Busy(HubError):
    """The hub asks for patience: 429 or 5xx, with or without Retry-After."""

    retryable = True


class Expired(HubError):
    """A signed address is no longer accepted; the hub gives a new one when it is asked again."""

    retryable = True


class Refused(HubError):
    """The credentials are absent, wrong, or not enough."""


class Unauthenticated(Refused):
    """No credentials were shown, and the hub wants some: private, gated, or not there, which Hugging Face hides so."""


class NotFound(HubError):
    """No such repository, revision or file."""


class Untrusted(HubError):
    """The certificate is not one that this host trusts, or a redirect gives up encryption."""


class BadAnswer(HubError):
    """An answer that cannot be used: not the protocol, not the size, not the range."""


class RangeRefused(BadAnswer):
    """The hub has fewer bytes than we asked to continue from."""


class UnsafePath(HubError):
    """A listed path that must not be written below a cache root."""


class NoHub(HubError):
    """Every endpoint of the chain refused; the message holds each reason."""


class BadSetting(HubError):
    """A proxy, endpoint or source that cannot be meant."""
