# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Private to swift.k8s: storage classes and claims; what is wished, what is there, what to do (pure), and doing it."""

from __future__ import annotations
