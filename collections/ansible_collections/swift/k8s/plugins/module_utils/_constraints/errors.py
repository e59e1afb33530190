# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors of the preflight."""

from __future__ import annotations


class RuleError(ValueError):
    """A rule, a silence or a wish that cannot be used; the text is a message for people."""
