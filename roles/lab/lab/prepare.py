"""The files and control groups of a lab, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from . import cgroup, kubeconfig, network, node, pki, template
from .image import publish, saved_images
from .paths import PACKAGE, Paths
from .state import State

IDENTITIES = ("admin", "controller-manager", "scheduler", "kube-proxy", "kwok")


def prepare(paths: Paths, state: State, bins: Mapping[str, Path], nodes: Sequence[node.Node]) -> int:
    """Write everything; answers how many images the registry will serve."""
    for directory in (paths.run, paths.log, paths.run / "shared", paths.run / "hub", paths.registry):
        directory.mkdir(parents=True)
    (paths.run / "shared").chmod(0o777)
    state.save(paths)
    cgroup.make(cgroup.here(), paths.name, state.nodes)
    pki.create(paths.pki, state.nodes)
    _kubeconfigs(paths, state)
    address = f"{network.HOST}:{network.REGISTRY_PORT}"
    template.write(paths.run / "registry.yaml", "etc/registry.yaml", storage=paths.registry, address=address)
    _add_ons(paths)
    for item in nodes:
        node.prepare(paths, bins, item)
    return publish(saved_images(), paths.registry)


def _kubeconfigs(paths: Paths, state: State) -> None:
    """Those of processes inside lead to the inner address; those of people and of `up` to the loopback port."""
    inner = f"https://{network.HOST}:{network.API_PORT}"
    outer = f"https://127.0.0.1:{state.ports['api']}"
    for identity in (*IDENTITIES, *state.nodes):
        kubeconfig.write(paths.run / "kubeconfig" / identity, paths.name, inner, paths.pki, identity)
    kubeconfig.write(paths.run / "kubeconfig/user", paths.name, outer, paths.pki, "user")
    kubeconfig.write(paths.run / "kubeconfig/outer-admin", paths.name, outer, paths.pki, "admin")


def _add_ons(paths: Paths) -> None:
    for source in sorted((PACKAGE / "addons").glob("*.yaml")):
        values = {"host": network.HOST, "dns": network.DNS_SERVICE}
        template.write(paths.run / "addons" / source.name, f"addons/{source.name}", **values)
