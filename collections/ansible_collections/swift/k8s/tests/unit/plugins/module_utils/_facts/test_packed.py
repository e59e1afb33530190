# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Facts as one text, and back."""

from __future__ import annotations

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._facts.packed import FactsError, pack, unpack

LABELS = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB", "region": "华东"}
FACTS = {"nodes": [{"name": f"gpu-{number}", "ready": True, "labels": LABELS} for number in range(1000)]}


def test_facts_come_back_as_they_were() -> None:
    text = pack(FACTS)
    assert unpack(text) == FACTS
    assert len(text) < 20_000


def test_plain_facts_pass() -> None:
    assert unpack(FACTS) == FACTS


@pytest.mark.parametrize("text", ["", "nodes", "{{ preflight_cluster }}", "e30=", "华东"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(FactsError, match="no packed facts of a cluster"):
        unpack(text)
