"""Debian packages of another release than this machine's, from the machine's own mirror."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ..errors import LabError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def apt_config(suite: str, directory: Path) -> Path:
    """An apt configuration with this release as its only source, its lists fetched; everything below `directory`."""
    mirror = debian_mirror()
    for name in ("lists/partial", "cache"):
        (directory / name).mkdir(parents=True)
    (directory / "status").touch()
    sources = directory / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n")
    config = directory / "apt.conf"
    config.write_text(
        f'Dir::Etc::SourceList "{sources}"; Dir::Etc::SourceParts "/dev/null"; Dir::State::Lists "{directory}/lists";\n'
        f'Dir::Cache "{directory}/cache"; Dir::State::status "{directory}/status"; APT::Sandbox::User "root";\n'
        'Acquire::Languages "none"; Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";\n'
    )
    environment = {**os.environ, "APT_CONFIG": str(config)}
    command = ["apt-get", "--quiet=2", "--error-on=any", "update"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if answer.returncode:
        raise LabError(
            f"apt-get cannot read Debian's {suite}: {answer.stderr.strip()}",
            f"check that the machine's Debian mirror has {suite} and that debian-archive-keyring is up to date",
        )
    return config


def debian_mirror() -> str:
    """The address from which this machine takes Debian's main archive."""
    command = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)"]
    try:
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError) as error:
        raise LabError(f"apt-get indextargets fails: {error}", "build the engine image on a Debian machine") from error
    for line in lines:
        origin, codename, component, address = line.split(" ", 3)
        if origin == "Debian" and component == "main" and "-" not in codename:
            return address
    raise LabError("this machine has no Debian source", "run `apt-get update` on a Debian machine, then build again")
