"""Let ansible-test make its virtual environments where the bootstrap script that it downloads is out of reach.

ansible-test 2.19 fetches a pip installer once and keeps it in its cache. When the file is not there yet, one that does
the same with what Python ships (ensurepip) is put in its place; a file that is there already is left alone.
"""

from __future__ import annotations

import re
from pathlib import Path

import ansible_test._internal.python_requirements as ansible_test_requirements

SHIM = """\
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip", "--upgrade"])
wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "pip", "install", *wanted])
"""


def installer_name(source: str) -> str:
    """The cache file's name that this ansible-test asks for, e.g. get_pip_24_2.py."""
    version = re.search(r"pip='([\d.]+)'", source)
    if version is None:
        raise SystemExit(
            "ansible-test no longer names its pip version where it did: look at its python_requirements.py"
        )
    return f"get_pip_{version[1].replace('.', '_')}.py"


def main() -> None:
    """Put the shim into ansible-test's cache unless an installer is there."""
    source = Path(ansible_test_requirements.__file__).read_text(encoding="utf-8")
    target = Path.home() / ".ansible/test/cache" / installer_name(source)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(SHIM, encoding="utf-8")


if __name__ == "__main__":
    main()
