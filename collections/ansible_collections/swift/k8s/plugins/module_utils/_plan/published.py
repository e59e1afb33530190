# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Minimums that are published for names people ask for, and why ours differ (data)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLUS = "the name belongs to a paid interface; planned are the open weights that the catalogue serves in its place"
_70B = "140 GB of 16-bit weights: 80 GB holds them only quantised to 8 bits or less, or split over two devices"

PUBLISHED: Mapping[str, Mapping[str, Any]] = {
    "qwen-plus": {"gigabytes": 24, "why": _PLUS},
    "qwen-vl-max": {"gigabytes": 48, "why": f"{_PLUS} (7B; the 72B vision model takes 137 GiB in 16 bits)"},
    "llama3-70b": {"gigabytes": 80, "why": _70B},
    "llm-research/meta-llama-3-70b-instruct": {"gigabytes": 80, "why": _70B},
    "meta-llama/meta-llama-3-70b-instruct": {"gigabytes": 80, "why": _70B},
}
