# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A chart that sends whatever objects its values hold, for tests of what can go wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.releases import Lab, named
from tests.lab.target import lab_facts

PYTHON = "lab.registry/python:3.11"
Object = dict[str, Any]


class Raw(Lab):
    """Releases of the chart that sends objects as they are."""

    def __init__(self, kubeconfig: str, namespace: str, chart: Path) -> None:
        super().__init__(kubeconfig, namespace)
        self.chart = chart

    def send(self, *objects: Object, name: str = "raw", **options: Any) -> dict[str, Any]:
        """One task with one release of these objects."""
        return self.task(name=name, chart=str(self.chart), values={"objects": list(objects)}, **options)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raw]:
    """A namespace for the tests of one file, and the chart."""
    chart = tmp_path_factory.mktemp("raw")
    (chart / "templates").mkdir()
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: raw\nversion: 0.1.0\n")
    (chart / "templates/all.yaml").write_text("{{- range .Values.objects }}\n---\n{{ toYaml . }}\n{{- end }}\n")
    made = Raw(lab_facts()["kubeconfig"], named("trouble"), chart)
    yield made
    made.remove()


def deployment(name: str, *command: str, image: str = PYTHON, **more: Any) -> Object:
    """A Deployment of one container on the lab's real nodes."""
    container = {"name": "main", "image": image, "command": list(command), **more.pop("container", {})}
    template = {"metadata": {"labels": {"app": name}}, "spec": {**real(container), **more.pop("pod", {})}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template, **more}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def stateful_set(name: str, *command: str, **more: Any) -> Object:
    """The same as a StatefulSet."""
    item = deployment(name, *command, **more)
    spec = {**item["spec"], "serviceName": name}
    return {**item, "kind": "StatefulSet", "spec": spec}


def real(container: Object) -> Object:
    """A pod of one container that stops at once."""
    return {"nodeSelector": {"lab": "real"}, "terminationGracePeriodSeconds": 0, "containers": [container]}


def config(name: str, **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
