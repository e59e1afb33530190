# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What a plan cannot do without, as sentences for people."""

from __future__ import annotations


class PlanError(Exception):
    """The message names the model, what is missing or wrong, and the next step."""
