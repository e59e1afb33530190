# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Names and labels of the objects that seeding makes."""

from __future__ import annotations

import hashlib

LABELS = {"app.kubernetes.io/managed-by": "swift-k8s", "app.kubernetes.io/component": "model-seed"}
VOLUME_LABEL = "swift.k8s/volume"
DIGEST_LABEL = "swift.k8s/seed"
#: Of the pod's own settings (image, node selector, ...): they make no other Job, but a pod that waits is made anew.
POD_ANNOTATION = "swift.k8s/pod"
#: Of a Job: the models that it brings, as a JSON list of their keys.
MODELS_ANNOTATION = "swift.k8s/models"
_LONGEST = 52  # a Job adds a suffix of 11 to its pods' names, which end at 63


def object_name(*parts: str) -> str:
    """The parts joined, shortened to what Kubernetes allows; a digest keeps shortened names apart."""
    whole = "-".join(parts)
    if len(whole) <= _LONGEST:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: _LONGEST - 9].rstrip('-.')}-{digest}"


def label_value(text: str) -> str:
    """A name as a label value: those end at 63 characters, claims' names do not."""
    return text if len(text) <= 63 else f"{text[:54]}{hashlib.sha256(text.encode()).hexdigest()[:8]}"
