"""A real node: namespaces of its own, a root of its own, containerd, kubelet and kube-proxy (command lines are pure).

The node's root is a small tmpfs on which the machine's system directories lie as overlays, so that a hostPath volume
that creates a directory creates it in the node and not on the machine. Its /dev holds made nodes only.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .cgroup import parent
from .controlplane import Bins, Service
from .network import DNS_SERVICE, HOST, PODS, REGISTRY_PORT, Step, address, pods, run
from .paths import Paths
from .template import fill, write

SYSTEM = ("etc", "home", "opt", "srv", "usr", "var")
HANDLERS = ("runc", "nvidia", "ascend")
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "kmsg": (1, 11)}
DEVICES |= {"tty": (5, 0), "fuse": (10, 229)}
SHARED = "/var/lib/kubelet-shared"


@dataclass(frozen=True)
class Node:
    """What distinguishes one real node."""

    name: str
    index: int
    vendor: str
    count: int

    def labels(self) -> dict[str, str]:
        """What the kubelet registers the node with."""
        return {"lab": "real", "lab.swift.k8s/devices": self.vendor}


def simulated_devices(vendor: str, count: int) -> list[str]:
    """Names below /dev that a machine with these devices has; here each is a null device."""
    if not count:
        return []
    if vendor == "nvidia":
        return [*(f"nvidia{number}" for number in range(count)), "nvidiactl", "nvidia-uvm"]
    return [*(f"davinci{number}" for number in range(count)), "davinci_manager", "devmm_svm", "hisi_hdc"]


def devices_directory(directory: Path, vendor: str) -> Path:
    """One file a device, where the simulated device plugin looks; the kubelet keeps directories there."""
    return directory / "kubelet/device-plugins/simulated" / vendor


def prepare(paths: Paths, bins: Bins, node: Node) -> None:
    """Write the node's configuration files and directories."""
    directory = paths.node(node.name)
    for name in ("root", "kubelet", "containerd", "cni", "fs", "fs-work"):
        (directory / name).mkdir(parents=True)
    listed = devices_directory(directory, node.vendor)
    listed.mkdir(parents=True)
    for number in range(node.count):
        (listed / str(number)).write_text("healthy\n")
    (directory / "resolv.conf").write_text(f"nameserver {DNS_SERVICE}\nsearch cluster.local\n")
    runtimes = "".join(fill("etc/runtime.toml", handler=handler, runc=bins["runc"]) for handler in HANDLERS)
    values = {
        "node": node.name,
        "node_dir": directory,
        "run": paths.run,
        "pki": paths.pki,
        "dns": DNS_SERVICE,
        "pods": pods(node.index),
        "cluster_pods": PODS,
        "cni": bins["bridge"].parent,
        "cgroup": f"{parent(paths.name)}/{node.name}",
        "runtimes": runtimes,
    }
    write(directory / "containerd.toml", "etc/containerd.toml", **values)
    write(directory / "kubelet.yaml", "etc/kubelet.yaml", **values)
    write(directory / "kube-proxy.yaml", "etc/kube-proxy.yaml", **values)
    write(directory / "cni/10-lab.conflist", "etc/cni.conflist", **values)
    write(paths.run / "registry.d/_default/hosts.toml", "etc/hosts.toml", registry=f"{HOST}:{REGISTRY_PORT}")


def fresh_groups(groups: Sequence[Path]) -> list[Step]:
    """A node that comes back after a power cut would spend 3 s on each group of a container that died with it."""
    return [run("find", str(group), "-mindepth", "1", "-depth", "-type", "d", "-delete") for group in groups]


def root_setup(paths: Paths, node: Node, visible: Sequence[Path], top: Mapping[str, str]) -> list[Step]:
    """Build the node's root and move into it.

    `visible` are paths of the machine that the node sees as they are; `top` are the links in the machine's root.
    """
    directory = paths.node(node.name)
    root = directory / "root"
    steps = [
        run("hostname", node.name),
        run("mount", "-t", "tmpfs", "-o", "mode=755", "node", str(root)),
        *(run("ln", "-s", target, str(root / name)) for name, target in top.items()),
    ]
    for name in SYSTEM:
        steps += _system(paths, directory, name)
    steps += [*_dev(root, simulated_devices(node.vendor, node.count)), *_kernel(root)]
    for path in hidden(paths, visible):
        inside = f"{root}{path}"
        steps += [run("mkdir", "-p", inside), run("mount", "--bind", str(path), inside)]
    kubelet = f"{root}/var/lib/kubelet"
    steps += [
        run("mkdir", "-p", kubelet, f"{root}{SHARED}", f"{root}/var/log/pods", f"{root}/var/log/containers"),
        run("mount", "--bind", str(directory / "kubelet"), kubelet),
        run("mount", "--bind", str(paths.run / "shared"), f"{root}{SHARED}"),
        run("mkdir", f"{root}/.old"),
        run("pivot_root", str(root), f"{root}/.old"),
        run("umount", "-l", "/.old"),
        run("rmdir", "/.old"),
        run("mount", "--make-rshared", "/"),
        {"write": ["/proc/sys/net/ipv4/ip_forward", "1"]},
    ]
    return steps


