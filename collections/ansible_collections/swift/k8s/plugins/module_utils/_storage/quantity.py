# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Sizes as Kubernetes writes them (200Gi, 1T), in bytes."""

from __future__ import annotations

import math

from .._cluster.quantity import parse_quantity
from .errors import StorageError


def bytes_of(size: str) -> int:
    """The bytes that a size names, rounded up."""
    try:
        return math.ceil(parse_quantity(size))
    except ValueError as error:
        raise StorageError(f"size '{size}' is not a size: write a number and a unit, e.g. 200Gi.") from error


def text_of(value: object) -> str:
    """A value as Kubernetes wants it in labels and parameters: there is no other type, and no capital in true."""
    return str(value).lower() if isinstance(value, bool) else str(value)
