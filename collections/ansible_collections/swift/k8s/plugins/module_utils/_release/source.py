# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a chart comes from.

A local chart is known by its content, a pinned remote one by its name: neither needs helm to be compared.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from . import chart as charts
from .chart import Chart
from .errors import ChartError
from .helm import Helm
from .options import Wanted

_EXACT = re.compile(r"^v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$")
_PACKED_VERSION = re.compile(r"[-_/:]v?\d+\.\d+\.\d+[^/]*$")


@dataclass(frozen=True)
class Reference:
    """A chart as it was written in the task."""

    ref: str
    version: str
    repository: str
    digest: str
    trust: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        return not self.repository and charts.is_local(self.ref)

    @property
    def pinned(self) -> bool:
        return bool(_EXACT.match(self.version) or (self.ref.startswith("http") and _PACKED_VERSION.search(self.ref)))


class Sources:
    """Loads each chart of a task at most once; fetched archives go when the context ends."""

    def __init__(self, helm: Helm, folder: str) -> None:
        self._helm = helm
        self._folder = folder
        self._charts: dict[Reference, Chart] = {}

    def identity(self, wanted: Wanted) -> str:
        """What tells two charts apart; known without helm where that is possible."""
        reference = _reference(wanted)
        if reference.local or not reference.pinned:
            return self.chart(wanted).digest
        return f"{reference.repository} {reference.ref} {reference.version} {reference.digest}"

    def chart(self, wanted: Wanted) -> Chart:
        reference = _reference(wanted)
        if reference not in self._charts:
            self._charts[reference] = self._load(reference)
        return self._charts[reference]

    def _load(self, reference: Reference) -> Chart:
        if reference.local:
            path = os.path.expanduser(reference.ref)
        else:
            folder = tempfile.mkdtemp(dir=self._folder)
            path = self._helm.pull(reference.ref, reference.version, reference.repository, folder, reference.trust)
        loaded = charts.load(path)
        if reference.local and reference.version and reference.version != loaded.version:
            raise ChartError(
                f"chart {reference.ref} has version {loaded.version}, not {reference.version}; "
                "correct chart_version or the path"
            )
        if reference.digest:
            _verify(reference, path, loaded)
        return loaded


@contextlib.contextmanager
def opened(helm: Helm) -> Iterator[Sources]:
    with tempfile.TemporaryDirectory(prefix="swift-k8s-charts-") as folder:
        yield Sources(helm, folder)


def _reference(wanted: Wanted) -> Reference:
    flags = {"--plain-http": wanted.plain_http, "--insecure-skip-tls-verify": wanted.insecure_skip_tls_verify}
    return Reference(
        wanted.chart,
        wanted.chart_version,
        wanted.chart_repo_url,
        wanted.chart_digest.replace("sha256:", ""),
        tuple(flag for flag, given in flags.items() if given),
    )


def _verify(reference: Reference, path: str, loaded: Chart) -> None:
    """An archive is checked by its bytes, as registries and bundles list it; a directory by its content."""
    if os.path.isdir(path):
        found = loaded.digest
    else:
        with open(path, "rb") as stream:
            found = hashlib.sha256(stream.read()).hexdigest()
    if found != reference.digest:
        raise ChartError(
            f"chart {reference.ref} has sha256 {found}, not {reference.digest}; fetch it again or correct chart_digest"
        )