def hidden(paths: Paths, visible: Sequence[Path]) -> list[Path]:
    """Those that do not show through the overlays of the system directories and must be mounted."""
    overlaid = [name for name in SYSTEM if not _holds_run(paths, name)]
    return [path for path in visible if path.parts[1] not in overlaid]


def _holds_run(paths: Paths, name: str) -> bool:
    return paths.run.parts[1] == name


def _system(paths: Paths, directory: Path, name: str) -> list[Step]:
    """An overlay of a system directory; the one that holds the run directory cannot lie under it and starts empty."""
    target = f"{directory}/root/{name}"
    if _holds_run(paths, name):
        return [run("mkdir", target)]
    upper, work = f"{directory}/fs/{name}", f"{directory}/fs-work/{name}"
    options = f"lowerdir=/{name},upperdir={upper},workdir={work}"
    return [run("mkdir", "-p", target, upper, work), run("mount", "-t", "overlay", "-o", options, name, target)]


def _dev(root: Path, simulated: Sequence[str]) -> list[Step]:
    """A /dev of made nodes: nothing in the lab can reach the machine's own."""
    dev = root / "dev"
    made = {**DEVICES, **dict.fromkeys(simulated, DEVICES["null"])}
    return [
        run("mkdir", str(dev)),
        run("mount", "-t", "tmpfs", "-o", "mode=755", "dev", str(dev)),
        *(run("mknod", "-m", "666", str(dev / name), "c", str(a), str(b)) for name, (a, b) in made.items()),
        run("mkdir", str(dev / "pts"), str(dev / "shm"), str(dev / "mqueue")),
        run("mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620", "devpts", str(dev / "pts")),
        run("mount", "-t", "tmpfs", "-o", "mode=1777", "shm", str(dev / "shm")),
        run("mount", "-t", "mqueue", "mqueue", str(dev / "mqueue")),
        run("ln", "-s", "pts/ptmx", str(dev / "ptmx")),
        run("ln", "-s", "/proc/self/fd", str(dev / "fd")),
    ]


def _kernel(root: Path) -> list[Step]:
    """proc of the node's own pid namespace, the machine's sys with its control groups, fresh run and tmp."""
    return [
        run("mkdir", "-p", *(f"{root}/{name}" for name in ("proc", "sys", "run", "tmp", "root", "mnt"))),
        run("mount", "-t", "proc", "proc", f"{root}/proc"),
        run("mount", "--rbind", "/sys", f"{root}/sys"),
        run("mount", "-t", "tmpfs", "-o", "mode=755", "run", f"{root}/run"),
        run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmp", f"{root}/tmp"),
        run("mkdir", f"{root}/run/cni"),
    ]


def services(paths: Paths, bins: Bins, node: Node) -> list[Service]:
    """containerd, then (once its socket is there) kubelet, and kube-proxy."""
    directory = paths.node(node.name)
    path = ":".join(dict.fromkeys(str(item.parent) for item in bins.values()))
    env = {"PATH": f"{path}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}

    def one(name: str, *argv: object, **more: object) -> Service:
        return {"name": name, "argv": [str(w) for w in argv], "log": f"{directory}/{name}.log", "env": env, **more}

    labels = ",".join(f"{key}={value}" for key, value in node.labels().items())
    return [
        one("containerd", bins["containerd"], "--config", directory / "containerd.toml"),
        one(
            "kubelet",
            bins["kubelet"],
            *(f"--config={directory}/kubelet.yaml", f"--kubeconfig={paths.run}/kubeconfig/{node.name}"),
            *(f"--hostname-override={node.name}", f"--node-ip={address(node.index)}", f"--node-labels={labels}"),
            *("--root-dir=/var/lib/kubelet", "--cert-dir=/var/lib/kubelet/pki", "--v=2"),
            after_socket="/run/containerd/containerd.sock",
        ),
        one("kube-proxy", bins["kube-proxy"], f"--config={directory}/kube-proxy.yaml"),
    ]


def top_links(root: Path) -> dict[str, str]:
    """The links in the machine's root directory (bin, lib, … on a merged-usr system)."""
    return {path.name: str(path.readlink()) for path in sorted(root.iterdir()) if stat.S_ISLNK(path.lstat().st_mode)}
