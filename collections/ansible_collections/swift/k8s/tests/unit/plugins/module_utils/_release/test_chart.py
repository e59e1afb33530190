# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Charts on disk: identity, digest, what is left out, and what is wrong with them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import chart as charts
from ansible_collections.swift.k8s.plugins.module_utils._release import helmignore, source, yamldoc
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import ChartError
from ansible_collections.swift.k8s.plugins.module_utils._release.options import Wanted
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeHelm


@pytest.fixture
def copy(chart: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chart, tmp_path / "small"))


def package(helm: FakeHelm, folder: Path, target: Path) -> str:
    binary = helm._found()
    subprocess.run([binary, "package", str(folder), f"--destination={target}"], check=True, capture_output=True)
    return str(next(target.glob("*.tgz")))


def test_directory_and_package_have_one_digest(helm: FakeHelm, copy: Path, tmp_path: Path) -> None:
    (copy / "old.bak").write_text("left out by .helmignore")
    (copy / "notes").mkdir()
    (copy / "notes/x").write_text("left out as well")
    (copy / "templates/.hidden").write_text("always left out")
    unpacked, packed = charts.load(str(copy)), charts.load(package(helm, copy, tmp_path))
    assert (unpacked.name, unpacked.version, unpacked.app_version, unpacked.label) == (
        "small",
        "1.2.3",
        "4.5",
        "small-1.2.3",
    )
    assert unpacked.digest == packed.digest


def test_packed_dependency_counts_by_content(helm: FakeHelm, copy: Path, tmp_path: Path) -> None:
    inner = Path(shutil.copytree(copy, tmp_path / "inner/small"))
    (copy / "charts").mkdir()
    package(helm, inner, copy / "charts")
    with (copy / "Chart.yaml").open("a") as stream:
        stream.write("dependencies: [{name: small, version: 1.2.3}]\n")
    assert charts.load(str(copy)).digest == charts.load(package(helm, copy, tmp_path)).digest


@pytest.mark.parametrize("name", ["templates/app.yaml", "values.yaml", "values.schema.json"])
def test_digest_follows_content(copy: Path, name: str) -> None:
    before = charts.load(str(copy)).digest
    (copy / name).write_text((copy / name).read_text() + "\n")
    assert charts.load(str(copy)).digest != before


def test_spelling_of_chart_yaml_does_not_matter(copy: Path) -> None:
    before = charts.load(str(copy)).digest
    data = yamldoc.load((copy / "Chart.yaml").read_text())
    (copy / "Chart.yaml").write_text(json.dumps(data))
    assert charts.load(str(copy)).digest == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("Chart.yaml", "name: [", "Chart.yaml is not valid YAML in line"),
        ("Chart.yaml", "name: small", "Chart.yaml lacks version; add it"),
        ("Chart.yaml", "[]", "Chart.yaml lacks name and version"),
        ("Chart.lock", "a: [", "chart file Chart.lock: not valid YAML"),
    ],
)
def test_damaged_directory(copy: Path, name: str, content: str, message: str) -> None:
    (copy / name).write_text(content)
    with pytest.raises(ChartError, match=message):
        charts.load(str(copy))


def test_no_chart(tmp_path: Path) -> None:
    with pytest.raises(ChartError, match="no such directory or archive"):
        charts.load(str(tmp_path / "none"))
    with pytest.raises(ChartError, match=r"there is no Chart\.yaml in it"):
        charts.load(str(tmp_path))


def test_broken_archive(tmp_path: Path, helm: FakeHelm, copy: Path) -> None:
    whole = Path(package(helm, copy, tmp_path))
    whole.write_bytes(whole.read_bytes()[:300])
    with pytest.raises(ChartError, match="the archive is broken"):
        charts.load(str(whole))


IGNORED = [
    ("*.bak", "x/y.bak", False, True),
    ("*.bak", "x/y.txt", False, False),
    ("/notes/", "notes", True, True),
    ("/notes/", "notes", False, False),
    ("a/*.txt", "a/b.txt", False, True),
    ("a/*.txt", "a/b/c.txt", False, False),
    ("!keep.md", "other.md", False, True),
    ("!keep.md", "keep.md", False, False),
    ("# comment", "comment", False, False),
]


@pytest.mark.parametrize(("rule", "path", "directory", "expected"), IGNORED)
def test_helmignore(rule: str, path: str, directory: bool, expected: bool) -> None:
    assert helmignore.ignored(helmignore.parse(rule), path, directory) is expected


LOCAL = [
    ("./chart", "", True),
    ("/abs/chart", "", True),
    ("chart-1.0.0.tgz", "", True),
    ("oci://registry/chart", "", False),
    ("https://host/chart-1.0.0.tgz", "", False),
    ("name", "https://charts.example", False),
]


