# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Private to swift.k8s: small plots as SVG text, with nothing but the standard library (pure)."""

from __future__ import annotations
