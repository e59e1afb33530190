"""The Job and its ConfigMap."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zoneinfo
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed import objects, sources
from ansible_collections.swift.k8s.plugins.module_utils._seed.labels import label_value, object_name
from ansible_collections.swift.k8s.plugins.module_utils._seed.wish import Wish, parse

from .wishes import model, params

SOURCES = {"__init__.py": "", "_cache/engine.py": "x = 1"}


def wish(**more: Any) -> Wish:
    return parse(params(**more))


def pod(**more: Any) -> dict[str, Any]:
    spec: dict[str, Any] = objects.job(wish(**more), "d", SOURCES)["spec"]["template"]["spec"]
    return spec


def test_pod_passes_pod_security_restricted() -> None:
    spec = pod()
    container = spec["containers"][0]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is False
    allowed = {"persistentVolumeClaim", "configMap", "emptyDir", "secret"}
    assert all(set(volume) - {"name"} <= allowed for volume in spec["volumes"])


def test_every_mount_has_its_volume_and_sources_are_read_only() -> None:
    spec = pod(
        models=[
            model(token_secret="t", ca_config_map="c"),
            model(id="org/b", hub="directory", source="/b", source_claim="usb"),
        ]
    )
    volumes = {volume["name"] for volume in spec["volumes"]}
    mounts = {mount["name"]: mount for mount in spec["containers"][0]["volumeMounts"]}
    assert set(mounts) == volumes == {"cache", "engine", "tmp", "token-0", "ca-0", "source-0"}
    assert [name for name in sorted(mounts) if not mounts[name].get("readOnly")] == ["cache", "tmp"]


def test_config_map_holds_engine_spec_and_limit_and_the_pod_sees_them_as_files() -> None:
    made = objects.config_map(wish(rate_limit="8MiB/s"), "d", SOURCES)
    assert made["data"]["rate"] == "8MiB/s"
    assert made["data"]["_cache.engine.py"] == "x = 1"
    assert json.loads(made["data"]["spec.json"])["rate_file"] == "/engine/rate"
    engine = next(volume for volume in pod()["volumes"] if volume["name"] == "engine")
    paths = {item["key"]: item["path"] for item in engine["configMap"]["items"]}
    assert set(paths) == set(made["data"])
    assert paths["_cache.engine.py"] == "swift_seed/_cache/engine.py"


def test_time_zones_of_the_schedule_travel_with_the_engine(tmp_path: Path) -> None:
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia/Shanghai").write_bytes(b"TZif2")
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    schedule = [{"timezone": "Asia/Shanghai", "limit": "1MiB/s"}, {"timezone": "UTC+8", "limit": "1MiB/s"}]
    try:
        zones = objects.config_map(wish(rate_schedule=schedule), "d", SOURCES)["binaryData"]
        engine = next(volume for volume in pod(rate_schedule=schedule)["volumes"] if volume["name"] == "engine")
    finally:
        zoneinfo.reset_tzpath()
    assert zones == {"zone.Asia.Shanghai": base64.b64encode(b"TZif2").decode()}
    assert {"key": "zone.Asia.Shanghai", "path": "zones/Asia/Shanghai"} in engine["configMap"]["items"]


def test_no_secret_is_written_anywhere() -> None:
    made = wish(models=[model(token_secret="hf")])
    text = json.dumps([objects.config_map(made, "d", SOURCES), objects.job(made, "d", SOURCES)])
    assert "token_file" in text
    assert '"token"' not in text.replace('"key": "token"', "")


def test_a_drained_node_is_no_failure() -> None:
    rules = objects.job(wish(), "d", SOURCES)["spec"]["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["Ignore", "FailJob"]


def test_engine_sources_are_complete_and_fit_a_config_map() -> None:
    found = sources.engine_sources()
    assert {"__init__.py", "_cache/__init__.py", "_cache/cli.py", "_cache/engine.py", "_hub/modelscope.py"} <= set(
        found
    )
    assert all("import" in text or not text or path.endswith("__init__.py") for path, text in found.items())
    assert sum(len(text.encode()) for text in found.values()) < 900_000


@pytest.mark.parametrize("program", ["_cache.cli", "_seed.serve"])
def test_what_a_pod_runs_needs_no_other_sources(tmp_path: Path, program: str) -> None:
    for path, text in sources.engine_sources().items():
        (tmp_path / "pod" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pod" / path).write_text(text, encoding="utf-8")
    command = [sys.executable, "-S", "-m", f"pod.{program}", "--help"]
    assert "usage" in subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout


def test_sources_are_text_where_ansible_loads_the_collection() -> None:
    code = (
        "from ansible.plugins.loader import init_plugin_loader\n"
        "init_plugin_loader()\n"
        "from ansible_collections.swift.k8s.plugins.module_utils._seed import sources\n"
        "import json; print(json.dumps(sources.engine_sources()))\n"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert json.loads(told) == sources.engine_sources()


def test_names_fit_and_stay_apart() -> None:
    one, two = object_name("swift-k8s-seed", "a" * 80, "x"), object_name("swift-k8s-seed", "a" * 80, "y")
    assert one != two
    assert max(len(one), len(two)) <= 52
    assert object_name("a", "b") == "a-b"
    assert len(label_value("v" * 100)) <= 63
