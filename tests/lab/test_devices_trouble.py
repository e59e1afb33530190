"""The device stage while the API server is slow, asks for patience or dies, and while a node joins or dies."""

from __future__ import annotations

import base64
import http.client
import itertools
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._cluster.condition import is_ready
from lab import control
from lab.api import wait
from lab.paths import ROLE, Paths

from tests.lab.devices import Devices, bare, devices

__all__ = ["bare", "devices"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("bare")]
DELAY_SECONDS = 0.05
REFUSE_EVERY = 25
LATE = "late-node"


class Slow(BaseHTTPRequestHandler):
    """Passes requests on after a pause, and asks for patience every few reads."""

    protocol_version = "HTTP/1.1"
    upstream: tuple[str, int]
    context: ssl.SSLContext
    count = itertools.count(1)
    refused = 0

    def _pass(self) -> None:
        time.sleep(DELAY_SECONDS)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if next(self.count) % REFUSE_EVERY == 0:
            type(self).refused += 1
            self.send_response(429)
            self.send_header("Retry-After", "1")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        server = http.client.HTTPSConnection(*self.upstream, context=self.context, timeout=120)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in {"host", "connection"}}
        server.request(self.command, self.path, body or None, headers)
        answer = server.getresponse()
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in {"transfer-encoding", "content-length", "connection"}:
                self.send_header(key, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while chunk := answer.read1(65536):
            self.wfile.write(chunk)
            self.wfile.flush()
        server.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - names of the library

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def slow_api(kubeconfig: str) -> Iterator[str]:
    """The address of a slow front of the API server, which speaks for the kubeconfig's user."""
    config = yaml.safe_load(Path(kubeconfig).read_text(encoding="utf-8"))
    user, cluster = config["users"][0]["user"], config["clusters"][0]["cluster"]
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, text in (
            ("crt", user["client-certificate-data"]),
            ("key", user["client-key-data"]),
            ("ca", cluster["certificate-authority-data"]),
        ):
            paths[name] = Path(folder) / name
            paths[name].write_bytes(base64.b64decode(text))
        context = ssl.create_default_context(cafile=str(paths["ca"]))
        context.load_cert_chain(paths["crt"], paths["key"])
    address = urlsplit(cluster["server"])
    Slow.context, Slow.upstream, Slow.refused = context, (str(address.hostname), int(address.port or 443)), 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_api_server_that_is_slow_and_asks_for_patience(devices: Devices, tmp_path: Path) -> None:
    with slow_api(devices.facts["kubeconfig"]) as address:
        config = yaml.safe_load(Path(devices.facts["kubeconfig"]).read_text(encoding="utf-8"))
        config["clusters"][0]["cluster"] = {"server": address}
        config["users"][0]["user"] = {}
        path = tmp_path / "slow"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        code, changed, text = devices.run(swift_k8s_kubeconfig=str(path))
        assert (code, changed > 0, Slow.refused > 3) == (0, True, True), text
    # Whatever was asked for twice was done once.
    code, changed, text = devices.run("-t", "device_plugin")
    assert (code, changed) == (0, 0), text
    assert devices.allocatable("lab-0")["nvidia.com/gpu"] > 0
    assert devices.allocatable("lab-1")["huawei.com/Ascend910"] > 0


def test_an_api_server_that_dies_in_the_middle(devices: Devices) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(devices.run)
        until_begun(devices)
        control.call(Paths.here().control, "restart", name="kube-apiserver", signal="SIGKILL")
        code, _changed, text = first.result()
    # Where a write or helm was waiting just then, the run may fail and says why; the next one finishes what it began.
    assert code == 0 or re.search(r"cannot be reached|connection (refused|reset)|EOF|has not ended", text), text
    if code:
        code, _changed, text = devices.run("-t", "device_plugin")
        assert code == 0, text
    assert devices.run("-t", "device_plugin")[:2] == (0, 0)
    assert devices.allocatable("lab-0")["nvidia.com/gpu"] > 0


def until_begun(devices: Devices) -> None:
    """Return when the run has planned, and written its first object."""
    for _attempt in range(600):
        if devices.cluster.get("v1", "Namespace", "nvidia-device-plugin"):
            return
        time.sleep(0.1)
    pytest.fail("the run made no namespace within 60 s")


def test_a_node_that_joins_waits_for_the_next_run(devices: Devices) -> None:
    labels = {"lab.swift.k8s/devices": "nvidia", "kubernetes.io/hostname": LATE}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": LATE, "labels": labels}}
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(devices.run)
        until_begun(devices)
        devices.cluster.create(node)
        try:
            code, _changed, text = run.result()
            assert code == 0, text
            assert "nvidia.com/gpu.present" not in devices.labels()[LATE]
            code, forecast, text = devices.run("--check", "-t", "device_plugin")
            assert (code, forecast) == (0, 1), text
        finally:
            devices.cluster.delete("v1", "Node", LATE)


def test_a_node_that_dies_is_named_and_the_next_run_converges(devices: Devices) -> None:
    lab = [sys.executable, "-m", "lab", "service"]
    environment = {**os.environ, "PYTHONPATH": str(ROLE)}
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(devices.run, device_plugin_wait_timeout=60)
        until_begun(devices)
        subprocess.run([*lab, "stop", "lab-1"], env=environment, check=True)
        try:
            code, _changed, text = run.result()
        finally:
            subprocess.run([*lab, "start", "lab-1"], env=environment, check=True)
    assert code == 2, text
    assert "devices are not as expected on 1 nodes: lab-1: 0 of at least 1 huawei.com/" in text, text
    assert devices.allocatable("lab-0")["nvidia.com/gpu"] > 0
    wait("lab-1 to be ready", lambda: is_ready(devices.cluster.get("v1", "Node", "lab-1") or {}), 90)
    code, _changed, text = devices.run("-t", "device_plugin")
    assert code == 0, text
    assert devices.allocatable("lab-1")["huawei.com/Ascend910"] > 0
    assert devices.run("-t", "device_plugin")[:2] == (0, 0)
