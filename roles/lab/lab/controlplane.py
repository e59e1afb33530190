"""The control plane's processes and their command lines (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .network import API_PORT, HOST, HUB_PORT, REGISTRY_PORT, SERVICES
from .paths import PACKAGE, Paths

Service = dict[str, Any]
Bins = Mapping[str, Path]
ETCD = "http://127.0.0.1:2379"
ETCD_PEER = "http://127.0.0.1:2380"


def service(paths: Paths, name: str, *argv: object, **more: Any) -> Service:
    """One service whose output goes to its own log."""
    return {"name": name, "argv": [str(word) for word in argv], "log": str(paths.log / f"{name}.log"), **more}


def first(paths: Paths, bins: Bins) -> list[Service]:
    """What needs nobody: storage, API server, registry."""
    return [
        etcd(paths, bins),
        apiserver(paths, bins),
        service(paths, "registry", bins["docker-registry"], "serve", paths.run / "registry.yaml"),
    ]


def second(paths: Paths, bins: Bins) -> list[Service]:
    """What needs the API server."""
    return [controller_manager(paths, bins), scheduler(paths, bins), kwok(paths, bins)]


def etcd(paths: Paths, bins: Bins) -> Service:
    """Without fsync: the lab may forget everything when the machine's power fails."""
    return service(
        paths,
        "etcd",
        bins["etcd"],
        *(f"--data-dir={paths.run}/etcd", "--unsafe-no-fsync"),
        *(f"--listen-client-urls={ETCD}", f"--advertise-client-urls={ETCD}"),
        *(f"--listen-peer-urls={ETCD_PEER}", f"--initial-advertise-peer-urls={ETCD_PEER}"),
        f"--initial-cluster=default={ETCD_PEER}",
    )


def apiserver(paths: Paths, bins: Bins) -> Service:
    """Audited, with aggregation; it stands outside the pods' service addresses, so it routes to endpoints itself."""
    pki = paths.pki
    return service(
        paths,
        "kube-apiserver",
        bins["kube-apiserver"],
        *(f"--etcd-servers={ETCD}", f"--advertise-address={HOST}", "--bind-address=0.0.0.0"),
        *(f"--secure-port={API_PORT}", f"--service-cluster-ip-range={SERVICES}", "--allow-privileged"),
        *(f"--client-ca-file={pki}/ca.crt", f"--tls-cert-file={pki}/apiserver.crt"),
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--kubelet-client-certificate={pki}/kubelet-client.crt",
        f"--kubelet-client-key={pki}/kubelet-client.key",
        *("--kubelet-preferred-address-types=InternalIP", "--endpoint-reconciler-type=lease"),
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-signing-key-file={pki}/sa.key",
        f"--service-account-key-file={pki}/sa.pub",
        *("--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction"),
        *(f"--requestheader-client-ca-file={pki}/ca.crt", "--requestheader-allowed-names=front-proxy-client"),
        *("--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group"),
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki}/front-proxy.crt",
        f"--proxy-client-key-file={pki}/front-proxy.key",
        "--enable-aggregator-routing",
        f"--audit-policy-file={PACKAGE}/etc/audit.yaml",
        *(f"--audit-log-path={paths.audit_log}", "--audit-log-maxsize=500", "--audit-log-maxbackup=2"),
    )


def controller_manager(paths: Paths, bins: Bins) -> Service:
    """Notices a lost node after 20 s instead of 50."""
    config = paths.run / "kubeconfig/controller-manager"
    return service(
        paths,
        "kube-controller-manager",
        bins["kube-controller-manager"],
        *(f"--kubeconfig={config}", f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}"),
        *(f"--root-ca-file={paths.pki}/ca.crt", f"--service-account-private-key-file={paths.pki}/sa.key"),
        f"--cluster-signing-cert-file={paths.pki}/ca.crt",
        f"--cluster-signing-key-file={paths.pki}/ca.key",
        *("--use-service-account-credentials", "--leader-elect=false", "--bind-address=127.0.0.1"),
        *("--kube-api-qps=500", "--kube-api-burst=1000"),  # the default makes its start wait 6 s on itself
        *("--controllers=*,bootstrapsigner,tokencleaner", "--node-monitor-grace-period=20s"),
    )


def scheduler(paths: Paths, bins: Bins) -> Service:
    """The stock scheduler."""
    config = paths.run / "kubeconfig/scheduler"
    return service(
        paths,
        "kube-scheduler",
        bins["kube-scheduler"],
        *(f"--kubeconfig={config}", f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}"),
        *("--leader-elect=false", "--bind-address=127.0.0.1"),
    )


def kwok(paths: Paths, bins: Bins) -> Service:
    """Plays the nodes that carry the annotation, never a real one."""
    return service(
        paths,
        "kwok",
        bins["kwok"],
        f"--kubeconfig={paths.run}/kubeconfig/kwok",
        *("--manage-all-nodes=false", "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake"),
        *(f"--config={bins['kwok-stages.yaml']}", "--node-lease-duration-seconds=40"),
        "--server-address=127.0.0.1:10247",
    )


def hub(paths: Paths, python: str) -> Service | None:
    """The lab's model hub, where this checkout has it."""
    if find_spec("lab.hub.__main__") is None:
        return None
    arguments = ("--host", HOST, "--port", HUB_PORT, "--repo-root", paths.run / "hub")
    return service(paths, "hub", python, "-m", "lab.hub", *arguments)


def forwarder(paths: Paths, python: str, descriptors: Mapping[str, int]) -> Service:
    """Carries the host's loopback ports into the lab."""
    inner = {"api": API_PORT, "registry": REGISTRY_PORT, "hub": HUB_PORT}
    targets = [f"{descriptor}={HOST}:{inner[name]}" for name, descriptor in descriptors.items()]
    return service(
        paths,
        "forwarder",
        *(python, "-m", "lab.forwarder", *targets),
        fds=list(descriptors.values()),
    )
