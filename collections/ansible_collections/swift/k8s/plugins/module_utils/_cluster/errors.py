# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between us and an API server. str() of each is a message for people."""

from __future__ import annotations


class ClusterError(Exception):
    """The base of all: something about the cluster, its address or our permissions."""


class Unreachable(ClusterError):
    """No answer: address, network, TLS or time."""


class Unauthorized(ClusterError):
    """The credentials are not accepted (401)."""


class Forbidden(ClusterError):
    """The credentials lack a permission (403)."""


class NotFound(ClusterError):
    """The object, or its kind, does not exist (404)."""


class Conflict(ClusterError):
    """Somebody else changed or owns the object (409)."""


class Gone(ClusterError):
    """A list or watch continued from too long ago (410)."""


class Invalid(ClusterError):
    """The API server refuses the object's content (400, 422)."""


class TooManyRequests(ClusterError):
    """The API server asks for patience and did so to the end of ours (429)."""
