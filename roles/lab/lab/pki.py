"""The lab's certificate authority and certificates, made by openssl; they live as long as the lab."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .network import API_SERVICE, HOST, address

DAYS = "365"
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Identity:
    """Who a certificate speaks for."""

    file: str
    subject: str
    names: str = ""


def identities(nodes: Sequence[str]) -> list[Identity]:
    """Every certificate of a lab. `lab-user` is the person; the judge counts what it writes."""
    server = ["IP:127.0.0.1", f"IP:{HOST}", f"IP:{API_SERVICE}", "DNS:localhost", "DNS:lab.host"]
    server += [f"DNS:{name}" for name in ("kubernetes", "kubernetes.default", "kubernetes.default.svc")]
    server += ["DNS:kubernetes.default.svc.cluster.local"]
    return [
        Identity("apiserver", "/CN=kube-apiserver", ",".join(server)),
        Identity("user", "/O=system:masters/CN=lab-user"),
        Identity("admin", "/O=system:masters/CN=lab-admin"),
        Identity("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client"),
        Identity("controller-manager", "/CN=system:kube-controller-manager"),
        Identity("scheduler", "/CN=system:kube-scheduler"),
        Identity("kube-proxy", "/CN=system:kube-proxy"),
        Identity("kwok", "/O=system:masters/CN=kwok"),
        Identity("front-proxy", "/CN=front-proxy-client"),
        *(
            Identity(name, f"/O=system:nodes/CN=system:node:{name}", f"IP:{address(index)},DNS:{name}")
            for index, name in enumerate(nodes)
        ),
    ]


def create(directory: Path, nodes: Sequence[str]) -> None:
    """Make the authority, then all certificates side by side."""
    directory.mkdir(mode=0o700)
    authority = ["-x509", *CURVE, "-days", DAYS, "-subj", "/CN=lab-ca"]
    usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"]
    _openssl(directory, "req", *authority, *usage, "-keyout", "ca.key", "-out", "ca.crt")
    _openssl(directory, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sa.key")
    _openssl(directory, "ec", "-in", "sa.key", "-pubout", "-out", "sa.pub")
    wanted = list(enumerate(identities(nodes), 1))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda numbered: _certificate(directory, *numbered), wanted))


def _certificate(directory: Path, serial: int, identity: Identity) -> None:
    file = identity.file
    _openssl(directory, "req", *CURVE, "-keyout", f"{file}.key", "-subj", identity.subject, "-out", f"{file}.csr")
    extensions = "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
    if identity.names:
        extensions += f"subjectAltName={identity.names}\n"
    (directory / f"{file}.ext").write_text(extensions)
    signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", str(serial), "-days", DAYS]
    _openssl(
        directory, "x509", "-req", "-in", f"{file}.csr", *signing, "-extfile", f"{file}.ext", "-out", f"{file}.crt"
    )


def _openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)
