# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Many hands at once, and the cluster's own: what drift names and what not, and what helm-diff says of the same."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab.console import Console
from lab.paths import cache_root
from lab.pieces import builder, catalogue

from tests.lab.releases import CHART, NODE, Lab, installed, lab
from tests.lab.test_release_drift import EDITS, KUBECTL

__all__ = ["installed", "lab"]
pytestmark = pytest.mark.lab

#: These would write over another edit of the table.
APART = ("same memory", "config key removed", "secret")
BOTH_SEE = (
    "image",
    "env",
    "replicas",
    "memory",
    "probe",
    "command",
    "grace",
    "service port",
    "service selector",
    "config",
)
POLICY = "admissionregistration.k8s.io/v1"


def test_all_edits_at_once(installed: Lab) -> None:
    """0 missed, 0 false, of more than 25 kinds; then one run puts all of them back."""
    edits = {name: edit for name, edit in EDITS.items() if name not in APART}
    for edit in edits.values():
        installed.patch(edit.kind, edit.body, edit.manager)
    installed.delete("Secret")
    wanted = sorted([*(edit.field for edit in edits.values() if edit.field), ""])
    found = sorted(finding["field"] for finding in installed.drift())
    missed, false = [one for one in wanted if one not in found], [one for one in found if one not in wanted]
    print(f"{len(edits) + 1} kinds of edits, {len(wanted)} matter: {len(missed)} missed, {len(false)} false")
    assert len(edits) + 1 >= 25
    assert (missed, false) == ([], [])
    assert len(found) == len(wanted)
    assert installed.run()["releases"][0]["action"] == "heal"
    assert installed.drift() == []
    assert not installed.run()["changed"]


def test_replicas_of_a_real_autoscaler(installed: Lab) -> None:
    """An autoscaler that is no part of the release scales by the scale subresource, as the real controller does."""
    if installed.helm_path.endswith("helm4"):
        pytest.skip("once is enough: it is not Helm that scales")
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"}
    about = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    metadata = {"name": "app", "namespace": installed.namespace}
    spec = {"scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 5}
    installed.cluster.create({**about, "metadata": metadata, "spec": spec})
    try:
        deadline = time.monotonic() + 60
        while installed.get("Deployment")["spec"]["replicas"] != 3:
            assert time.monotonic() < deadline, "the autoscaler did not scale"
            time.sleep(0.5)
        assert installed.drift() == []
        assert not installed.run()["changed"]
    finally:
        installed.cluster.delete(about["apiVersion"], about["kind"], "app", installed.namespace)
        installed.scale(1, KUBECTL)


@pytest.fixture
def policy(installed: Lab) -> Iterator[str]:
    """A mutating admission policy: another grace, a mirror's image, a sidecar in every Deployment of the namespace."""
    name = f"mesh-{installed.namespace}"
    pod = (
        'terminationGracePeriodSeconds: 77, containers: [Object.spec.template.spec.containers{name: "server", '
        'image: "mirror/app:1"}, Object.spec.template.spec.containers{name: "mesh", image: "mesh:1"}]'
    )
    wrapped = (
        f"Object{{spec: Object.spec{{template: Object.spec.template{{spec: Object.spec.template.spec{{{pod}}}}}}}}}"
    )
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["deployments"]}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": wrapped}}],
    }
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": installed.namespace}}}
    binding = {"policyName": name, "matchResources": here}
    objects = [("MutatingAdmissionPolicy", spec), ("MutatingAdmissionPolicyBinding", binding)]
    for kind, body in objects:
        installed.cluster.create({"apiVersion": POLICY, "kind": kind, "metadata": {"name": name}, "spec": body})
    yield name
    for kind, _body in reversed(objects):
        installed.cluster.delete(POLICY, kind, name)
    installed.run(values={"replicas": 1, "text": name})


def test_what_an_admission_policy_decides(installed: Lab, policy: str) -> None:
    """It answers to whoever writes, so its additions bear the name of a hand; a repair would not hold."""
    deadline = time.monotonic() + 20
    while installed.get("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] != 77:
        assert time.monotonic() < deadline, "the policy does not act"
        note = {"metadata": {"annotations": {"note": str(time.monotonic())}}}
        installed.patch("Deployment", note, KUBECTL)
        time.sleep(0.2)
    result = installed.run()
    assert (result["changed"], result["releases"][0]["drift"]) == (False, [])
    notes = "\n".join(result["releases"][0]["notes"])
    for field in ("terminationGracePeriodSeconds", "containers[name=server].image"):
        assert f"{field}: the cluster keeps" in notes
    assert installed.drift() == []
    installed.patch("Deployment", EDITS["replicas"].body, KUBECTL)
    assert [one["field"] for one in installed.drift()] == ["spec.replicas"]
    assert installed.run()["releases"][0]["action"] == "heal"
    assert not installed.run()["changed"]


@pytest.fixture(scope="module")
def helm_diff() -> Path:
    """Helm's diff plugin, compiled once into the cache."""
    return builder.build([catalogue.helm_diff()], cache_root() / "bin", Console(quiet=True))["helm-diff"]


def by_helm_diff(lab: Lab, binary: Path) -> set[str]:
    """Kinds of objects that the plugin's three-way comparison would change."""
    words = ["upgrade", "app", str(CHART), "--three-way-merge", "--values=-", "--output=json", "--disable-validation"]
    values = {"node": NODE, **lab.options.get("values", {})}
    environment = {"KUBECONFIG": lab.params["kubeconfig"], "HELM_NAMESPACE": lab.namespace, "HELM_BIN": lab.helm_path}
    done = subprocess.run(
        [binary, *words],
        input=json.dumps(values),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    entries: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return {entry["kind"] for entry in entries}


@pytest.mark.parametrize("name", ["nothing", *BOTH_SEE, "deleted"])
def test_agrees_with_helm_diff(installed: Lab, helm_diff: Path, name: str) -> None:
    if installed.helm_path.endswith("helm4"):
        pytest.skip("helm-diff 3.9 speaks Helm 3")
    if name == "deleted":
        installed.delete("Service")
    elif name != "nothing":
        installed.patch(EDITS[name].kind, EDITS[name].body, KUBECTL)
    ours = {finding["object"].split()[0] for finding in installed.drift()}
    assert ours == by_helm_diff(installed, helm_diff)
    assert len(ours) == (0 if name == "nothing" else 1)
