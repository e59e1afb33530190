# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What can go wrong with storage, as sentences for people."""

from __future__ import annotations


class StorageError(Exception):
    """A wish that cannot be granted: the message names the claim or class, the value and the next step."""