@pytest.mark.parametrize(("ref", "repository", "expected"), LOCAL)
def test_local(ref: str, repository: str, expected: bool) -> None:
    assert source.Reference(ref, "", repository, "").local is expected


class Pulling(FakeHelm):
    """A helm whose pull copies an archive."""

    archive = ""
    pulls = 0

    def pull(self, ref: str, version: str, repository: str, folder: str, trust: Sequence[str] = ()) -> str:
        self.pulls += 1
        return str(shutil.copy(self.archive, folder))


@pytest.fixture
def pulling(helm: FakeHelm, copy: Path, tmp_path: Path) -> Pulling:
    made = Pulling(helm.cluster, helm._environment)
    made.archive = package(helm, copy, tmp_path)
    return made


def wanted(**parts: Any) -> Wanted:
    return Wanted(name="app", namespace="team", **parts)


@pytest.mark.parametrize(
    ("ref", "version", "pulls"),
    [
        ("oci://registry/small", "1.2.3", 0),
        ("oci://registry/small", "^1.0.0", 1),
        ("https://host/small-1.2.3.tgz", "", 0),
    ],
)
def test_pinned_charts_are_not_fetched_to_be_compared(pulling: Pulling, ref: str, version: str, pulls: int) -> None:
    with source.opened(pulling) as sources:
        one = wanted(chart=ref, chart_version=version)
        sources.identity(one)
        assert pulling.pulls == pulls
        assert sources.chart(one).label == sources.chart(one).label
        assert pulling.pulls == 1


def test_digest_of_an_archive_is_checked(pulling: Pulling) -> None:
    right = hashlib.sha256(Path(pulling.archive).read_bytes()).hexdigest()
    with source.opened(pulling) as sources:
        assert sources.chart(wanted(chart=pulling.archive, chart_digest=f"sha256:{right}")).name == "small"
        with pytest.raises(ChartError, match="not 00; fetch it again or correct chart_digest"):
            sources.chart(wanted(chart=pulling.archive, chart_digest="00"))


def test_version_and_digest_of_a_directory_are_checked(pulling: Pulling, copy: Path) -> None:
    right = charts.load(str(copy)).digest
    with source.opened(pulling) as sources:
        assert sources.chart(wanted(chart=str(copy), chart_digest=right)).digest == right
        with pytest.raises(ChartError, match=r"has version 1\.2\.3, not 2\.0\.0"):
            sources.chart(wanted(chart=str(copy), chart_version="2.0.0"))


SCALARS = (
    "y n Y yes no on off true True ~ null 0644 0o14 1e3 1.5 1_000 0x1F 1:30 2024-01-01 .5 +1 -1 1. 0b11 08 = 6.02e+23"
)


def test_scalars_are_read_as_helm_reads_them(helm: FakeHelm, tmp_path: Path) -> None:
    (tmp_path / "t/templates").mkdir(parents=True)
    (tmp_path / "t/Chart.yaml").write_text("{apiVersion: v2, name: t, version: 0.0.1}")
    one = '{{ fromYaml (printf "a: %s" $text) | toJson }}'
    template = "{{ range $text := .Values.texts }}\n---\n" + one + "\n{{ end }}"
    (tmp_path / "t/templates/t.yaml").write_text(template)
    texts = SCALARS.split()
    output = helm._template(["template", "t", str(tmp_path / "t")], {"--namespace": "x"}, json.dumps({"texts": texts}))
    read = [line for line in output.splitlines() if line.startswith("{")]
    assert [yamldoc.load(f"a: {text}") for text in texts] == [json.loads(line) for line in read]


def test_keys_are_strings_and_dumps_are_stable() -> None:
    assert yamldoc.load("{on: 1, 2: x, base: &b {a: 1}, more: {<<: *b, c: 2}}") == {
        "true": 1,
        "2": "x",
        "base": {"a": 1},
        "more": {"a": 1, "c": 2},
    }
    assert yamldoc.load("") is None
    assert yamldoc.load_all(yamldoc.dump_all([{"b": 1, "a": "yes"}])) == [{"b": 1, "a": "yes"}]


def test_archive_with_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("{name: t, version: 0.0.1}")
    with tarfile.open(tmp_path / "t.tgz", "w:gz") as archive:
        archive.add(tmp_path / "Chart.yaml", "t/Chart.yaml")
        link = tarfile.TarInfo("t/link")
        link.type, link.linkname = tarfile.SYMTYPE, "Chart.yaml"
        archive.addfile(link)
    assert "Chart.yaml" in charts.load(str(tmp_path / "t.tgz")).files
