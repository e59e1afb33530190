"""Kubeconfig files that hold everything they need."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from string import Template

_TEMPLATE = Template(
    """apiVersion: v1
kind: Config
clusters:
- name: "$name"
  cluster:
    server: $server
    certificate-authority-data: $authority
users:
- name: $user
  user:
    client-certificate-data: $certificate
    client-key-data: $key
contexts:
- name: "$name"
  context:
    cluster: "$name"
    user: $user
current-context: "$name"
"""
)


def write(path: Path, name: str, server: str, pki: Path, identity: str) -> None:
    """Write a kubeconfig for one identity, readable by its owner only."""

    def data(file: str) -> str:
        return base64.b64encode((pki / file).read_bytes()).decode()

    text = _TEMPLATE.substitute(
        name=name,
        server=server,
        user=identity,
        authority=data("ca.crt"),
        certificate=data(f"{identity}.crt"),
        key=data(f"{identity}.key"),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
        target.write(text)
