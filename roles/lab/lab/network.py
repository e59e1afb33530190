"""Addresses inside a lab. Every lab has the same ones: each lives in a network namespace of its own."""

from __future__ import annotations

from collections.abc import Sequence

Step = dict[str, object]

HOST = "10.99.0.1"
PREFIX = 24
API_PORT = 6443
REGISTRY_PORT = 5000
HUB_PORT = 8099
SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
PODS = "10.244.0.0/16"
BRIDGE = "lab0"


def address(index: int) -> str:
    """A node's address on the lab's bridge."""
    return f"10.99.0.{10 + index}"


def pods(index: int) -> str:
    """A node's pod addresses."""
    return f"10.244.{index}.0/24"


def run(*argv: str) -> Step:
    """A setup step that runs a command."""
    return {"run": list(argv)}


def bridge_setup() -> list[Step]:
    """The lab's own side: a bridge, forwarding (so that what has no route is refused at once), no way out."""
    return [
        run("ip", "link", "set", "lo", "up"),
        run("ip", "link", "add", BRIDGE, "type", "bridge"),
        run("ip", "address", "add", f"{HOST}/{PREFIX}", "dev", BRIDGE),
        run("ip", "link", "set", BRIDGE, "up"),
        {"write": ["/proc/sys/net/ipv4/ip_forward", "1"]},
    ]


def node_setup(names: Sequence[str]) -> list[Step]:
    """One named network namespace a node, joined to the bridge, with routes to the other nodes' pods."""
    steps: list[Step] = []
    for index, name in enumerate(names):
        inside = ("ip", "-n", name)
        steps += [
            run("ip", "netns", "add", name),
            run("ip", "link", "add", f"veth{index}", "type", "veth", "peer", "name", "eth0", "netns", name),
            run("ip", "link", "set", f"veth{index}", "master", BRIDGE, "up"),
            run(*inside, "link", "set", "lo", "up"),
            run(*inside, "address", "add", f"{address(index)}/{PREFIX}", "dev", "eth0"),
            run(*inside, "link", "set", "eth0", "up"),
            run(*inside, "route", "add", "default", "via", HOST),
            run("ip", "route", "add", pods(index), "via", address(index)),
        ]
    for index, name in enumerate(names):
        for other in range(len(names)):
            if other != index:
                steps.append(run("ip", "-n", name, "route", "add", pods(other), "via", address(other)))
    return steps
